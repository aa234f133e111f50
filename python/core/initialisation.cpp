// How weights begin, and bounds of gradients.
#include <cmath>

#include <nanobind/stl/string.h>

#include "python/core/module_class.h"
#include "relume/base/error.h"
#include "relume/nn/init.h"
#include "relume/optim/clip.h"

namespace relume::python {
namespace {

/// One tensor or several.
std::vector<Tensor> tensors_from(nb::handle parameters, const char* where) {
  std::vector<Tensor> result;
  const auto take = [&](nb::handle p) {
    if (!nb::isinstance<Tensor>(p))
      throw nb::type_error((std::string(where) + ": parameters hold " + class_name(p) + ", not tensors").c_str());
    result.push_back(nb::cast<Tensor>(p));
  };
  if (nb::isinstance<Tensor>(parameters)) {
    take(parameters);
  } else {
    for (const nb::handle p : parameters) take(p);
  }
  return result;
}

double clip_grad_norm(nb::handle parameters, double max_norm, double norm_type, bool error_if_nonfinite, nb::handle) {
  if (norm_type != 2) throw nb::value_error("clip_grad_norm_: norm_type is 2 and nothing else");
  const std::vector<Tensor> all = tensors_from(parameters, "clip_grad_norm_");
  if (error_if_nonfinite && !std::isfinite(nn::grad_norm(all)))
    throw ValueError("clip_grad_norm_: the norm of the gradients is not finite");
  return nn::clip_grad_norm(all, max_norm);
}

}  // namespace

void bind_initialisation(nb::module_& module) {
  module.def("clip_grad_norm_", &clip_grad_norm, "parameters"_a, "max_norm"_a, "norm_type"_a = 2.0,
             "error_if_nonfinite"_a = false, "foreach"_a = nb::none(),
             "Scales all gradients so that their common norm is at most max_norm; returns the norm from before.");
  module.def(
      "clip_grad_value_",
      [](nb::handle parameters, double value, nb::handle) {
        nn::clip_grad_value(tensors_from(parameters, "clip_grad_value_"), value);
      },
      "parameters"_a, "clip_value"_a, "foreach"_a = nb::none());
  module.def("_measured_gain", [](const std::string& text) { return nn::init::gain(Activation(text)); });
  module.def(
      "orthogonal_",
      [](nb::handle tensor, double gain) {
        nn::init::orthogonal_(nb::cast<const Tensor&>(tensor), gain);
        return nb::borrow(tensor);
      },
      "tensor"_a, "gain"_a = 1.0);
  module.def(
      "normal_",
      [](nb::handle tensor, double mean, double std) {
        nn::init::normal_(nb::cast<const Tensor&>(tensor), mean, std);
        return nb::borrow(tensor);
      },
      "tensor"_a, "mean"_a = 0.0, "std"_a = 1.0);
  module.def(
      "uniform_",
      [](nb::handle tensor, double low, double high) {
        nn::init::uniform_(nb::cast<const Tensor&>(tensor), low, high);
        return nb::borrow(tensor);
      },
      "tensor"_a, "a"_a = 0.0, "b"_a = 1.0);
}

}  // namespace relume::python
