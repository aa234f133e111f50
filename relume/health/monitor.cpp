#include "relume/health/monitor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"
#include "relume/kernels/optimizer.h"

namespace relume::health {
namespace {

constexpr std::size_t least_checks = 256;   // that are kept, and at most twice as many
constexpr std::int64_t most_samples = 512;  // of a weight matrix: enough for ‖Δw‖/‖w‖ to a few percent
constexpr double smoothing = 1.0 / 32;
constexpr std::int64_t first_checks = 8;
constexpr std::int64_t first_steps = 4;  // whose mean is the first loss

double sum_of_squares(const Tensor& gradient) {
  double sum = 0;
  const Tensor g = gradient.contiguous();
  visit_float(
      g.dtype(), [&]<class T>() { sum = kernels::sum_of_squares(g.data<T>(), g.elements()); }, [] {});
  return sum;
}

/// Every stride-th element.
void sample(const Tensor& tensor, std::int64_t stride, std::vector<double>& into) {
  visit_float(
      tensor.dtype(),
      [&]<class T>() {
        const T* values = tensor.data<T>();
        for (std::size_t i = 0; i < into.size(); ++i)
          into[i] = static_cast<double>(values[static_cast<std::int64_t>(i) * stride]);
      },
      [] {});
}

double sum_of_squares(const std::vector<double>& values) {
  return kernels::sum_of_squares(values.data(), static_cast<std::int64_t>(values.size()));
}

bool is_float(const Tensor& tensor) { return tensor.dtype() == DType::float32 || tensor.dtype() == DType::float64; }

}  // namespace

Monitor::Monitor(nn::Module& network, optim::Optimizer& optimizer, const MonitorOptions& options)
    : optimizer_(optimizer), options_(options), lowest_(std::numeric_limits<double>::infinity()) {
  require(options_.interval > 0, "monitor: an interval of {} steps is not positive", options_.interval);
  std::vector<Tensor> matrices;
  for (const auto& [name, parameter] : network.named_parameters()) {
    if (parameter.dimensions() < 2 || !is_float(parameter) || !parameter.is_contiguous()) continue;
    // Odd, so that the sample does not stay in the same columns of a matrix whose width is a power of two.
    const std::int64_t stride = (parameter.elements() / most_samples) | 1;
    const std::vector<double> elements(static_cast<std::size_t>((parameter.elements() + stride - 1) / stride));
    weights_.push_back({parameter, stride, elements, elements});
    measurements_.weight_names.push_back(name);
    matrices.push_back(parameter);
  }
  for (const Tensor& parameter : optimizer.parameters()) {
    const auto found =
        std::find_if(matrices.begin(), matrices.end(), [&](const Tensor& m) { return m.same_as(parameter); });
    matrix_of_.push_back(found == matrices.end() ? std::nullopt
                                                 : std::optional(static_cast<std::size_t>(found - matrices.begin())));
  }
  gradient_rms_.resize(weights_.size(), std::numeric_limits<double>::quiet_NaN());
  measurements_.full_lr = options_.full_lr;
  measurements_.constant_loss = options_.constant_loss;
  measurements_.constant_valid_loss = options_.constant_valid_loss;
  measurements_.weight_decay = options_.weight_decay;
  measurements_.keeps_best = !options_.in_loop;
  if (options_.watch_units) activity_ = std::make_unique<UnitActivity>(network);
}

bool Monitor::step(double loss, double clip_norm) {
  if (!begin_step(loss, clip_norm)) return false;
  const double scale = clip_norm > 0 && gradient_norm_ > clip_norm ? clip_norm / (gradient_norm_ + 1e-6) : 1;
  optimizer_.step(scale);
  end_step();
  return true;
}

bool Monitor::begin_step(double loss, double clip_norm) {
  checking_ = is_due(optimizer_.steps());
  loss_ = loss;
  gradient_norm_ = std::numeric_limits<double>::quiet_NaN();
  measurements_.step = optimizer_.steps();
  if (checking_ || clip_norm > 0) measure_gradients();
  if (!std::isfinite(loss) || ((checking_ || clip_norm > 0) && !std::isfinite(gradient_norm_))) {
    report_not_finite();
    return false;
  }
  smooth(loss);
  measurements_.full_lr = std::max(measurements_.full_lr, optimizer_.lr());
  if (checking_) keep_weights();
  return true;
}

void Monitor::end_step() {
  if (checking_) {
    Check now;
    now.step = measurements_.step;
    now.loss = loss_;
    now.smoothed_loss = smoothed_ / smoothing_;
    now.lowest_loss = lowest_;
    now.lr = optimizer_.lr();
    now.gradient_norm = gradient_norm_;
    measure_updates(now);
    std::vector<Check>& checks = measurements_.checks;
    if (checks.size() == 2 * least_checks) checks.erase(checks.begin(), checks.begin() + least_checks);
    measurements_.checks.push_back(std::move(now));
    ask_about_steps();
    count_units();
  }
  ++steps_;
  if (!activity_) return;
  activity_->end_pass();
  activity_->count(is_due());
}

/// Steps that are too large do their harm at once: the first ones are all looked at.
bool Monitor::is_due(std::int64_t step) const { return step < first_checks || step % options_.interval == 0; }

void Monitor::measure_gradients() {
  double total = 0;
  for (std::size_t i = 0; i < optimizer_.parameters().size(); ++i) {
    const Tensor& parameter = optimizer_.parameters()[i];
    const Tensor gradient = parameter.grad();
    const double sum = gradient.defined() ? sum_of_squares(gradient) : 0;
    total += sum;
    if (matrix_of_[i])
      gradient_rms_[*matrix_of_[i]] = gradient.defined() ? std::sqrt(sum / static_cast<double>(parameter.elements()))
                                                         : std::numeric_limits<double>::quiet_NaN();
  }
  gradient_norm_ = std::sqrt(total);
}

void Monitor::keep_weights() {
  for (Weight& weight : weights_) sample(weight.tensor, weight.stride, weight.before);
}

void Monitor::measure_updates(Check& check) {
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    Weight& weight = weights_[k];
    const double size = sum_of_squares(weight.before);
    sample(weight.tensor, weight.stride, weight.moved);
    for (std::size_t i = 0; i < weight.moved.size(); ++i) weight.moved[i] -= weight.before[i];
    check.weights.push_back({gradient_rms_[k], size > 0 ? std::sqrt(sum_of_squares(weight.moved) / size) : 0});
  }
}

