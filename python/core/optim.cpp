// The optimizers. Groups as dictionaries, states and schedules stand on this in python/relume/optim.
#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/optim/adagrad.h"
#include "relume/optim/adam.h"
#include "relume/optim/lr_rule.h"
#include "relume/optim/rmsprop.h"
#include "relume/optim/sgd.h"

namespace relume::python {
namespace {

using optim::Optimizer;

/// An option by the name that Python gives it.
template <class Options>
struct Field {
  const char* name;
  double Options::*number = nullptr;
  bool Options::*flag = nullptr;
};

std::string where(const char* optimizer, const std::string& option) { return std::string(optimizer) + ": " + option; }

double number_from(nb::handle value, const char* optimizer, const std::string& option) {
  double number = 0;
  if (nb::try_cast(value, number)) return number;
  if (nb::isinstance<Tensor>(value) && nb::cast<const Tensor&>(value).elements() == 1)
    return nb::cast<const Tensor&>(value).item<double>();
  throw nb::type_error((where(optimizer, option) + " is " + text_of(value) + ", not a number").c_str());
}

template <class Options>
void set_betas(Options& options, nb::handle value, const char* optimizer) {
  if (!PySequence_Check(value.ptr()) || nb::len(value) != 2)
    throw nb::type_error((where(optimizer, "betas") + " is " + text_of(value) + ", not two numbers").c_str());
  options.beta1 = number_from(value[0], optimizer, "betas");
  options.beta2 = number_from(value[1], optimizer, "betas");
}

template <class Options>
void set(Options& options, const std::vector<Field<Options>>& fields, const char* optimizer, const std::string& name,
         nb::handle value) {
  if constexpr (requires { options.beta1; })
    if (name == "betas") return set_betas(options, value, optimizer);
  for (const Field<Options>& field : fields) {
    if (name != field.name) continue;
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

/// A dictionary of a group: {"params": tensors, "lr": …}; what it does not say is as in `options`.
template <class Options>
optim::ParameterGroup<Options> group_from(const nb::dict& given, const Options& options,
                                          const std::vector<Field<Options>>& fields, const char* optimizer) {
  optim::ParameterGroup<Options> group{{}, options};
  for (const auto& [key, value] : given) {
    const auto name = nb::cast<std::string>(key);
    if (name != "params") {
      set(group.options, fields, optimizer, name, value);
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
template <class O, class Options>
void bind_optimizer(nb::module_& module, const char* name, const Options& defaults,
                    const std::vector<Field<Options>>& fields, const char* text) {
  nb::class_<O, Optimizer>(module, name, text)
      .def(
          "__init__",
          [name, defaults, fields](O* self, nb::handle groups) {
            std::vector<optim::ParameterGroup<Options>> all;
            for (const nb::handle group : groups)
              all.push_back(group_from(nb::cast<nb::dict>(group), defaults, fields, name));
            new (self) O(all);
          },
          "groups"_a)
      .def("_add_group",
           [name, defaults, fields](O& o, const nb::dict& group) {
             o.add_param_group(group_from(group, defaults, fields, name));
           })
      .def("_set_option",
           [name, fields](O& o, std::size_t group, const std::string& option, nb::handle value) {
             Options options = o.group_options(group);
             set(options, fields, name, option, value);
             o.set_group_options(group, options);
           })
      .def("_options", [fields](const O& o, std::size_t group) {
        const Options options = o.group_options(group);
        nb::dict result;
        for (const Field<Options>& field : fields)
          result[field.name] = field.number ? nb::cast(options.*field.number) : nb::cast(options.*field.flag);
        if constexpr (requires { options.beta1; }) result["betas"] = nb::make_tuple(options.beta1, options.beta2);
        return result;
      });
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
  using Sgd = optim::SgdOptions;
  bind_optimizer<optim::SGD, Sgd>(module, "SGD", {},
                                  {{"lr", &Sgd::lr},
                                   {"momentum", &Sgd::momentum},
                                   {"dampening", &Sgd::dampening},
                                   {"weight_decay", &Sgd::weight_decay},
                                   {"nesterov", nullptr, &Sgd::nesterov},
                                   {"maximize", nullptr, &Sgd::maximize}},
                                  "Stochastic gradient descent.");
  using Adam = optim::AdamOptions;
  const std::vector<Field<Adam>> adam = {{"lr", &Adam::lr},
                                         {"eps", &Adam::epsilon},
                                         {"weight_decay", &Adam::weight_decay},
                                         {"amsgrad", nullptr, &Adam::amsgrad},
                                         {"eps_hat", nullptr, &Adam::epsilon_hat},
                                         {"maximize", nullptr, &Adam::maximize}};
  bind_optimizer<optim::Adam, Adam>(module, "Adam", {}, adam, "Adam.");
  bind_optimizer<optim::AdamW, Adam>(module, "AdamW", {.weight_decay = 0.01}, adam, "AdamW.");
  using Rms = optim::RmspropOptions;
  bind_optimizer<optim::RMSprop, Rms>(module, "RMSprop", {},
                                      {{"lr", &Rms::lr},
                                       {"alpha", &Rms::alpha},
                                       {"eps", &Rms::epsilon},
                                       {"weight_decay", &Rms::weight_decay},
                                       {"momentum", &Rms::momentum},
                                       {"centered", nullptr, &Rms::centered},
                                       {"maximize", nullptr, &Rms::maximize}},
                                      "RMSprop.");
  using Ada = optim::AdagradOptions;
  bind_optimizer<optim::Adagrad, Ada>(module, "Adagrad", {},
                                      {{"lr", &Ada::lr},
                                       {"lr_decay", &Ada::lr_decay},
                                       {"weight_decay", &Ada::weight_decay},
                                       {"initial_accumulator_value", &Ada::initial_accumulator},
                                       {"eps", &Ada::epsilon},
                                       {"maximize", nullptr, &Ada::maximize}},
                                      "Adagrad.");
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
