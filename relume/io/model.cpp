#include "relume/io/model.h"

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/preprocess_json.h"
#include "relume/io/safetensors.h"

namespace relume::io {
namespace {

constexpr int format_version = 1;

nlohmann::json description(const Model& model) {
  nlohmann::json j = {{"version", format_version},
                      {"layers", nn::to_string(model.layers)},
                      {"features", model.features},
                      {"outputs", model.outputs},
                      {"task", data::name(model.task)},
                      {"labels", model.labels},
                      {"training", nlohmann::json::parse(model.training)}};
  if (model.task == data::Task::regression) j["target"] = {{"mean", model.target_mean}, {"scale", model.target_scale}};
  if (model.preprocessor)
    j["preprocessing"] = data::to_json(*model.preprocessor);
  else
    j["input"] = {{"scale", model.scale.scale},
                  {"shift", model.scale.shift},
                  {"shape", std::vector<std::int64_t>(model.input_shape.begin(), model.input_shape.end())}};
  return j;
}

Model from_description(const nlohmann::json& j) {
  require<InputError>(j.at("version") == format_version,
                      "it is of version {}, which this relume does not know; get a newer one", j.at("version").dump());
  Model model;
  model.layers = nn::parse_architecture(j.at("layers").get<std::string>());
  model.features = j.at("features");
  model.outputs = j.at("outputs");
  constexpr std::int64_t most = 1 << 24;
  require<InputError>(model.features >= 1 && model.features <= most && model.outputs >= 1 && model.outputs <= most,
                      "{} features and {} outputs make no network", model.features, model.outputs);
  const std::string task = j.at("task");
  require<InputError>(task == "classification" || task == "regression", "the task \"{}\" is unknown", task);
  model.task = task == "classification" ? data::Task::classification : data::Task::regression;
  model.labels = j.at("labels").get<std::vector<std::string>>();
  require<InputError>(
      model.task == data::Task::regression || static_cast<std::int64_t>(model.labels.size()) == model.outputs,
      "{} labels do not fit {} outputs", model.labels.size(), model.outputs);
  if (model.task == data::Task::regression) {
    model.target_mean = j.at("target").at("mean");
    model.target_scale = j.at("target").at("scale");
  }
  if (j.contains("preprocessing")) {
    model.preprocessor = data::preprocessor_from_json(j.at("preprocessing"));
    require<InputError>(model.preprocessor->features() == model.features,
                        "the preprocessing makes {} features, the network takes {}", model.preprocessor->features(),
                        model.features);
  } else {
    const nlohmann::json& input = j.at("input");
    model.scale = {input.at("scale"), input.at("shift")};
    model.input_shape = Shape(input.at("shape").get<std::vector<std::int64_t>>());
  }
  model.training = j.value("training", nlohmann::json::object()).dump();
  return model;
}

/// The widest layer must be backed by weights in the file: a description alone must not make us allocate.
void check_sizes(const Model& model, const SafeTensors& file) {
  std::int64_t features = model.features, values = 0, stored = 0;
  for (const nn::LayerSpec& layer : model.layers) {
    if (layer.name != "linear") continue;
    std::int64_t units = 0;
    for (const char c : layer.arguments)
      units = c >= '0' && c <= '9' && units < (1 << 24) ? units * 10 + (c - '0') : units;
    values += features * units;
    features = units;
  }
  values += features * model.outputs;
  for (const auto& [name, tensor] : file.tensors) stored += tensor.elements();
  require<InputError>(values <= stored, "the layers need {} weights, the file holds {}", values, stored);
}

}  // namespace

void Model::build(Rng& rng) { network = nn::build(layers, features, outputs, rng); }

void Model::save(const std::filesystem::path& path) const {
  SafeTensors file;
  for (const auto& [name, tensor] : network->state()) file.tensors.emplace_back(name, tensor.detach());
  file.metadata["format"] = "pt";
  file.metadata["relume"] = description(*this).dump();
  save_safetensors(path, file);
}

Model Model::load(const std::filesystem::path& path) {
  const SafeTensors file = load_safetensors(path);
  const auto found = file.metadata.find("relume");
  require<InputError>(found != file.metadata.end(),
                      "model: {}: holds tensors but no relume network; give a file that relume train wrote",
                      path.string());
  try {
    Model model = from_description(nlohmann::json::parse(found->second));
    check_sizes(model, file);
    Rng rng(0);
    model.build(rng);
    model.network->load_state(file.tensors);
    model.network->eval();
    return model;
  } catch (const nlohmann::json::exception& error) {
    fail<InputError>("model: {}: its description is damaged: {}", path.string(), error.what());
  } catch (const Error& error) {
    fail<InputError>("model: {}: {}", path.string(), error.what());
  }
}

}  // namespace relume::io
