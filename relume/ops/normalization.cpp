#include "relume/ops/normalization.h"

#include <cmath>

#include "relume/autograd/node.h"
#include "relume/base/require.h"

namespace relume {
namespace {

void check(const char* operation, const Tensor& x, const Tensor& weight, const Tensor& bias, const Shape& normalized) {
  require<DTypeError>(x.dtype() == DType::float32 || x.dtype() == DType::float64,
                      "{}: of {}; convert it with to(float32) first", operation, name(x.dtype()));
  for (const Tensor* t : {&weight, &bias}) {
    if (!t->defined()) continue;
    require<ShapeError>(t->shape() == normalized, "{}: weight and bias of {} do not fit {}", operation, t->shape(),
                        x.shape());
    require<DTypeError>(t->dtype() == x.dtype(), "{}: weight and bias are {}, the input is {}", operation,
                        name(t->dtype()), name(x.dtype()));
  }
}

template <class T>
const T* data_of(const Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

Tensor like(bool wanted, const Shape& shape, DType dtype) { return wanted ? zeros(shape, dtype) : Tensor(); }

/// One slice of layer_norm: y, and x̂ for backward. Returns 1 / √(variance + epsilon).
template <class T>
T normalize_row(const T* x, const T* weight, const T* bias, double epsilon, T* y, T* normal, std::int64_t n) {
  double total = 0, squares = 0;
  for (std::int64_t i = 0; i < n; ++i) total += static_cast<double>(x[i]);
  const double mean = total / static_cast<double>(n);
  for (std::int64_t i = 0; i < n; ++i)
    squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
  const T center = static_cast<T>(mean),
          scale = static_cast<T>(1 / std::sqrt(squares / static_cast<double>(n) + epsilon));
  for (std::int64_t i = 0; i < n; ++i) {
    normal[i] = (x[i] - center) * scale;
    y[i] = normal[i] * (weight ? weight[i] : T{1}) + (bias ? bias[i] : T{0});
  }
  return scale;
}

// g = dy w:  dx = s (g − mean g − x̂ mean(g x̂)),  dw += dy x̂,  db += dy
template <class T>
void row_gradient(const T* dy, const T* normal, const T* weight, T scale, T* dx, T* dweight, T* dbias, std::int64_t n) {
  double sum = 0, along = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const T g = weight ? dy[i] * weight[i] : dy[i];
    sum += static_cast<double>(g);
    along += static_cast<double>(g * normal[i]);
    if (dweight) dweight[i] += dy[i] * normal[i];
    if (dbias) dbias[i] += dy[i];
  }
  const T mean = static_cast<T>(sum / static_cast<double>(n)), slope = static_cast<T>(along / static_cast<double>(n));
  for (std::int64_t i = 0; i < n; ++i)
    dx[i] = scale * ((weight ? dy[i] * weight[i] : dy[i]) - mean - normal[i] * slope);
}

template <class T>
Gradients layer_norm_backward(const BackwardContext& c, const Tensor& normal, const Tensor& scales, const Tensor& w) {
  const Tensor dy = c.gradient.contiguous();
  const std::int64_t rows = scales.elements(), n = normal.elements() / std::max<std::int64_t>(rows, 1);
  Tensor dx = empty(dy.shape(), dy.dtype());
  const Shape shape = w.defined() ? w.shape() : Shape{n};
  const Tensor dweight = like(c.needs(1), shape, dy.dtype()), dbias = like(c.needs(2), shape, dy.dtype());
  for (std::int64_t i = 0; i < rows; ++i)
    row_gradient(dy.data<T>() + i * n, normal.data<T>() + i * n, data_of<T>(w), scales.data<T>()[i],
                 dx.data<T>() + i * n, const_cast<T*>(data_of<T>(dweight)), const_cast<T*>(data_of<T>(dbias)), n);
  return {dx, dweight, dbias};
}

/// Mean and variance of the columns, in double, and 1 / √(variance + epsilon) as T.
template <class T>
struct ColumnMoments {
  std::vector<double> mean, variance;
  std::vector<T> center, scale;

  ColumnMoments(const T* x, std::int64_t rows, std::int64_t columns, double epsilon) {
    const auto width = static_cast<std::size_t>(columns);
    mean.resize(width);
    variance.resize(width);
    const auto count = static_cast<double>(rows);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < width; ++j)
        mean[j] += static_cast<double>(x[i * columns + static_cast<std::int64_t>(j)]);
    for (double& m : mean) m /= count;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < width; ++j) {
        const double d = static_cast<double>(x[i * columns + static_cast<std::int64_t>(j)]) - mean[j];
        variance[j] += d * d;
      }
    for (std::size_t j = 0; j < width; ++j) {
      variance[j] /= count;
      center.push_back(static_cast<T>(mean[j]));
      scale.push_back(static_cast<T>(1 / std::sqrt(variance[j] + epsilon)));
    }
  }
};

