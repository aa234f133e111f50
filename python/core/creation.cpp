// Tensors made anew, and what holds for all that a thread computes: its generator, its threads, its precision.
#include <cmath>
#include <optional>

#include <nanobind/stl/string.h>

#include "python/core/arguments.h"
#include "python/core/array.h"
#include "python/core/core.h"
#include "relume/autograd/grad_mode.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/kernels/matmul.h"
#include "relume/ops/arithmetic.h"
#include "relume/ops/assign.h"

namespace relume::python {

Tensor make_tensor(nb::handle data, nb::handle dtype, bool requires_grad) {
  Tensor t = tensor_from(data).detach();
  const bool typed = nb::isinstance<Tensor>(data) || nb::hasattr(data, "dtype");
  const DType own = !typed && t.dtype() == DType::float64 ? DType::float32 : t.dtype();
  const DType wanted = dtype_from(dtype).value_or(own);
  t = t.dtype() == wanted ? t.clone() : t.to(wanted);
  return requires_grad ? t.requires_grad_() : t;
}

namespace {

TensorOptions options(nb::handle dtype, bool requires_grad) {
  return {dtype_from(dtype).value_or(DType::float32), requires_grad};
}

/// From zeros(2, 3), zeros((2, 3)) or zeros(size=(2, 3)).
Shape shape_of_new(const nb::args& shape, nb::handle size) {
  if (size.is_none()) return shape_from(shape);
  if (!shape.empty()) throw nb::type_error("tensor: the size is given twice");
  return shape_from(size);
}

/// zeros(2, 3), zeros((2, 3), dtype=…)
void bind_creator(nb::module_& module, const char* name, Tensor (*make)(const Shape&, TensorOptions),
                  const char* text) {
  module.def(
      name,
      [make](const nb::args& shape, nb::handle size, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        return make(shape_of_new(shape, size), options(dtype, requires_grad));
      },
      "shape"_a, nb::kw_only(), "size"_a = nb::none(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none(), text);
}

void set_float32_matmul_precision(const std::string& precision) {
  require(precision == "highest" || precision == "high" || precision == "medium",
          "set_float32_matmul_precision: \"{}\" is not one of highest, high, medium", precision);
  kernels::set_float32_matmul_precision(precision == "medium" ? kernels::MatmulPrecision::medium
                                                              : kernels::MatmulPrecision::highest);
}

std::string get_float32_matmul_precision() {
  return kernels::float32_matmul_precision() == kernels::MatmulPrecision::medium ? "medium" : "highest";
}

/// Whole numbers one by one: a double holds them up to 2⁵³ alone.
Tensor counted_wholes(std::int64_t start, std::int64_t end, std::int64_t step) {
  require(step != 0 && (start == end || (start < end) == (step > 0)), "arange: {} does not lead from {} to {}", step,
          start, end);
  const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(end);
  const std::uint64_t way = start < end ? to - from : from - to;
  const std::uint64_t stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  const std::uint64_t count = way / stride + (way % stride != 0);
  require(count < (std::uint64_t{1} << 48), "arange: from {} to {} by {} are too many numbers", start, end, step);
  Tensor t = empty({static_cast<std::int64_t>(count)}, DType::int64);
  for (std::uint64_t i = 0; i < count; ++i)
    t.data<std::int64_t>()[i] = static_cast<std::int64_t>(from + i * static_cast<std::uint64_t>(step));
  return t;
}

std::int64_t cut(double value) {
  require(std::fabs(value) < 0x1p63, "arange: {} is no whole number of 64 bits", value);
  return static_cast<std::int64_t>(value);
}

Tensor counted(nb::handle start, nb::handle end, nb::handle step, nb::handle dtype, bool requires_grad,
               nb::handle device) {
  check_device(device);
  const nb::handle from = end.is_none() ? nb::handle() : start, to = end.is_none() ? start : end;
  const auto whole = [](nb::handle h) { return !h.is_valid() || (PyIndex_Check(h.ptr()) && !PyBool_Check(h.ptr())); };
  const auto floating_tensor = [](nb::handle h) {
    return h.is_valid() && nb::isinstance<Tensor>(h) && is_floating(nb::cast<const Tensor&>(h).dtype());
  };
  const std::optional<DType> wanted = dtype_from(dtype);
  const bool wholes = whole(from) && whole(to) && whole(step) && !floating_tensor(from) && !floating_tensor(to) &&
                      !floating_tensor(step);
  Tensor t;
  if (wholes) {
    t = counted_wholes(from.is_valid() ? whole_from(from, "arange", "start") : 0, whole_from(to, "arange", "end"),
                       whole_from(step, "arange", "step"))
            .to(wanted.value_or(DType::int64));
  } else {
    const double first = from.is_valid() ? real_from(from, "arange", "start") : 0,
                 last = real_from(to, "arange", "end"), by = real_from(step, "arange", "step");
    const DType made = wanted.value_or(DType::float32);
    t = arange(first, last, by, is_floating(made) ? made : DType::float64);
    // As PyTorch: as many as there are of the numbers given, from the start and by the step that are left of them.
    if (!is_floating(made)) {
      const std::int64_t begin = cut(first), stride = cut(by);
      t = (arange(0, static_cast<double>(t.elements())) * Scalar(stride) + Scalar(begin)).to(made);
    }
  }
  return requires_grad ? t.requires_grad_() : t;
}

/// randint(high, size), randint(low, high, size)
Tensor drawn(nb::handle low, nb::handle high, nb::handle size, nb::handle dtype, nb::handle device) {
  check_device(device);
  const bool two = size.is_none();
  const nb::handle shape = two ? high : size;
  const bool from_zero = two || high.is_none();
  if (shape.is_none()) throw nb::type_error("randint: the size is missing");
  const std::int64_t least = from_zero ? 0 : whole_from(low, "randint", "low");
  const std::int64_t beyond = whole_from(from_zero ? low : high, "randint", "high");
  const DType wanted = dtype_from(dtype).value_or(DType::int64);
  require(least < beyond, "randint: there is no integer in [{}, {})", least, beyond);
  const double range = std::ldexp(1.0, static_cast<int>(8 * size_of(wanted)) - (wanted == DType::uint8 ? 0 : 1));
  require(is_floating(wanted) || static_cast<double>(beyond) - 1 < range || beyond <= (1LL << 62),
          "randint: {} does not hold {}", name(wanted), beyond - 1);
  return randint(least, beyond, shape_from(shape), DType::int64).to(wanted);
}

}  // namespace

void bind_creation(nb::module_& module) {
  module.def(
      "tensor",
      [](nb::handle data, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        return make_tensor(data, dtype, requires_grad);
      },
      "data"_a, "dtype"_a = nb::none(), "requires_grad"_a = false, "device"_a = nb::none(),
      "A copy of numbers, nested lists or an array. Whole numbers become int64, others float32; arrays keep their "
      "dtype.");
  module.def(
      "as_tensor",
      [](nb::handle data, nb::handle dtype, nb::handle device) {
        check_device(device);
        const bool typed = nb::isinstance<Tensor>(data) || nb::hasattr(data, "dtype");
        return typed && dtype.is_none() ? tensor_from(data)
               : typed                  ? tensor_from(data).to(*dtype_from(dtype))
                                        : make_tensor(data, dtype, false);
      },
      "data"_a, "dtype"_a = nb::none(), "device"_a = nb::none(),
      "The tensor itself, or one that shares the memory of an array or of another library's tensor, where that "
      "can be.");
  module.def("from_numpy", &tensor_from, "array"_a, "A tensor onto the array's memory.");
  module.def("from_dlpack", &tensor_from, "array"_a, "A tensor onto the memory of another library's tensor.");
  bind_creator(module, "zeros", &zeros, "Filled with 0.");
  bind_creator(module, "ones", &ones, "Filled with 1.");
  bind_creator(module, "empty", &empty, "Not filled.");
  bind_creator(module, "rand", &rand, "Uniform in [0, 1).");
  bind_creator(module, "randn", &randn, "Normal: mean 0, deviation 1.");
  module.def(
      "full",
      [](nb::handle size, nb::handle fill_value, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        const auto number = number_from(fill_value);
        const DType own = !number                           ? tensor_from(fill_value).dtype()
                          : PyFloat_Check(fill_value.ptr()) ? DType::float32
                          : PyBool_Check(fill_value.ptr())  ? DType::bool_
                                                            : DType::int64;
        Tensor t = empty(shape_from(size), dtype_from(dtype).value_or(own));
        const Tensor value = value_from(fill_value, t.dtype(), "full").detach();
        require<ShapeError>(value.elements() == 1, "full: fill_value is of {}, no single number", value.shape());
        t.copy_(value.reshape({}));
        return requires_grad ? t.requires_grad_() : t;
      },
      "size"_a, "fill_value"_a, nb::kw_only(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none(), "Filled with a number, whose kind is the dtype where none is given.");
  module.def("arange", &counted, "start"_a, "end"_a = nb::none(), "step"_a = 1, nb::kw_only(), "dtype"_a = nb::none(),
             "requires_grad"_a = false, "device"_a = nb::none(),
             "start, start + step, … before end; of whole numbers int64.");
  module.def(
      "linspace",
      [](nb::handle start, nb::handle end, nb::handle steps, nb::handle dtype, bool requires_grad, nb::handle device) {
        check_device(device);
        const TensorOptions made = options(dtype, requires_grad);
        // Of integers the ends are cut off first, as PyTorch does.
        const auto bound = [&](nb::handle h, const char* argument) {
          const double value = real_from(h, "linspace", argument);
          return is_floating(made.dtype) ? value : std::trunc(value);
        };
        return linspace(bound(start, "start"), bound(end, "end"), whole_from(steps, "linspace", "steps"), made);
      },
      "start"_a, "end"_a, "steps"_a, nb::kw_only(), "dtype"_a = nb::none(), "requires_grad"_a = false,
      "device"_a = nb::none());
  module.def(
      "randperm",
      [](nb::handle n, nb::handle dtype, nb::handle device) {
        check_device(device);
        const std::int64_t count = whole_from(n, "randperm", "n");
        require(count >= 0, "randperm: {} numbers cannot be in an order", count);
        return randperm(count).to(dtype_from(dtype).value_or(DType::int64));
      },
      "n"_a, nb::kw_only(), "dtype"_a = nb::none(), "device"_a = nb::none(), "A random order of 0 to n - 1.");
  module.def("randint", &drawn, "low"_a, "high"_a = nb::none(), "size"_a = nb::none(), nb::kw_only(),
             "dtype"_a = nb::none(), "device"_a = nb::none(),
             "Whole numbers from low (0 where it is left out) to high - 1, each as likely.");
  module.def("manual_seed", &manual_seed, "seed"_a, "Seeds this thread's generator.");
  module.def("set_num_threads", &set_num_threads, "threads"_a);
  module.def("get_num_threads", &num_threads);
  module.def(
      "set_float32_matmul_precision", &set_float32_matmul_precision, "precision"_a,
      "\"highest\", \"high\" (the same), or \"medium\": this thread's products are rounded to bfloat16 where the "
      "machine has AVX512-BF16.");
  module.def("get_float32_matmul_precision", &get_float32_matmul_precision);
  module.def("_set_grad_enabled", &set_grad_enabled);
  module.def("is_grad_enabled", &grad_enabled);
}

}  // namespace relume::python
