// nn.Module of Python: what the files that bind it share.
#pragma once

#include <string>

#include "python/core/module_class.h"

namespace relume::python {

using ModuleClass = nb::class_<nn::Module, PythonModule>;

/// The C++ side. Throws AttributeError before its __init__ has run.
nn::Module& module_of(nb::handle self);
/// The object of one of the module's own tensors: the same one as long as the module's is there.
nb::object tensor_object(nb::handle self, const nn::Module::Own& own);

/// f(self, …), which returns self as PyTorch's methods do.
template <class... Arguments>
auto returning_self(void (*f)(nb::handle, Arguments...)) {
  return [f](nb::handle self, Arguments... arguments) {
    f(self, arguments...);
    return nb::borrow(self);
  };
}

/// Binds what it holds by name, and how that is pickled.
void bind_attributes(ModuleClass& type);
/// Binds the walks over what is inside.
void bind_walks(ModuleClass& type);

}  // namespace relume::python
