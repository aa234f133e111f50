// Compiled for size.
#include "relume/infer/c_layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "relume/activation/c_formula.h"
#include "relume/activation/c_text.h"

namespace relume::infer {
namespace {

// {0} is the header's name, {1} the same in capitals.
constexpr const char* dense_function =
    R"(static inline void {0}_dense(const float *weight, const float *bias, int inputs, int outputs, const float *x,
                             float *y) {{
  const int whole = inputs - inputs % 4;
  for (int j = 0; j < outputs; ++j, weight += inputs) {{
    float a = {1}_READ(bias + j), b = 0.0f, c = 0.0f, d = 0.0f;
    for (int i = 0; i < whole; i += 4) {{
      a += {1}_READ(weight + i) * x[i];
      b += {1}_READ(weight + i + 1) * x[i + 1];
      c += {1}_READ(weight + i + 2) * x[i + 2];
      d += {1}_READ(weight + i + 3) * x[i + 3];
    }}
    for (int i = whole; i < inputs; ++i) a += {1}_READ(weight + i) * x[i];
    y[j] = (a + b) + (c + d);
  }}
}}
)";

constexpr const char* dense_of_bytes_function =
    R"(static inline void {0}_dense(const signed char *weight, const float *scale, const float *bias, int inputs, int outputs,
                             const float *x, float *y) {{
  const int whole = inputs - inputs % 4;
  for (int j = 0; j < outputs; ++j, weight += inputs) {{
    float a = 0.0f, b = 0.0f, c = 0.0f, d = 0.0f;
    for (int i = 0; i < whole; i += 4) {{
      a += (float){1}_READ_BYTE(weight + i) * x[i];
      b += (float){1}_READ_BYTE(weight + i + 1) * x[i + 1];
      c += (float){1}_READ_BYTE(weight + i + 2) * x[i + 2];
      d += (float){1}_READ_BYTE(weight + i + 3) * x[i + 3];
    }}
    for (int i = whole; i < inputs; ++i) a += (float){1}_READ_BYTE(weight + i) * x[i];
    y[j] = ((a + b) + (c + d)) * {1}_READ(scale + j) + {1}_READ(bias + j);
  }}
}}
)";

constexpr const char* normal_function =
    R"(static inline void {0}_normal(int n, double epsilon, const float *factor, const float *offset, const float *x, float *y) {{
  double mean = 0.0, variance = 0.0;
  for (int i = 0; i < n; ++i) mean += (double)x[i];
  mean /= (double)n;
  for (int i = 0; i < n; ++i) variance += ((double)x[i] - mean) * ((double)x[i] - mean);
  variance = 1.0 / sqrt(variance / (double)n + epsilon);
  for (int i = 0; i < n; ++i)
    y[i] = (float)(((double)x[i] - mean) * variance) * {1}_READ(factor + i) + {1}_READ(offset + i);
}}
)";

}  // namespace

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

CLayers::CLayers(const Frozen& frozen, std::string name, std::string input, CWeights kind)
    : name_(std::move(name)),
      macro_(capitals(name_)),
      kind_(kind),
      width_(frozen.inputs),
      current_(std::move(input)),
      input_(current_) {
  for (const FrozenLayer& layer : frozen.layers) {
    std::visit([this](const auto& l) { add(l); }, layer);
    width_ = features_out(layer, width_);
  }
  result = current_;
}

std::string CLayers::arrays() const {
  std::string text;
  for (const auto& [array, width] : arrays_) text += fmt::format("  float {}[{}];\n", array, width);
  return text;
}

std::int64_t CLayers::array_floats() const {
  std::int64_t sum = 0;
  for (const auto& [array, width] : arrays_) sum += width;
  return sum;
}

std::string CLayers::keep(const std::vector<float>& numbers) {
  std::string place = fmt::format("({}_values + {})", name_, values.size());
  values.insert(values.end(), numbers.begin(), numbers.end());
  return place;
}

std::string CLayers::read(const std::string& place, const std::string& index) const {
  return fmt::format("{}_READ({} + {})", macro_, place, index);
}

void CLayers::define(const std::string& function, const std::string& text) {
  if (defined_.insert(function).second) functions += text + "\n";
}

void CLayers::use(const std::string& array, std::int64_t width) {
  const auto found = std::ranges::find(arrays_, array, &std::pair<std::string, std::int64_t>::first);
  if (found == arrays_.end())
    arrays_.emplace_back(array, width);
  else
    found->second = std::max(found->second, width);
}

std::string CLayers::move(std::int64_t width) {
  current_ = current_ == "a" ? "b" : "a";
  use(current_, width);
  return current_;
}

std::string CLayers::stay() { return current_ == input_ ? move(width_) : current_; }

void CLayers::loop(std::int64_t count, const std::string& statement) {
  statements += fmt::format("  for (int i = 0; i < {}; ++i) {}\n", count, statement);
}

