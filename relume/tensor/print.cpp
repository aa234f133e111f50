// Compiled for size.
// Printing a tensor as PyTorch prints it.
// Rules: torch/_tensor_str.py (precision 4, threshold 1000, three items at an edge, lines of 80 characters).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>

#include <fmt/format.h>

#include "relume/tensor/in_place.h"
#include "relume/tensor/node_name.h"
#include "relume/tensor/tensor.h"

namespace relume {
namespace {

constexpr std::int64_t edge_items = 3;
constexpr std::int64_t summary_threshold = 1000;
constexpr int line_width = 80;

/// An element as it is printed: whole numbers keep all 64 bits.
struct Number {
  double real = 0;
  std::int64_t whole = 0;
};

/// How one tensor's numbers are written, decided from all that will be shown.
class Formatter {
 public:
  Formatter(const std::vector<Number>& shown, DType dtype) : dtype_(dtype) {
    if (!is_floating(dtype)) {
      for (const Number& value : shown) widen(text(value));
      return;
    }
    // Zeros, infinities and NaNs have no say, neither in the form nor in the width.
    std::vector<Number> deciding;
    std::copy_if(shown.begin(), shown.end(), std::back_inserter(deciding),
                 [](const Number& v) { return std::isfinite(v.real) && v.real != 0; });
    if (deciding.empty()) return;
    double low = HUGE_VAL, high = 0;
    for (const auto& [value, unused] : deciding) {
      low = std::min(low, std::fabs(value));
      high = std::max(high, std::fabs(value));
      whole_ = whole_ && value == std::ceil(value);
    }
    scientific_ = high / low > 1000 || high > 1e8 || low < 1e-4;
    for (const Number& value : deciding) widen(text(value));
  }

  std::string operator()(const Number& value) const { return fmt::format("{:>{}}", text(value), width_); }
  int width() const { return width_; }

 private:
  std::string text(const Number& value) const {
    if (dtype_ == DType::bool_) return value.whole != 0 ? "True" : "False";
    if (!is_floating(dtype_)) return std::to_string(value.whole);
    if (std::isnan(value.real)) return "nan";  // PyTorch does not show its sign
    if (std::isinf(value.real)) return fmt::format("{}", value.real);
    if (scientific_) return fmt::format("{:.4e}", value.real);
    if (whole_) return fmt::format("{:.0f}.", value.real);
    return fmt::format("{:.4f}", value.real);
  }
  void widen(const std::string& text) { width_ = std::max(width_, static_cast<int>(text.size())); }

  DType dtype_;
  bool whole_ = true;
  bool scientific_ = false;
  int width_ = 1;
};

/// The indices of a dimension that are shown; −1 stands for the dots.
std::vector<std::int64_t> shown_indices(std::int64_t size, bool summarize) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < size; ++i) {
    if (summarize && size > 2 * edge_items && i == edge_items) {
      indices.push_back(-1);
      i = size - edge_items;
    }
    indices.push_back(i);
  }
  return indices;
}

Number element(const Tensor& t) {
  return is_floating(t.dtype()) ? Number{.real = t.item<double>()} : Number{.whole = t.item<std::int64_t>()};
}

void collect(const Tensor& t, bool summarize, std::vector<Number>& values) {
  if (t.dimensions() == 0) {
    values.push_back(element(t));
    return;
  }
  for (std::int64_t i : shown_indices(t.size(0), summarize))
    if (i >= 0) collect(t.select(0, i), summarize, values);
}

std::string spaces(int count) { return std::string(static_cast<std::size_t>(count), ' '); }

std::string write_vector(const Tensor& t, bool summarize, const Formatter& format, int indent) {
  const int per_line = std::max(1, (line_width - indent) / (format.width() + 2));
  std::vector<std::string> items;
  for (std::int64_t i : shown_indices(t.size(0), summarize))
    items.push_back(i < 0 ? " ..." : format(element(t.select(0, i))));
  std::string text = "[";
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i % static_cast<std::size_t>(per_line) == 0 ? ",\n" + spaces(indent + 1) : ", ";
    text += items[i];
  }
  return text + "]";
}

std::string write(const Tensor& t, bool summarize, const Formatter& format, int indent) {
  if (t.dimensions() == 0) return format(element(t));
  if (t.dimensions() == 1) return write_vector(t, summarize, format, indent);
  std::string text = "[";
  const std::string separator =
      "," + std::string(static_cast<std::size_t>(t.dimensions() - 1), '\n') + spaces(indent + 1);
  bool first = true;
  for (std::int64_t i : shown_indices(t.size(0), summarize)) {
    if (!first) text += separator;
    first = false;
    text += i < 0 ? "..." : write(t.select(0, i), summarize, format, indent + 1);
  }
  return text + "]";
}

/// ", grad_fn=…" and the like, on a new line where this one would grow past 80 characters.
std::string with_suffixes(std::string text, const std::vector<std::string>& suffixes, int indent) {
  // Two more than the line is long, as PyTorch counts.
  std::size_t last_line = text.size() - (text.rfind('\n') + 1) + 2;
  for (const std::string& suffix : suffixes) {
    if (last_line + suffix.size() + 2 > line_width) {
      text += ",\n" + spaces(indent) + suffix;
      last_line = static_cast<std::size_t>(indent) + suffix.size();
    } else {
      text += ", " + suffix;
      last_line += suffix.size() + 2;
    }
  }
  return text + ")";
}

std::vector<std::string> suffixes(const Tensor& tensor) {
  std::vector<std::string> result;
  const DType dtype = tensor.dtype();
  if (tensor.elements() == 0 && tensor.dimensions() != 1) {
    std::string sizes;
    for (std::int64_t size : tensor.shape()) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
    result.push_back("size=(" + sizes + ")");
  }
  const bool usual =
      dtype == DType::float32 || ((dtype == DType::int64 || dtype == DType::bool_) && tensor.elements() > 0);
  if (!usual) result.push_back("dtype=torch." + std::string(name(dtype)));
  if (tensor.grad_fn())
    result.push_back("grad_fn=<" + node_name(*tensor.grad_fn()) + ">");
  else if (tensor.requires_grad())
    result.emplace_back("requires_grad=True");
  return result;
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "tensor(undefined)";
  constexpr int indent = 7;  // the width of "tensor("
  const Tensor plain = tensor.detach();
  const bool summarize = plain.elements() > summary_threshold;
  std::vector<Number> values;
  collect(plain, summarize, values);
  const Formatter format(values, plain.dtype());
  const std::string body = plain.elements() == 0 ? "[]" : write(plain, summarize, format, indent);
  return with_suffixes("tensor(" + body, suffixes(tensor), indent);
}

void Tensor::print() const { std::puts(to_string(*this).c_str()); }

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << to_string(tensor); }

}  // namespace relume
