#include "relume/nn/layer_word.h"

#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/nn/architecture.h"

namespace relume::nn {

double LayerPlace::number(double otherwise) const {
  const std::string& given = spec().arguments;
  if (given.empty()) return otherwise;
  double value = 0;
  require(parse(given, value), "layers: \"{}({})\" takes a number", spec().name, given);
  return value;
}

std::int64_t LayerPlace::count(const char* of) const {
  const double value = number(0);
  require(value >= 1 && value <= largest_count && value == static_cast<double>(static_cast<std::int64_t>(value)),
          "layers: {}({}) needs a whole number of {} from 1 to {}", spec().name, spec().arguments, of, largest_count);
  return static_cast<std::int64_t>(value);
}

std::vector<LayerSpec> parse_architecture(std::string_view text) {
  std::vector<LayerSpec> layers;
  std::size_t at = 0;
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
  while (true) {
    while (at < text.size() && blank(text[at])) ++at;
    if (at == text.size()) break;
    const std::size_t begin = at;
    while (at < text.size() && !blank(text[at]) && text[at] != '(') ++at;
    LayerSpec layer{std::string(text.substr(begin, at - begin)), {}};
    if (at < text.size() && text[at] == '(') {
      const std::size_t close = text.find(')', at);
      require(close != std::string_view::npos, "layers: \"{}\" has no closing bracket", text.substr(begin));
      for (const char c : text.substr(at + 1, close - at - 1))
        if (!blank(c)) layer.arguments += c;
      at = close + 1;
    }
    require(!layer.name.empty(), "layers: \"{}\" has no name before its bracket", text.substr(begin, at - begin));
    layers.push_back(std::move(layer));
  }
  return layers;
}

}  // namespace relume::nn
