// Compiled for size.
#include "relume/infer/c_header.h"

#include <algorithm>

#include <fmt/core.h>

#include "relume/activation/c_text.h"
#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/data/column_features.h"
#include "relume/infer/c_layers.h"

namespace relume::infer {
namespace {

using activation::c_literal;

/// A text as it may stand in a comment of C.
std::string remark(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool ends = !safe.empty() && ((safe.back() == '*' && c == '/') || (safe.back() == '/' && c == '*'));
    if (ends || (c == '?' && !safe.empty() && safe.back() == '?')) safe += ' ';
    safe += static_cast<unsigned char>(c) < ' ' || c == '\\' ? ' ' : c;
  }
  return safe;
}

/// A text as a literal of C.
std::string quoted(const std::string& text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?')
      literal += std::string("\\") + c;
    else if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > '~')
      literal += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    else
      literal += c;
  }
  return literal + "\"";
}

void check_name(const std::string& name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  require<InputError>(!name.empty() && std::ranges::all_of(name, fits) && (name[0] >= 'a' && name[0] <= 'z'),
                      "export: \"{}\" names no header; give small letters, digits and underscores", name);
}

/// The name of a file, made one of C's.
std::string name_from(const std::filesystem::path& path) {
  std::string name;
  for (const char c : path.stem().string()) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9');
    name += fits ? small : '_';
  }
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' ? name : "net_" + name;
}

constexpr const char* number_function = R"(/* A number, standardised and clipped; where it is missing, `missing`. */
static inline float {}_number(double x, double mean, double deviation, float missing) {{
  const double scaled = (x - mean) / deviation, limit = {};
  return x != x ? missing : (float)(scaled > limit ? limit : scaled < -limit ? -limit : scaled);
}}

)";
constexpr const char* squeezed_function = R"(/* sign(u) log(1 + |u|) with u = (x - center) / unit */
static inline double {}_squeezed(double x, double center, double unit) {{
  const double u = (x - center) / unit;
  return u < 0.0 ? -log1p(-u) : log1p(u);
}}

)";
constexpr const char* category_function = R"(/* 1 where the category of that place is; any other place is the last. */
static inline void {}_category(float place, int count, float *out) {{
  for (int i = 0; i < count; ++i) out[i] = 0.0f;
  out[place >= 0.0f && place < (float)count - 1.0f ? (int)place : count - 1] = 1.0f;
}}

)";

/// What the columns of a table become.
class CColumns {
 public:
  CColumns(const data::Preprocessor& preprocessor, const std::string& name) : name_(name) {
    for (const data::ColumnPlan& column : preprocessor.used()) {
      comment += fmt::format(" *   in[{}]  {}{}\n", inputs_, remark(column.name), categories(column));
      if (column.kind == data::ColumnKind::number)
        add_number(column);
      else
        add_category(column);
      ++inputs_;
      features_ += column.features();
    }
    if (numbers_) functions += fmt::format(number_function, name_, c_literal(data::Preprocessor::limit));
    if (squeezes_) functions += fmt::format(squeezed_function, name_);
    if (categories_) functions += fmt::format(category_function, name_);
  }

  std::string comment, functions, statements;
  std::int64_t inputs() const { return inputs_; }

 private:
  static std::string categories(const data::ColumnPlan& column) {
    std::string text;
    for (std::size_t i = 0; i < column.categories.size(); ++i)
      text += fmt::format("{}{} {}", i ? ", " : ": ", i, remark(column.categories[i]));
    return text.empty() ? text : text + ", any other number: the rest";
  }

  void add_number(const data::ColumnPlan& column) {
    numbers_ = true;
    squeezes_ |= column.logarithmic;
    const std::string field = fmt::format("(double)in[{}]", inputs_);
    const std::string x = column.logarithmic ? fmt::format("{}_squeezed({}, {}, {})", name_, field,
                                                           c_literal(column.center), c_literal(column.unit))
                                             : field;
    statements +=
        fmt::format("  features[{}] = {}_number({}, {}, {}, {});\n", features_, name_, x, c_literal(column.mean),
                    c_literal(column.deviation), c_literal(standardise(column, column.median)));
    if (column.flags_missing)
      statements += fmt::format("  features[{}] = in[{}] != in[{}] ? 1.0f : 0.0f;\n", features_ + 1, inputs_, inputs_);
  }

  void add_category(const data::ColumnPlan& column) {
    categories_ = true;
    const std::size_t count = column.categories.size();
    statements += fmt::format("  {}_category(in[{}], {}, features + {});\n", name_, inputs_, count + 1, features_);
    if (column.shares.empty()) return;
    // No training row was anything else: then it is the mean of the categories.
    statements += fmt::format("  if (features[{}] > 0.0f) {{\n", features_ + static_cast<std::int64_t>(count));
    statements += fmt::format("    features[{}] = 0.0f;\n", features_ + static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < count; ++i)
      statements += fmt::format("    features[{}] = {};\n", features_ + static_cast<std::int64_t>(i),
                                c_literal(column.shares[i]));
    statements += "  }\n";
  }

