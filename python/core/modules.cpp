// nn.Module as Python sees it: how it is called, shown, and put from one mode into another.
#include "python/core/modules.h"

#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>

namespace relume::python {

std::string class_name(nb::handle self) { return nb::cast<std::string>(self.type().attr("__name__")); }

namespace {

/// Whether a method is one of Python's.
bool is_written_in_python(nb::handle type, const char* method) {
  return type.attr(method).type().ptr() != nb::type<nn::Module>().attr("forward").type().ptr();
}

}  // namespace

bool has_own_forward(nb::handle self) {
  return nb::inst_python_derived(self) &&
         (is_written_in_python(self.type(), "forward") || is_written_in_python(self.type(), "__call__"));
}

Tensor call_forward(nb::handle self, const Tensor& x) {
  const nb::gil_scoped_acquire acquire;
  const nb::object y = is_written_in_python(self.type(), "__call__") ? self(x) : self.attr("forward")(x);
  if (nb::isinstance<Tensor>(y)) return nb::cast<Tensor>(y);
  throw nb::type_error((class_name(self) + ".forward: it returned " + class_name(y) +
                        "; the module around it can pass on a tensor and nothing else")
                           .c_str());
}

namespace {

/// What was returned by a forward() of Python's, seen by the hooks.
nb::object call_python(nb::handle self, const nb::args& arguments, const nb::kwargs& named) {
  nb::object y = self.attr("forward")(*arguments, **named);
  const nn::Module& module = module_of(self);
  if (module.has_hooks() && nb::isinstance<Tensor>(y)) module.run_hooks(nb::cast<const Tensor&>(y));
  return y;
}

nb::object call(nb::handle self, nb::handle x) {
  nn::Module& module = module_of(self);
  if (nb::inst_python_derived(self) && dynamic_cast<Scripted*>(&module)) {
    nb::object y = self.attr("forward")(x);
    if (module.has_hooks() && nb::isinstance<Tensor>(y)) module.run_hooks(nb::cast<const Tensor&>(y));
    return y;
  }
  const Tensor given = tensor_from(x);
  const auto run = [&] {
    const ReleaseFor release(8 * given.elements());
    return module(given);
  };
  return nb::cast(run());
}

Tensor forward(nb::handle self, nb::handle x) {
  nn::Module& module = module_of(self);
  if (!dynamic_cast<Scripted*>(&module)) return module.forward(tensor_from(x));
  PyErr_SetString(PyExc_NotImplementedError, (class_name(self) + " defines no forward()").c_str());
  nb::raise_python_error();
}

void train(nb::handle self, bool mode) {
  nn::Module& module = module_of(self);
  module.set_training(mode);
  for (const auto& [name, child] : module.children()) child_object(self, name, *child).attr("train")(mode);
}

/// relume computes on the CPU: a device is that one or an error.
bool is_the_device(nb::handle given) {
  const bool has_type = nb::hasattr(given, "type") && nb::hasattr(given, "index");
  if (!has_type && !nb::isinstance<nb::str>(given)) return false;
  const std::string text = has_type ? text_of(given.attr("type")) : text_of(given);
  for (const char* other : {"cuda", "mps", "xpu", "meta", "hip", "xla", "vulkan"})
    if (text.starts_with(other))
      throw nb::value_error(("to: there is no device \"" + text + "\"; relume computes on \"cpu\"").c_str());
  return text == "cpu" || text.starts_with("cpu:");
}

void move_to(nb::handle self, const nb::args& arguments, const nb::kwargs& named) {
  const auto take = [self](nb::handle given) {
    if (given.is_none() || is_the_device(given)) return;
    if (nb::isinstance<Tensor>(given)) return module_of(self).to(nb::cast<const Tensor&>(given).dtype());
    if (const auto dtype = dtype_from(given)) module_of(self).to(*dtype);
  };
  for (const nb::handle given : arguments)
    if (!nb::isinstance<nb::bool_>(given)) take(given);
  for (const auto& [key, value] : named) {
    const auto name = nb::cast<std::string>(key);
    if (name == "non_blocking") continue;
    if (name != "device" && name != "dtype" && name != "tensor")
      throw nb::type_error(("to: there is no argument \"" + name + "\"").c_str());
    take(value);
  }
}

void zero_grad(const nn::Module& module, bool set_to_none) {
  for (const Tensor& p : module.parameters()) {
    if (set_to_none)
      p.set_grad(Tensor());
    else if (p.grad().defined())
      p.set_grad(zeros_like(p));
  }
}

/// The text between the brackets of a layer's description; one that lists what is under it has none.
std::string extra_repr(const nn::Module& module) {
  const std::string text = module.describe();
  const std::size_t begin = text.find('('), end = text.rfind(')');
  if (begin == std::string::npos || text.find('\n') != std::string::npos) return "";
  return text.substr(begin + 1, end - begin - 1);
}

std::string indented(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 3) text.replace(at, 1, "\n  ");
  return text;
}

/// As PyTorch prints a module.
std::string represent(nb::handle self) {
  const nn::Module& module = module_of(self);
  const auto children = module.children();
  if (children.empty() && !nb::inst_python_derived(self)) return module.describe();
  const std::string extra = text_of(self.attr("extra_repr")());
  if (children.empty() && extra.find('\n') == std::string::npos) return class_name(self) + "(" + extra + ")";
  std::string text = class_name(self) + "(";
  if (!extra.empty()) text += "\n  " + indented(extra);
  for (const auto& [name, child] : children)
    text += "\n  (" + name + "): " + indented(nb::cast<std::string>(nb::repr(child_object(self, name, *child))));
  return text + "\n)";
}

int add_hook(nn::Module& module, nb::callable hook) {
  return module.add_hook([hook = Callback(std::move(hook))](const nn::Module& m, const Tensor& output) {
    const nb::gil_scoped_acquire acquire;
    hook(nb::find(m), output);
  });
}

void convert(nb::handle self, DType dtype) { module_of(self).to(dtype); }

void bind_modes(ModuleClass& type) {
  type.def("train", returning_self(&train), "mode"_a = true)
      .def("eval",
           [](nb::handle self) {
             self.attr("train")(false);
             return nb::borrow(self);
           })
      .def_prop_ro("training", &nn::Module::is_training)
      .def(
          "to",
          [](nb::handle self, const nb::args& arguments, const nb::kwargs& named) {
            move_to(self, arguments, named);
            return nb::borrow(self);
          },
          "arguments"_a, "named"_a,
          "Converts floating-point parameters and buffers to a dtype. A device may be given: \"cpu\", the only one.")
      .def("cpu", [](nb::handle self) { return nb::borrow(self); })
      .def(
          "requires_grad_",
          [](nb::handle self, bool wanted) {
            for (Tensor p : module_of(self).parameters()) p.requires_grad_(wanted);
            return nb::borrow(self);
          },
          "requires_grad"_a = true)
      .def("zero_grad", &zero_grad, "set_to_none"_a = true)
      .def("add_hook", &add_hook, "hook"_a,
           "Calls hook(module, output) after each call; returns a number for remove_hook.")
      .def("remove_hook", &nn::Module::remove_hook, "number"_a);
  const std::pair<const char*, DType> conversions[] = {
      {"float", DType::float32}, {"double", DType::float64}, {"half", DType::float16}, {"bfloat16", DType::bfloat16}};
  for (const auto& [name, dtype] : conversions)
    type.def(name, [dtype = dtype](nb::handle self) {
      convert(self, dtype);
      return nb::borrow(self);
    });
}

}  // namespace

