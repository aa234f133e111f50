#include "relume/io/model.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/parse_json.h"
#include "relume/data/preprocess_json.h"
#include "relume/io/safetensors.h"
#include "relume/nn/loss_table.h"

namespace relume::io {
namespace {

constexpr int format_version = 1;
constexpr std::size_t most_shown = 40;  // characters of what is wrong

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

/// A whole number of the description, which may be anything.
std::int64_t count(const nlohmann::json& j, const char* name) {
  constexpr std::int64_t most = 1 << 24;
  const nlohmann::json& value = j.at(name);
  require<InputError>(value.is_number_integer() && value >= 1 && value <= most, "{} {} make no network; it is damaged",
                      value.dump().substr(0, most_shown), name);
  return value.get<std::int64_t>();
}

Model from_description(const nlohmann::json& j) {
  require<InputError>(j.at("version") == format_version,
                      "it is of version {}, which this relume does not know; get a newer one",
                      j.at("version").dump().substr(0, most_shown));
  Model model;
  model.layers = nn::parse_architecture(j.at("layers").get<std::string>());
  model.features = count(j, "features");
  model.outputs = count(j, "outputs");
  model.task = data::task_from_name(j.at("task").get<std::string>());
  model.labels = j.at("labels").get<std::vector<std::string>>();
  if (model.task == data::Task::regression) {
    model.target_mean = j.at("target").at("mean");
    model.target_scale = j.at("target").at("scale");
  }
  if (j.contains("preprocessing")) {
    model.preprocessor = data::preprocessor_from_json(j.at("preprocessing"));
  } else {
    const nlohmann::json& input = j.at("input");
    model.scale = {input.at("scale"), input.at("shift")};
    model.input_shape = Shape(input.at("shape").get<std::vector<std::int64_t>>());
  }
  model.loss = j.value("loss", "");
  if (!model.loss.empty()) nn::find_loss(model.loss, model.task == data::Task::classification);  // throws if not there
  model.training = j.value("training", nlohmann::json::object()).dump();
  return model;
}

/// That the parts of a description fit each other: what one of them counts, others are indexed by.
void check_parts(const Model& model) {
  const bool classes = model.task == data::Task::classification;
  const auto labels = static_cast<std::int64_t>(model.labels.size());
  require<InputError>(labels == (classes ? model.outputs : 0) && (classes || model.outputs == 1),
                      "{} labels and {} outputs do not make a {}; it is damaged", labels, model.outputs,
                      data::name(model.task));
  require<InputError>(std::isfinite(model.target_mean) && std::isfinite(model.target_scale) && model.target_scale > 0,
                      "its targets have the mean {} and the scale {}; it is damaged", model.target_mean,
                      model.target_scale);
  if (!model.preprocessor) {
    require<InputError>(
        std::isfinite(model.scale.scale) && std::isfinite(model.scale.shift) &&
            (model.input_shape.dimensions() == 0 || checked_elements(model.input_shape, "input") == model.features),
        "its input of {}, scaled by {}, is not {} values; it is damaged", model.input_shape, model.scale.scale,
        model.features);
    return;
  }
  const data::Target& target = model.preprocessor->target();
  require<InputError>(target.task() == model.task && target.labels() == model.labels,
                      "it is a {} of {} labels, its target a {} of {}; it is damaged", data::name(model.task), labels,
                      data::name(target.task()), target.labels().size());
  require<InputError>(model.preprocessor->features() == model.features,
                      "the preprocessing makes {} features, the network takes {}", model.preprocessor->features(),
                      model.features);
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
  const auto found = file.metadata.find("relume");
  require<InputError>(found != file.metadata.end(),
                      "model: {}: holds tensors but no relume network; give one that a run of relume left", source);
  try {
    Model model = from_description(data::parse_json(found->second));
    check_parts(model);
    check_sizes(model, file);
    Rng rng(0);
    model.build(rng);
    model.network->load_state(file.tensors);
    model.network->eval();
    return model;
  } catch (const nlohmann::json::exception& error) {
    fail<InputError>("model: {}: its description is damaged: {}", source, error.what());
  } catch (const Error& error) {
    fail<InputError>("model: {}: {}", source, error.what());
  }
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