  const std::string& name_;
  std::int64_t inputs_ = 0, features_ = 0;
  bool numbers_ = false, squeezes_ = false, categories_ = false;
};

/// Texts in lines of eight.
template <class Number, class Text>
std::string array_of(const std::vector<Number>& values, Text text_of) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i)
    (text += i == 0 ? "  " : i % 8 == 0 ? ",\n  " : ", ") += text_of(values[i]);
  return text;
}

constexpr const char* weights_of_bytes = R"(#ifndef {1}_READ_BYTE
#define {1}_READ_BYTE(pointer) (*(pointer))
#endif
static const signed char {0}_weights[{2}] {1}_SECTION = {{
{3}
}};

)";

std::string labels_function(const std::vector<std::string>& labels, const std::string& name) {
  if (labels.empty()) return {};
  std::string text = fmt::format("/* The class of out[i]. */\nstatic inline const char *{}_label(int i) {{\n", name);
  text += "  static const char *const labels[] = {";
  for (std::size_t i = 0; i < labels.size(); ++i) text += (i ? ", " : "") + quoted(labels[i]);
  return text + "};\n  return labels[i];\n}\n\n";
}

/// {0} name, {1} its capitals, {2} in words, {3} inputs, {4} outputs, {5} values, {6} their count, {7} functions,
/// {8} the body
constexpr const char* frame = R"(/* A network that relume has trained.
{2} */
#ifndef {1}_H
#define {1}_H

#include <math.h>

#define {1}_INPUTS {3}
#define {1}_OUTPUTS {4}

/* Define these before, for constants in a section of their own or in memory that is read in another way. */
#ifndef {1}_SECTION
#define {1}_SECTION
#endif
#ifndef {1}_READ
#define {1}_READ(pointer) (*(pointer))
#endif

static const float {0}_values[{6}] {1}_SECTION = {{
{5}
}};

{7}static inline void {0}_predict(const float *in, float *out) {{
{8}}}

#endif
)";

CHeader header_of(const Frozen& frozen, const std::string& name, const io::Model* model, CWeights weights) {
  check_name(name);
  const bool is_table = model && model->preprocessor;
  CLayers layers(frozen, name, is_table ? "features" : "in", weights);
  CHeader header;
  header.inputs = frozen.inputs;
  header.outputs = frozen.outputs;
  std::string words, functions = layers.functions, columns;
  if (is_table) {
    CColumns table(*model->preprocessor, name);
    header.inputs = table.inputs();
    words = " *\n" + table.comment;
    functions = table.functions + functions;
    columns = table.statements;
  }
  std::string end = fmt::format("  for (int i = 0; i < {}; ++i) out[i] = {}[i];\n", frozen.outputs, layers.result);
  if (model && model->task == data::Task::regression)
    end = fmt::format("  out[0] = (float)((double){}[0] * {} + {});\n", layers.result, c_literal(model->target_scale),
                      c_literal(model->target_mean));
  const std::int64_t feature_floats = is_table ? frozen.inputs : 0;
  std::string body = is_table ? fmt::format("  float features[{}];\n", frozen.inputs) : "";
  body += layers.arrays() + columns + layers.statements + end;
  header.flash_bytes = layers.values.size() * sizeof(float) + layers.weights.size();
  header.stack_bytes = static_cast<std::size_t>(layers.array_floats() + feature_floats) * sizeof(float);
  if (model) functions += labels_function(model->labels, name);
  if (!layers.weights.empty())
    functions = fmt::format(weights_of_bytes, name, capitals(name), layers.weights.size(),
                            array_of(layers.weights, [](int w) { return std::to_string(w); })) +
                functions;
  words = fmt::format(" * Constants {} bytes, arrays on the stack {} bytes, no other memory.\n", header.flash_bytes,
                      header.stack_bytes) +
          words;
  header.text =
      fmt::format(frame, name, capitals(name), words, header.inputs, header.outputs,
                  layers.values.empty() ? "  0.0f" : array_of(layers.values, [](float x) { return c_literal(x); }),
                  std::max<std::size_t>(layers.values.size(), 1), functions, body);
  return header;
}

}  // namespace

CHeader c_header(const io::Model& model, const std::string& name, CWeights weights) {
  Frozen frozen = freeze(model);
  if (model.task == data::Task::classification) frozen.layers.emplace_back(Along{Activation("softmax")});
  return header_of(frozen, name, &model, weights);
}

CHeader c_header(const nn::Module& network, const std::string& name, std::int64_t features, CWeights weights) {
  return header_of(freeze(network, features), name, nullptr, weights);
}

CHeader save_c_header(const io::Model& model, const std::filesystem::path& path, const std::string& name,
                      CWeights weights) {
  CHeader header = c_header(model, name.empty() ? name_from(path) : name, weights);
  write_file(path, header.text);
  return header;
}

std::string to_string(const CHeader& header) {
  return fmt::format(
      "{} numbers in, {} out; flash {} bytes of constants and the code, RAM {} bytes, stack {} bytes of arrays and "
      "some "
      "200 of calls",
      header.inputs, header.outputs, header.flash_bytes, header.ram_bytes, header.stack_bytes);
}

}  // namespace relume::infer
