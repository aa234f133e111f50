// What a training loop has measured, as a picture: a file, a page for the browser, and characters for a terminal.
#include <iostream>

#include <relume/plot/chart.h>
#include <relume/relume.h>

using namespace relume;

int main() {
  manual_seed(1);
  nn::Sequential net{nn::Linear(1, 32), nn::ReLU(), nn::Linear(32, 1)};
  optim::Adam adam(net.parameters(), {.lr = 1e-2});
  const Tensor x = randn({128, 1}), y = abs(x);
  std::vector<double> steps, losses;
  for (int step = 1; step <= 200; ++step) {
    adam.zero_grad();
    const Tensor loss = nn::mse_loss(net(x), y);
    loss.backward();
    adam.step();
    steps.push_back(step);
    losses.push_back(loss.item<double>());
  }
  plot::Chart chart("|x|, learned");
  chart.line(steps, losses, "train").x_label("step").y_label("loss").logarithmic_y_if_wide();
  chart.save("loss.html");
  chart.save("loss.svg");  // as .png and .pdf it needs gnuplot
  std::cout << chart.text(60, 16);
}
