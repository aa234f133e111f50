// Private. How a target and a preprocessor are kept in a model's file.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "relume/data/preprocess.h"
#include "relume/data/target.h"

namespace relume::data {

nlohmann::json to_json(const Target& target);
nlohmann::json to_json(const Preprocessor& preprocessor);

/// Back. Throw InputError where the JSON is not what to_json() gives.
Target target_from_json(const nlohmann::json& json);
Preprocessor preprocessor_from_json(const nlohmann::json& json);

}  // namespace relume::data
