#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/optim/adagrad.h"
#include "relume/optim/adam.h"
#include "relume/optim/lr_scheduler.h"
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

template <class Options>
void set(Options& options, const std::vector<Field<Options>>& fields, const std::string& name, nb::handle value) {
  if (name == "betas" && requires { &Options::lr; }) {
    if constexpr (requires { &Options::beta1; }) {
      options.beta1 = nb::cast<double>(value[0]);
      options.beta2 = nb::cast<double>(value[1]);
      return;
    }
  }
  for (const Field<Options>& field : fields) {
    if (name != field.name) continue;
    if (field.number) options.*field.number = nb::cast<double>(value);
    if (field.flag) options.*field.flag = nb::cast<bool>(value);
    return;
  }
  throw nb::type_error(("optimizer: there is no option \"" + name + "\"").c_str());
}

/// Tensors, or groups of them with options of their own: [{"params": …, "lr": …}, …].
template <class Options>
std::vector<optim::ParameterGroup<Options>> groups_from(nb::handle parameters, const Options& options,
                                                        const std::vector<Field<Options>>& fields) {
  std::vector<optim::ParameterGroup<Options>> groups;
  for (const nb::handle item : parameters) {
    if (!nb::isinstance<nb::dict>(item)) {
      if (groups.empty()) groups.push_back({{}, options});
      groups.front().parameters.push_back(nb::cast<Tensor>(item));
      continue;
    }
    groups.push_back({{}, options});
    for (const auto& [key, value] : nb::borrow<nb::dict>(item)) {
      const auto name = nb::cast<std::string>(key);
      if (name != "params") {
        set(groups.back().options, fields, name, value);
        continue;
      }
      for (const nb::handle p : value) groups.back().parameters.push_back(nb::cast<Tensor>(p));
    }
  }
  if (groups.empty()) groups.push_back({{}, options});
  return groups;
}

/// Every option is a keyword; torch's names.
template <class O, class Options>
void bind_optimizer(nb::module_& module, const char* name, const Options& defaults,
                    const std::vector<Field<Options>>& fields, const char* text) {
  nb::class_<O, Optimizer>(module, name, text)
      .def(
          "__init__",
          [defaults, fields](O* self, nb::handle parameters, nb::handle lr, const nb::kwargs& named) {
            Options options = defaults;
            if (!lr.is_none()) options.lr = nb::cast<double>(lr);
            for (const auto& [key, value] : named) set(options, fields, nb::cast<std::string>(key), value);
            new (self) O(groups_from(parameters, options, fields));
          },
          "params"_a, "lr"_a = nb::none(), "options"_a);
}

}  // namespace

