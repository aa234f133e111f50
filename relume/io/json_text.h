// Private. JSON as text, with the members of an object in the order in which they are added. For results that are
// printed: nlohmann::json sorts them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace relume::io {

/// In quotes; what is no UTF-8 is replaced.
std::string json_text(std::string_view text);
/// NaN and infinity are null.
std::string json_text(double number);
std::string json_text(const std::vector<std::string>& texts);
std::string json_text(const std::vector<double>& numbers);
/// Of values that are JSON already.
std::string json_list(const std::vector<std::string>& values);

class JsonObject {
 public:
  /// A member whose value is JSON already.
  JsonObject& add_json(std::string_view name, std::string_view value);

  JsonObject& add(std::string_view name, std::string_view value) { return add_json(name, json_text(value)); }
  JsonObject& add(std::string_view name, double value) { return add_json(name, json_text(value)); }
  JsonObject& add(std::string_view name, const std::vector<std::string>& value) {
    return add_json(name, json_text(value));
  }
  JsonObject& add(std::string_view name, const std::vector<double>& value) { return add_json(name, json_text(value)); }
  JsonObject& add_count(std::string_view name, std::int64_t value) { return add_json(name, std::to_string(value)); }

  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace relume::io
