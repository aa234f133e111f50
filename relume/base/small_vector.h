// Public. A vector whose first N items live inside it.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
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

  void push_back(T item) { emplace_back() = std::move(item); }
  /// A new last item, made by default.
  T& emplace_back() {
    if (!outside_ && count_ < N) return inside_[count_++];
    if (!outside_)
      outside_ = std::make_unique<std::vector<T>>(std::make_move_iterator(inside_.begin()),
                                                  std::make_move_iterator(inside_.end()));
    ++count_;
    return outside_->emplace_back();
  }

  T& back() { return end()[-1]; }
  void pop_back() {
    --count_;
    if (outside_)
      outside_->pop_back();
    else
      inside_[count_] = T();
  }

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T* begin() { return outside_ ? outside_->data() : inside_.data(); }
  T* end() { return begin() + count_; }
  const T* begin() const { return outside_ ? outside_->data() : inside_.data(); }
  const T* end() const { return begin() + count_; }
  T& operator[](std::size_t i) { return begin()[i]; }
  const T& operator[](std::size_t i) const { return begin()[i]; }

 private:
  std::array<T, N> inside_{};
  std::unique_ptr<std::vector<T>> outside_;
  std::size_t count_ = 0;
};

}  // namespace relume
