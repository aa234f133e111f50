// Private. JSON out of files, which may be anything.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace relume::data {

/// Throws nlohmann::json::exception where the text is no JSON, and where its objects and arrays are more than 100 deep:
/// what walks through them calls itself, and a file must not use up the stack.
nlohmann::json parse_json(std::string_view text);

}  // namespace relume::data
