// Public. The tensor: a typed, shaped view onto memory that it shares.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "relume/base/dtype.h"
#include "relume/base/error.h"
#include "relume/base/intrusive_ptr.h"
#include "relume/base/shape.h"
#include "relume/base/storage.h"

namespace relume {

class Tensor;
class Scalar;
struct Ordered;

/// What autograd hangs onto a tensor; defined in autograd/.
struct GradientState;
/// An operation in the graph; defined in autograd/node.h.
class Node;

/// What a Tensor points to. For the library's own sources; users hold Tensors.
class TensorImpl : public Counted<TensorImpl> {
 public:
  TensorImpl(IntrusivePtr<Storage> its_storage, DType its_dtype, const Shape& its_shape, std::int64_t its_elements)
      : storage(std::move(its_storage)),
        data(storage->data()),
        elements(its_elements),
        shape(its_shape),
        strides(row_major_strides(its_shape)),
        dtype(its_dtype) {}
  static IntrusivePtr<TensorImpl> create(IntrusivePtr<Storage> storage, DType dtype, const Shape& shape,
                                         const Shape& strides, std::int64_t offset);
  /// Row-major from the storage's first byte on.
  static IntrusivePtr<TensorImpl> create(IntrusivePtr<Storage> storage, DType dtype, const Shape& shape,
                                         std::int64_t elements);
  /// With uninitialised memory of its own.
  static IntrusivePtr<TensorImpl> create(DType dtype, const Shape& shape, std::int64_t elements);
  static void destroy(TensorImpl* impl);

  /// Exchanges the memory; the rest is the caller's.
  void set_storage(IntrusivePtr<Storage> other);

  IntrusivePtr<Storage> storage;
  std::byte* data;  // of the first element
  std::int64_t elements;
  Shape shape;
  Shape strides;  // in elements
  DType dtype;
  bool contiguous = true;
  bool requires_grad = false;
  Storage* home = nullptr;                  // whose block this object lies in, held through `storage` while they agree
  GradientState* gradient_state = nullptr;  // made when it is first needed, freed by autograd's deleter
  Node* grad_fn = nullptr;                  // holds a reference, which autograd's releaser gives back
};

/// A handle of one pointer: copying it shares the tensor, as in PyTorch. Operations on tensors stand in ops/, those
/// that are members too beside the function of their name.
class Tensor {
 public:
  /// No tensor: defined() is false.
  Tensor() = default;
  explicit Tensor(IntrusivePtr<TensorImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return static_cast<bool>(impl_); }
  DType dtype() const { return impl()->dtype; }
  const Shape& shape() const { return impl()->shape; }
  const Shape& strides() const { return impl()->strides; }
  /// The size of one dimension; negative counts from the end. Throws IndexError.
  std::int64_t size(int dimension) const;
  int dimensions() const { return impl()->shape.dimensions(); }
  int dim() const { return dimensions(); }
  std::int64_t elements() const { return impl()->elements; }
  std::int64_t numel() const { return elements(); }
  bool is_contiguous() const { return impl()->contiguous; }
  bool requires_grad() const { return defined() && impl_->requires_grad; }

  /// The first element. Throws DTypeError where T is not the tensor's type. Elements lie `strides()` apart.
  template <class T>
  T* data() const {
    if (dtype_v<T> != dtype()) wrong_type(dtype_v<T>);
    return reinterpret_cast<T*>(impl_->data);
  }
  void* raw_data() const { return impl()->data; }
  std::size_t bytes() const { return static_cast<std::size_t>(elements()) * size_of(dtype()); }
  /// The elements of a contiguous tensor.
  template <class T>
  std::span<T> span() const {
    return {data<T>(), static_cast<std::size_t>(elements())};
  }
  /// The value of a tensor of one element, converted to T. Throws ValueError for more.
  template <class T = double>
  T item() const;
  /// All elements in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;

