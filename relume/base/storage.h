// Public. The bytes under one or more tensors.
#pragma once

#include <cstddef>
#include <functional>

#include "relume/base/intrusive_ptr.h"

namespace relume {

/// A block of memory, shared by the views onto it. 64-byte aligned unless it came from outside.
class Storage : public Counted<Storage> {
 public:
  /// Uninitialised memory from the pool. In front of it, in the same block, is room() for `room_bytes` of an object
  /// that lives no longer than the storage.
  static IntrusivePtr<Storage> allocate(std::size_t bytes, std::size_t room_bytes = 0);
  /// Memory of somebody else's; `deleter` runs when the last tensor onto it is gone.
  static IntrusivePtr<Storage> from_blob(void* data, std::size_t bytes, std::function<void(void*)> deleter);
  static void destroy(Storage* storage);

  std::byte* data() const { return data_; }
  void* room();
  std::size_t bytes() const { return bytes_; }
  /// Raised by every in-place write, so that autograd notices a saved tensor that changed.
  std::uint32_t version() const { return version_; }
  void bump_version() { ++version_; }

 private:
  Storage(std::byte* data, std::size_t bytes, std::size_t front) : data_(data), bytes_(bytes), front_(front) {}
  ~Storage() = default;

  std::byte* data_;
  std::size_t bytes_;
  std::size_t front_;  // bytes of the block in front of the data, this object among them
  std::uint32_t version_ = 0;
  std::function<void(void*)>* deleter_ = nullptr;
};

}  // namespace relume
