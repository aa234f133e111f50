#include "tests/health/planted_runs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "relume/autograd/grad_mode.h"
#include "relume/health/data_facts.h"
#include "relume/nn/loss.h"
#include "relume/train/optimizer_by_name.h"
#include "tests/train/small_problem.h"

namespace relume::health::planted {
namespace {

using Layers = std::vector<nn::Module*>;

std::vector<std::int64_t> rows_of(const Tensor& all) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(all.size(0)));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// Rows of a float32 or int64 tensor.
Tensor take(const Tensor& all, std::span<const std::int64_t> rows) {
  Shape shape = all.shape();
  shape[0] = static_cast<std::int64_t>(rows.size());
  Tensor result = empty(shape, all.dtype());
  const std::size_t row = all.bytes() / static_cast<std::size_t>(all.size(0));
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::copy_n(static_cast<const std::byte*>(all.raw_data()) + static_cast<std::size_t>(rows[i]) * row, row,
                static_cast<std::byte*>(result.raw_data()) + i * row);
  return result;
}

/// The loss of the best constant answer.
double constant_loss(const Training& t) {
  if (t.regression) {
    const auto values = t.y.span<float>();
    double sum = 0, squares = 0;
    for (const float v : values) sum += v, squares += static_cast<double>(v) * v;
    const auto n = static_cast<double>(values.size());
    return squares / n - sum / n * sum / n;
  }
  const auto classes = t.y.span<std::int64_t>();
  const double p =
      static_cast<double>(std::count(classes.begin(), classes.end(), 1)) / static_cast<double>(classes.size());
  return -p * std::log(p) - (1 - p) * std::log(1 - p);
}

/// Every `every`-th unit's bias becomes `value`.
void set_biases(Training& t, std::size_t n, std::int64_t every, float value) {
  const auto bias = t.linear(n).bias.span<float>();
  for (std::size_t j = 0; j < bias.size(); j += static_cast<std::size_t>(every)) bias[j] = value;
}

void scale_weights(nn::Linear& linear, float factor) {
  for (float& w : linear.weight.span<float>()) w *= factor;
}

void scale_all_weights(Training& t, float factor) {
  for (Tensor& parameter : t.network->parameters())
    if (parameter.dimensions() == 2)
      for (float& w : parameter.span<float>()) w *= factor;
}

/// Shifts every `every`-th unit so that its input is above 0 on `share` of the rows.
void shift_biases(Training& t, std::size_t n, std::int64_t every, double share) {
  const NoGradGuard guard;
  const std::size_t place = t.place_of_linear(n);
  const Tensor z = (*t.network)[place].forward(t.input_of(place));
  const std::int64_t rows = z.size(0), units = z.size(1);
  for (std::int64_t j = 0; j < units; j += every) {
    std::vector<float> column;
    for (std::int64_t i = 0; i < rows; ++i) column.push_back(z.data<float>()[i * units + j]);
    std::sort(column.begin(), column.end());
    const auto last_off = static_cast<std::size_t>(std::lround((1 - share) * static_cast<double>(rows)));
    const float bound = last_off == 0 ? column.front() - 0.1f : (column[last_off - 1] + column[last_off]) / 2;
    t.linear(n).bias.span<float>()[static_cast<std::size_t>(j)] -= bound;
  }
}

/// From that step on what was learned is wrong: the classes change places, numbers their sign.
std::function<void(Training&, std::int64_t)> turn_targets_at(std::int64_t step, double lr) {
  return [=](Training& t, std::int64_t now) {
    if (now != step) return;
    if (t.regression)
      for (float& v : t.y.span<float>()) v = -3 * v;
    else
      for (std::int64_t& k : t.y.span<std::int64_t>()) k = 1 - k;
    t.optimizer->set_lr(lr);
  };
}

std::function<void(Training&, std::int64_t)> scale_targets_at(std::int64_t step, float factor) {
  return [=](Training& t, std::int64_t now) {
    if (now == step)
      for (float& v : t.y.span<float>()) v *= factor;
  };
}

/// Targets that the features say nothing about.
void shuffle_targets(Training& t) {
  for (Tensor* targets : {&t.y, &t.y_valid}) {
    std::vector<std::int64_t> order = rows_of(*targets);
    Rng(t.recipe.seed + 77).shuffle(order);
    *targets = take(*targets, order);
  }
}

void change_column(Training& t, std::int64_t column, float factor, float offset) {
  for (Tensor* features : {&t.x, &t.x_valid})
    for (std::int64_t i = 0; i < features->size(0); ++i) {
      float& value = features->data<float>()[i * features->size(1) + column];
      value = value * factor + offset;
    }
}

std::string repeat(const std::string& layer, int times) {
  std::string text = layer;
  for (int i = 1; i < times; ++i) text += " " + layer;
  return text;
}

std::string widths(std::initializer_list<int> all, const std::string& activation) {
  std::string text;
  for (const int width : all) text += fmt::format("{}linear({}) {}", text.empty() ? "" : " ", width, activation);
  return text;
}

/// Eight trainings that go well, of other data, sizes, optimizers and seeds each.
std::vector<Recipe> recipes(const std::string& activation) {
  return {{"moons", widths({16, 16}, activation), "adam", 5e-3, 1},
          {"circles", widths({32}, activation), "adam", 5e-3, 2, 600},
          {"spirals", widths({64, 64}, activation), "adam", 3e-3, 3, 1000, 64, 30},
          {"friedman", widths({32, 32}, activation), "adam", 3e-3, 4},
          {"moons", widths({24, 24, 24}, activation), "sgd", 0.05, 5},
          {"friedman", widths({64, 64}, activation), "adamw", 1e-3, 6, 1000},
          {"circles", widths({48, 24}, activation), "rmsprop", 1e-3, 7, 700, 20},
          {"spirals", widths({32, 32, 32}, activation), "adam", 2e-3, 8, 800, 32, 24}};
}

class Suite {
 public:
  Suite() {
    add_healthy();
    add_sparse();
    add_units();
    add_gradients();
    add_steps();
    add_losses();
    add_inputs();
    add_answers();
    add_data();
  }
  std::vector<Case> cases;

