// The bytes under one or more tensors.
#pragma once

#include <cstddef>
#include <functional>

#include "relume/base/intrusive_ptr.h"

namespace relume {

/// A block of memory, shared by the views onto it. 64-byte aligned unless it came from outside.
class Storage : public Counted<Storage> {
 public:
  /// Uninitialised memory from the pool.
  static IntrusivePtr<Storage> allocate(std::size_t bytes);
  /// Memory of somebody else's; `deleter` runs when the last tensor onto it is gone.
  static IntrusivePtr<Storage> from_blob(void* data, std::size_t bytes, std::function<void(void*)> deleter);
  static void destroy(Storage* storage);

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  /// Raised by every in-place write, so that autograd notices a saved tensor that changed.
  std::uint32_t version() const { return version_; }
  void bump_version() { ++version_; }

 private:
  Storage(std::byte* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  ~Storage() = default;

  std::byte* data_;
  std::size_t bytes_;
  std::uint32_t version_ = 0;
  std::function<void(void*)>* deleter_ = nullptr;
};

}  // namespace relume
