#include "relume/base/storage.h"

#include <new>
#include <utility>

#include "relume/base/pool.h"

namespace relume {
namespace {

// The header lies in front of its data, one allocation for both.
constexpr std::size_t header = pool::alignment;

}  // namespace

IntrusivePtr<Storage> Storage::allocate(std::size_t bytes) {
  static_assert(sizeof(Storage) <= header);
  auto* block = static_cast<std::byte*>(pool::allocate(header + bytes));
  return IntrusivePtr<Storage>(new (block) Storage(block + header, bytes));
}

IntrusivePtr<Storage> Storage::from_blob(void* data, std::size_t bytes, std::function<void(void*)> deleter) {
  void* block = pool::allocate(sizeof(Storage));
  IntrusivePtr<Storage> storage(new (block) Storage(static_cast<std::byte*>(data), bytes));
  storage->deleter_ = new std::function<void(void*)>(std::move(deleter));
  return storage;
}

void Storage::destroy(Storage* storage) {
  std::size_t block_bytes = header + storage->bytes_;
  if (storage->deleter_) {
    if (*storage->deleter_) (*storage->deleter_)(storage->data_);
    delete storage->deleter_;
    block_bytes = sizeof(Storage);
  }
  storage->~Storage();
  pool::deallocate(storage, block_bytes);
}

}  // namespace relume
