#include "relume/train/option_table.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "relume/base/nearest.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/io/json_text.h"
#include "relume/nn/loss_table.h"
#include "relume/optim/optimizer_table.h"
#include "relume/optim/schedule.h"
#include "relume/train/metrics.h"

namespace relume::training {
namespace {

using Texts = std::vector<std::string>;

template <auto member, auto from_name>
constexpr Named named{[](const TrainOptions& o) { return std::string(name(o.*member)); },
                      [](TrainOptions& o, std::string_view text) { o.*member = from_name(text); }};

std::string get_task(const TrainOptions& o) { return std::string(o.task ? data::name(*o.task) : "auto"); }
Texts tasks() {
  return {"auto", std::string(data::name(data::Task::classification)), std::string(data::name(data::Task::regression))};
}
void set_task(TrainOptions& o, std::string_view text) {
  const Texts known = tasks();
  if (std::ranges::find(known, text) == known.end())
    throw OptionError({"task"}, fmt::format("train: task \"{}\" is not one of {}", text, fmt::join(known, ", ")));
  o.task.reset();
  if (text != known.front()) o.task = data::task_from_name(text);
}

// Python writes the mark itself.
std::string get_decimal(const TrainOptions& o) { return std::string(o.csv.decimal ? data::name(*o.csv.decimal) : ""); }
void set_decimal(TrainOptions& o, std::string_view text) {
  const bool point = text == "." || text == "point";
  if (!point && text != "," && text != "comma") throw OptionError({"decimal"}, "train: decimal is \".\" or \",\"");
  o.csv.decimal = point ? data::Decimal::point : data::Decimal::comma;
}

Texts decimals() { return {"point", "comma"}; }
Texts class_weights() { return {"none", "balanced"}; }
/// The names of an enumeration's values.
template <auto last>
Texts names_up_to() {
  Texts names;
  for (int i = 0; i <= static_cast<int>(last); ++i) names.emplace_back(name(static_cast<decltype(last)>(i)));
  return names;
}
Texts best_by_choices() {
  Texts names;
  for (const data::Task task : {data::Task::classification, data::Task::regression})
    for (const auto& metric : metric_names(task))
      if (std::find(names.begin(), names.end(), metric) == names.end()) names.emplace_back(metric);
  return names;
}

std::vector<std::int64_t> widths(const std::string& text) {
  std::vector<std::int64_t> result;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::int64_t width = 0;
    if (!parse(std::string_view(text).substr(at, comma - at), width) || width <= 0 || width >= 1'000'000'000)
      throw OptionError({"hidden"},
                        fmt::format("train: hidden {} is not a list of layer widths; give for example 64,64", text));
    result.push_back(width);
    at = comma + 1;
  }
  return result;
}

using O = TrainOptions;

const TrainOption table[] = {
    {.name = "target",
     .member = &O::target,
     .help = "column to learn: its name, its number from 1 (negative from the end) or last",
     .shows_default = true,
     .of_data = true},
    {.name = "use",
     .member = &O::use,
     .help = "columns to learn from, with commas between them (all that are of use)",
     .of_data = true},
    {.name = "drop",
     .member = &O::drop,
     .help = "columns to leave out, with commas between them (none)",
     .of_data = true},
    {.name = "task",
     .member = Named{get_task, set_task},
     .help = "what the target asks for",
     .choices = tasks,
     .shows_default = true,
     .of_data = true},
    {.name = "hidden",
     .member = &O::hidden,
     .help = "widths of the hidden layers, such as 64,64 (256,128; for tables with dropout of 0.1)",
     .of_data = true},
    {.name = "layers",
     .member = &O::layers,
     .help = "the hidden layers in full: \"linear(64) relu dropout(0.1) linear(32) elu\"",
     .of_data = true},
    {.name = "activation",
     .member = &O::activation,
     .help = "after each hidden layer; relume activations lists them",
     .shows_default = true,
     .of_data = true},
    {.name = "valid",
     .member = &O::valid,
     .help = "rows to validate on: a fraction, a number, or a file (a fifth; fewer than that from 50,000 rows on, but "
             "a tenth; none of fewer than 30)",
     .of_data = true},
    {.name = "test",
     .member = &O::test,
     .help = "rows to test on, which training never sees: a fraction, a number, or a file (the data's own test set, "
             "else none)",
     .of_data = true},
    {.name = "decimal",
     .member = Named{get_decimal, set_decimal},
     .help = "what 1,234 and 1.234 mean: point or comma (as the file's other numbers show)",
     .choices = decimals,
     .of_data = true},
    {.name = "na",
     .member = [](O& o) -> Texts& { return o.csv.missing; },
     .help = "one more text that stands for a missing value, as often as needed (those usual)",
     .of_data = true},
    {.name = "seed",
     .member = &O::seed,
     .help = "of the split, the weights and the order of the rows",
     .shows_default = true},
    {.name = "epochs",
     .member = &O::epochs,
     .help = "passes over the training rows at most (about 20,000 steps, from 10 to 200 passes, more of tiny data: "
             "2000 steps)",
     .limit = &at_least_one},
    {.name = "batch_size",
     .member = &O::batch_size,
     .help = "rows a step (32; 64 from 2,000 training rows on, 128 from 20,000)",
     .limit = &at_least_one,
     .word = "batch"},
    {.name = "optimizer",
     .member = &O::optimizer,
     .help = "how steps are made of gradients",
     .choices = optim::optimizer_names,
     .shows_default = true},
    {.name = "loss",
     .member = &O::loss,
     .help = "what is made small (cross_entropy for classes, mse for numbers)",
     .choices = nn::loss_names},
    {.name = "lr", .member = &O::lr, .help = "learning rate", .usual = optim::usual_rates, .limit = &above_zero},
    {.name = "momentum", .member = &O::momentum, .help = "of sgd", .limit = &not_below_zero, .shows_default = true},
    {.name = "nesterov", .member = &O::nesterov, .help = "Nesterov's momentum, for sgd"},
    {.name = "weight_decay",
     .member = &O::weight_decay,
     .help = "by which weights shrink, a step, times the rate",
     .usual = optim::usual_weight_decays,
     .limit = &not_below_zero},
    {.name = "schedule",
     .member = &O::schedule,
     .help = "how the learning rate changes",
     .choices = optim::schedule_names,
     .shows_default = true},
    {.name = "warmup",
     .member = &O::warmup_steps,
     .help = "steps over which the learning rate grows at first (none; onecycle: 30 % of all)",
     .limit = &not_below_zero},
    {.name = "clip", .member = &O::clip_norm, .help = "largest norm of the gradient (no limit)", .limit = &above_zero},
    {.name = "clip_value",
     .member = &O::clip_value,
     .help = "largest element of the gradient (no limit)",
     .limit = &above_zero},
    {.name = "clip_adaptive",
     .member = &O::clip_adaptive,
     .help = "largest gradient of a unit, as a share of its weights' norm, such as 0.01 (no limit)",
     .limit = &above_zero},
    {.name = "patience",
     .member = &O::patience,
     .help =
         "epochs without a better validation value before training stops (a quarter of all epochs, but 10 at least)",
     .limit = &at_least_one},
    {.name = "min_delta",
     .member = &O::min_delta,
     .help = "by how much of itself the best value must be beaten to count as better (0)",
     .limit = &not_below_zero},
    {.name = "best_by",
     .member = &O::best_by,
     .help = "what names the best epoch, on the validation rows",
     .choices = best_by_choices,
     .shows_default = true},
    {.name = "label_smoothing",
     .member = &O::label_smoothing,
     .help = "probability that is spread evenly over the classes (0)",
     .limit = &share},
    {.name = "sparsity",
     .member = &O::sparsity,
     .help = "times the mean output of each layer of units, added to the loss, such as 0.1: they fire more seldom (0)",
     .limit = &not_below_zero},
    {.name = "prune",
     .member = &O::prune,
     .help = "share of the hidden layers' weights that become 0 while it trains, such as 0.8 (0)",
     .limit = &below_one},
    {.name = "balanced_classes",
     .member = &O::balanced_classes,
     .help = "balanced: rare classes weigh as much as common ones",
     .choices = class_weights,
     .word = "class-weights",
     .shows_default = true},
    {.name = "on_dead",
     .member = named<&O::on_dead, on_dead_from_name>,
     .help = "what is done about a layer with dead units: report, revive or leaky from a tenth of it, stop from half",
     .choices = names_up_to<OnDead::stop>,
     .shows_default = true},
    {.name = "on_explode",
     .member = named<&O::on_explode, on_explode_from_name>,
     .help = "what is done where the gradient explodes: clip or backoff go back to the best weights so far",
     .choices = names_up_to<OnExplode::backoff>,
     .shows_default = true},
    {.name = "thresholds",
     .member = &O::thresholds,
     .help = "NAME=NUMBER, as often as needed: relume rules lists them",
     .word = "threshold"},
    {.name = "precision",
     .member = named<&O::precision, precision_from_name>,
     .help = "bf16: matrices are rounded to bfloat16 while they are multiplied; weights stay float32",
     .choices = names_up_to<kernels::MatmulPrecision::medium>,
     .shows_default = true},
};

/// Reads what stands at a member.
struct Reader {
  const TrainOptions& options;

