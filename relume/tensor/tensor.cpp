#include "relume/tensor/tensor.h"

#include <new>
#include <utility>

#include "relume/base/pool.h"
#include "relume/base/require.h"
#include "relume/tensor/autograd_seam.h"
#include "relume/tensor/dimension.h"

namespace relume {
namespace {

/// Bytes up to which a tensor lies in one block with its memory: one look into the pool's lists in place of two. A
/// larger one lets its memory go when it is set onto other memory.
constexpr std::size_t largest_beside = std::size_t{64} << 10;

}  // namespace

IntrusivePtr<TensorImpl> TensorImpl::create(IntrusivePtr<Storage> storage, DType dtype, const Shape& shape,
                                            std::int64_t elements) {
  return IntrusivePtr<TensorImpl>::to_new(new (pool::allocate(sizeof(TensorImpl)))
                                              TensorImpl(std::move(storage), dtype, shape, elements));
}

IntrusivePtr<TensorImpl> TensorImpl::create(DType dtype, const Shape& shape, std::int64_t elements) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * size_of(dtype);
  if (bytes > largest_beside) return create(Storage::allocate(bytes), dtype, shape, elements);
  IntrusivePtr<Storage> storage = Storage::allocate(bytes, sizeof(TensorImpl));
  Storage* home = storage.get();
  auto impl =
      IntrusivePtr<TensorImpl>::to_new(new (home->room()) TensorImpl(std::move(storage), dtype, shape, elements));
  impl->home = home;
  return impl;
}

IntrusivePtr<TensorImpl> TensorImpl::create(IntrusivePtr<Storage> storage, DType dtype, const Shape& shape,
                                            const Shape& strides, std::int64_t offset) {
  IntrusivePtr<TensorImpl> impl = create(std::move(storage), dtype, shape, checked_elements(shape, "tensor"));
  impl->data += offset * static_cast<std::int64_t>(size_of(dtype));
  impl->strides = strides;
  std::int64_t expected = 1;
  for (int i = shape.dimensions() - 1; i >= 0 && impl->elements > 0; --i) {
    if (shape[i] != 1 && strides[i] != expected) impl->contiguous = false;
    expected *= shape[i];
  }
  return impl;
}

void TensorImpl::destroy(TensorImpl* impl) {
  if (impl->gradient_state) destroy_gradient_state(impl->gradient_state);
  if (impl->grad_fn) release_node(impl->grad_fn);
  Storage* home = impl->home;
  if (!home) {
    impl->~TensorImpl();
    return pool::deallocate(impl, sizeof(TensorImpl));
  }
  const bool held = impl->storage.get() == home;
  IntrusivePtr<Storage> last = std::move(impl->storage);
  impl->~TensorImpl();
  if (!held) home->release();
}

void TensorImpl::set_storage(IntrusivePtr<Storage> other) {
  const IntrusivePtr<Storage> before = std::exchange(storage, std::move(other));
  if (!home || before == storage) return;
  if (before.get() == home) home->retain();
  if (storage.get() == home) home->release();
}

std::int64_t Tensor::size(int dimension) const { return shape()[checked_dimension(shape(), dimension, "size")]; }

void Tensor::undefined() {
  fail("tensor: it is undefined: default-made or moved from; assign a tensor to it before it is used");
}

void Tensor::wrong_type(DType asked) const {
  fail<DTypeError>("data: the tensor holds {}, not {}", name(dtype()), name(asked));
}

}  // namespace relume
