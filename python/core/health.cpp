#include <nanobind/stl/function.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/core.h"
#include "relume/autograd/grad_mode.h"
#include "relume/health/monitor.h"
#include "relume/health/revive.h"

namespace relume::python {
namespace {

using health::Finding;
using health::LayerActivity;
using health::Monitor;
using optim::Optimizer;

/// The optimizer of another library as the monitor sees it: parameters and a rate. The stepping is done elsewhere.
class ForeignOptimizer : public Optimizer {
 public:
  static constexpr optim::OptimizerInfo info{.name = "foreign", .type = "foreign", .formula = ""};

  ForeignOptimizer(const std::vector<Tensor>& parameters, double lr) : Optimizer(info) { add_group(parameters, lr); }

 private:
  void update(const Update&) override {}
};

/// What each activation layer of a network does on these rows.
std::vector<LayerActivity> activity_on(nn::Module& network, const Tensor& rows) {
  const NoGradGuard guard;
  health::UnitActivity activity(network);
  const bool was_training = network.is_training();
  network.eval();
  network(rows);
  network.train(was_training);
  return activity.layers();
}

std::vector<std::pair<std::string, std::vector<std::int64_t>>> revive(nn::Sequential& network, nb::handle rows,
                                                                      Optimizer* optimizer, std::uint64_t seed) {
  const Tensor x = tensor_from(rows).to(DType::float32).contiguous();
  const std::vector<LayerActivity> activity = activity_on(network, x);
  Rng rng(seed);
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> revived;
  for (const auto& [layer, count] : health::revive(network, activity, x, optimizer, rng))
    for (const LayerActivity& a : activity)
      if (a.layer == layer) revived.emplace_back(layer, a.dead_units());
  return revived;
}

nb::dict evidence_of(const Finding& f) {
  nb::dict d;
  for (const auto& [name, value] : f.evidence) d[name.c_str()] = value;
  return d;
}

void bind_findings(nb::module_& module) {
  nb::class_<Finding>(module, "Finding", "What a rule of health has found, with its evidence, cause and remedy.")
      .def_ro("rule", &Finding::rule)
      .def_prop_ro(
          "severity", [](const Finding& f) { return std::string(health::name(f.severity)); },
          "\"info\", \"warning\" or \"error\".")
      .def_ro("layer", &Finding::layer)
      .def_ro("units", &Finding::units)
      .def_ro("step", &Finding::step)
      .def_prop_ro("evidence", &evidence_of)
      .def_ro("cause", &Finding::cause)
      .def_prop_ro("remedy",
                   [](const Finding& f) {
                     return to_string(f.remedy, f.in_loop ? health::Voice::loop : health::Voice::options);
                   })
      .def("__str__", [](const Finding& f) { return to_string(f); })
      .def("__repr__", [](const Finding& f) {
        return "<" + std::string(health::name(f.severity)) + " " + f.rule + ": " + to_string(f) + ">";
      });
  nb::class_<LayerActivity>(module, "LayerActivity", "How often the units of an activation layer fired.")
      .def_ro("layer", &LayerActivity::layer)
      .def_ro("rows", &LayerActivity::rows)
      .def_ro("fired", &LayerActivity::fired, "The rows on which each unit's output was not 0.")
      .def_prop_ro("dead_units", &LayerActivity::dead_units)
      .def_prop_ro("sparsity", &LayerActivity::sparsity, "The share of all outputs that were 0.");
}

}  // namespace

void bind_health(nb::module_& module) {
  bind_findings(module);
  nb::class_<ForeignOptimizer, Optimizer>(module, "_ForeignOptimizer")
      .def(nb::init<const std::vector<Tensor>&, double>(), "parameters"_a, "lr"_a)
      .def("_set_lr", [](ForeignOptimizer& o, double lr) { o.set_lr(lr); });
  nb::class_<Monitor>(module, "Monitor",
                      "Watches a network while it learns: call step(loss) in place of the optimizer's step().")
      .def(
          "__init__",
          [](Monitor* self, nn::Module& network, Optimizer& optimizer, std::int64_t interval, const nb::dict& numbers) {
            health::MonitorOptions options;
            options.interval = interval;
            options.thresholds = thresholds_from(numbers);
            new (self) Monitor(network, optimizer, options);
          },
          "network"_a, "optimizer"_a, "interval"_a = 16, "thresholds"_a = nb::dict(), nb::keep_alive<1, 2>(),
          nb::keep_alive<1, 3>())
      .def("step", &Monitor::step, "loss"_a, "clip_norm"_a = 0.0,
           "The optimizer's step, watched. False where the loss or the gradient was not finite; no step is taken then.")
      .def("begin_step", &Monitor::begin_step, "loss"_a, "clip_norm"_a = 0.0)
      .def("end_step", &Monitor::end_step)
      .def_prop_ro("is_due", nb::overload_cast<>(&Monitor::is_due, nb::const_))
      .def(
          "end_epoch",
          [](Monitor& m, double train_loss, nb::handle valid_loss) {
            m.end_epoch(train_loss, valid_loss.is_none() ? std::nullopt : std::optional(nb::cast<double>(valid_loss)));
          },
          "train_loss"_a, "valid_loss"_a = nb::none(), "For the rules that compare epochs.")
      .def(
          "look_at_inputs", [](Monitor& m, nb::handle rows) { m.look_at_inputs(tensor_from(rows).to(DType::float32)); },
          "rows"_a, "The network's inputs [rows, columns], for the rules about columns.")
      .def("begin_again", &Monitor::begin_again, "what_was_done"_a)
      .def_prop_ro("findings", &Monitor::findings, "All that was found so far, worst first.")
      .def_prop_ro(
          "not_judged",
          [](const Monitor& m) {
            nb::dict d;
            for (const auto& [rule, reason] : m.not_judged()) d[std::string(rule).c_str()] = reason;
            return d;
          },
          "The rules that cannot judge yet, and what they lack.")
      .def_prop_rw(
          "on_finding", [](const Monitor&) { return nb::none(); },
          [](Monitor& m, nb::callable f) {
            m.on_finding = [f = Callback(std::move(f))](const Finding& finding) {
              const nb::gil_scoped_acquire acquire;
              f(finding);
            };
          },
          "Called with a finding about steps when it is first made.");
  module.def(
      "activity", [](nn::Module& network, nb::handle rows) { return activity_on(network, tensor_from(rows)); },
      "network"_a, "rows"_a, "What each elementwise activation layer does on these rows, in evaluation mode.");
  module.def(
      "revive", &revive, "network"_a, "rows"_a, "optimizer"_a = nb::none(), "seed"_a = 0,
      "Gives every unit that fires on none of the rows a new beginning, without changing the network's function: "
      "incoming weights drawn anew to fit the rows, outgoing weights 0. Returns [(layer, units)].");
  module.def("_run_hooks", [](nn::Module& m, nb::handle output) { m.run_hooks(tensor_from(output)); });
}

}  // namespace relume::python
