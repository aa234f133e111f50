// The dying ReLU: units that a large step pushed below zero for every input get no gradient and never come back, unless
// the slope there is not zero.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

/// Trains with steps that are far too large; returns the share of hidden units that no gradient reaches any more.
double dead_share(const char* activation) {
  manual_seed(3);
  const Tensor x = randn({256, 8}), target = randn({256, 1}) * 10;
  nn::Linear hidden(8, 64), output(64, 1);
  nn::Sequential net{hidden, nn::Activate(activation), output};
  optim::SGD sgd(net.parameters(), {.lr = 0.3});
  for (int i = 0; i < 50; ++i) {
    sgd.zero_grad();
    nn::mse_loss(net(x), target).backward();
    sgd.step();
  }
  return mean((norm(hidden.weight.grad(), {1}) == 0).to(float32)).item<double>();
}

int main() {
  std::cout << "relu: " << dead_share("relu") * 100 << " % dead\n";
  std::cout << "leaky_relu: " << dead_share("leaky_relu(0.1)") * 100 << " % dead\n";
}
