// Public. The sizes of a tensor, and its strides: up to eight numbers, kept in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

namespace relume {

/// Sizes (or strides) of up to eight dimensions. Indices may be negative and then count from the end.
class Shape {
 public:
  static constexpr int max_dimensions = 8;

  Shape() = default;
  // Number by number, of those that are there: eight read together would wait for single ones on their way to memory.
  Shape(const Shape& other) : count_(other.count_) { copy(other); }
  Shape& operator=(const Shape& other) {
    count_ = other.count_;
    copy(other);
    return *this;
  }
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  /// Throws ShapeError for more than eight dimensions.
  explicit Shape(std::span<const std::int64_t> sizes) : count_(static_cast<int>(sizes.size())) {
    if (sizes.size() > max_dimensions) [[unlikely]]
      too_many(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) sizes_[i] = sizes[i];
  }

  int dimensions() const { return count_; }
  std::int64_t operator[](int i) const { return sizes_[static_cast<std::size_t>(i < 0 ? i + count_ : i)]; }
  std::int64_t& operator[](int i) { return sizes_[static_cast<std::size_t>(i < 0 ? i + count_ : i)]; }
  /// The product of the sizes; 1 for a scalar.
  std::int64_t elements() const {
    std::int64_t n = 1;
    for (std::int64_t size : *this) n *= size;
    return n;
  }

  const std::int64_t* begin() const { return sizes_.data(); }
  const std::int64_t* end() const { return sizes_.data() + count_; }
  std::int64_t* begin() { return sizes_.data(); }
  std::int64_t* end() { return sizes_.data() + count_; }

  void push_back(std::int64_t size);
  void insert(int at, std::int64_t size);
  void erase(int at);

  friend bool operator==(const Shape& a, const Shape& b);
  friend Shape row_major_strides(const Shape& shape);

 private:
  [[noreturn]] static void too_many(std::size_t dimensions);
  void copy(const Shape& other) {
    if (count_ > 0) sizes_[0] = other.sizes_[0];
    if (count_ > 1) sizes_[1] = other.sizes_[1];
    if (count_ > 2) copy_from_third(other);
  }
  void copy_from_third(const Shape& other);

  std::array<std::int64_t, max_dimensions> sizes_;  // what lies beyond count_ is anything
  int count_ = 0;
};

/// The strides, in elements, of a row-major tensor of that shape.
inline Shape row_major_strides(const Shape& shape) {
  Shape strides;
  strides.count_ = shape.count_;
  std::int64_t step = 1;
  for (int i = shape.count_ - 1; i >= 0; --i) {
    strides[i] = step;
    step *= shape[i] > 1 ? shape[i] : 1;
  }
  return strides;
}

/// elements(), but throws ShapeError where a size is negative or the product is more than any memory holds.
std::int64_t checked_elements(const Shape& shape, const char* operation);

/// The shape that two operands broadcast to (NumPy's rule). Throws ShapeError, beginning with `operation`.
Shape broadcast(const Shape& a, const Shape& b, const char* operation);

/// "[2, 3]"
std::string to_string(const Shape& shape);
std::ostream& operator<<(std::ostream& out, const Shape& shape);

}  // namespace relume
