// Public. All that a training can be told, in one struct.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/data/csv.h"
#include "relume/health/thresholds.h"
#include "relume/train/job.h"
#include "relume/train/options.h"

namespace relume {

/// Rows that are kept apart: a share of them (0.2), a number (500), or a file of their own ("test.csv").
class Part {
 public:
  Part() = default;  ///< as suits the data
  template <class Number>
  requires std::is_arithmetic_v<Number> Part(Number rows) : text_(data::shortest(static_cast<double>(rows))) {}
  Part(const char* file) : text_(file) {}
  Part(std::string file) : text_(std::move(file)) {}

  /// As training::JobOptions has it.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What train(), compare() and find_lr() are told: {.target = "price", .test = 0.2, .hidden = {64, 64}, .seed = 1}.
/// Zeros and empty values mean "chosen from the data".
struct TrainOptions {
  std::string target = "last";            ///< a column: its name, its number from 1 (negative from the end), or "last"
  std::optional<data::Task> task = {};    ///< what the target asks for
  std::vector<std::string> use = {};      ///< columns to learn from alone
  std::vector<std::string> drop = {};     ///< columns to leave out
  Part valid = {};                        ///< rows that choose the best epoch
  Part test = {};                         ///< rows that training never sees
  data::CsvOptions csv = {};              ///< how delimited text is read
  std::vector<std::int64_t> hidden = {};  ///< widths of the hidden layers
  std::string activation = "relu";        ///< after each of them
  std::string layers = {};                ///< the hidden layers in full: "linear(64) relu dropout(0.1)"

  std::int64_t epochs = 0;
  std::int64_t batch_size = 0;
  std::string optimizer = "adamw";
  double lr = 0;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = -1;  ///< negative: chosen by the optimizer
  std::string schedule = "cosine";
  std::int64_t warmup_steps = 0;
  double clip_norm = 0;
  double clip_value = 0;
  double clip_adaptive = 0;
  std::int64_t patience = 0;
  double min_delta = 0;
  std::string best_by = "loss";
  double label_smoothing = 0;
  bool balanced_classes = false;
  kernels::MatmulPrecision precision = kernels::MatmulPrecision::highest;
  training::OnDead on_dead = training::OnDead::report;
  training::OnExplode on_explode = training::OnExplode::stop;
  health::Thresholds thresholds = {};

  std::uint64_t seed = 0;   ///< of the split, the weights and the order of the rows
  std::string out = {};     ///< a new folder for all that the run leaves: see training::Keep
  std::string resume = {};  ///< the folder of a run to go on with

  /// The parts that make_job() and Trainer take; training::Options says what each option does. Throws ValueError for a
  /// name of nothing, and where hidden and layers are both given.
  training::JobOptions job() const;
  training::Options training() const;
};

}  // namespace relume
