// Trains a network on two interleaved half circles, with a loop of one's own.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

int main() {
  manual_seed(1);
  const data::Table table = data::builtin("moons", {.rows = 1000, .seed = 1});
  const std::vector<double>&x1 = table.columns[0].numbers, &x2 = table.columns[1].numbers;
  std::vector<float> points;
  for (std::size_t i = 0; i < x1.size(); ++i) {
    points.push_back(static_cast<float>(x1[i]));
    points.push_back(static_cast<float>(x2[i]));
  }
  std::vector<std::int64_t> labels;
  for (const double label : table.columns[2].numbers) labels.push_back(static_cast<std::int64_t>(label));

  data::Batches batches({from_vector(points, Shape{1000, 2}), from_vector(labels), {}}, {.size = 32, .seed = 1});
  nn::Sequential net{nn::Linear(2, 64), nn::ReLU(), nn::Linear(64, 64), nn::ReLU(), nn::Linear(64, 2)};
  optim::Adam adam(net.parameters(), {.lr = 1e-3});
  double last = 0;
  for (int epoch = 0; epoch < 30; ++epoch)
    for (auto& [x, y] : batches) {
      adam.zero_grad();
      const Tensor loss = nn::cross_entropy(net(x), y);
      loss.backward();
      nn::clip_grad_norm(net.parameters(), 1.0);
      adam.step();
      last = loss.item<double>();
    }
  std::cout << net << "\n" << (last < 0.3 ? "learned" : "not learned") << "\n";
}
