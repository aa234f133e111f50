#include "relume/base/storage.h"

#include <new>
#include <utility>

#include "relume/base/pool.h"

namespace relume {
namespace {

// The header lies in front of its data, one allocation for both.
constexpr std::size_t header = pool::alignment;

}  // namespace

IntrusivePtr<Storage> Storage::allocate(std::size_t bytes, std::size_t room_bytes) {
  static_assert(sizeof(Storage) <= header);
  const std::size_t front = header + (room_bytes + pool::alignment - 1) / pool::alignment * pool::alignment;
  auto* block = static_cast<std::byte*>(pool::allocate(front + bytes));
  return IntrusivePtr<Storage>::to_new(new (block) Storage(block + front, bytes, front));
}

void* Storage::room() { return reinterpret_cast<std::byte*>(this) + header; }

IntrusivePtr<Storage> Storage::from_blob(void* data, std::size_t bytes, std::function<void(void*)> deleter) {
  void* block = pool::allocate(header);
  auto storage = IntrusivePtr<Storage>::to_new(new (block) Storage(static_cast<std::byte*>(data), bytes, header));
  storage->deleter_ = new std::function<void(void*)>(std::move(deleter));
  return storage;
}

void Storage::destroy(Storage* storage) {
  std::size_t block_bytes = storage->front_ + storage->bytes_;
  if (storage->deleter_) {
    if (*storage->deleter_) (*storage->deleter_)(storage->data_);
    delete storage->deleter_;
    block_bytes = storage->front_;
  }
  storage->~Storage();
  pool::deallocate(storage, block_bytes);
}

}  // namespace relume
