// Modules whose forward() is written in Python.
#pragma once

#include <string>
#include <utility>

#include <nanobind/trampoline.h>

#include "python/core/core.h"
#include "relume/nn/module.h"

namespace relume::python {

/// A tensor that a module trains when it becomes an attribute of one. As torch.nn.Parameter.
struct Parameter : Tensor {
  explicit Parameter(const Tensor& t) : Tensor(t) {}
};

/// What the C++ sides of all modules whose forward() is Python's have in common.
class Scripted {
 public:
  virtual ~Scripted() = default;
};

/// Calls self.forward(x). Throws TypeError where it returns no tensor: C++, which asks, can pass on nothing else.
Tensor call_forward(nb::handle self, const Tensor& x);
/// The name of an object's class.
std::string class_name(nb::handle self);
/// Whether an object's class is written in Python and has a forward() or __call__() of its own.
bool has_own_forward(nb::handle self);

/// Throws ValueError where the parent is inside the child: walks over them would never end.
void check_may_hold(const nn::Module& parent, nn::Module& child);

/// The C++ side of a class that derives from relume.nn.Module itself.
class PythonModule : public nn::Module, public Scripted {
 public:
  NB_TRAMPOLINE(nn::Module);

  Tensor forward(const Tensor& x) override {
    const CalledBy nobody(nullptr);  // Python's modules may call any
    return call_forward(nb_trampoline.base(), x);
  }
  std::string describe() const override {
    const nb::gil_scoped_acquire acquire;
    return describe_as(class_name(nb_trampoline.base()).c_str());
  }
};

/// The C++ side of a class that derives from a layer and has a forward() of its own.
template <class Layer>
class PythonOf final : public Layer, public Scripted {
 public:
  NB_TRAMPOLINE(Layer);

  Tensor forward(const Tensor& x) override {
    const nn::Module::CalledBy nobody(nullptr);
    return call_forward(nb_trampoline.base(), x);
  }
  const Activation* as_activation() const override { return nullptr; }
};

/// Makes what `self`, memory of a Python object, is the C++ side of: the layer, or one that asks Python.
template <class Layer, class... Arguments>
void construct(Layer* self, Arguments&&... arguments) {
  if (has_own_forward(nb::detail::trampoline(self).base()))
    new (self) PythonOf<Layer>(std::forward<Arguments>(arguments)...);
  else
    new (self) Layer(std::forward<Arguments>(arguments)...);
}

/// What the object holds by name in Python.
nb::dict attributes_of(nb::handle self);
/// The object of a direct submodule, of which there is one as long as its parent's is there.
nb::object child_object(nb::handle parent, const std::string& name, nn::Module& child);

/// The direct submodules' objects with their names.
nb::list items_of(nb::handle self);
/// The object of one of a module's own tensors, or None.
nb::object own_tensor(nb::handle self, const char* name);

/// Binds nn.Module.
void bind_module(nb::module_& module);
/// Binds the losses as functions.
void bind_losses(nb::module_& module);
/// Binds how weights begin, and bounds of gradients.
void bind_initialisation(nb::module_& module);

}  // namespace relume::python
