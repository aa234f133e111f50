// Modules written in Python.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <nanobind/trampoline.h>

#include "python/core/core.h"
#include "relume/nn/module.h"

namespace relume::python {

/// A tensor that a module trains when it becomes an attribute of one. As torch.nn.Parameter.
struct Parameter : Tensor {
  explicit Parameter(const Tensor& t) : Tensor(t) {}
};

/// The C++ side of a class that derives from relume.nn.Module: modules and parameters that are assigned to attributes
/// become its own, forward() is Python's.
class PythonModule : public nn::Module {
 public:
  NB_TRAMPOLINE(nn::Module);

  Tensor forward(const Tensor& x) override { NB_OVERRIDE_PURE(forward, x); }
  std::string describe() const override;

  /// What `self.name = value` means: a Module, a Parameter, or something that takes the place of either.
  void assign(const std::string& name, nb::handle value);
  void set_buffer(const std::string& name, const Tensor& tensor);

 private:
  std::map<std::string, std::unique_ptr<Tensor>> tensors_;
};

}  // namespace relume::python
