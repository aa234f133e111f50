#include "relume/train/options.h"

#include <algorithm>
#include <cmath>

namespace relume::train {

Options resolve(Options options, std::int64_t rows) {
  const auto n = static_cast<double>(std::max<std::int64_t>(rows, 1));
  if (options.batch_size <= 0) options.batch_size = n < 2000 ? 32 : n < 20000 ? 64 : 128;
  const double steps = std::ceil(n / static_cast<double>(options.batch_size));
  // Small tables need many passes, large ones few: about 20,000 steps, within 10 to 200 epochs.
  if (options.epochs <= 0) options.epochs = static_cast<std::int64_t>(std::clamp(20000 / steps, 10.0, 200.0));
  if (options.patience <= 0) options.patience = std::max<std::int64_t>(options.epochs / 4, 10);
  if (options.lr <= 0) options.lr = options.optimizer == "sgd" ? 0.05 : 1e-3;
  if (options.weight_decay < 0) options.weight_decay = options.optimizer == "adamw" ? 0.1 : 0;
  return options;
}

}  // namespace relume::train