std::string CLayers::function_of(const Activation& f) {
  std::string function = name_ + "_";
  for (const char c : to_string(f)) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (is_letter)
      function += c;
    else if (function.back() != '_')
      function += '_';
  }
  while (function.back() == '_') function.pop_back();
  const std::string body = activation::c_formula(f);
  const auto kind = f.entry().kind;
  if (kind == activation::Kind::rows)
    define(function, fmt::format("static inline void {}(const float *x, float *y, int n) {{\n{}}}\n", function, body));
  else
    define(function, fmt::format("static inline float {}(float x{}) {{\n{}}}\n", function,
                                 kind == activation::Kind::parametric ? ", float slope" : "", body));
  return function;
}

void CLayers::add(const Dense& dense) {
  if (kind_ == CWeights::int8) return add_in_bytes(dense);
  define("dense", fmt::format(dense_function, name_, macro_));
  const std::string from = current_, to = move(dense.outputs);
  const std::string weight = keep(dense.weight), bias = keep(dense.bias);
  statements +=
      fmt::format("  {}_dense({}, {}, {}, {}, {}, {});\n", name_, weight, bias, dense.inputs, dense.outputs, from, to);
}

void CLayers::add_in_bytes(const Dense& dense) {
  define("dense", fmt::format(dense_of_bytes_function, name_, macro_));
  const std::string from = current_, to = move(dense.outputs);
  const std::string weight = fmt::format("{}_weights + {}", name_, weights.size());
  std::vector<float> scales;
  for (auto row = dense.weight.begin(); row != dense.weight.end(); row += dense.inputs) {
    float largest = 0;
    for (auto w = row; w != row + dense.inputs; ++w) largest = std::max(largest, std::abs(*w));
    const float scale = std::max(largest / 127, std::numeric_limits<float>::min());
    for (auto w = row; w != row + dense.inputs; ++w) weights.push_back(static_cast<int>(std::lround(*w / scale)));
    scales.push_back(scale);
  }
  const std::string scale = keep(scales), bias = keep(dense.bias);
  statements += fmt::format("  {}_dense({}, {}, {}, {}, {}, {}, {});\n", name_, weight, scale, bias, dense.inputs,
                            dense.outputs, from, to);
}

void CLayers::add(const Scale& scale) {
  const std::string from = current_, to = stay();
  const std::string center = keep(scale.center), factor = keep(scale.factor), offset = keep(scale.offset);
  loop(width_, fmt::format("{}[i] = ({}[i] - {}) * {} + {};", to, from, read(center), read(factor), read(offset)));
}

void CLayers::add(const Elementwise& f) {
  const std::string from = current_, to = stay(), function = function_of(f.activation);
  loop(width_, fmt::format("{}[i] = {}({}[i]);", to, function, from));
}

void CLayers::add(const Slopes& slopes) {
  const std::string from = current_, to = stay(), function = function_of(Activation("prelu"));
  const std::string slope = read(keep(slopes.slope), slopes.slope.size() > 1 ? "i" : "0");
  loop(width_, fmt::format("{}[i] = {}({}[i], {});", to, function, from, slope));
}

void CLayers::add(const Along& along) {
  const activation::Entry& entry = along.activation.entry();
  const std::string from = current_;
  const std::string function = function_of(entry.wraps.empty() ? along.activation : Activation(entry.wraps));
  if (entry.kind == activation::Kind::rows) {
    const std::string to = stay();
    statements += fmt::format("  {}({}, {}, {});\n", function, from, to, width_);
    return;
  }
  const std::string to = move(entry.features_out(width_));
  if (entry.kind == activation::Kind::gated)
    return loop(width_ / 2, fmt::format("{}[i] = {}[i] * {}({}[{} + i]);", to, from, function, from, width_ / 2));
  loop(width_, fmt::format("{}[i] = {}({}[i]);", to, function, from));
  loop(width_, fmt::format("{}[{} + i] = {}(-{}[i]);", to, width_, function, from));
}

void CLayers::add(const Normalise& norm) {
  define("normal", fmt::format(normal_function, name_, macro_));
  const std::string from = current_, to = stay();
  const std::string factor = keep(norm.factor), offset = keep(norm.offset);
  const std::int64_t n = width_ / norm.groups;
  statements += fmt::format("  for (int i = 0; i < {}; i += {})\n", width_, n);
  statements += fmt::format("    {}_normal({}, {}, {} + i, {} + i, {} + i, {} + i);\n", name_, n,
                            activation::c_literal(norm.epsilon), factor, offset, from, to);
}

void CLayers::add(const BeginResidual& /*marker*/) {
  const std::string kept = fmt::format("kept{}", open_++);
  use(kept, width_);
  loop(width_, fmt::format("{}[i] = {}[i];", kept, current_));
}

void CLayers::add(const EndResidual& /*marker*/) {
  const std::string from = current_, to = stay();
  loop(width_, fmt::format("{}[i] = {}[i] + kept{}[i];", to, from, --open_));
}

}  // namespace relume::infer
