// What the parts of the module have in common.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nanobind/nanobind.h>

#include "relume/health/thresholds.h"
#include "relume/tensor/tensor.h"

namespace relume::python {

namespace nb = nanobind;
using namespace nb::literals;

// Each adds its part to the module; one file each.
void bind_errors(nb::module_& module);
void bind_dtype(nb::module_& module);
void bind_tensor(nb::module_& module);
void bind_creation(nb::module_& module);
void bind_arithmetic(nb::module_& module);
void bind_elementwise(nb::module_& module);
void bind_operations(nb::module_& module);
void bind_reductions(nb::module_& module);
void bind_activations(nb::module_& module);
void bind_nn(nb::module_& module);
void bind_optim(nb::module_& module);
void bind_data(nb::module_& module);
void bind_training(nb::module_& module);
void bind_health(nb::module_& module);
void bind_estimator(nb::module_& module);
void bind_io(nb::module_& module);
void bind_infer(nb::module_& module);
void bind_onnx(nb::module_& module);
void bind_plot(nb::module_& module);

/// A dtype as an object of Python.
struct PythonDType {
  DType value;
};

/// A dtype as Python people write it: relume.float32, numpy.float32, "float32", or nothing. Throws ValueError.
std::optional<DType> dtype_from(nb::handle object);

/// Sizes from an int, a sequence of ints, or several arguments: zeros(2, 3), zeros((2, 3)).
Shape shape_from(nb::handle object);
Shape shape_from(const nb::args& arguments);

/// str(object)
std::string text_of(nb::handle object);

nb::tuple to_tuple(const Shape& shape);

/// The tensor behind an object: a relume Tensor as it is; NumPy arrays and whatever offers DLPack without a copy where
/// that can be; numbers and nested lists as numpy.asarray reads them.
Tensor tensor_from(nb::handle object);

/// As torch.tensor: always a copy; numbers of Python become int64, float32 or bool.
Tensor make_tensor(nb::handle data, nb::handle dtype, bool requires_grad);

/// {"near_dead_rate": 0.02}. Throws ValueError for a name that there is not.
inline health::Thresholds thresholds_from(const nb::dict& numbers) {
  health::Thresholds thresholds;
  for (const auto& [name, number] : numbers)
    health::set_threshold(thresholds, nb::cast<std::string>(name), nb::cast<double>(number));
  return thresholds;
}

/// A function of Python's that C++ keeps: it may be called and let go by threads that do not hold Python's lock.
class Callback {
 public:
  explicit Callback(nb::callable function)
      : function_(new nb::callable(std::move(function)), [](nb::callable* kept) {
          if (!Py_IsInitialized()) return;
          const nb::gil_scoped_acquire acquire;
          delete kept;
        }) {}

  /// The caller holds the lock.
  template <class... Arguments>
  nb::object operator()(const Arguments&... arguments) const {
    return (*function_)(arguments...);
  }

 private:
  std::shared_ptr<nb::callable> function_;
};

/// A tensor onto memory that `owner`, an object of Python's, keeps; strides are in elements and not negative. The owner
/// is let go with the last tensor, on whichever thread.
template <class Owner>
Tensor tensor_over(void* data, DType dtype, const Shape& shape, const Shape& strides, Owner owner) {
  std::int64_t span = shape.elements() > 0 ? 1 : 0;
  for (int d = 0; d < shape.dimensions() && span > 0; ++d) span += (shape[d] - 1) * strides[d];
  auto* kept = new Owner(std::move(owner));
  auto storage = Storage::from_blob(data, static_cast<std::size_t>(span) * size_of(dtype), [kept](void*) {
    if (!Py_IsInitialized()) return;
    const nb::gil_scoped_acquire acquire;
    delete kept;
  });
  return Tensor(TensorImpl::create(std::move(storage), dtype, shape, strides, 0));
}

/// Nobody waits for Python while a large computation runs; for small ones letting go costs more than it gives.
class ReleaseFor {
 public:
  explicit ReleaseFor(std::int64_t elements) : state_(elements > 16384 ? PyEval_SaveThread() : nullptr) {}
  ~ReleaseFor() {
    if (state_) PyEval_RestoreThread(state_);
  }
  ReleaseFor(const ReleaseFor&) = delete;
  ReleaseFor& operator=(const ReleaseFor&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace relume::python
