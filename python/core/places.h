// Where an operation stands in Python: in the module and on the tensor.
#pragma once

#include "python/core/core.h"

namespace relume::python {

struct Places {
  nb::module_& module;
  nb::class_<Tensor> type;

  /// A function of x, and the method of the same name.
  template <class F, class... Extra>
  void define(const char* name, F f, const Extra&... extra) {
    module.def(name, f, "input"_a, extra...);
    type.def(name, f, extra...);
  }
};

}  // namespace relume::python