 private:
  void add(Case one) {
    one.name = fmt::format("{} {} {} {:g}, seed {}: {}", one.recipe.data, one.recipe.layers, one.recipe.optimizer,
                           one.recipe.lr, one.recipe.seed, one.name);
    cases.push_back(std::move(one));
  }

  void add_healthy() {
    for (const Recipe& r : recipes("relu")) add({"", "", "healthy", r});
    const char* others[] = {"leaky_relu", "elu", "gelu", "silu", "tanh", "selu", "prelu", "mish"};
    std::vector<Recipe> r = recipes("relu");
    for (std::size_t i = 0; i < r.size(); ++i) {
      Recipe other = recipes(others[i])[i];
      other.seed += 20;
      add({"", "", "healthy", other});
    }
  }

  /// Units that each answer to few rows: most of them fire on nothing in a batch of four, and all learn.
  void add_sparse() {
    int seed = 50;
    for (const auto& [data, layers] : {std::pair{"circles", "linear(128) relu"},
                                       {"moons", "linear(200) relu"},
                                       {"friedman", "linear(128) relu"},
                                       {"spirals", "linear(256) relu"}})
      add({"",
           "",
           "healthy and sparse",
           {data, layers, "adam", 2e-4, static_cast<std::uint64_t>(seed++), 2000, 4, 5},
           [](Training& t) { shift_biases(t, 0, 1, 0.06); }});
  }

  void add_units() {
    const auto relu = recipes("relu"), tanh = recipes("tanh"), sigmoid = recipes("sigmoid");
    for (std::size_t i = 0; i < 8; ++i) {
      const std::size_t n = i % 2 && i != 1 ? 1 : 0;  // the second recipe has one hidden layer alone
      const auto every = static_cast<std::int64_t>(1 + i % 4);
      const std::string layer = fmt::format("relu{}", n + 1);
      add({"dead_units", layer, fmt::format("one in {} units begins with a bias of -40", every), relu[i],
           [=](Training& t) { set_biases(t, n, every, -40); }});
      add({"near_dead_units",
           layer,
           fmt::format("one in {} units fires on 0.5 % of the rows", every),
           relu[i],
           {},
           {},
           [=](Training& t) { shift_biases(t, n, every, 0.005); }});
      Recipe slow = relu[i];
      slow.lr /= 5;
      if (i < 4)
        add({"always_on_layer", layer, "biases of 40", slow, [=](Training& t) { set_biases(t, n, 1, 40); }});
      else
        add({"always_on_layer", layer, "biases above every input", relu[i], {}, {}, [=](Training& t) {
               shift_biases(t, n, 1, 1);
             }});
      Recipe bounded = (i < 4 ? tanh : sigmoid)[i];
      bounded.lr /= 5;
      add({"saturated_units", fmt::format("{}{}", i < 4 ? "tanh" : "sigmoid", n + 1), "weights 1000 times as large",
           bounded, [=](Training& t) { scale_weights(t.linear(n), 1000); }});
    }
  }

