// Public. A pointer to an object that counts its own references.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace relume {

/// Whether this process has one thread and always had; false where the C library does not tell.
inline bool single_threaded() {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

/// Base of objects that an IntrusivePtr holds. T provides `static void destroy(T*)`, called when the last pointer goes.
template <class T>
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  // A read-modify-write that other threads respect takes twenty cycles; a process of one thread does without.
  void retain() const {
    if (single_threaded())
      count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    else
      count_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() const {
    const std::uint32_t count = count_.load(std::memory_order_acquire);
    // The only owner needs none either: nobody else can raise the count behind its back.
    if (count != 1 && single_threaded())
      count_.store(count - 1, std::memory_order_relaxed);
    else if (count == 1 || count_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      T::destroy(const_cast<T*>(static_cast<const T*>(this)));
  }
  /// In place of the first retain(), before anybody else knows of the object.
  void retain_first() const { count_.store(1, std::memory_order_relaxed); }
  std::uint32_t use_count() const { return count_.load(std::memory_order_acquire); }

 protected:
  ~Counted() = default;

 private:
  mutable std::atomic<std::uint32_t> count_{0};
};

template <class T>
class IntrusivePtr {
 public:
  IntrusivePtr() = default;
  IntrusivePtr(std::nullptr_t) {}
  explicit IntrusivePtr(T* pointer) : pointer_(pointer) {
    if (pointer_) pointer_->retain();
  }
  /// To an object that nothing points to yet.
  static IntrusivePtr to_new(T* object) {
    object->retain_first();
    IntrusivePtr first;
    first.pointer_ = object;
    return first;
  }
  IntrusivePtr(const IntrusivePtr& other) : IntrusivePtr(other.pointer_) {}
  IntrusivePtr(IntrusivePtr&& other) noexcept : pointer_(std::exchange(other.pointer_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(pointer_, other.pointer_);
    return *this;
  }
  ~IntrusivePtr() {
    if (pointer_) pointer_->release();
  }

  T* get() const { return pointer_; }
  T* operator->() const { return pointer_; }
  T& operator*() const { return *pointer_; }
  explicit operator bool() const { return pointer_ != nullptr; }
  /// Gives the pointer away with its reference: the caller now owes a release.
  T* detach() { return std::exchange(pointer_, nullptr); }
  friend bool operator==(const IntrusivePtr&, const IntrusivePtr&) = default;

 private:
  T* pointer_ = nullptr;
};

}  // namespace relume
