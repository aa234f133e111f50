// Public. The learning rate range test: Leslie Smith, "Cyclical Learning Rates for Training Neural Networks", 2015.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/plot/chart.h"
#include "relume/train/job.h"
#include "relume/train/options.h"

namespace relume::training {

struct LrFindOptions {
  double from = 1e-6;
  double to = 10;
  std::int64_t steps = 200;  ///< the rate grows by the same factor at each
};

struct LrFindResult {
  std::vector<double> rates;
  std::vector<double> losses;  ///< of the batches, smoothed over about the last 20
  double lowest_at = 0;        ///< the rate at which the smoothed loss was lowest
  double suggested = 0;  ///< a tenth of that, to one digit: the loss still falls fast there, far from where it grows

  /// The loss over the rate's power of ten.
  plot::Chart chart() const;
  /// The object that `relume lr-find --json` prints.
  std::string json() const;
};

/// Trains the job's network on its training rows with a growing rate until the loss is no number or four times its
/// lowest. The network has its weights back afterwards. Throws InputError where the loss fell at no rate.
LrFindResult find_lr(Job& job, const Options& options, const LrFindOptions& range = {});

}  // namespace relume::training
