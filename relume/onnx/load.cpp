// An ONNX file as a network, and as a model.
#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/nn/layers.h"
#include "relume/onnx/graph_reader.h"
#include "relume/onnx/onnx.h"

namespace relume::onnx {
namespace {

using Layers = std::vector<infer::FrozenLayer>;

double wide(float x) { return static_cast<double>(x); }

/// (factor, offset) of what is x · factor + offset, and behind it the scale.
void join(std::vector<float>& factor, std::vector<float>& offset, const infer::Scale& scale) {
  for (std::size_t i = 0; i < factor.size(); ++i) {
    offset[i] =
        static_cast<float>((wide(offset[i]) - wide(scale.center[i])) * wide(scale.factor[i]) + wide(scale.offset[i]));
    factor[i] = static_cast<float>(wide(factor[i]) * wide(scale.factor[i]));
  }
}

/// The same of W x + b.
void join(infer::Dense& dense, const infer::Scale& scale) {
  std::vector<float> factor(dense.bias.size(), 1);
  join(factor, dense.bias, scale);
  const auto inputs = static_cast<std::size_t>(dense.inputs);
  for (std::size_t i = 0; i < dense.weight.size(); ++i)
    dense.weight[i] = static_cast<float>(wide(dense.weight[i]) * wide(scale.factor[i / inputs]));
}

bool does_nothing(const infer::FrozenLayer& layer) {
  const auto all = [](const std::vector<float>& values, float same) {
    return std::ranges::all_of(values, [same](float v) { return v == same; });
  };
  const auto* scale = std::get_if<infer::Scale>(&layer);
  return scale && all(scale->center, 0) && all(scale->factor, 1) && all(scale->offset, 0);
}

/// Whether the scale became part of the layer before it.
bool join(infer::FrozenLayer& before, const infer::FrozenLayer& layer) {
  const auto* scale = std::get_if<infer::Scale>(&layer);
  if (!scale) return false;
  if (auto* dense = std::get_if<infer::Dense>(&before)) return join(*dense, *scale), true;
  if (auto* norm = std::get_if<infer::Normalise>(&before)) return join(norm->factor, norm->offset, *scale), true;
  if (auto* other = std::get_if<infer::Scale>(&before)) return join(other->factor, other->offset, *scale), true;
  return false;
}

Layers tidied(Layers layers) {
  Layers tidy;
  for (infer::FrozenLayer& layer : layers)
    if (!does_nothing(layer) && (tidy.empty() || !join(tidy.back(), layer))) tidy.push_back(std::move(layer));
  return tidy;
}

void set(Tensor& tensor, const std::vector<float>& values) { tensor.set_data(from_vector(values, tensor.shape())); }

std::shared_ptr<nn::Module> module_of(const infer::Dense& dense) {
  auto linear = std::make_shared<nn::Linear>(dense.inputs, dense.outputs);
  set(linear->weight, dense.weight);
  set(linear->bias, dense.bias);
  return linear;
}

/// By averages that are known, of a variance of 1.
std::shared_ptr<nn::Module> module_of(const infer::Scale& scale) {
  auto norm = std::make_shared<nn::BatchNorm1d>(std::ssize(scale.factor), nn::BatchNormOptions{.epsilon = 0});
  set(norm->running_mean, scale.center);
  set(norm->weight, scale.factor);
  set(norm->bias, scale.offset);
  return norm;
}

std::shared_ptr<nn::Module> module_of(const infer::Elementwise& f) {
  return std::make_shared<nn::Activate>(f.activation);
}

std::shared_ptr<nn::Module> module_of(const infer::Slopes& slopes) {
  auto prelu = std::make_shared<nn::PReLU>(std::ssize(slopes.slope));
  set(prelu->weight, slopes.slope);
  return prelu;
}

std::shared_ptr<nn::Module> module_of(const infer::Along& along) {
  return std::make_shared<nn::ActivateAlong>(along.activation, 1);
}

std::shared_ptr<nn::Module> module_of(const infer::Normalise& norm) {
  if (norm.groups == 1) {
    auto layer =
        std::make_shared<nn::LayerNorm>(std::ssize(norm.factor), nn::LayerNormOptions{.epsilon = norm.epsilon});
    set(layer->weight, norm.factor);
    set(layer->bias, norm.offset);
    return layer;
  }
  auto group = std::make_shared<nn::GroupNorm>(norm.groups, std::ssize(norm.factor),
                                               nn::GroupNormOptions{.epsilon = norm.epsilon});
  set(group->weight, norm.factor);
  set(group->bias, norm.offset);
  return group;
}

std::shared_ptr<nn::Sequential> sequential_of(const Layers& layers);

std::shared_ptr<nn::Module> module_of(const infer::BeginResidual& /*marker*/) { return nullptr; }
std::shared_ptr<nn::Module> module_of(const infer::EndResidual& /*marker*/) { return nullptr; }

std::shared_ptr<nn::Sequential> sequential_of(const Layers& layers) {
  std::vector<std::shared_ptr<nn::Sequential>> open{std::make_shared<nn::Sequential>()};
  for (const infer::FrozenLayer& layer : layers) {
    if (std::holds_alternative<infer::BeginResidual>(layer)) {
      open.push_back(std::make_shared<nn::Sequential>());
    } else if (std::holds_alternative<infer::EndResidual>(layer)) {
      const auto inner = open.back();
      open.pop_back();
      open.back()->push_back(std::make_shared<nn::Residual>(inner));
    } else {
      open.back()->push_back(std::visit([](const auto& l) { return module_of(l); }, layer));
    }
  }
  return open[0];
}

struct Read {
  Layers layers;
  std::int64_t features = 0, outputs = 0;
  std::vector<std::int64_t> input_shape;
  std::vector<std::string> labels;
};

Read read(const std::filesystem::path& path) {
  const proto::Model message = read_message(path);
  try {
    GraphReader graph(message, path.parent_path());
    Read read{tidied(graph.layers()), graph.features(), graph.features(), graph.input_shape(), graph.labels()};
    for (const infer::FrozenLayer& layer : read.layers) read.outputs = infer::features_out(layer, read.outputs);
    return read;
  } catch (const Error& error) {
    fail<InputError>("onnx: {}: {}", path.string(), error.what());
  }
}

/// The words of an architecture, one a layer.
nn::LayerSpec word_of(const infer::FrozenLayer& layer) {
  if (const auto* dense = std::get_if<infer::Dense>(&layer)) return {"linear", std::to_string(dense->outputs)};
  if (std::holds_alternative<infer::Scale>(layer)) return {"batchnorm", "0"};
  if (const auto* f = std::get_if<infer::Elementwise>(&layer))
    return nn::parse_architecture(to_string(f->activation)).front();
  if (const auto* slopes = std::get_if<infer::Slopes>(&layer)) {
    require<InputError>(slopes->slope.size() == 1,
                        "it has a PReLU of {} slopes, for which a model has no word; load it as a network",
                        slopes->slope.size());
    return {"prelu", ""};
  }
  if (const auto* along = std::get_if<infer::Along>(&layer)) return {std::string(along->activation.name()), ""};
  if (const auto* norm = std::get_if<infer::Normalise>(&layer)) {
    require<InputError>(norm->groups == 1 || norm->epsilon == nn::GroupNormOptions().epsilon,
                        "its normalisation of groups has an epsilon of {}, for which a model has no word",
                        norm->epsilon);
    return norm->groups == 1 ? nn::LayerSpec{"layernorm", fmt::format("{}", norm->epsilon)}
                             : nn::LayerSpec{"groupnorm", std::to_string(norm->groups)};
  }
  fail<InputError>("it has residual detours, for which a model has no word; load it as a network");
}

bool is_sigmoid(const infer::FrozenLayer& layer) {
  const auto* f = std::get_if<infer::Elementwise>(&layer);
  return f && f->activation.name() == "sigmoid";
}

/// Outputs z of one value as those of two classes, [0, z]: softmax makes the sigmoid of them.
void make_two_classes(Layers& layers) {
  infer::Dense two{1, 2, {0, 1}, {0, 0}};
  auto* last = layers.empty() ? nullptr : std::get_if<infer::Dense>(&layers.back());
  if (!last) return layers.emplace_back(std::move(two)), void();
  last->weight.insert(last->weight.begin(), static_cast<std::size_t>(last->inputs), 0.0f);
  last->bias.insert(last->bias.begin(), 0.0f);
  last->outputs = 2;
}

/// Takes the softmax or the sigmoid away that a model's own prediction does; says whether there was one.
bool take_end(Read& read) {
  if (read.layers.empty()) return false;
  const auto* along = std::get_if<infer::Along>(&read.layers.back());
  if (along && along->activation.entry().kind == activation::Kind::rows) {
    read.layers.pop_back();
    return true;
  }
  const auto* pair = std::get_if<infer::Dense>(&read.layers.back());
  const bool is_pair = pair && read.layers.size() > 1 && pair->weight == std::vector<float>{-1, 1} &&
                       pair->bias == std::vector<float>{1, 0} && is_sigmoid(read.layers[read.layers.size() - 2]);
  if (is_pair) read.layers.pop_back();
  if (!is_sigmoid(read.layers.back())) return false;
  require<InputError>(is_pair || read.outputs == 1,
                      "it ends in sigmoids of {} values, classes that do not exclude each other; load it as a network",
                      read.outputs);
  read.layers.pop_back();
  make_two_classes(read.layers);
  read.outputs = 2;
  return true;
}

/// A model's last layer is a linear one.
void end_linear(Read& read) {
  if (!read.layers.empty() && std::holds_alternative<infer::Dense>(read.layers.back())) return;
  constexpr std::int64_t most = 4096;
  require<InputError>(read.outputs <= most, "it ends in no linear layer, but in {} values", read.outputs);
  const auto n = static_cast<std::size_t>(read.outputs);
  infer::Dense same{read.outputs, read.outputs, std::vector<float>(n * n), std::vector<float>(n)};
  for (std::size_t i = 0; i < n; ++i) same.weight[i * n + i] = 1;
  read.layers.emplace_back(std::move(same));
}

void label(io::Model& model, std::vector<std::string> labels) {
  const bool known = std::ssize(labels) == model.outputs;
  for (std::int64_t k = 0; !known && k < model.outputs; ++k) {
    if (k == 0) labels.clear();
    labels.push_back(std::to_string(k));
  }
  model.labels = std::move(labels);
}

io::Model model_of(Read read) {
  io::Model model;
  const bool is_classifier = take_end(read) || read.outputs > 1;
  end_linear(read);
  for (const infer::FrozenLayer& layer : read.layers) model.layers.push_back(word_of(layer));
  model.layers.pop_back();
  model.features = read.features;
  model.outputs = read.outputs;
  model.task = is_classifier ? data::Task::classification : data::Task::regression;
  if (is_classifier) label(model, read.labels);
  model.input_shape = Shape(read.input_shape);
  Rng rng(0);
  model.build(rng);
  model.network->load_state(sequential_of(read.layers)->state());
  model.network->eval();
  model.check_names();
  return model;
}

}  // namespace

Network load_network(const std::filesystem::path& path) {
  Read found = read(path);
  auto network = std::make_shared<nn::Sequential>();
  if (found.input_shape.size() > 1) network->push_back(std::make_shared<nn::Flatten>());
  const auto layers = sequential_of(found.layers);
  if (found.input_shape.size() > 1)
    network->push_back(layers);
  else
    network = layers;
  network->eval();
  return {network, found.features, found.outputs, Shape(found.input_shape), std::move(found.labels)};
}

io::Model load_model(const std::filesystem::path& path) {
  Read found = read(path);
  try {
    return model_of(std::move(found));
  } catch (const Error& error) {
    fail<InputError>("onnx: {}: {}", path.string(), error.what());
  }
}

bool is_onnx(const std::filesystem::path& path) { return path.extension() == ".onnx"; }

}  // namespace relume::onnx