  void add_gradients() {
    int seed = 30;
    for (const auto& [data, layer, depth, factor] : {std::tuple{"moons", "linear(16) sigmoid", 12, 1.0f},
                                                     {"friedman", "linear(24) sigmoid", 10, 1.0f},
                                                     {"circles", "linear(12) sigmoid", 20, 1.0f},
                                                     {"spirals", "linear(32) sigmoid", 14, 1.0f},
                                                     {"moons", "linear(16) tanh", 12, 0.2f},
                                                     {"friedman", "linear(16) tanh", 16, 0.3f},
                                                     {"circles", "linear(32) leaky_relu", 12, 0.25f},
                                                     {"friedman", "linear(48) elu", 14, 0.25f}})
      add({"vanishing_gradient",
           "0.weight",
           fmt::format("{} layers, weights times {:g}", depth, factor),
           {data, repeat(layer, depth), "sgd", 0.01, static_cast<std::uint64_t>(seed++), 800, 32, 6},
           [factor = factor](Training& t) { scale_all_weights(t, factor); }});
    for (const auto& [data, layers, lr] : {std::tuple{"friedman", "linear(32) relu linear(32) relu", 3.0},
                                           {"friedman", "linear(64) leaky_relu", 10.0},
                                           {"friedman", "linear(16) elu linear(16) elu linear(16) elu", 30.0},
                                           {"friedman", "linear(128) gelu", 20.0}})
      add({"exploding_gradient",
           "",
           "a rate that no loss survives",
           {data, layers, "sgd", lr, static_cast<std::uint64_t>(seed++)}});
    for (const auto& [layers, optimizer, lr, factor] :
         {std::tuple{"linear(32) relu linear(32) relu", "adam", 1e-3, 1e4f},
          {"linear(64) tanh", "adam", 1e-3, 1e4f},
          {"linear(16) leaky_relu linear(16) leaky_relu linear(16) leaky_relu", "adamw", 1e-3, 3e3f},
          {"linear(48) silu", "rmsprop", 1e-3, 1e5f}})
      add({"exploding_gradient",
           "",
           fmt::format("targets {:g} times as large from step 200 on", factor),
           {"friedman", layers, optimizer, lr, static_cast<std::uint64_t>(seed++)},
           {},
           scale_targets_at(200, factor)});
  }

  void add_steps() {
    const double large[] = {0.3, 0.5, 1, 0.3, 3, 0.5, 0.3, 1},
                 small[] = {1e-9, 1e-9, 1e-10, 1e-9, 1e-7, 1e-10, 1e-9, 1e-9};
    const auto relu = recipes("relu"), elu = recipes("elu"), tanh = recipes("tanh");
    for (std::size_t i = 0; i < 8; ++i) {
      Recipe r = i % 3 == 0 ? elu[i] : i % 3 == 1 ? tanh[i] : relu[i];
      r.epochs = 8;
      r.lr = large[i];
      add({"step_too_large", "", fmt::format("a rate of {:g}", r.lr), r});
      r.lr = small[i];
      add({"step_too_small", "", fmt::format("a rate of {:g}", r.lr), r});
    }
  }