  template <class T>
  OptionValue operator()(T TrainOptions::*member) const {
    return options.*member;
  }
  OptionValue operator()(Texts& (*member)(TrainOptions&)) const { return member(const_cast<TrainOptions&>(options)); }
  OptionValue operator()(Part TrainOptions::*member) const { return (options.*member).text(); }
  OptionValue operator()(const Named& member) const { return member.get(options); }
  OptionValue operator()(health::Thresholds TrainOptions::*member) const {
    std::map<std::string, double> all;
    for (const health::NamedThreshold& threshold : health::named_thresholds(options.*member))
      all.emplace(threshold.name, threshold.value);
    return all;
  }
};

/// Puts a word of a command line there.
struct Taker {
  const TrainOption& option;
  TrainOptions& options;
  const std::string& text;

  template <class Number>
  void operator()(Number TrainOptions::*member) const {
    if (!parse(text, options.*member))
      throw OptionError({std::string(option.name)}, fmt::format("train: {} {} is not a number", option.name, text));
  }
  void operator()(bool TrainOptions::*member) const { options.*member = text == option.choices().back(); }
  void operator()(std::string TrainOptions::*member) const { options.*member = text; }
  void operator()(Texts TrainOptions::*member) const { (options.*member).push_back(text); }
  void operator()(Texts& (*member)(TrainOptions&)) const { member(options).push_back(text); }
  void operator()(std::vector<std::int64_t> TrainOptions::*member) const { options.*member = widths(text); }
  void operator()(Part TrainOptions::*member) const { options.*member = text; }
  void operator()(health::Thresholds TrainOptions::*member) const { health::set_threshold(options.*member, text); }
  void operator()(const Named& member) const { member.set(options, text); }
};

bool holds_at_least_one(double value) {
  constexpr double most = static_cast<double>(std::int64_t{1} << 40);
  return value >= 1 && value <= most;
}
bool holds_above_zero(double value) { return std::isfinite(value) && value > 0; }
bool holds_not_below_zero(double value) { return std::isfinite(value) && value >= 0; }
bool holds_share(double value) { return value >= 0 && value <= 1; }
bool holds_below_one(double x) { return x >= 0 && x < 1; }

}  // namespace

// Products of two such numbers, as of epochs and steps, are numbers still.
const Limit at_least_one{true, holds_at_least_one, "a whole number from 1 to 2^40"};
const Limit above_zero{false, holds_above_zero, "a number above 0"};
const Limit not_below_zero{false, holds_not_below_zero, "a number of at least 0"};
const Limit share{false, holds_share, "a number from 0 to 1"};
const Limit below_one{false, holds_below_one, "a number from 0 to below 1"};

OptionValue TrainOption::value(const TrainOptions& options) const { return std::visit(Reader{options}, member); }

void TrainOption::take(TrainOptions& options, const std::string& text) const {
  std::visit(Taker{*this, options, text}, member);
}

std::string TrainOption::command_line_word() const {
  std::string text(word.empty() ? name : word);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::span<const TrainOption> train_options() { return table; }

const TrainOption& find_train_option(std::string_view name) {
  std::vector<std::string_view> names;
  for (const TrainOption& option : table) {
    if (option.name == name) return option;
    names.push_back(option.name);
  }
  fail("train: there is no option \"{}\"{}", name, did_you_mean(name, names));
}

void check_limits(const TrainOptions& options) {
  const TrainOptions usual;
  for (const TrainOption& option : table) {
    if (!option.limit) continue;
    const auto number = [&](const TrainOptions& from) {
      const OptionValue value = option.value(from);
      const auto* whole = std::get_if<std::int64_t>(&value);
      return whole ? static_cast<double>(*whole) : std::get<double>(value);
    };
    if (const double value = number(options); value != number(usual) && !option.limit->holds(value))
      throw OptionError({std::string(option.name)},
                        fmt::format("train: {} {} is not {}", option.name, value, option.limit->in_words));
  }
}

std::string to_text(const OptionValue& value) {
  struct Visitor {
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const Texts& texts) const { return fmt::format("{}", fmt::join(texts, ",")); }
    std::string operator()(const std::vector<std::int64_t>& numbers) const {
      return fmt::format("{}", fmt::join(numbers, ","));
    }
    std::string operator()(const std::map<std::string, double>& pairs) const {
      std::string text;
      for (const auto& [name, number] : pairs) text += fmt::format("{}{}={}", text.empty() ? "" : ",", name, number);
      return text;
    }
    std::string operator()(bool value) const { return value ? "yes" : "no"; }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(std::uint64_t number) const { return fmt::format("{}", number); }
  };
  return std::visit(Visitor{}, value);
}

std::string to_json(const TrainOptions& options) {
  struct Visitor {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return io::json_text(value); }
    std::string operator()(const std::string& value) const { return io::json_text(value); }
    std::string operator()(const Texts& value) const { return io::json_text(value); }
    std::string operator()(const std::vector<std::int64_t>& value) const { return "[" + to_text(value) + "]"; }
    std::string operator()(const std::map<std::string, double>& value) const {
      io::JsonObject object;
      for (const auto& [name, number] : value) object.add(name, number);
      return object.text();
    }
  };
  io::JsonObject object;
  for (const TrainOption& option : table) object.add_json(option.name, std::visit(Visitor{}, option.value(options)));
  return object.text();
}

}  // namespace relume::training
