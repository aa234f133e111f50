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

/// The target where a table's rows are tried with it: behind the others.
void put_last(data::Table& table, const std::string& column) {
  const auto found = std::ranges::find(table.columns, column, &data::Column::name);
  if (found != table.columns.end()) std::rotate(found, found + 1, table.columns.end());
}

/// What the target is, of a source whose test set, where it is tried on that, has it where make_trial() looks for it.
data::Target target_of(data::Source& source, const std::string& which, data::Task task) {
  if (!data::has_test_set(source)) std::visit([](auto& whole) { whole.test = nullptr; }, source);
  auto* table = std::get_if<data::Table>(&source);
  if (!table) return choose_target(std::get<data::Arrays>(source), task);
  data::Target target = data::Target::choose(*table, which, task);
  put_last(*table, target.column());
  if (table->test) {
    auto test = std::make_shared<data::Table>(*table->test);
    put_last(*test, target.column());
    table->test = std::move(test);
  }
  return target;
}

/// How many values a row has beside its target.
std::int64_t width_of(const data::Source& source) {
  if (const auto* table = std::get_if<data::Table>(&source)) return std::ssize(table->columns) - 1;
  const Tensor& x = std::get<data::Arrays>(source).x;
  return x.elements() / std::max<std::int64_t>(x.size(0), 1);
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
  data::Source source = data::open_data(what);
  const data::Target chosen =
      target_of(source, target, model.outputs > 1 ? data::Task::classification : data::Task::regression);
  model.task = chosen.task();
  model.labels = chosen.labels();
  if (const auto* arrays = std::get_if<data::Arrays>(&source); arrays && arrays->x.dtype() == DType::uint8)
    model.scale.scale = 1.0f / 255;
  require<InputError>(width_of(source) == model.features, "model: rows of {} have {} values, the first layer takes {}",
                      what, width_of(source), model.features);
  const auto answers = model.task == data::Task::classification ? std::ssize(model.labels) : 1;
  require<InputError>(answers <= model.outputs, "model: {} has {} classes, the last layer {} outputs", what, answers,
                      model.outputs);
  Trial trial = make_trial(model, std::move(source), what);
  for (std::int64_t k = answers; model.task == data::Task::classification && k < model.outputs; ++k)
    model.labels.push_back(std::to_string(k));
  return trial;
}

}  // namespace relume::io