  void add_losses() {
    const auto relu = recipes("relu"), elu = recipes("elu");
    for (std::size_t i = 0; i < 8; ++i) {
      // Of the spirals elu learns too little for a change of them to matter, and of two columns too little by heart.
      Recipe r = relu[i].data == "spirals" || i % 2 == 0 ? relu[i] : elu[i];
      r.epochs = 30;
      add({"diverging", "", "targets that change half-way", r, {}, turn_targets_at(300, 1e-7)});
      r.epochs = 20;
      r.batch = 32;
      r.layers = widths({4 + static_cast<int>(i)}, i % 2 ? "tanh" : "relu");
      r.lr = r.optimizer == "sgd" ? 0.01 : 1e-3;
      add({"loss_not_improving", "", "targets in another order", r, shuffle_targets});
      Recipe few = relu[i];
      few.rows = 100;
      few.batch = 16;
      few.epochs = 300;
      few.layers = widths({128, 128}, few.data == "friedman" ? "elu" : "relu");
      few.lr = few.optimizer == "sgd" ? 0.1 : 3e-3;
      add({"overfitting", "", "few rows, and targets in another order", few, shuffle_targets});
    }
  }

  void add_inputs() {
    const auto relu = recipes("relu"), gelu = recipes("gelu");
    for (std::size_t i = 0; i < 8; ++i) {
      const Recipe& r = i % 2 ? gelu[i] : relu[i];
      const auto column = static_cast<std::int64_t>(i % 2);
      const auto value = static_cast<float>(i) - 3;
      add({"constant_feature", "input", fmt::format("column {} is {} everywhere", column + 1, value), r,
           [=](Training& t) { change_column(t, column, 0, value); }});
      const float factor = i < 4 ? 1e3f : 1, offset = i < 4 ? 0 : 2000;
      add({"unscaled_feature", "input", fmt::format("column {} times {} plus {}", column + 1, factor, offset), r,
           [=](Training& t) { change_column(t, column, factor, offset); }});
      const float odd = i % 3 == 0 ? NAN : i % 3 == 1 ? HUGE_VALF : -HUGE_VALF;
      const auto place = 2 * (7 + static_cast<std::int64_t>(i)) + column;
      add({"not_finite_feature",
           "input",
           fmt::format("{} at place {}", odd, place),
           r,
           [=](Training& t) { t.x.data<float>()[place] = odd; },
           {},
           [=](Training& t) { t.x.data<float>()[place] = 0; }});
    }
  }

  void add_answers() {
    const auto relu = recipes("relu"), cut = recipes("hardshrink(1000)");
    for (std::size_t i = 0; i < 8; ++i) {
      Recipe r = cut[i];
      r.epochs = 8;
      add({"zero_gradient", "", "an activation that is 0 for all that comes", r});
      r = relu[i];
      r.epochs = 5;
      r.lr /= 5;
      if (r.data == "friedman")
        add({"one_answer", "", "an output of 0 and a rate of nearly nothing", r, [](Training& t) {
               scale_weights(t.linear(static_cast<std::size_t>(
                                          std::count(t.recipe.layers.begin(), t.recipe.layers.end(), ' ') + 1) /
                                      2),
                             0);
               t.optimizer->set_lr(1e-9);
             }});
      else
        add({"one_answer", "", "one row in forty of the other class, at random", r, [](Training& t) {
               for (Tensor* targets : {&t.y, &t.y_valid}) {
                 Rng rng(t.recipe.seed + 3);
                 for (std::int64_t& k : targets->span<std::int64_t>()) k = rng.below(40) == 0;
               }
             }});
    }
    std::uint64_t seed = 60;
    for (const auto& [data, layers] : {std::pair{"circles", "linear(2) tanh"},
                                       {"circles", "linear(2) leaky_relu"},
                                       {"circles", "linear(2) elu linear(8) elu"},
                                       {"spirals", "linear(2) tanh"},
                                       {"spirals", "linear(3) elu"},
                                       {"circles", "linear(2) tanh linear(16) tanh"},
                                       {"friedman", "linear(1) tanh"},
                                       {"friedman", "linear(1) leaky_relu linear(16) leaky_relu"}})
      add({"too_few_units", "", "few units", {data, layers, "adam", 5e-3, seed++, 800, 32, 50}});
  }

