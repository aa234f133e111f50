// The losses as functions.
#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "python/core/module_class.h"
#include "relume/nn/loss_table.h"
#include "relume/ops/linear.h"

namespace relume::python {
namespace {

using nn::Reduction;

Tensor optional(nb::handle t) { return t.is_none() ? Tensor() : tensor_from(t); }

/// PyTorch's word for it. Its older size_average and reduce are refused by name where the losses are bound.
Reduction reduction_from(nb::handle word, const char* loss) {
  static constexpr std::pair<std::string_view, Reduction> words[] = {
      {"mean", Reduction::mean}, {"sum", Reduction::sum}, {"none", Reduction::none}};
  if (nb::isinstance<nb::str>(word)) {
    const std::string_view text = nb::borrow<nb::str>(word).c_str();
    for (const auto& [name, reduction] : words)
      if (text == name) return reduction;
    if (text == "batchmean" && std::string_view(loss) == "kl_div") return Reduction::batchmean;
  }
  throw nb::value_error(
      (std::string(loss) + ": reduction is " + text_of(word) + "; give \"mean\", \"sum\" or \"none\"").c_str());
}

void bind_class_losses(nb::module_& module) {
  module.def(
      "cross_entropy",
      [](nb::handle input, nb::handle target, nb::handle weight, std::int64_t ignore_index, nb::handle reduction,
         double label_smoothing) {
        return nn::cross_entropy(
            tensor_from(input), tensor_from(target),
            {optional(weight), label_smoothing, ignore_index, reduction_from(reduction, "cross_entropy")});
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), nb::kw_only(), "ignore_index"_a = -100, "reduction"_a = "mean",
      "label_smoothing"_a = 0.0,
      "-log softmax(input)[target] of each row, by default their mean; targets are classes (int64) or probabilities.");
  module.def(
      "nll_loss",
      [](nb::handle input, nb::handle target, nb::handle weight, std::int64_t ignore_index, nb::handle reduction) {
        return nn::nll_loss(tensor_from(input), tensor_from(target),
                            {optional(weight), ignore_index, reduction_from(reduction, "nll_loss")});
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), nb::kw_only(), "ignore_index"_a = -100, "reduction"_a = "mean",
      "-input[target] of each row, by default their mean; input are log-probabilities.");
}

void bind_probability_losses(nb::module_& module) {
  module.def(
      "binary_cross_entropy_with_logits",
      [](nb::handle input, nb::handle target, nb::handle weight, nb::handle reduction, nb::handle pos_weight) {
        return nn::bce_with_logits(tensor_from(input), tensor_from(target), optional(pos_weight), optional(weight),
                                   reduction_from(reduction, "binary_cross_entropy_with_logits"));
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), nb::kw_only(), "reduction"_a = "mean",
      "pos_weight"_a = nb::none(), "As torch.nn.functional.binary_cross_entropy_with_logits.");
  module.def(
      "binary_cross_entropy",
      [](nb::handle input, nb::handle target, nb::handle weight, nb::handle reduction) {
        return nn::binary_cross_entropy(tensor_from(input), tensor_from(target), optional(weight),
                                        reduction_from(reduction, "binary_cross_entropy"));
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), nb::kw_only(), "reduction"_a = "mean",
      "Of probabilities; binary_cross_entropy_with_logits is the stabler one.");
  module.def(
      "kl_div",
      [](nb::handle input, nb::handle target, nb::handle reduction, bool log_target) {
        return nn::kl_div(tensor_from(input), tensor_from(target), reduction_from(reduction, "kl_div"), log_target);
      },
      "input"_a, "target"_a, nb::kw_only(), "reduction"_a = "mean", "log_target"_a = false,
      "target (log target - input), input log-probabilities; \"batchmean\" is the divergence per row.");
}

template <class Loss>
void bind_distance(nb::module_& module, const char* name, Loss loss, const char* text) {
  module.def(
      name,
      [name, loss](nb::handle input, nb::handle target, nb::handle reduction) {
        return loss(tensor_from(input), tensor_from(target), reduction_from(reduction, name));
      },
      "input"_a, "target"_a, nb::kw_only(), "reduction"_a = "mean", text);
}

/// The losses of nn's table that are not PyTorch's, as functions with their parameter. `_own_losses` has its name and
/// what it usually is, for their modules.
void bind_own_losses(nb::module_& module) {
  nb::dict own;
  for (const nn::LossEntry& entry : nn::losses()) {
    const std::string name(entry.function);
    if (nb::hasattr(module, name.c_str())) continue;
    nb::dict parameters;
    if (entry.parameter) parameters[entry.parameter] = entry.usual;
    own[name.c_str()] = parameters;
    module.def(
        name.c_str(),
        [&entry, name](nb::handle input, nb::handle target, nb::handle weight, nb::handle reduction,
                       const nb::kwargs& options) {
          nn::LossSettings settings{.class_weights = optional(weight)};
          settings.reduction = reduction_from(reduction, name.c_str());
          for (const auto& [key, value] : options) {
            const auto word = nb::cast<std::string>(key);
            if (!entry.parameter || word != entry.parameter)
              throw nb::type_error(fmt::format("{}: there is no option \"{}\"", name, word).c_str());
            settings.parameter = nb::cast<double>(value);
          }
          return entry(tensor_from(input), tensor_from(target), settings);
        },
        "input"_a, "target"_a, "weight"_a = nb::none(), nb::kw_only(), "reduction"_a = "mean", "options"_a,
        std::string(entry.formula).c_str());
  }
  module.attr("_own_losses") = own;
}

}  // namespace

void bind_losses(nb::module_& module) {
  module.def(
      "linear",
      [](const Tensor& input, const Tensor& weight, nb::handle bias) { return linear(input, weight, optional(bias)); },
      "input"_a, "weight"_a, "bias"_a = nb::none(), "x Wᵀ + b.");
  bind_class_losses(module);
  bind_probability_losses(module);
  bind_distance(module, "mse_loss", &nn::mse_loss, "(input - target)², by default their mean.");
  bind_distance(module, "l1_loss", &nn::l1_loss, "|input - target|, by default their mean.");
  module.def(
      "huber_loss",
      [](nb::handle input, nb::handle target, nb::handle reduction, double delta) {
        return nn::huber_loss(tensor_from(input), tensor_from(target), delta, reduction_from(reduction, "huber_loss"));
      },
      "input"_a, "target"_a, "reduction"_a = "mean", "delta"_a = 1.0, "As torch.nn.functional.huber_loss.");
  module.def(
      "smooth_l1_loss",
      [](nb::handle input, nb::handle target, nb::handle reduction, double beta) {
        return nn::smooth_l1_loss(tensor_from(input), tensor_from(target), beta,
                                  reduction_from(reduction, "smooth_l1_loss"));
      },
      "input"_a, "target"_a, nb::kw_only(), "reduction"_a = "mean", "beta"_a = 1.0,
      "As torch.nn.functional.smooth_l1_loss.");
  bind_own_losses(module);
}

}  // namespace relume::python