void Monitor::smooth(double loss) {
  if (steps_ < first_steps)
    measurements_.first_loss += (loss - measurements_.first_loss) / static_cast<double>(steps_ + 1);
  smoothed_ += smoothing * (loss - smoothed_);
  smoothing_ += smoothing * (1 - smoothing_);
  lowest_ = std::min(lowest_, smoothed_ / smoothing_);
}

void Monitor::count_units() {
  if (!activity_ || activity_->layers().empty()) return;
  const std::vector<LayerActivity>& counted = activity_->layers();
  // A full window replaces the one before; until there is a first one, what was counted so far is the window.
  const bool full = counted.front().rows >= options_.window_rows;
  const bool had_full = !measurements_.activity.empty() && measurements_.activity.front().rows >= options_.window_rows;
  if (full || !had_full) see(counted, window_began_);
  follow_silence(counted);
  if (!full) return;
  activity_->reset();
  for (Silence& silence : silence_) silence.fired = 0;
  window_began_ = measurements_.step + 1;
}

/// Takes the counts over, with the step from which on each unit has been dead in all that was seen.
void Monitor::see(const std::vector<LayerActivity>& counted, std::int64_t since) {
  const std::vector<LayerActivity> before = std::exchange(measurements_.activity, counted);
  for (LayerActivity& layer : measurements_.activity) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const LayerActivity& other) {
      return other.layer == layer.layer && other.fired.size() == layer.fired.size();
    });
    layer.dead_since.assign(layer.fired.size(), -1);
    for (const std::int64_t unit : layer.dead_units()) {
      const auto j = static_cast<std::size_t>(unit);
      const bool was_dead = known != before.end() && j < known->dead_since.size() && known->dead_since[j] >= 0;
      layer.dead_since[j] = was_dead ? known->dead_since[j] : since;
    }
    if (const auto& dead = layer.dead_since; !dead.empty() && *std::min_element(dead.begin(), dead.end()) >= 0)
      layer.silent_since = *std::max_element(dead.begin(), dead.end());
  }
}

