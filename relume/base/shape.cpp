#include "relume/base/shape.h"

#include <algorithm>
#include <ostream>

#include "relume/base/require.h"

namespace relume {

void Shape::too_many(std::size_t dimensions) {
  fail<ShapeError>("shape: {} dimensions are more than {}", dimensions, max_dimensions);
}

void Shape::copy_from_third(const Shape& other) { std::copy(other.begin() + 2, other.end(), begin() + 2); }

void Shape::push_back(std::int64_t size) { insert(count_, size); }

void Shape::insert(int at, std::int64_t size) {
  require<ShapeError>(count_ < max_dimensions, "shape: more than {} dimensions", max_dimensions);
  std::copy_backward(begin() + at, end(), end() + 1);
  sizes_[static_cast<std::size_t>(at)] = size;
  ++count_;
}

void Shape::erase(int at) {
  std::copy(begin() + at + 1, end(), begin() + at);
  --count_;
}

bool operator==(const Shape& a, const Shape& b) {
  if (a.count_ != b.count_) return false;
  for (int i = 0; i < a.count_; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

std::int64_t checked_elements(const Shape& shape, const char* operation) {
  constexpr std::int64_t most = std::int64_t{1} << 56;
  std::int64_t elements = 1;
  bool odd = false;
  for (const std::int64_t size : shape) odd |= (size < 0) | __builtin_mul_overflow(elements, size, &elements);
  if (!odd && elements <= most) return elements;
  for (const std::int64_t size : shape)
    if (size < 0) fail<ShapeError>("{}: {} has a negative size", operation, to_string(shape));
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  fail<ShapeError>("{}: {} has more elements than any memory holds", operation, to_string(shape));
}

Shape broadcast(const Shape& a, const Shape& b, const char* operation) {
  if (a == b) return a;
  const Shape& longer = a.dimensions() >= b.dimensions() ? a : b;
  const Shape& shorter = a.dimensions() >= b.dimensions() ? b : a;
  Shape result = longer;
  const int offset = longer.dimensions() - shorter.dimensions();
  for (int i = 0; i < shorter.dimensions(); ++i) {
    std::int64_t& size = result[i + offset];
    if (size == 1) size = shorter[i];
    if (shorter[i] != 1 && shorter[i] != size)
      fail<ShapeError>("{}: {} and {} do not broadcast to one shape", operation, to_string(a), to_string(b));
  }
  return result;
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.dimensions(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << to_string(shape); }

}  // namespace relume
