#include <nanobind/stl/string.h>

#include "python/core/core.h"

namespace relume::python {
namespace {

constexpr DType dtypes[] = {DType::float32, DType::float64, DType::float16, DType::bfloat16, DType::int8,
                            DType::int16,   DType::int32,   DType::int64,   DType::uint8,    DType::bool_};

/// "float32" of relume.float32, numpy.float32, numpy.dtype("float32"), torch.float32 and "float32".
std::string name_from(nb::handle object) {
  if (object.is(nb::handle(reinterpret_cast<PyObject*>(&PyFloat_Type)))) return "float32";
  if (object.is(nb::handle(reinterpret_cast<PyObject*>(&PyLong_Type)))) return "int64";
  if (object.is(nb::handle(reinterpret_cast<PyObject*>(&PyBool_Type)))) return "bool";
  const char* attribute = nb::hasattr(object, "__name__") ? "__name__" : "name";
  const std::string text =
      text_of(nb::hasattr(object, attribute) ? nb::object(object.attr(attribute)) : nb::borrow(object));
  return text.substr(text.rfind('.') + 1);
}

}  // namespace

std::optional<DType> dtype_from(nb::handle object) {
  if (object.is_none()) return std::nullopt;
  if (nb::isinstance<PythonDType>(object)) return nb::cast<PythonDType>(object).value;
  return dtype_from_name(name_from(object));
}

void bind_dtype(nb::module_& module) {
  nb::class_<PythonDType>(module, "dtype", "The type of a tensor's elements: relume.float32 and its like.")
      .def("__repr__", [](PythonDType self) { return "relume." + std::string(name(self.value)); })
      .def("__eq__",
           [](PythonDType self, nb::handle other) {
             return nb::isinstance<PythonDType>(other) && nb::cast<PythonDType>(other).value == self.value;
           })
      .def("__hash__", [](PythonDType self) { return static_cast<int>(self.value); })
      .def("__reduce__",
           [](PythonDType self) {
             return nb::make_tuple(nb::module_::import_("relume._pickling").attr("make_dtype"),
                                   nb::make_tuple(std::string(name(self.value))));
           })
      .def_prop_ro(
          "itemsize", [](PythonDType self) { return size_of(self.value); }, "Bytes of one element.")
      .def_prop_ro("is_floating_point", [](PythonDType self) { return is_floating(self.value); });
  for (const DType dtype : dtypes) module.attr(std::string(name(dtype)).c_str()) = nb::cast(PythonDType{dtype});
  module.def("_dtype_named", [](const std::string& text) { return PythonDType{dtype_from_name(text)}; });
}

}  // namespace relume::python