// dx = s w (dy − mean dy − x̂ mean(dy x̂)),  dw = Σ dy x̂,  db = Σ dy
template <class T>
Gradients batch_norm_backward(const BackwardContext& c, const Tensor& normal, const Tensor& scales, const Tensor& w) {
  const Tensor gradient = c.gradient.contiguous();
  const std::int64_t rows = normal.size(0), columns = normal.size(1);
  const T *dy = gradient.data<T>(), *x = normal.data<T>(), *weight = data_of<T>(w), *scale = scales.data<T>();
  Tensor sum = zeros({columns}, gradient.dtype()), along = zeros({columns}, gradient.dtype());
  T *db = sum.data<T>(), *dw = along.data<T>();
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      db[j] += dy[i * columns + j];
      dw[j] += dy[i * columns + j] * x[i * columns + j];
    }
  Tensor result = empty(gradient.shape(), gradient.dtype());
  T* dx = result.data<T>();
  const T share = static_cast<T>(1 / static_cast<double>(rows));
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      dx[i * columns + j] =
          scale[j] * (weight ? weight[j] : T{1}) * (dy[i * columns + j] - share * (db[j] + x[i * columns + j] * dw[j]));
  return {result, c.needs(1) ? along : Tensor(), c.needs(2) ? sum : Tensor()};
}

}  // namespace

Tensor layer_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, double epsilon) {
  const int last = weight.defined() ? weight.dimensions() : bias.defined() ? bias.dimensions() : 1;
  require<ShapeError>(last > 0 && input.dimensions() >= last, "layer_norm: {} has no last {} dimensions", input.shape(),
                      last);
  const Shape normalized(std::span(input.shape().end() - last, input.shape().end()));
  check("layer_norm", input, weight, bias, normalized);
  const Tensor x = input.contiguous(), w = weight.defined() ? weight.contiguous() : weight,
               b = bias.defined() ? bias.contiguous() : bias;
  const std::int64_t n = normalized.elements(), rows = n > 0 ? x.elements() / n : 0;
  Tensor y = empty(x.shape(), x.dtype());
  const Tensor normal = empty(x.shape(), x.dtype()), scales = empty({rows}, x.dtype());
  const auto run = [&]<class T>() {
    for (std::int64_t i = 0; i < rows; ++i)
      scales.data<T>()[i] = normalize_row(x.data<T>() + i * n, data_of<T>(w), data_of<T>(b), epsilon,
                                          y.data<T>() + i * n, normal.data<T>() + i * n, n);
  };
  visit_float(x.dtype(), run, [] {});
  return record(y, "NativeLayerNormBackward0", {&x, &w, &b},
                [normal = Saved(normal), scales = Saved(scales), w = Saved(w)](const BackwardContext& c) -> Gradients {
                  return c.gradient.dtype() == DType::float64
                             ? layer_norm_backward<double>(c, c(normal), c(scales), c(w))
                             : layer_norm_backward<float>(c, c(normal), c(scales), c(w));
                });
}

Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias, double epsilon,
                  BatchMoments& moments) {
  require<ShapeError>(input.dimensions() == 2, "batch_norm: {} is not [rows, columns]", input.shape());
  const std::int64_t rows = input.size(0), columns = input.size(1);
  require<ShapeError>(rows > 1, "batch_norm: {} is one value a column; training needs more, or call eval()",
                      input.shape());
  check("batch_norm", input, weight, bias, {columns});
  const Tensor x = input.contiguous(), w = weight.defined() ? weight.contiguous() : weight,
               b = bias.defined() ? bias.contiguous() : bias;
  Tensor y = empty(x.shape(), x.dtype());
  const Tensor normal = empty(x.shape(), x.dtype()), scales = empty({columns}, x.dtype());
  const auto run = [&]<class T>() {
    const ColumnMoments<T> of(x.data<T>(), rows, columns, epsilon);
    moments = {from_vector(of.mean).to(x.dtype()), from_vector(of.variance).to(x.dtype())};
    std::copy(of.scale.begin(), of.scale.end(), scales.data<T>());
    const T *from = x.data<T>(), *weights = data_of<T>(w), *biases = data_of<T>(b);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) {
        const auto column = static_cast<std::size_t>(j);
        const T value = (from[i * columns + j] - of.center[column]) * of.scale[column];
        normal.data<T>()[i * columns + j] = value;
        y.data<T>()[i * columns + j] = value * (weights ? weights[j] : T{1}) + (biases ? biases[j] : T{0});
      }
  };
  visit_float(x.dtype(), run, [] {});
  return record(y, "NativeBatchNormBackward0", {&x, &w, &b},
                [normal = Saved(normal), scales = Saved(scales), w = Saved(w)](const BackwardContext& c) -> Gradients {
                  return c.gradient.dtype() == DType::float64
                             ? batch_norm_backward<double>(c, c(normal), c(scales), c(w))
                             : batch_norm_backward<float>(c, c(normal), c(scales), c(w));
                });
}

}  // namespace relume
