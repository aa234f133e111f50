// How many outputs are zero, what a layer keeps in memory for the way back, and what the layer behind need not read.
#include <algorithm>
#include <ctime>
#include <limits>

#include <fmt/core.h>

#include "apps/relume/lab.h"
#include "apps/relume/lab_run.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/base/pool.h"
#include "relume/base/rng.h"
#include "relume/kernels/active_rows.h"
#include "relume/ops/activation.h"
#include "relume/ops/linear.h"
#include "relume/ops/reduce.h"
#include "relume/train/compare.h"

namespace relume::app {
namespace {

const std::vector<std::string> activations = {"relu", "leaky_relu", "elu", "gelu", "tanh"};

/// Bytes an element that stay in memory for backward() once nobody else holds the activation's input and output.
double kept_bytes(const std::string& name) {
  constexpr std::int64_t n = 1 << 20;
  const Tensor x = randn({n}).requires_grad_();
  const std::int64_t before = pool::live_bytes();
  const Tensor loss = sum(activate(Activation(name), activate(Activation("identity"), x)));
  return static_cast<double>(pool::live_bytes() - before) / n;
}

constexpr std::int64_t wide = 4096;  // a layer that is larger than the caches
// Reading weights by rows, with a look at each input, pays from about so many zeros on (the picture shows it).
constexpr double worth_leaving_out = 0.25;

/// Seconds that this thread has had of a processor, so that what others do on the machine does not count.
double seconds_of_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The quickest of some calls of each, in turns: what slows the machine down for a while slows both.
template <class F, class G>
double ratio_of_quickest(F f, G g) {
  constexpr int turns = 15;
  const auto seconds = [](auto& call) {
    const double begin = seconds_of_thread();
    call();
    return seconds_of_thread() - begin;
  };
  double of_f = std::numeric_limits<double>::infinity(), of_g = of_f;
  for (int i = 0; i < turns; ++i) {
    of_f = std::min(of_f, seconds(f));
    of_g = std::min(of_g, seconds(g));
  }
  return of_f / of_g;
}

/// What a layer behind an activation takes for one row, where it reads no weight that belongs to a 0, over what it
/// takes where it reads them all; for shares of zeros.
std::vector<double> sparse_over_dense(const std::vector<double>& shares) {
  const NoGradGuard guard;
  const int threads = num_threads();
  set_num_threads(1);
  const Tensor weights = randn({wide, wide}), bias = randn({wide});
  std::vector<double> ratios;
  Tensor y;
  for (const double share : shares) {
    Tensor x = randn({1, wide});
    for (float& v : x.span<float>())
      if (default_rng().uniform() < share) v = 0;
    const auto dense = [&] { y = linear(x, weights, bias); };
    const auto sparse = [&] {
      y = bias.clone();
      kernels::add_active_rows(x.data<float>(), wide, weights.data<float>(), wide, y.data<float>());
    };
    ratios.push_back(ratio_of_quickest(sparse, dense));
  }
  set_num_threads(threads);
  return ratios;
}

training::Comparison trained(const LabOptions& options, std::int64_t width) {
  training::CompareOptions compare;
  compare.train.seed = options.seed;
  compare.train.hidden = {width, width};
  compare.activations = activations;
  compare.seeds = options.seeds;
  compare.train.epochs = 15;
  return training::compare(training::open_data("builtin:moons", compare.train), compare);
}

plot::Chart time_by_zeros() {
  const std::vector<double> shares = {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99};
  plot::Chart chart("");
  chart.line(shares, sparse_over_dense(shares), "reads what fired");
  chart.line(shares, std::vector<double>(shares.size(), 1), "reads all weights");
  return chart.x_label("share of zeros").y_label("time of the layer behind");
}

}  // namespace

LabResult lab_sparsity(const LabOptions& options) {
  LabResult result;
  result.claim = "ReLU's outputs are mostly zeros, which saves memory and time and costs no accuracy.";
  result.setting = fmt::format(
      "builtin:moons, two hidden layers of 64, 15 epochs, mean of {} runs on the validation rows; memory that an "
      "activation of a million elements keeps for backward(); time of a layer of 4096 units behind 4096 with as many "
      "zeros, for one row, that reads the weights of what fired alone, over one that reads all.",
      options.seeds);
  result.header = {"activation", "zeros", "accuracy", "kept for backward", "time behind"};
  const training::Comparison measured = trained(options, 64);
  std::vector<double> zeros;
  for (std::size_t i = 0; i < activations.size(); ++i)
    zeros.push_back(training::mean_of(measured.values(i, &training::ComparedRun::sparsity)).mean);
  const std::vector<double> times = sparse_over_dense(zeros);
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const training::Mean accuracy = training::mean_of(measured.values(i, &training::ComparedRun::metric));
    result.rows.push_back({activations[i], fmt::format("{:.0f} %", 100 * zeros[i]),
                           fmt::format("{:.4f} ± {:.4f}", accuracy.mean, accuracy.half_width),
                           fmt::format("{:.3f} bytes an element", kept_bytes(activations[i])),
                           fmt::format("{:.2f}", times[i])});
  }
  result.verdicts.push_back(fmt::format("{}: {:.0f} % of relu's outputs are zeros",
                                        zeros[0] > 0.5 ? "mostly zeros held" : "mostly zeros did not hold",
                                        100 * zeros[0]));
  const double relu = kept_bytes("relu"), elu = kept_bytes("elu"), leaky = kept_bytes("leaky_relu");
  result.verdicts.push_back(
      fmt::format("{}: relu keeps {:.3f} bytes an element, elu {:.3f}; but leaky_relu, which has no zeros, keeps "
                  "{:.3f}: two slopes need "
                  "a bit an element, and zeros save nothing more",
                  relu < elu / 2 ? "less memory held" : "less memory did not hold", relu, elu, leaky));
  // A verdict is the same each time: what is left unread is counted. The times beside it are measured.
  result.verdicts.push_back(
      zeros[0] > worth_leaving_out
          ? fmt::format("less to read held: behind relu {:.0f} % of the weights need not be read", 100 * zeros[0])
          : "less to read did not hold: so few zeros are not worth leaving out");
  std::string worse;
  for (const training::ComparedPair& pair : measured.pairs)
    if (pair.a == 0 && pair.p < 0.05 && pair.difference < 0)
      worse += (worse.empty() ? "" : ", ") + measured.activations[pair.b];
  result.verdicts.push_back(worse.empty() ? "no loss of accuracy held: none of the others is shown to be better"
                                          : "no loss of accuracy did not hold: better by a paired test: " + worse);
  result.picture = time_by_zeros();
  return result;
}

}  // namespace relume::app