/// The step from which on no unit of a layer has fired.
void Monitor::follow_silence(const std::vector<LayerActivity>& counted) {
  silence_.resize(counted.size());
  for (std::size_t i = 0; i < counted.size(); ++i) {
    const std::int64_t fired = std::accumulate(counted[i].fired.begin(), counted[i].fired.end(), std::int64_t{0});
    if (fired != silence_[i].fired)
      silence_[i].since = -1;
    else if (silence_[i].since < 0)
      silence_[i].since = measurements_.step;
    silence_[i].fired = fired;
    if (i < measurements_.activity.size()) measurements_.activity[i].silent_since = silence_[i].since;
  }
}

void Monitor::ask_about_steps() {
  for (const Rule& rule : rules())
    if (rule.subject == Subject::steps)
      for (Finding& finding : rule.judge(measurements_, options_.thresholds).findings) record(std::move(finding));
}

void Monitor::record(Finding finding) {
  finding.in_loop = options_.in_loop;
  const double loss = measurements_.checks.empty() ? 0 : measurements_.checks.back().smoothed_loss;
  const auto known = std::find_if(recorded_.begin(), recorded_.end(), [&](const Recorded& r) {
    return r.finding.rule == finding.rule && r.finding.layer == finding.layer;
  });
  if (known == recorded_.end()) {
    if (on_finding) on_finding(finding);
    recorded_.push_back({std::move(finding), loss});
    return;
  }
  finding.step = std::min(finding.step, known->finding.step);
  *known = {std::move(finding), loss};
}

void Monitor::report_not_finite() {
  measurements_.step = optimizer_.steps();
  // Where a loop goes on, the first of those steps is the one to look at.
  if (!measurements_.not_finite_step) measurements_.not_finite_step = optimizer_.steps();
  record(find_rule("exploding_gradient").judge(measurements_, options_.thresholds).findings.front());
}

void Monitor::begin_again(const std::string& what_was_done) {
  for (Recorded& r : recorded_) {
    if (r.finding.rule != "exploding_gradient") continue;
    r.finding.severity = Severity::warning;
    r.finding.remedy = {what_was_done};
  }
  measurements_.not_finite_step.reset();
  measurements_.checks.clear();
  smoothed_ = smoothing_ = 0;
  lowest_ = std::numeric_limits<double>::infinity();
}

void Monitor::end_epoch(double train_loss, std::optional<double> valid_loss) {
  measurements_.epochs.push_back({train_loss, valid_loss});
}

void Monitor::look_at(const UnitActivity& activity) {
  measurements_.step = optimizer_.steps();
  see(activity.layers(), measurements_.step);
}

void Monitor::look_at_start(const UnitActivity& activity) {
  see(activity.layers(), 0);
  for (LayerActivity& layer : measurements_.activity) layer.rows = 0, layer.silent_since = -1;
}

void Monitor::look_at_inputs(const Tensor& features, std::vector<std::string> names) {
  measurements_.inputs = measure_columns(features, std::move(names));
}

std::vector<Finding> Monitor::findings() const {
  std::vector<Finding> all;
  const double loss = measurements_.checks.empty() ? 0 : measurements_.checks.back().smoothed_loss;
  for (const Recorded& r : recorded_) {
    Finding finding = r.finding;
    // The loss fell on after the trouble had passed: it did no lasting harm.
    const bool not_finite = finding.rule == "exploding_gradient" && measurements_.not_finite_step;
    if (finding.severity == Severity::error && !not_finite && loss < 0.9 * r.loss) finding.severity = Severity::warning;
    all.push_back(std::move(finding));
  }
  for (const Rule& rule : rules())
    if (rule.subject != Subject::steps)
      for (Finding& finding : rule.judge(measurements_, options_.thresholds).findings) {
        finding.in_loop = options_.in_loop;
        all.push_back(std::move(finding));
      }
  return order_by_cause(std::move(all));
}

std::vector<std::pair<std::string_view, std::string>> Monitor::not_judged() const {
  std::vector<std::pair<std::string_view, std::string>> result;
  for (const Rule& rule : rules())
    if (std::string reason = rule.judge(measurements_, options_.thresholds).cannot_judge; !reason.empty())
      result.emplace_back(rule.name, std::move(reason));
  return result;
}

}  // namespace relume::health
