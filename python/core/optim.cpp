// The optimizers. Groups as dictionaries, states and schedules stand on this in python/relume/optim.
#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/optim/family.h"
#include "relume/optim/lr_rule.h"

namespace relume::python {
namespace {

using optim::Optimizer;

std::string where(const char* optimizer, const std::string& option) { return std::string(optimizer) + ": " + option; }

double number_from(nb::handle value, const char* optimizer, const std::string& option) {
  double number = 0;
  if (nb::try_cast(value, number)) return number;
  if (nb::isinstance<Tensor>(value) && nb::cast<const Tensor&>(value).elements() == 1)
    return nb::cast<const Tensor&>(value).item<double>();
  throw nb::type_error((where(optimizer, option) + " is " + text_of(value) + ", not a number").c_str());
}

template <class Options>
void set_two(Options& options, const optim::Field<Options>& field, nb::handle value, const char* optimizer) {
  if (!PySequence_Check(value.ptr()) || nb::len(value) != 2)
    throw nb::type_error((where(optimizer, field.name) + " is " + text_of(value) + ", not two numbers").c_str());
  options.*field.number = number_from(value[0], optimizer, field.name);
  options.*field.second = number_from(value[1], optimizer, field.name);
}

template <class Options>
void set(Options& options, const char* optimizer, const std::string& name, nb::handle value) {
  for (const optim::Field<Options>& field : Options::fields()) {
    if (name != field.name) continue;
    if (field.second) return set_two(options, field, value, optimizer);
    if (field.number) options.*field.number = number_from(value, optimizer, name);
    if (field.flag) {
      const int truth = PyObject_IsTrue(value.ptr());
      if (truth < 0) nb::raise_python_error();
      options.*field.flag = truth != 0;
    }
    return;
  }
  throw nb::type_error((std::string(optimizer) + ": there is no option \"" + name + "\"").c_str());
}

/// In the order in which PyTorch takes them.
template <class Options>
nb::dict to_dict(const Options& options) {
  nb::dict result;
  for (const optim::Field<Options>& field : Options::fields())
    result[field.name] = field.second   ? nb::make_tuple(options.*field.number, options.*field.second)
                         : field.number ? nb::cast(options.*field.number)
                                        : nb::cast(options.*field.flag);
  return result;
}

/// A dictionary of a group: {"params": tensors, "lr": …}; what it does not say is as in `options`.
template <class Options>
optim::ParameterGroup<Options> group_from(const nb::dict& given, const Options& options, const char* optimizer) {
  optim::ParameterGroup<Options> group{{}, options};
  for (const auto& [key, value] : given) {
    const auto name = nb::cast<std::string>(key);
    if (name != "params") {
      set(group.options, optimizer, name, value);
      continue;
    }
    for (const nb::handle p : value) {
      if (!nb::isinstance<Tensor>(p))
        throw nb::type_error((std::string(optimizer) + ": params hold " + text_of(p.type()) + ", not tensors").c_str());
      group.parameters.push_back(nb::cast<Tensor>(p));
    }
  }
  return group;
}

/// Options go in by PyTorch's names, those of a group as a dictionary, and come out so.
template <class O>
void bind_optimizer(nb::module_& module) {
  using Options = typename O::Options;
  const char* const name = O::info.type;
  nb::class_<O, Optimizer> bound(module, name, O::info.formula);
  bound
      .def(
          "__init__",
          [name](O* self, nb::handle groups) {
            std::vector<optim::ParameterGroup<Options>> all;
            for (const nb::handle group : groups)
              all.push_back(group_from(nb::cast<nb::dict>(group), O::defaults(), name));
            new (self) O(all);
          },
          "groups"_a)
      .def("_add_group",
           [name](O& o, const nb::dict& group) { o.add_param_group(group_from(group, O::defaults(), name)); })
      .def("_set_option",
           [name](O& o, std::size_t group, const std::string& option, nb::handle value) {
             Options options = o.group_options(group);
             set(options, name, option, value);
             o.set_group_options(group, options);
           })
      .def("_options", [](const O& o, std::size_t group) { return to_dict(o.group_options(group)); });
  nb::dict buffers;
  for (const optim::Buffer& buffer : O::info.buffers)
    if (!buffer.name.empty())
      buffers[nb::str(buffer.torch.data(), buffer.torch.size())] = nb::str(buffer.name.data(), buffer.name.size());
  bound.attr("_buffers") = buffers;
  bound.attr("_named_defaults") = to_dict(O::defaults());
}

/// The optimizers' classes by the names that options call them.
template <class... O>
nb::dict bind_family(nb::module_& module, TypeList<O...>) {
  nb::dict names;
  (bind_optimizer<O>(module), ...);
  ((names[O::info.name] = O::info.type), ...);
  return names;
}

void bind_base(nb::module_& module) {
  nb::class_<Optimizer>(module, "Optimizer", nb::dynamic_attr())
      .def(
          "step",
          [](Optimizer& o, nb::handle closure) -> nb::object {
            nb::object loss = nb::none();
            if (!closure.is_none()) loss = closure();
            const nb::gil_scoped_release release;
            o.step();
            return loss;
          },
          "closure"_a = nb::none(),
          "Moves each parameter along its gradient. A closure, which computes the gradients, is called first; its loss "
          "is handed back.")
      .def(
          "step_in_backward",
          [](Optimizer& o, const Tensor& loss) {
            const nb::gil_scoped_release release;
            o.step_in_backward(loss);
          },
          "loss"_a,
          "loss.backward() and step() in one: each parameter moves as soon as its gradient is known, which is not "
          "kept.")
      .def(
          "zero_grad",
          [](Optimizer& o, bool set_to_none) {
            if (set_to_none) return o.zero_grad();
            for (const Tensor& p : o.parameters())
              if (p.grad().defined()) p.set_grad(zeros_like(p));
          },
          "set_to_none"_a = true, "Forgets the gradients.")
      .def_prop_ro("steps", &Optimizer::steps)
      .def_prop_ro("parameters", &Optimizer::parameters)
      .def("_state",
           [](const Optimizer& o) {
             nb::dict tensors;
             for (const auto& [name, tensor] : o.state()) tensors[name.c_str()] = tensor;
             return tensors;
           })
      .def("_set_steps", [](Optimizer& o, std::int64_t steps) { o.load_state(o.state(), steps); });
}

}  // namespace

void bind_optim(nb::module_& module) {
  bind_base(module);
  module.attr("_optimizer_names") = bind_family(module, optim::Family());
  module.def("step_lr", &optim::step_lr, "step_size"_a, "gamma"_a = 0.1);
  module.def("multi_step_lr", &optim::multi_step_lr, "milestones"_a, "gamma"_a = 0.1);
  module.def("exponential_lr", &optim::exponential_lr, "gamma"_a);
  module.def("linear_lr", &optim::linear_lr, "start_factor"_a, "end_factor"_a, "total_iters"_a);
  module.def("cosine_annealing_lr", &optim::cosine_annealing_lr, "T_max"_a, "eta_min"_a = 0.0);
  module.def("cosine_warm_restarts_lr", &optim::cosine_warm_restarts_lr, "T_0"_a, "T_mult"_a = 1, "eta_min"_a = 0.0);
  module.def(
      "one_cycle_lr", [](std::int64_t steps) { return optim::one_cycle_lr(steps); }, "total_steps"_a);
}

}  // namespace relume::python
