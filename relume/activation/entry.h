// Public. An activation with its type erased: what the table holds and everything else iterates over.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "relume/activation/info.h"
#include "relume/base/dtype.h"
#include "relume/kernels/matmul.h"

namespace relume::activation {

/// Rows of x become rows of y = f(x + bias). Strides are in elements; the mask's in bytes, at least (columns + 7) / 8.
struct ForwardRows {
  const void* x = nullptr;
  std::int64_t x_stride = 0;
  const void* bias = nullptr;  ///< one value per column, or null
  void* y = nullptr;           ///< may be x
  std::int64_t y_stride = 0;
  std::uint8_t* mask = nullptr;  ///< bit j % 8 of byte j / 8 of each row; null where no mask is wanted
  std::int64_t mask_stride = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// Rows of dy become rows of dx = dy ⊙ f′. Strides are in elements; that of a saved mask in bytes.
struct BackwardRows {
  const void* saved = nullptr;  ///< mask, output or input, as Entry::saves says
  std::int64_t saved_stride = 0;
  const void* dy = nullptr;
  std::int64_t dy_stride = 0;
  void* dx = nullptr;  ///< may be dy
  std::int64_t dx_stride = 0;
  void* column_sum = nullptr;  ///< null, or where dx summed over the rows is written: the gradient of a bias
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// The loops of an elementwise activation for one element type, on one thread. `parameters` holds one value for each of
/// Entry::parameters.
struct Loops {
  void (*forward)(const void* x, void* y, std::int64_t n, const double* parameters, bool stream) = nullptr;
  void (*forward_mask)(const void* x, void* y, std::uint8_t* mask, std::int64_t n, const double* parameters) = nullptr;
  void (*backward)(const void* saved, const void* dy, void* dx, std::int64_t n, const double* parameters) = nullptr;
  void (*forward_rows)(const ForwardRows&, const double* parameters) = nullptr;
  void (*backward_rows)(const BackwardRows&, const double* parameters) = nullptr;
  /// forward_rows of a product that is computed in the same loops: rows.x is not read. False where there are none for
  /// such rows; null where there are none at all.
  bool (*forward_product)(const kernels::TileProduct&, const ForwardRows& rows, const double* parameters) = nullptr;
};

/// The loops of an activation whose rows depend on all of their elements: x, y, dy and dx are [rows, columns].
struct RowLoops {
  void (*forward)(const void* x, void* y, std::int64_t rows, std::int64_t columns) = nullptr;
  void (*backward)(const void* y, const void* dy, void* dx, std::int64_t rows, std::int64_t columns) = nullptr;
};

/// The loops of an activation with one learned value per channel. All arrays are n long and belong to one channel
/// (`many_slopes` false) or to n channels, one slope each.
struct ParametricLoops {
  void (*forward)(const void* x, const void* slope, bool many_slopes, void* y, std::int64_t n) = nullptr;
  /// dslope is added to: one value, or n.
  void (*backward)(const void* x, const void* slope, bool many_slopes, const void* dy, void* dx, void* dslope,
                   std::int64_t n) = nullptr;
};

/// The loops of one element type; those of the entry's kind are set.
struct TypeLoops {
  Loops elementwise;
  RowLoops rows;
  ParametricLoops parametric;
};

/// The loops for float and double, as compiled for one instruction set.
struct LevelLoops {
  TypeLoops float32;
  TypeLoops float64;
};

/// An activation. All pointers are to contiguous memory unless strides are given; `parameters` holds one value for each
/// of `parameters` (null: the defaults). Large arrays are shared among threads. Functions throw DTypeError for a dtype
/// that supports() denies, and Error for a function that is not of this kind.
struct Entry {
  Info info;
  Kind kind = Kind::elementwise;
  Saves saves = Saves::input;
  bool integers = false;      ///< works on int8 … int64 and uint8 too
  bool random_slope = false;  ///< in training the slope below 0 is drawn from [first, second parameter] per element
  std::string_view wraps{};   ///< gated, concatenated: the elementwise activation inside
  std::span<const Param> parameters;
  const LevelLoops* levels[3] = {};  ///< by kernels::Level
  void (*integer_forward)(DType, const void* x, void* y, std::int64_t n, const double* parameters) = nullptr;
  double (*scalar_value)(double x, const double* parameters) = nullptr;
  double (*scalar_derivative)(double x, const double* parameters) = nullptr;

  bool supports(DType dtype) const { return is_floating(dtype) || (integers && is_integral(dtype)); }

  /// How wide the output is for an input of `features`. Throws ShapeError for an odd number of a gated one.
  std::int64_t features_out(std::int64_t features) const;

  /// The definition in double precision, and its derivative at x.
  double scalar(double x, const double* parameters = nullptr) const;
  double derivative(double x, const double* parameters = nullptr) const;

  /// y[i] = f(x[i]). y may be x.
  void forward(DType dtype, const void* x, void* y, std::int64_t n, const double* parameters = nullptr) const;
  /// The same, and for saves == mask bit i % 8 of mask[i / 8] says where the derivative has its "on" value;
  /// (n + 7) / 8 bytes.
  void forward_mask(DType dtype, const void* x, void* y, std::uint8_t* mask, std::int64_t n,
                    const double* parameters = nullptr) const;
  /// dx[i] = dy[i] · f′. `saved` is the mask, y or x, as `saves` says (not read for Saves::nothing). dx may be dy.
  void backward(DType dtype, const void* saved, const void* dy, void* dx, std::int64_t n,
                const double* parameters = nullptr) const;

  /// float32 and float64 alone.
  void forward_rows(DType dtype, const ForwardRows& rows, const double* parameters = nullptr) const;
  void backward_rows(DType dtype, const BackwardRows& rows, const double* parameters = nullptr) const;

  /// Kind::rows; x, y, dy and dx are [rows, columns]; y may be x and dx may be dy. float32 and float64.
  void forward_softmax_rows(DType dtype, const void* x, void* y, std::int64_t rows, std::int64_t columns) const;
  void backward_softmax_rows(DType dtype, const void* y, const void* dy, void* dx, std::int64_t rows,
                             std::int64_t columns) const;

  /// Kind::parametric; x is [outer, channels, inner] and slope holds `slopes` = 1 or `channels` values.
  /// float32 and float64.
  void forward_parametric(DType dtype, const void* x, const void* slope, std::int64_t slopes, void* y,
                          std::int64_t outer, std::int64_t channels, std::int64_t inner) const;
  /// dx and, written anew, dslope[slopes]. dx may be dy.
  void backward_parametric(DType dtype, const void* x, const void* slope, std::int64_t slopes, const void* dy, void* dx,
                           void* dslope, std::int64_t outer, std::int64_t channels, std::int64_t inner) const;
};

/// Every activation of relume.
std::span<const Entry> table();

/// The activation of that name, or null.
const Entry* find(std::string_view name);

/// Bias, activation and mask of a fused product, applied by kernels::matmul to each finished tile of z:
/// y = f(z + bias). Keep it alive during the product.
struct FusedForward {
  const Entry* entry = nullptr;
  const double* parameters = nullptr;
  DType dtype = DType::float32;
  const void* bias = nullptr;  ///< one value per column, or null
  void* y = nullptr;           ///< null: in place, in the product's own output
  std::int64_t y_stride = 0;
  std::uint8_t* mask = nullptr;  ///< null where none is wanted; rows of mask_stride bytes
  std::int64_t mask_stride = 0;

  kernels::Epilogue epilogue() const;

 private:
  ForwardRows rows(const kernels::Tile& tile) const;
};

}  // namespace relume::activation