  void add_data() {
    const std::pair<const char*, double (*)(double)> leaks[] = {
        {"y", [](double y) { return y; }},
        {"1000 - 3y", [](double y) { return 1000 - 3 * y; }},
        {"y^3", [](double y) { return y * y * y; }},
        {"exp y", [](double y) { return std::exp(y); }},
        {"-tanh y", [](double y) { return -std::tanh(y); }},
        {"y / 1000", [](double y) { return y / 1000; }},
        {"y to two places", [](double y) { return std::round(100 * y) / 100; }},
        {"2y + 1e-4 sin 99y", [](double y) { return 2 * y + 1e-4 * std::sin(99 * y); }}};
    std::uint64_t seed = 70;
    for (const auto& [name, leak] : leaks) {
      const Recipe r{"friedman", seed % 2 ? "linear(16) relu" : "linear(12) tanh", "adam", 3e-3, seed, 600, 32, 6};
      ++seed;
      const auto column = static_cast<std::int64_t>(seed % 10);
      add({"leaking_feature", "input", fmt::format("column {} is {}", column + 1, name), r,
           [=, leak = leak](Training& t) {
             for (std::int64_t i = 0; i < t.x.size(0); ++i)
               t.x.data<float>()[i * t.x.size(1) + column] =
                   static_cast<float>(leak(static_cast<double>(t.y.data<float>()[i])));
           }});
      const float value = std::pow(10.0f, static_cast<float>(3 + seed % 7)) * (seed % 2 ? -1.0f : 1.0f);
      add({"target_outlier", "target", fmt::format("one target of {:g}", value), r,
           [=](Training& t) { t.y.data<float>()[11] = value; }});
      const std::int64_t every = seed % 2 ? 30 : 300;
      const float mark = seed % 4 == 1 ? -999.0f : value;
      add({"outlier_feature", "input", fmt::format("{:g} in each {}th row of column {}", mark, every, column + 1), r,
           [=](Training& t) {
             for (std::int64_t i = 0; i < t.x.size(0); i += every) t.x.data<float>()[i * t.x.size(1) + column] = mark;
           }});
    }
  }
};

std::vector<std::int64_t> first_rows(std::int64_t count) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

/// What a table of these rows would tell.
DataFacts facts_of(const Training& t) {
  DataFacts facts;
  facts.looked_at = facts.looked_for_outlying = true;
  const data::Column target{.numbers = t.regression ? t.y.to_vector<double>() : std::vector<double>()};
  if (t.regression) facts.target = measure_target(target.numbers);
  const Tensor x = t.x.reshape({t.x.size(0), -1});
  for (std::int64_t j = 0; j < x.size(1); ++j) {
    data::Column column;
    for (std::int64_t i = 0; i < x.size(0); ++i)
      column.numbers.push_back(static_cast<double>(x.data<float>()[i * x.size(1) + j]));
    if (auto outlying = measure_outlying(std::to_string(j + 1), column.numbers))
      facts.outlying.push_back(std::move(*outlying));
    if (!t.regression) continue;
    const double share = tells(column, target, data::Task::regression, first_rows(x.size(0)));
    facts.telling.push_back({std::to_string(j + 1), share, false});
  }
  return facts;
}

double mean_loss(const Training& t, const Tensor& features, const Tensor& targets) {
  const NoGradGuard guard;
  return t.loss(features, targets).item<double>();
}

}  // namespace

Training::Training(const Recipe& r) : recipe(r), regression(r.data == "friedman") {
  training::Problem problem = training::make_problem(r.data, r.layers, r.rows, r.seed, r.seed + 5);
  network = problem.model.network;
  x = take(problem.dataset.features, problem.split.train);
  y = take(problem.dataset.targets, problem.split.train);
  x_valid = take(problem.dataset.features, problem.split.valid);
  y_valid = take(problem.dataset.targets, problem.split.valid);
  training::Options options;
  options.optimizer = r.optimizer;
  options.lr = r.lr;
  options.weight_decay = 0;
  optimizer = training::make_optimizer(options, network->parameters());
}

Tensor Training::loss(const Tensor& features, const Tensor& targets) const {
  const Tensor output = (*network)(features);
  return regression ? nn::mse_loss(output, targets) : nn::cross_entropy(output, targets);
}

Tensor Training::input_of(std::size_t place) const {
  const NoGradGuard guard;
  Tensor all = empty({x.size(0) + x_valid.size(0), x.size(1)});
  std::copy_n(x.data<float>(), x.elements(), all.data<float>());
  std::copy_n(x_valid.data<float>(), x_valid.elements(), all.data<float>() + x.elements());
  for (std::size_t i = 0; i < place; ++i) all = (*network)[i].forward(all);
  return all;
}

