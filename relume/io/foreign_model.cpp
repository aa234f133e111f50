#include "relume/io/foreign_model.h"

#include <algorithm>
#include <cctype>

#include "relume/base/require.h"
#include "relume/data/open.h"
#include "relume/data/split.h"
#include "relume/io/safetensors.h"
#include "relume/nn/linear.h"

namespace relume::io {
namespace {

/// "2.weight" before "10.weight": runs of digits count as numbers.
bool comes_before(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    std::string left, right;
    while (i < a.size() && digit(a[i])) left += a[i++];
    while (j < b.size() && digit(b[j])) right += b[j++];
    left.erase(0, std::min(left.find_first_not_of('0'), left.size()));
    right.erase(0, std::min(right.find_first_not_of('0'), right.size()));
    if (left != right) return left.size() != right.size() ? left.size() < right.size() : left < right;
  }
  return a.size() < b.size();
}

struct Weights {
  std::string name;
  Tensor weight, bias;
};

std::vector<Weights> matrices(const SafeTensors& file) {
  std::vector<Weights> all;
  for (const auto& [name, tensor] : file.tensors)
    if (tensor.dimensions() == 2 && is_floating(tensor.dtype())) all.push_back({name, tensor.to(DType::float32), {}});
  std::sort(all.begin(), all.end(), [](const Weights& a, const Weights& b) { return comes_before(a.name, b.name); });
  for (Weights& w : all) {
    const std::string prefix = w.name.substr(0, w.name.rfind('.') + 1);
    if (const Tensor bias = file.find(prefix + "bias"); bias.defined() && w.name != prefix + "bias")
      w.bias = bias.to(DType::float32);
  }
  return all;
}

Tensor numbers_of(const data::Table& table, const std::string& target, std::span<const std::int64_t> rows) {
  std::vector<const data::Column*> columns;
  for (const data::Column& column : table.columns)
    if (column.name != target) columns.push_back(&column);
  const auto width = static_cast<std::int64_t>(columns.size());
  Tensor x = empty({static_cast<std::int64_t>(rows.size()), width});
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < columns.size(); ++j) {
      require<InputError>(!columns[j]->is_text() && !columns[j]->missing(rows[i]),
                          "model: {}: column \"{}\" is no number there; the model's file says nothing of how to turn "
                          "it into one",
                          table.where(rows[i]), columns[j]->name);
      x.data<float>()[static_cast<std::int64_t>(i) * width + static_cast<std::int64_t>(j)] =
          static_cast<float>(columns[j]->numbers[static_cast<std::size_t>(rows[i])]);
    }
  return x;
}

}  // namespace

Model load_foreign_model(const std::filesystem::path& path, const std::string& layers) {
  const std::vector<Weights> weights = matrices(load_safetensors(path));
  require<InputError>(!weights.empty(), "model: {} holds no matrix of floats", path.string());
  Model model;
  model.layers = nn::parse_architecture(layers);
  model.features = weights.front().weight.size(1);
  model.outputs = weights.back().weight.size(0);
  const auto is_linear = [](const nn::LayerSpec& layer) { return layer.name == "linear"; };
  auto linears = static_cast<std::size_t>(std::count_if(model.layers.begin(), model.layers.end(), is_linear));
  if (linears == weights.size() && is_linear(model.layers.back())) model.layers.pop_back(), --linears;
  require<InputError>(linears + 1 == weights.size(),
                      "model: {} holds {} matrices, layers \"{}\" and the output layer take {}", path.string(),
                      weights.size(), layers, linears + 1);
  Rng rng(0);
  model.build(rng);
  std::size_t next = 0;
  for (const auto& [name, module] : model.network->children()) {
    nn::Linear* linear = module->as_linear();
    if (!linear) continue;
    const Weights& w = weights[next++];
    require<InputError>(w.weight.shape() == linear->weight.shape(), "model: {}: {} is {}, layer {} of layers takes {}",
                        path.string(), w.name, w.weight.shape(), next, linear->weight.shape());
    linear->weight.set_data(w.weight);
    if (!w.bias.defined()) continue;
    require<InputError>(w.bias.shape() == linear->bias.shape(), "model: {}: the bias of {} is {}, the layer takes {}",
                        path.string(), w.name, w.bias.shape(), linear->bias.shape());
    linear->bias.set_data(w.bias);
  }
  model.network->eval();
  return model;
}

Trial make_foreign_trial(Model& model, const std::string& what, const std::string& target) {
  const data::Source source = data::open_data(what);
  const std::optional<data::Task> task = model.outputs > 1 ? data::Task::classification : data::Task::regression;
  const bool test = data::has_test_set(source);
  Trial trial;
  trial.what = test ? "test set" : "all rows";
  data::Target chosen;
  if (const auto* whole = std::get_if<data::Table>(&source)) {
    const data::Table& table = test ? *whole->test : *whole;
    chosen = data::Target::choose(table, target, task);
    const std::vector<std::int64_t> rows = chosen.rows(table);
    trial.dataset = {numbers_of(table, chosen.column(), rows), chosen.encode(table, rows), {}};
    trial.rows = data::count_to(static_cast<std::int64_t>(rows.size()));
  } else {
    const auto& arrays = std::get<data::Arrays>(source);
    data::check_finite(arrays);
    const Tensor& x = test ? arrays.x_test : arrays.x;
    const data::Table& targets = test ? arrays.test_targets : arrays.targets;
    chosen = choose_target(arrays, task);
    trial.rows = chosen.rows(targets);
    trial.dataset = {x.reshape({x.size(0), -1}), encode_among_all(chosen, targets, trial.rows), {}};
    if (x.dtype() == DType::uint8) trial.dataset.scale.scale = 1.0f / 255;
  }
  model.task = chosen.task();
  model.labels = chosen.labels();
  model.scale = trial.dataset.scale;
  require<InputError>(trial.dataset.features.size(1) == model.features,
                      "model: rows of {} have {} values, the first layer takes {}", what,
                      trial.dataset.features.size(1), model.features);
  const auto answers = model.task == data::Task::classification ? static_cast<std::int64_t>(model.labels.size()) : 1;
  require<InputError>(answers <= model.outputs, "model: {} has {} classes, the last layer {} outputs", what, answers,
                      model.outputs);
  for (std::int64_t k = answers; model.task == data::Task::classification && k < model.outputs; ++k)
    model.labels.push_back(std::to_string(k));
  return trial;
}

}  // namespace relume::io
