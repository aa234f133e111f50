#include "relume/io/json_text.h"

#include <nlohmann/json.hpp>

namespace relume::io {
namespace {

std::string dumped(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string json_text(std::string_view text) { return dumped(std::string(text)); }

std::string json_text(double number) { return dumped(number); }

std::string json_text(const std::vector<std::string>& texts) { return dumped(texts); }

std::string json_text(const std::vector<double>& numbers) { return dumped(numbers); }

std::string json_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + value;
  return "[" + list + "]";
}

JsonObject& JsonObject::add_json(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ",";
  text_ += json_text(name) + ":";
  text_ += value;
  return *this;
}

}  // namespace relume::io