void bind_optim(nb::module_& module) {
  nb::class_<Optimizer>(module, "Optimizer")
      .def(
          "step",
          [](Optimizer& o) {
            const nb::gil_scoped_release release;
            o.step();
          },
          "Moves each parameter along its gradient.")
      .def(
          "step_in_backward",
          [](Optimizer& o, const Tensor& loss) {
            const nb::gil_scoped_release release;
            o.step_in_backward(loss);
          },
          "loss"_a,
          "loss.backward() and step() in one: each parameter moves as soon as its gradient is known, which is not "
          "kept.")
      .def("zero_grad", &Optimizer::zero_grad, "Forgets the gradients.")
      .def_prop_rw(
          "lr", [](const Optimizer& o) { return o.lr(); }, [](Optimizer& o, double lr) { o.set_lr(lr); },
          "The learning rate of the first group; setting it sets that of all.")
      .def_prop_ro("steps", &Optimizer::steps)
      .def_prop_ro("parameters", &Optimizer::parameters)
      .def("state_dict",
           [](const Optimizer& o) {
             nb::dict tensors, state;
             for (const auto& [name, tensor] : o.state()) tensors[name.c_str()] = tensor;
             state["steps"] = o.steps();
             state["state"] = tensors;
             return state;
           })
      .def(
          "load_state_dict",
          [](Optimizer& o, const nb::dict& state) {
            std::vector<std::pair<std::string, Tensor>> tensors;
            for (const auto& [name, tensor] : nb::cast<nb::dict>(state["state"]))
              tensors.emplace_back(nb::cast<std::string>(name), tensor_from(tensor));
            o.load_state(tensors, nb::cast<std::int64_t>(state["steps"]));
          },
          "state"_a);
  using Sgd = optim::SgdOptions;
  bind_optimizer<optim::SGD, Sgd>(
      module, "SGD", {},
      {{"momentum", &Sgd::momentum},
       {"dampening", &Sgd::dampening},
       {"weight_decay", &Sgd::weight_decay},
       {"nesterov", nullptr, &Sgd::nesterov},
       {"lr", &Sgd::lr}},
      "Stochastic gradient descent: lr, momentum, dampening, weight_decay, nesterov. As torch.optim.SGD.");
  using Adam = optim::AdamOptions;
  const std::vector<Field<Adam>> adam = {{"eps", &Adam::epsilon},
                                         {"weight_decay", &Adam::weight_decay},
                                         {"lr", &Adam::lr},
                                         {"eps_hat", nullptr, &Adam::epsilon_hat}};
  bind_optimizer<optim::Adam, Adam>(
      module, "Adam", {}, adam,
      "Adam: lr, betas, eps, weight_decay. As torch.optim.Adam. eps_hat=True: eps is added before "
      "the bias correction, as in scikit-learn.");
  bind_optimizer<optim::AdamW, Adam>(module, "AdamW", {.weight_decay = 0.01}, adam,
                                     "AdamW: lr, betas, eps, weight_decay. As torch.optim.AdamW.");
  using Rms = optim::RmspropOptions;
  bind_optimizer<optim::RMSprop, Rms>(module, "RMSprop", {},
                                      {{"alpha", &Rms::alpha},
                                       {"eps", &Rms::epsilon},
                                       {"weight_decay", &Rms::weight_decay},
                                       {"momentum", &Rms::momentum},
                                       {"lr", &Rms::lr}},
                                      "RMSprop: lr, alpha, eps, weight_decay, momentum. As torch.optim.RMSprop.");
  using Ada = optim::AdagradOptions;
  bind_optimizer<optim::Adagrad, Ada>(
      module, "Adagrad", {},
      {{"lr_decay", &Ada::lr_decay},
       {"weight_decay", &Ada::weight_decay},
       {"initial_accumulator_value", &Ada::initial_accumulator},
       {"eps", &Ada::epsilon},
       {"lr", &Ada::lr}},
      "Adagrad: lr, lr_decay, weight_decay, initial_accumulator_value, eps. As torch.optim.Adagrad.");

  module.def("step_lr", &optim::step_lr, "step_size"_a, "gamma"_a = 0.1);
  module.def("multi_step_lr", &optim::multi_step_lr, "milestones"_a, "gamma"_a = 0.1);
  module.def("exponential_lr", &optim::exponential_lr, "gamma"_a);
  module.def("linear_lr", &optim::linear_lr, "start_factor"_a, "end_factor"_a, "total_iters"_a);
  module.def("cosine_annealing_lr", &optim::cosine_annealing_lr, "T_max"_a, "eta_min"_a = 0.0);
  module.def("cosine_warm_restarts_lr", &optim::cosine_warm_restarts_lr, "T_0"_a, "T_mult"_a = 1, "eta_min"_a = 0.0);
  module.def(
      "one_cycle_lr", [](std::int64_t steps) { return optim::one_cycle_lr(steps); }, "total_steps"_a);
  nb::class_<optim::LrScheduler>(
      module, "LrScheduler",
      "Sets the optimizer's rate by a rule (base, step) -> rate: at once, then with every step().")
      .def(nb::init<Optimizer&, optim::LrRule>(), "optimizer"_a, "rule"_a, nb::keep_alive<1, 2>())
      .def("step", &optim::LrScheduler::step)
      .def_prop_ro("steps", &optim::LrScheduler::steps);
  nb::class_<optim::ReduceLROnPlateau>(module, "ReduceLROnPlateau",
                                       "Multiplies the rates by a factor when a metric stands still.")
      .def(
          "__init__",
          [](optim::ReduceLROnPlateau* self, Optimizer& optimizer, const std::string& mode, double factor,
             std::int64_t patience, double threshold, std::int64_t cooldown, double min_lr) {
            if (mode != "min" && mode != "max")
              throw nb::value_error(("ReduceLROnPlateau: mode is \"" + mode + "\"; give \"min\" or \"max\"").c_str());
            new (self)
                optim::ReduceLROnPlateau(optimizer, {mode == "max", factor, patience, threshold, cooldown, min_lr});
          },
          "optimizer"_a, "mode"_a = "min", "factor"_a = 0.1, "patience"_a = 10, "threshold"_a = 1e-4, "cooldown"_a = 0,
          "min_lr"_a = 0.0, nb::keep_alive<1, 2>())
      .def("step", &optim::ReduceLROnPlateau::step, "metrics"_a, "Follows the end of an epoch with its metric.");
}

}  // namespace relume::python
