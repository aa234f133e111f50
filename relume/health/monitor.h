// Public. Watches a network while it learns.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/health/rule.h"
#include "relume/optim/optimizer.h"

namespace relume::health {

/// What a Monitor remembers, for a checkpoint.
struct MonitorState {
  std::vector<std::pair<std::string, Tensor>> tensors;  ///< float64: the checks, and the losses of the epochs
  std::string text;                                     ///< JSON: the findings so far, and where it stands
};

struct MonitorOptions {
  Thresholds thresholds = {};
  std::int64_t interval = 16;  ///< steps from one check to the next, after the first eight; the others cost nothing
  std::int64_t window_rows = 1000;                 ///< over which firing is counted
  bool watch_units = true;                         ///< counts on check steps; look_at() gives counts from elsewhere
  double full_lr = 0;                              ///< the largest rate of the schedule; 0: the largest that was seen
  std::optional<double> constant_loss = {};        ///< the best loss of a network that always says the same
  std::optional<double> constant_valid_loss = {};  ///< of that answer on the validation rows
  double weight_decay = 0;  ///< by which a step shrinks the weights, times the rate, whatever the gradient; 0: unknown
  bool in_loop = true;      ///< somebody's own loop, which keeps no best weights and has no options
};

/// Measures gradients, steps, losses and firing rates on every 16th step and asks the rules. One line in a loop:
///
///   health::Monitor monitor(net, adam);
///   …  loss.backward();
///      monitor.step(loss.item<double>());   // in place of adam.step()
///   for (const health::Finding& finding : monitor.findings()) std::cout << to_string(finding) << "\n";
///
/// The network and the optimizer must outlive it.
class Monitor {
 public:
  Monitor(nn::Module& network, optim::Optimizer& optimizer, const MonitorOptions& options = {});

  /// optimizer.step(), watched. Gradients are scaled down to a norm of `clip_norm` where that is above 0. Takes no
  /// step and returns false where the loss, or the gradient of a step that is measured, is not finite.
  bool step(double loss, double clip_norm = 0);
  /// The two halves of step() for an optimizer that is stepped elsewhere: what is measured before it moves the weights,
  /// and after. The first one returns false as step() does, and then the second is left out.
  bool begin_step(double loss, double clip_norm = 0);
  void end_step();
  /// Whether the next step is one that is measured.
  bool is_due() const { return is_due(optimizer_.steps()); }
  /// Ends an epoch, for the rules that compare epochs.
  void end_epoch(double train_loss, std::optional<double> valid_loss = std::nullopt);
  /// No more steps will come: what is not learned by now is not learned.
  void end_run() { measurements_.ended = true; }
  /// What the units did over a window of the caller's choice, in place of what was counted in training.
  void look_at(const UnitActivity& activity);
  /// The same before the first step: which units were dead from the start. No verdict is given by it.
  void look_at_start(const UnitActivity& activity);
  /// The input's columns, x [rows, features] float32. Names may be left out.
  void look_at_inputs(const Tensor& features, std::vector<std::string> names = {});
  /// What the network answers on rows of the caller's choice, all together.
  void look_at_answers(Answers answers) { measurements_.answers = std::move(answers); }
  /// What is known of the data.
  void look_at_data(DataFacts facts) { measurements_.data = std::move(facts); }
  /// The loss is not finite where step() could not see it: after the last step of an epoch.
  void report_not_finite();
  /// The run goes on from earlier weights: the checks so far are forgotten, and what exploded is a warning now whose
  /// remedy is what was done about it.
  void begin_again(const std::string& what_was_done);

  MonitorState state() const;
  /// Goes on from there as if it had never stopped; what units did is counted anew. Throws InputError where the state
  /// is of another network or damaged.
  void restore(const MonitorState& state);

  /// Called at the check at which a rule first fires for a layer.
  std::function<void(const Finding&)> on_finding;

  /// All that was found so far, what explains before what it explains, worst first.
  std::vector<Finding> findings() const;
  /// The rules that cannot judge yet, and what they lack.
  std::vector<std::pair<std::string_view, std::string>> not_judged() const;
  const Measurements& measurements() const { return measurements_; }
  /// Of the step just taken; NaN where it was not measured.
  double gradient_norm() const { return gradient_norm_; }
  const Thresholds& thresholds() const { return options_.thresholds; }

 private:
  struct Weight {
    Tensor tensor;
    std::int64_t stride = 1;     // of the elements that stand for all of them
    std::vector<double> before;  // those elements before the step
    std::vector<double> moved;   // by it
  };
  bool is_due(std::int64_t step) const;
  void measure_gradients();
  void keep_weights();
  void measure_updates(Check& check);
  void smooth(double loss);
  void count_units();
  void follow_silence(const std::vector<LayerActivity>& counted);
  void ask_about_steps();
  void record(Finding finding);
  void see(const std::vector<LayerActivity>& counted, std::int64_t since);

  optim::Optimizer& optimizer_;
  MonitorOptions options_;
  std::vector<Weight> weights_;
  std::vector<std::optional<std::size_t>> matrix_of_;  // the optimizer's parameters among weights_
  std::unique_ptr<UnitActivity> activity_;
  Measurements measurements_;
  /// A finding about steps, with the loss at the check at which it last held.
  struct Recorded {
    Finding finding;
    double loss = 0;
  };
  std::vector<Recorded> recorded_;
  std::int64_t steps_ = 0;
  std::int64_t window_began_ = 0;  // the step
  bool checking_ = false;          // between begin_step() and end_step() of a step that is measured
  double loss_ = 0;
  double gradient_norm_ = 0;
  double smoothed_ = 0, smoothing_ = 0, lowest_ = 0;
  std::vector<double> gradient_rms_;
  struct Silence {
    std::int64_t fired = 0;   // of all units of a layer, counted so far
    std::int64_t since = -1;  // the step from which on that did not change
  };
  std::vector<Silence> silence_;
};

}  // namespace relume::health