  // Views: they share memory with this tensor and carry gradients. Defined in ops/view.cpp.
  Tensor reshape(const Shape& shape) const;  ///< one size may be −1; copies where the strides do not allow a view
  Tensor view(const Shape& shape) const;     ///< as reshape, but throws where it would have to copy
  Tensor transpose(int dimension0, int dimension1) const;
  Tensor t() const;  ///< transpose(0, 1) of a matrix
  Tensor permute(const Shape& order) const;
  Tensor expand(const Shape& shape) const;
  Tensor select(int dimension, std::int64_t index) const;
  Tensor slice(int dimension, std::int64_t begin, std::int64_t end, std::int64_t step = 1) const;
  Tensor squeeze(int dimension) const;
  Tensor unsqueeze(int dimension) const;
  Tensor flatten(int from = 0) const;  ///< joins the dimensions from `from` on
  Tensor operator[](std::int64_t index) const { return select(0, index); }

  Tensor contiguous() const;  ///< this tensor, or a row-major copy
  Tensor to(DType dtype) const;
  Tensor clone() const;
  Tensor detach() const;  ///< the same memory, outside of the graph

  // As the functions of their names: ops/reduce.h, ops/order.h, ops/statistics.h. They are recorded, as all that
  // follow.
  Tensor sum() const;
  Tensor sum(const Shape& dimensions, bool keepdim = false) const;
  template <class I>
  requires std::is_integral_v<I> Tensor sum(I dimension, bool keepdim = false)
  const { return sum(Shape{static_cast<std::int64_t>(dimension)}, keepdim); }
  Tensor mean() const;
  Tensor mean(const Shape& dimensions, bool keepdim = false) const;
  template <class I>
  requires std::is_integral_v<I> Tensor mean(I dimension, bool keepdim = false)
  const { return mean(Shape{static_cast<std::int64_t>(dimension)}, keepdim); }
  Tensor max() const;
  Tensor min() const;
  Ordered max(int dimension, bool keepdim = false) const;
  Ordered min(int dimension, bool keepdim = false) const;
  Tensor argmax(int dimension, bool keepdim = false) const;
  Tensor argmin(int dimension, bool keepdim = false) const;
  Tensor argmax() const { return reshape({-1}).argmax(0); }  ///< the place among all elements
  Tensor argmin() const { return reshape({-1}).argmin(0); }
  Tensor var(const Shape& dimensions = {}, double correction = 1, bool keepdim = false) const;
  Tensor norm(const Shape& dimensions = {}, bool keepdim = false) const;
  Tensor logsumexp(const Shape& dimensions = {}, bool keepdim = false) const;

  // ops/pointwise.h, ops/arithmetic.h, ops/matmul.h, ops/activation.h
  Tensor abs() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor sign() const;
  Tensor clamp(double low, double high) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor pow(Scalar exponent) const;
  Tensor matmul(const Tensor& other) const;
  Tensor relu() const;
  Tensor sigmoid() const;
  Tensor tanh() const;
  Tensor softmax(int dimension) const;
  Tensor log_softmax(int dimension) const;

