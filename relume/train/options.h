// Public. What a training run can be told.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/base/error.h"
#include "relume/data/csv.h"
#include "relume/data/target.h"
#include "relume/health/thresholds.h"
#include "relume/kernels/matmul.h"

namespace relume::training {

/// What is done about a layer of which a tenth or more is dead, at the end of an epoch.
enum class OnDead : std::uint8_t {
  report,
  revive,  ///< health::revive(); where that did not last and the steps are too large, half the rate as well
  leaky,   ///< health::make_leaky()
  stop,    ///< ends the run where half of a layer is dead
};

/// What is done where the loss or a gradient is no number, or the rule exploding_gradient fires.
enum class OnExplode : std::uint8_t {
  stop,     ///< ends the run where something is no number
  clip,     ///< back to the best weights so far, and on with gradients held at the norm that they had before, or a
            ///< quarter of the present bound
  backoff,  ///< back to the best weights so far, and on with a quarter of the rate
};

/// "float32" (highest), "bf16" (medium). Throws ValueError that lists them.
kernels::MatmulPrecision precision_from_name(std::string_view name);
std::string_view name(kernels::MatmulPrecision precision);

/// "report", "revive", "leaky", "stop". Throws ValueError that lists them.
OnDead on_dead_from_name(std::string_view name);
/// "stop", "clip", "backoff". Throws ValueError that lists them.
OnExplode on_explode_from_name(std::string_view name);
std::string_view name(OnDead what);
std::string_view name(OnExplode what);

}  // namespace relume::training

namespace relume {

/// Rows that are kept apart: a share of them (0.2), a number (500), or a file of their own ("test.csv").
class Part {
 public:
  Part() = default;  ///< as suits the data
  template <class Number>
  requires std::is_arithmetic_v<Number> Part(Number rows) : text_(data::shortest(static_cast<double>(rows))) {}
  Part(const char* text) : text_(text) {}
  Part(std::string text) : text_(std::move(text)) {}

  bool given() const { return !text_.empty(); }
  /// "0.2", "500", "test.csv"
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// How often a run is kept while it goes on: after so many steps (500), or after some time
/// (std::chrono::minutes(10), "10m", "90s", "1h").
class Interval {
 public:
  Interval() = default;  ///< as suits the run
  template <class Number>
  requires std::is_integral_v<Number> Interval(Number steps) : Interval(std::to_string(steps)) {}
  template <class Number, class Period>
  Interval(std::chrono::duration<Number, Period> time) : seconds_(std::chrono::duration<double>(time).count()) {
    check();
  }
  /// Throws ValueError where the text is none of these.
  Interval(const std::string& text);
  Interval(const char* text) : Interval(std::string(text)) {}

  bool given() const { return steps_ > 0 || seconds_ > 0; }
  /// Whether it is over after so many steps that took so long.
  bool is_over(std::int64_t steps, double seconds) const {
    return steps_ > 0 ? steps >= steps_ : given() && seconds >= seconds_;
  }

 private:
  void check() const;

  std::int64_t steps_ = 0;  // one of them is given
  double seconds_ = 0;
};

/// All that a training can be told: {.target = "price", .test = 0.2, .hidden = {64, 64}, .seed = 1}. Zeros and empty
/// values mean "chosen from the data": see training::resolve(). Each has a row in the table of option_table.h.
struct TrainOptions {
  std::string target = "last";            ///< a column: its name, its number from 1 (negative from the end), or "last"
  std::optional<data::Task> task = {};    ///< what the target asks for
  std::vector<std::string> use = {};      ///< columns of a table to learn from alone
  std::vector<std::string> drop = {};     ///< columns to leave out
  Part valid = {};                        ///< rows that choose the best epoch
  Part test = {};                         ///< rows that training never sees
  data::CsvOptions csv = {};              ///< how delimited text is read
  std::vector<std::int64_t> hidden = {};  ///< widths of the hidden layers; neither they nor layers: 256 and 128
  std::string activation = "relu";        ///< after each of them
  std::string layers = {};                ///< the hidden layers in full: "linear(64) relu dropout(0.1)"

  std::int64_t epochs = 0;
  std::int64_t batch_size = 0;
  std::string optimizer = "adamw";  ///< see optim::optimizer_names()
  std::string loss = {};            ///< see nn::losses(); empty: cross_entropy for classes, mse for numbers
  double lr = 0;
  double momentum = 0.9;            ///< sgd
  bool nesterov = false;            ///< sgd
  double weight_decay = -1;         ///< negative: chosen by the optimizer
  std::string schedule = "cosine";  ///< see optim::schedule_names()
  std::int64_t warmup_steps = 0;
  double clip_norm = 0;          ///< of all gradients together; 0: not clipped
  double clip_value = 0;         ///< of each element; 0: not clipped
  double clip_adaptive = 0;      ///< of each unit, as a share of its weights' norm; 0: not clipped
  std::int64_t patience = 0;     ///< epochs without a better validation loss before it stops
  double min_delta = 0;          ///< by how much of itself the best value must be beaten to count
  std::string best_by = "loss";  ///< of the validation rows, names the best epoch: see metric_names()
  double label_smoothing = 0;
  double sparsity = 0;  ///< times the mean output of each layer of units, added to the loss: they fire more seldom
  double prune = 0;     ///< the share of the hidden layers' weights that become 0 while it trains, in blocks
  bool balanced_classes = false;                                           ///< weighs classes by their rarity
  kernels::MatmulPrecision precision = kernels::MatmulPrecision::highest;  ///< of the run's own products
  training::OnDead on_dead = training::OnDead::report;
  training::OnExplode on_explode = training::OnExplode::stop;
  health::Thresholds thresholds = {};  ///< by which the rules of health judge, and the cures with them

  std::uint64_t seed = 0;   ///< of the split, the weights and the order of the rows
  std::string out = {};     ///< a new folder for all that the run leaves: see training::Keep
  std::string resume = {};  ///< the folder of a run to go on with
  /// When such a folder gets a checkpoint; else after epochs, ten seconds apart at least, and after ten minutes within
  /// one.
  Interval checkpoint_every = {};
};

}  // namespace relume

namespace relume::training {

using Options = TrainOptions;

/// The options with every zero replaced by what suits `rows` training rows. Throws OptionError for a number that an
/// option does not take.
Options resolve(Options options, std::int64_t rows);

}  // namespace relume::training
