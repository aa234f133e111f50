// A vector whose first N items live inside it.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace relume {

/// Up to N items without an allocation; all of them move to the heap when one more comes.
template <class T, std::size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  /// {a, b, std::move(c)}
  template <class... Items>
  requires(sizeof...(Items) > 0 && sizeof...(Items) <= N && (std::convertible_to<Items, T> && ...))
      SmallVector(Items&&... items)  // NOLINT(google-explicit-constructor): the list that it is, in braces
      : inside_{std::forward<Items>(items)...}, count_(sizeof...(Items)) {}

  void push_back(T item) {
    if (count_ < N) {
      inside_[count_++] = std::move(item);
      return;
    }
    if (outside_.empty())
      for (T& moved : inside_) outside_.push_back(std::move(moved));
    outside_.push_back(std::move(item));
    ++count_;
  }

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T* begin() { return outside_.empty() ? inside_.data() : outside_.data(); }
  T* end() { return begin() + count_; }
  const T* begin() const { return outside_.empty() ? inside_.data() : outside_.data(); }
  const T* end() const { return begin() + count_; }
  T& operator[](std::size_t i) { return begin()[i]; }
  const T& operator[](std::size_t i) const { return begin()[i]; }

 private:
  std::array<T, N> inside_{};
  std::vector<T> outside_;
  std::size_t count_ = 0;
};

}  // namespace relume
