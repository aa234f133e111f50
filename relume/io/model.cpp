#include "relume/io/model.h"

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/preprocess_json.h"
#include "relume/io/model_description.h"
#include "relume/io/safetensors.h"
#include "relume/nn/loss_table.h"

namespace relume::io {
namespace {

nlohmann::json description(const Model& model) {
  nlohmann::json j = {{"version", format_version},
                      {"layers", nn::to_string(model.layers)},
                      {"features", model.features},
                      {"outputs", model.outputs},
                      {"task", data::name(model.task)},
                      {"labels", model.labels},
                      {"training", nlohmann::json::parse(model.training)}};
  if (model.task == data::Task::regression) j["target"] = {{"mean", model.target_mean}, {"scale", model.target_scale}};
  if (!model.loss.empty()) j["loss"] = model.loss;
  if (model.preprocessor)
    j["preprocessing"] = data::to_json(*model.preprocessor);
  else
    j["input"] = {{"scale", model.scale.scale},
                  {"shift", model.scale.shift},
                  {"shape", std::vector<std::int64_t>(model.input_shape.begin(), model.input_shape.end())}};
  return j;
}

/// Every value of the network, and the width of a row at every layer, must be backed by values in the file: a
/// description alone must not make us allocate.
void check_sizes(const Model& model, const SafeTensors& file) {
  constexpr std::int64_t usual = 1024, widening = 16;  // crelu, glu and their like have no weights
  std::int64_t stored = 0;
  for (const auto& [name, tensor] : file.tensors) stored += tensor.elements();
  const nn::Extent extent = nn::extent(model.layers, model.features, model.outputs);
  require<InputError>(extent.values <= stored, "the layers need {} values, the file holds {}", extent.values, stored);
  require<InputError>(extent.widest <= usual + widening * (stored + model.features),
                      "the layers make {} values a row of {} weights; it is damaged", extent.widest, stored);
}

Model model_of(const SafeTensors& file, const std::string& source) {
  return described_model(file.metadata, source, [&](Model& model) {
    if (!model.loss.empty()) nn::find_loss(model.loss, model.task == data::Task::classification);  // throws
    check_sizes(model, file);
    Rng rng(0);
    model.build(rng);
    model.network->load_state(file.tensors);
    model.network->eval();
  });
}

}  // namespace

void Model::build(Rng& rng) { network = nn::build(layers, features, outputs, rng); }

Model Model::clone() const {
  Model copy = *this;
  Rng rng(0);
  copy.build(rng);
  copy.network->load_state(network->state());
  copy.network->train(network->is_training());
  return copy;
}

void Model::check_names() const {
  try {
    static_cast<void>(description(*this).dump());
  } catch (const nlohmann::json::exception&) {
    fail<InputError>("model: a label or the name of a column is no UTF-8 text, which a file cannot hold; mend it");
  }
}

void Model::save(const std::filesystem::path& path) const {
  check_names();
  SafeTensors file;
  for (const auto& [name, tensor] : network->state()) file.tensors.emplace_back(name, tensor.detach());
  file.metadata["format"] = "pt";
  file.metadata["relume"] = description(*this).dump();
  save_safetensors(path, file);
}

Model Model::load(const std::filesystem::path& path) { return model_of(load_safetensors(path), path.string()); }

Model Model::load(std::span<const std::byte> file, std::string_view name) {
  return model_of(parse_safetensors(file, name), std::string(name));
}

}  // namespace relume::io