void bind_module(nb::module_& module) {
  nb::class_<Parameter, Tensor>(module, "Parameter", "A tensor that a Module trains once it is an attribute of it.")
      .def(
          "__init__",
          [](Parameter* self, nb::handle data, bool requires_grad) {
            const bool listed = nb::isinstance<nb::list>(data) || nb::isinstance<nb::tuple>(data);
            const nb::object tensor =
                listed ? nb::module_::import_("relume._core").attr("tensor")(data) : nb::borrow(data);
            new (self) Parameter(tensor_from(tensor).detach());
            self->requires_grad_(requires_grad);
          },
          "data"_a, "requires_grad"_a = true)
      .def("__repr__", [](const Parameter& p) { return "Parameter containing:\n" + to_string(p); })
      .def("__reduce__", [](nb::handle self) {
        const nb::tuple tensor =
            nb::cast<nb::tuple>(nb::cast(Tensor(nb::cast<const Parameter&>(self))).attr("__reduce__")());
        return nb::make_tuple(nb::module_::import_("relume._pickling").attr("make_parameter"), tensor[1]);
      });
  ModuleClass type(
      module, "Module", nb::dynamic_attr(),
      "The base of networks: derive from it, assign layers and nn.Parameters to attributes in __init__ (after "
      "super().__init__()), and define forward(x).");
  type.def(nb::init<>())
      .def("__call__", &call, "input"_a)
      .def("__call__", &call_python)
      .def("forward", &forward, "input"_a)
      .def("extra_repr", &extra_repr)
      .def("__repr__", &represent);
  bind_attributes(type);
  bind_walks(type);
  bind_modes(type);
}

}  // namespace relume::python
