// A small network that learns by backpropagation, with its gradients clipped and its learning rate scheduled.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

int main() {
  manual_seed(0);
  const Tensor x = randn({256, 10});
  const Tensor target = sum(relu(x), {1}, true);

  nn::Sequential net{nn::Linear(10, 32), nn::ReLU(), nn::Linear(32, 1)};
  optim::Adam adam(net.parameters(), {.lr = 1e-2});
  optim::LrScheduler schedule(adam, optim::step_lr(100, 0.5));

  for (int epoch = 0; epoch < 300; ++epoch) {
    adam.zero_grad();
    const Tensor loss = nn::mse_loss(net(x), target);
    loss.backward();
    const double norm = nn::clip_grad_norm(net.parameters(), 1.0);
    if (epoch % 100 == 0)
      std::cout << "epoch " << epoch << " loss " << loss.item<float>() << " gradient " << norm << " rate " << adam.lr()
                << "\n";
    adam.step();
    schedule.step();
  }
  std::cout << (nn::mse_loss(net(x), target).item<float>() < 0.05 ? "learned" : "did not learn") << "\n";
}
