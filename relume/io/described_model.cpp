#include <cmath>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/parse_json.h"
#include "relume/data/preprocess_json.h"
#include "relume/io/model_description.h"

namespace relume::io {
namespace {

constexpr std::size_t most_shown = 40;  // characters of what is wrong

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

}  // namespace

Model described_model(const std::map<std::string, std::string>& texts, const std::string& source,
                      FunctionRef<void(Model&)> fill) {
  const auto found = texts.find("relume");
  require<InputError>(found != texts.end(),
                      "model: {}: holds tensors but no relume network; give one that a run of relume left", source);
  try {
    Model model = from_description(data::parse_json(found->second));
    check_parts(model);
    fill(model);
    return model;
  } catch (const nlohmann::json::exception& error) {
    fail<InputError>("model: {}: its description is damaged: {}", source, error.what());
  } catch (const Error& error) {
    fail<InputError>("model: {}: {}", source, error.what());
  }
}

}  // namespace relume::io
