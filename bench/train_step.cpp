// Times a training step, forward to optimizer: train_step 784-512-256-10 BATCH adam|sgd THREADS [SECONDS [bf16]].
// Weights are stepped while their gradients are made, as in training: nobody sees the gradients. Prints JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "bench/peak.h"
#include "relume/kernels/matmul.h"
#include "relume/relume.h"

namespace {

using namespace relume;
using Clock = std::chrono::steady_clock;

/// "784-128-10"
std::vector<std::int64_t> parse_widths(const std::string& text) {
  std::vector<std::int64_t> widths;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '-');) widths.push_back(std::atoll(part.c_str()));
  return widths;
}

std::shared_ptr<nn::Sequential> network_of(const std::vector<std::int64_t>& widths) {
  auto network = std::make_shared<nn::Sequential>();
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    if (i > 0) network->push_back(std::make_shared<nn::ReLU>());
    network->push_back(std::make_shared<nn::Linear>(widths[i], widths[i + 1]));
  }
  return network;
}

/// The multiply-adds of a step, times two: forward, the weights' gradient, and the input's but for the first layer.
double operations(const std::vector<std::int64_t>& widths, std::int64_t batch) {
  double products = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i)
    products += static_cast<double>(widths[i] * widths[i + 1]) * (i == 0 ? 2 : 3);
  return 2 * products * static_cast<double>(batch);
}

class Step {
 public:
  Step(const std::vector<std::int64_t>& widths, std::int64_t batch, const std::string& optimizer)
      : network_(network_of(widths)),
        regression_(widths.back() == 1),
        x_(randn({batch, widths.front()})),
        y_(regression_ ? randn({batch, 1}) : labels(batch, widths.back())) {
    if (optimizer == "adam")
      optimizer_ = std::make_unique<optim::Adam>(network_->parameters(), optim::AdamOptions{.lr = 1e-3});
    else
      optimizer_ = std::make_unique<optim::SGD>(network_->parameters(), optim::SgdOptions{.lr = 1e-3, .momentum = 0.9});
  }

  Tensor operator()() {
    optimizer_->zero_grad();
    const Tensor output = (*network_)(x_);
    Tensor loss = regression_ ? nn::mse_loss(output, y_) : nn::cross_entropy(output, y_);
    optimizer_->step_in_backward(loss);
    return loss;
  }

 private:
  static Tensor labels(std::int64_t batch, std::int64_t classes) {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < batch; ++i) values.push_back(i % classes);
    return from_vector(values);
  }

  std::shared_ptr<nn::Sequential> network_;
  bool regression_;
  Tensor x_, y_;
  std::unique_ptr<optim::Optimizer> optimizer_;
};

/// Microseconds a step.
struct Times {
  double median, mean;
};

/// Over chunks of steps.
Times time_steps(Step& step, double seconds) {
  const auto begin = Clock::now();
  const auto since = [&](Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); };
  int chunk = 1;
  double sum = 0;
  std::vector<double> times;
  while (since(begin) < seconds || times.size() < 5) {
    const auto start = Clock::now();
    for (int i = 0; i < chunk; ++i) step();
    const double took = since(start);
    if (took < 0.005) {
      chunk *= 2;
    } else {
      times.push_back(took / chunk * 1e6);
      sum += times.back();
    }
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return {times[times.size() / 2], sum / static_cast<double>(times.size())};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: train_step WIDTHS BATCH adam|sgd THREADS [SECONDS [bf16]]\n");
    return 2;
  }
  const std::vector<std::int64_t> widths = parse_widths(argv[1]);
  const std::int64_t batch = std::atoll(argv[2]);
  set_num_threads(std::atoi(argv[4]));
  manual_seed(1);
  const bool bf16 = argc > 6 && std::string_view(argv[6]) == "bf16";
  kernels::set_float32_matmul_precision(bf16 ? kernels::MatmulPrecision::medium : kernels::MatmulPrecision::highest);
  Step step(widths, batch, argv[3]);
  const double before = step().item<double>();
  for (int i = 0; i < 50; ++i) step();
  const double after = step().item<double>();
  if (!(after < before)) {
    fmt::print(stderr, "train_step: the loss does not fall: {} then {}\n", before, after);
    return 1;
  }
  const Times times = time_steps(step, argc > 5 ? std::atof(argv[5]) : 1);
  fmt::print("{{\"microseconds\": {}, \"mean\": {}, \"gflops\": {}, \"peak\": {}}}\n", times.median, times.mean,
             operations(widths, batch) / times.median / 1e3, bench::peak() * num_threads());
}
