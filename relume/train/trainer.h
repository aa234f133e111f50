// Public. The training loop: batches, optimizer, schedule, validation, early stopping, best weights.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relume/data/batches.h"
#include "relume/data/split.h"
#include "relume/health/finding.h"
#include "relume/health/measurements.h"
#include "relume/health/unit_activity.h"
#include "relume/io/checkpoint.h"
#include "relume/io/model.h"
#include "relume/optim/optimizer.h"
#include "relume/train/metrics.h"
#include "relume/train/options.h"

namespace relume::training {

/// One epoch, as metrics.csv has it.
struct EpochRow {
  std::int64_t epoch = 0;   ///< from 1
  double train_loss = 0;    ///< mean over the epoch's batches, while the weights moved
  Metrics valid;            ///< rows == 0 where there is no validation set
  double lr = 0;            ///< at the end of the epoch
  double grad_norm = 0;     ///< mean over the steps at which it was measured
  double dead_share = 0;    ///< of the ReLU-like units, over the validation rows
  double update_ratio = 0;  ///< the largest ‖Δw‖/‖w‖ of a weight matrix at the last check
  double seconds = 0;       ///< since the run began
  std::string findings;     ///< warnings and errors that stand: "dead_units(relu1) step_too_large(0.weight)"
  std::vector<health::WeightCheck> weights = {};  ///< of each weight matrix at the last check
};

/// Where a run stands, for a progress bar.
struct Progress {
  std::int64_t epoch = 0, epochs = 0;
  std::int64_t batch = 0, batches = 0;
  double loss = 0;  ///< running mean of this epoch
  double lr = 0;
  double seconds = 0;
};

enum class Ending : std::uint8_t { all_epochs, early, interrupted, not_finite, dead_units };

/// What a run has left behind, and how it ended.
struct History {
  std::vector<EpochRow> rows;
  std::int64_t best_epoch = 0;
  Ending ending = Ending::all_epochs;
  double seconds = 0;
  std::vector<health::Finding> findings;        ///< worst first
  std::vector<std::string> weight_names;        ///< of EpochRow::weights
  std::vector<health::LayerActivity> activity;  ///< of the units at the end, over the window
  Metrics valid;                                ///< of the weights that are left, on the validation rows
  std::vector<std::string> cures;               ///< what was done about them: "epoch 3: revived 61 units of relu2"
};

class Trainer {
 public:
  /// `model` has its network built. Without validation rows the last weights count as best.
  Trainer(io::Model& model, data::Dataset dataset, data::Split split, const Options& options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Called at the end of each epoch; the parameters have the gradients of its last step.
  std::function<void(const EpochRow&)> on_epoch;
  /// Called after each step; checkpoint() may be taken here, and in on_checkpoint.
  std::function<void(const Progress&)> on_progress;
  /// Called when a rule first fires for a layer, while the run goes on: one about steps at once, others at the end of
  /// the epoch and above an info.
  std::function<void(const health::Finding&)> on_finding;
  /// Called with a line about each thing that was done about a finding.
  std::function<void(const std::string&)> on_cure;
  /// Called after an epoch or an interruption, when checkpoint() is worth taking.
  std::function<void()> on_checkpoint;
  /// Ends the run after the present batch when it becomes true.
  const std::atomic<bool>* stop = nullptr;

  /// Trains to the end and leaves the best weights in the model. When it was interrupted, the last ones.
  History run();

  /// What is known of the data, for the rules about it. Before run().
  void look_at(health::DataFacts facts);

  /// All that the rest of the run depends on: going on from it gives the same numbers as never having stopped.
  io::Checkpoint checkpoint() const;
  /// Throws InputError where the checkpoint is of another network or other options.
  void restore(const io::Checkpoint& checkpoint);

  const Options& options() const { return options_; }
  /// The weights as they were at the end of run(), not the best.
  const std::vector<std::pair<std::string, Tensor>>& last_weights() const;

 private:
  struct State;
  void train_epoch();
  bool gathers_ahead() const;
  bool needs_gradients() const;
  double train_batch(data::Batch& batch);
  bool end_epoch();
  void remember_best();
  void begin_pruning();
  void finish();
  void look_before_first_step();
  void watch_inputs();
  /// What is found at the end of an epoch goes into its row, and what is new is to be told.
  std::vector<health::Finding> look_for_findings(EpochRow& row);
  /// What the run holds the epoch's weights by: smaller is better.
  double score(const EpochRow& row) const;
  bool is_better(double score) const;
  std::vector<std::int64_t> window() const;
  bool treat_dead_units(health::UnitActivity& activity);
  void revive(const std::vector<health::LayerActivity>& sick);
  void make_leaky(const std::vector<health::LayerActivity>& sick);
  bool recover();
  void log_cure(std::string text);
  double seconds() const;

  io::Model& model_;
  data::Dataset dataset_;
  data::Split split_;
  Options options_;
  std::vector<Tensor> parameters_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::unique_ptr<State> state_;
};

}  // namespace relume::training
