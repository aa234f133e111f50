// A loop of one's own that is watched: a rate that is too large kills units, and health::revive brings them back.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

namespace {

struct Batch {
  Tensor x, y;
};

Batch next_batch() {
  const Tensor x = randn({64, 2});
  return {x, x.slice(1, 0, 1) * x.slice(1, 1, 2)};
}

/// Trains and says what the monitor found.
std::vector<health::Finding> train(nn::Sequential& net, optim::Adam& adam, int steps) {
  health::Monitor monitor(net, adam);
  for (int step = 0; step < steps; ++step) {
    const auto [x, y] = next_batch();
    adam.zero_grad();
    const Tensor loss = nn::mse_loss(net(x), y);
    loss.backward();
    monitor.step(loss.item<double>());  // in place of adam.step()
  }
  return monitor.findings();
}

}  // namespace

int main() {
  manual_seed(1);
  nn::Sequential net{nn::Linear(2, 64), nn::ReLU(), nn::Linear(64, 1)};
  optim::Adam adam(net.parameters(), {.lr = 0.3});
  for (const health::Finding& finding : train(net, adam, 400)) std::cout << to_string(finding) << "\n";

  const Tensor rows = randn({1000, 2});
  health::UnitActivity activity(net);
  net(rows);
  Rng rng(1);
  for (const auto& [layer, units] : health::revive(net, activity.layers(), rows, &adam, rng))
    std::cout << "revived " << units << " units of " << layer << "\n";
  adam.set_lr(0.003);
  for (const health::Finding& finding : train(net, adam, 400)) std::cout << to_string(finding) << "\n";
}
