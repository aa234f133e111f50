#include "relume/data/parse_json.h"

#include <nlohmann/json.hpp>

namespace relume::data {

nlohmann::json parse_json(std::string_view text) {
  constexpr int most = 100;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > most) throw nlohmann::json::out_of_range::create(416, "objects and arrays are too deep", nullptr);
  }
  return nlohmann::json::parse(text);
}

}  // namespace relume::data