  /// x = x + y in x's memory, recorded. Throws ValueError where autograd would not learn of it (a leaf that requires a
  /// gradient, memory that other tensors share while one requires it), ShapeError where the result is larger than x,
  /// DTypeError where it is of a higher kind.
  Tensor& operator+=(const Tensor& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator/=(const Tensor& other);
  Tensor& operator+=(Scalar other);
  Tensor& operator-=(Scalar other);
  Tensor& operator*=(Scalar other);
  Tensor& operator/=(Scalar other);

  void print() const;  ///< onto standard output, and a new line

  // In place, not recorded: they throw on a tensor that requires a gradient while gradients are recorded.
  Tensor& fill_(double value);
  Tensor& zero_() { return fill_(0); }
  Tensor& copy_(const Tensor& source);
  /// Makes this tensor, and every handle to it, look onto the memory of `data`, with its shape and dtype. Its gradient
  /// is forgotten. Throws ValueError for a tensor that an operation made.
  void set_data(const Tensor& data) const;

  // Autograd; defined in autograd/.
  Tensor& requires_grad_(bool value = true);
  bool is_leaf() const;
  /// The gradient that backward() accumulated, or an undefined tensor.
  Tensor grad() const;
  void set_grad(const Tensor& gradient) const;
  /// Accumulates the gradient of this tensor with regard to every leaf that requires one. Without `gradient` the tensor
  /// must hold one element. Unless `retain_graph`, what the graph saved is freed and a second call throws. Numbers
  /// below the normal ones (1.2e-38 in float32) count as 0 on the way: gradients of a loss near 0 would take ten times
  /// as long.
  void backward(const Tensor& gradient = Tensor(), bool retain_graph = false) const;
  /// Called by backward() with the whole gradient of this tensor, before it goes on; what the hook returns takes the
  /// gradient's place, unless it is undefined.
  void register_hook(std::function<Tensor(const Tensor& gradient)> hook) const;
  /// The operation that made this tensor, or null.
  Node* grad_fn() const;

  /// What this handle points to. Throws ValueError where it points to nothing: default-made, or moved from.
  TensorImpl* impl() const {
    if (!impl_) [[unlikely]]
      undefined();
    return impl_.get();
  }
  bool same_as(const Tensor& other) const { return impl_ == other.impl_; }

 private:
  [[noreturn]] void wrong_type(DType asked) const;
  [[noreturn]] static void undefined();

  IntrusivePtr<TensorImpl> impl_;
};

/// What a new tensor is made of.
struct TensorOptions {
  DType dtype = DType::float32;
  bool requires_grad = false;
  TensorOptions() = default;
  TensorOptions(DType d, bool r = false) : dtype(d), requires_grad(r) {}  // NOLINT: zeros({2}, float64) reads well
};

Tensor empty(const Shape& shape, TensorOptions options = {});
Tensor zeros(const Shape& shape, TensorOptions options = {});
Tensor ones(const Shape& shape, TensorOptions options = {});
Tensor full(const Shape& shape, double value, TensorOptions options = {});
/// start, start + step, … below end; int64 by default, as in PyTorch for integers.
Tensor arange(double start, double end, double step = 1, TensorOptions options = DType::int64);
Tensor linspace(double start, double end, std::int64_t count, TensorOptions options = {});
/// Uniform in [0, 1).
Tensor rand(const Shape& shape, TensorOptions options = {});
/// Normal, mean 0, standard deviation 1.
Tensor randn(const Shape& shape, TensorOptions options = {});
/// Uniform integers in [low, high).
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, TensorOptions options = DType::int64);
/// A random order of 0 … n−1.
Tensor randperm(std::int64_t n);
Tensor empty_like(const Tensor& like);
Tensor zeros_like(const Tensor& like);

/// The dtype of a tensor made from a list of T: int64 for integers, float32 for floating point, bool for bool.
template <class T>
inline constexpr DType listed_dtype = std::is_same_v<T, bool> ? DType::bool_
                                      : std::is_integral_v<T> ? DType::int64
                                                              : DType::float32;

/// A matrix from rows of equal length: tensor({{1}, {-1}}) is 2 × 1.
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows, TensorOptions options = {});
/// A scalar (no dimensions).
Tensor scalar(double value, TensorOptions options = {});
/// A copy of the values, in that shape ({n} by default). The dtype is T's.
template <class T>
Tensor from_vector(const std::vector<T>& values, std::optional<Shape> shape = std::nullopt);
/// tensor({-2, -1, 0}): integers become int64, floating point float32, bool bool, as in PyTorch.
template <class T>
requires std::is_arithmetic_v<T> Tensor tensor(std::initializer_list<T> values,
                                               TensorOptions options = listed_dtype<T>) {
  using Kept = std::conditional_t<std::is_same_v<T, bool>, bool,
                                  std::conditional_t<std::is_integral_v<T>, std::int64_t, double>>;
  Tensor t = from_vector(std::vector<Kept>(values.begin(), values.end())).to(options.dtype);
  return options.requires_grad ? t.requires_grad_() : t;
}
/// A tensor onto memory of somebody else's; `deleter(data)` runs when the last view is gone.
Tensor from_blob(void* data, const Shape& shape, DType dtype, std::function<void(void*)> deleter = {});

/// As PyTorch prints it.
std::string to_string(const Tensor& tensor);
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace relume