std::size_t Training::place_of_linear(std::size_t n) const {
  for (std::size_t i = 0; i < network->size(); ++i)
    if (dynamic_cast<nn::Linear*>(&(*network)[i]) && n-- == 0) return i;
  throw ValueError("planted: the network has fewer linear layers");
}

nn::Linear& Training::linear(std::size_t n) const { return dynamic_cast<nn::Linear&>((*network)[place_of_linear(n)]); }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = Suite().cases;
  return all;
}

Outcome run(const Case& one, const std::function<void(Training&)>& observe) {
  Outcome outcome;
  outcome.training = std::make_unique<Training>(one.recipe);
  Training& t = *outcome.training;
  if (one.before) one.before(t);
  MonitorOptions options;
  options.watch_units = false;
  options.full_lr = one.recipe.lr;
  options.constant_loss = constant_loss(t);
  Monitor monitor(*t.network, *t.optimizer, options);
  monitor.look_at_inputs(t.x);
  monitor.look_at_data(facts_of(t));
  std::int64_t step = 0;
  bool going = true;
  for (std::int64_t epoch = 0; going && epoch < one.recipe.epochs; ++epoch) {
    std::vector<std::int64_t> order = rows_of(t.x);
    Rng(one.recipe.seed, static_cast<std::uint64_t>(epoch)).shuffle(order);
    double sum = 0;
    std::int64_t batches = 0;
    for (std::size_t at = 0; going && at < order.size(); at += static_cast<std::size_t>(one.recipe.batch)) {
      if (one.at_step) one.at_step(t, step);
      const auto rows =
          std::span(order).subspan(at, std::min(order.size() - at, static_cast<std::size_t>(one.recipe.batch)));
      t.optimizer->zero_grad();
      const Tensor loss = t.loss(take(t.x, rows), take(t.y, rows));
      loss.backward();
      sum += loss.item<double>();
      ++batches, ++step;
      going = monitor.step(loss.item<double>());
      if (observe && (step % 16 == 0 || !going)) observe(t);
    }
    if (going) monitor.end_epoch(sum / static_cast<double>(batches), mean_loss(t, t.x_valid, t.y_valid));
  }
  if (one.after) one.after(t);
  UnitActivity activity(*t.network);
  {
    const NoGradGuard guard;
    (*t.network)(t.input_of(0));
  }
  monitor.look_at(activity);
  {
    const NoGradGuard guard;
    monitor.look_at_answers(measure_answers((*t.network)(t.x), t.y));
  }
  outcome.activity = activity.layers();
  outcome.findings = monitor.findings();
  return outcome;
}

std::vector<std::int64_t> units_by_definition(const Training& t, std::size_t n, const std::string& rule) {
  const std::size_t place = t.place_of_linear(n);
  const Tensor in = t.input_of(place);
  const nn::Linear& linear = t.linear(n);
  const std::int64_t rows = in.size(0), width = in.size(1), units = linear.weight.size(0);
  const Activation& f = dynamic_cast<nn::Activate&>((*t.network)[place + 1]).activation();
  std::vector<std::int64_t> result;
  for (std::int64_t j = 0; j < units; ++j) {
    std::int64_t on = 0, flat = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      double z = static_cast<double>(linear.bias.data<float>()[j]);
      for (std::int64_t p = 0; p < width; ++p)
        z += static_cast<double>(in.data<float>()[i * width + p]) *
             static_cast<double>(linear.weight.data<float>()[j * width + p]);
      on += z > 0;
      const double s = 1 / (1 + std::exp(-z));
      flat += (f.name() == "tanh" ? 1 - std::tanh(z) * std::tanh(z) : 4 * s * (1 - s)) < 0.05;
    }
    const auto n_rows = static_cast<double>(rows);
    if ((rule == "dead_units" && on == 0) || (rule == "always_on_layer" && on == rows) ||
        (rule == "near_dead_units" && on > 0 && static_cast<double>(on) < 0.01 * n_rows) ||
        (rule == "saturated_units" && static_cast<double>(flat) >= 0.95 * n_rows))
      result.push_back(j);
  }
  return result;
}

}  // namespace relume::health::planted
