#include <optional>
#include <typeinfo>

#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "python/core/module_class.h"
#include "relume/nn/activations.h"
#include "relume/nn/dropout.h"
#include "relume/nn/embedding.h"
#include "relume/nn/init.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/nn/normalization.h"
#include "relume/nn/residual.h"
#include "relume/nn/sequential.h"
#include "relume/ops/linear.h"
#include "relume/optim/clip.h"

namespace relume::python {

std::string PythonModule::describe() const {
  const nb::gil_scoped_acquire acquire;
  return describe_as(nb::str(nb_trampoline.base().type().attr("__name__")).c_str());
}

void PythonModule::assign(const std::string& name, nb::handle value) {
  forget(name);
  tensors_.erase(name);
  if (nb::isinstance<nn::Module>(value)) add(name, nb::cast<std::shared_ptr<nn::Module>>(value));
  if (nb::isinstance<Parameter>(value)) {
    auto& tensor = tensors_[name] = std::make_unique<Tensor>(nb::cast<const Parameter&>(value));
    add_parameter(name, *tensor);
  }
}

void PythonModule::set_buffer(const std::string& name, const Tensor& tensor) {
  forget(name);
  auto& kept = tensors_[name] = std::make_unique<Tensor>(tensor);
  add_buffer(name, *kept);
}

namespace {

nb::dict to_dict(const std::vector<std::pair<std::string, Tensor>>& named) {
  nb::dict result;
  for (const auto& [name, tensor] : named) result[name.c_str()] = tensor;
  return result;
}

std::vector<std::pair<std::string, Tensor>> from_dict(const nb::dict& named) {
  std::vector<std::pair<std::string, Tensor>> result;
  for (const auto& [name, tensor] : named) result.emplace_back(nb::cast<std::string>(name), tensor_from(tensor));
  return result;
}

nb::object call(nb::handle self, nb::handle x) {
  auto& module = nb::cast<nn::Module&>(self);
  if (typeid(module) == typeid(PythonModule)) {
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

void set_attribute(nb::handle self, const nb::str& name, nb::handle value) {
  auto& module = nb::cast<nn::Module&>(self);
  if (auto* python = dynamic_cast<PythonModule*>(&module)) python->assign(name.c_str(), value);
  if (PyObject_GenericSetAttr(self.ptr(), name.ptr(), value.ptr()) < 0) nb::raise_python_error();
}

nb::list children_of(nb::handle self) {
  nb::list result;
  for (const auto& [name, child] : nb::cast<nn::Module&>(self).children())
    result.append(nb::make_tuple(name, nb::cast(child, nb::rv_policy::reference_internal, self)));
  return result;
}

int add_hook(nn::Module& module, nb::callable hook) {
  return module.add_hook([hook = Callback(std::move(hook))](const nn::Module& m, const Tensor& output) {
    const nb::gil_scoped_acquire acquire;
    hook(nb::find(m), output);
  });
}

void bind_module(nb::module_& module) {
  nb::class_<nn::Module, PythonModule>(module, "Module", nb::dynamic_attr(),
                                       "The base of networks: derive from it, assign layers and nn.Parameters to "
                                       "attributes in __init__ (after super().__init__()), and define forward(x).")
      .def(nb::init<>())
      .def("__call__", &call, "x"_a)
      .def("__call__", [](nb::handle self, const nb::args& arguments,
                          const nb::kwargs& named) { return self.attr("forward")(*arguments, **named); })
      .def("forward", &nn::Module::forward, "x"_a)
      .def("__setattr__", &set_attribute)
      .def("__repr__", &nn::Module::describe)
      .def("add_module", &set_attribute, "name"_a, "module"_a)
      .def("register_parameter", &set_attribute, "name"_a, "parameter"_a)
      .def(
          "register_buffer",
          [](nb::handle self, const nb::str& name, const Tensor& tensor) {
            if (auto* python = dynamic_cast<PythonModule*>(&nb::cast<nn::Module&>(self)))
              python->set_buffer(name.c_str(), tensor);
            if (PyObject_GenericSetAttr(self.ptr(), name.ptr(), nb::cast(tensor).ptr()) < 0) nb::raise_python_error();
          },
          "name"_a, "tensor"_a, "A tensor that is saved with the parameters but not trained.")
      .def("parameters", &nn::Module::parameters)
      .def("named_parameters", &nn::Module::named_parameters)
      .def("named_buffers", &nn::Module::named_buffers)
      .def("named_children", &children_of)
      .def(
          "state_dict", [](const nn::Module& m) { return to_dict(m.state()); },
          "Parameters and buffers by name; the tensors share memory with the module.")
      .def(
          "load_state_dict", [](nn::Module& m, const nb::dict& state) { m.load_state(from_dict(state)); }, "state"_a,
          "Copies values in. Raises InputError that names what is missing, unexpected or of another shape.")
      .def(
          "train",
          [](nb::handle self, bool mode) {
            nb::cast<nn::Module&>(self).train(mode);
            return nb::borrow(self);
          },
          "mode"_a = true)
      .def("eval",
           [](nb::handle self) {
             nb::cast<nn::Module&>(self).eval();
             return nb::borrow(self);
           })
      .def_prop_ro("training", &nn::Module::is_training)
      .def(
          "to",
          [](nb::handle self, nb::handle dtype) {
            nb::cast<nn::Module&>(self).to(dtype_from(dtype).value_or(DType::float32));
            return nb::borrow(self);
          },
          "dtype"_a)
      .def("zero_grad",
           [](const nn::Module& m) {
             for (const Tensor& p : m.parameters()) p.set_grad(Tensor());
           })
      .def("add_hook", &add_hook, "hook"_a,
           "Calls hook(module, output) after each call; returns a number for remove_hook.")
      .def("remove_hook", &nn::Module::remove_hook, "number"_a);
}

/// Layers with a weight and perhaps a bias, which may be undefined.
template <class Layer>
auto weight_and_bias(nb::class_<Layer, nn::Module> type) {
  const auto tensor = [](Tensor Layer::*member) {
    return [member](const Layer& layer) { return (layer.*member).defined() ? nb::cast(layer.*member) : nb::none(); };
  };
  type.def_prop_ro("weight", tensor(&Layer::weight));
  if constexpr (requires(Layer layer) { layer.bias; }) type.def_prop_ro("bias", tensor(&Layer::bias));
  return type;
}

void bind_layers(nb::module_& module) {
  weight_and_bias(
      nb::class_<nn::Linear, nn::Module>(module, "Linear", "y = x Wᵀ + b; weight is [out_features, in_features]."))
      .def(
          "__init__",
          [](nn::Linear* self, std::int64_t in, std::int64_t out, bool bias, nb::handle dtype) {
            new (self) nn::Linear(in, out, {.bias = bias, .dtype = dtype_from(dtype).value_or(DType::float32)});
          },
          "in_features"_a, "out_features"_a, "bias"_a = true, "dtype"_a = nb::none())
      .def_prop_ro("in_features", &nn::Linear::in_features)
      .def_prop_ro("out_features", &nn::Linear::out_features);
  weight_and_bias(nb::class_<nn::BatchNorm1d, nn::Module>(module, "BatchNorm1d", "As torch.nn.BatchNorm1d."))
      .def(
          "__init__",
          [](nn::BatchNorm1d* self, std::int64_t features, double eps, double momentum, bool affine) {
            new (self) nn::BatchNorm1d(features, {.epsilon = eps, .momentum = momentum, .affine = affine});
          },
          "num_features"_a, "eps"_a = 1e-5, "momentum"_a = 0.1, "affine"_a = true)
      .def_prop_ro("eps", &nn::BatchNorm1d::epsilon)
      .def_prop_ro("momentum", &nn::BatchNorm1d::momentum)
      .def_ro("running_mean", &nn::BatchNorm1d::running_mean)
      .def_ro("running_var", &nn::BatchNorm1d::running_var)
      .def_ro("num_batches_tracked", &nn::BatchNorm1d::num_batches_tracked);
  weight_and_bias(nb::class_<nn::LayerNorm, nn::Module>(module, "LayerNorm", "As torch.nn.LayerNorm."))
      .def(
          "__init__",
          [](nn::LayerNorm* self, nb::handle shape, double eps, bool affine) {
            new (self) nn::LayerNorm(shape_from(shape), {.epsilon = eps, .affine = affine});
          },
          "normalized_shape"_a, "eps"_a = 1e-5, "elementwise_affine"_a = true)
      .def_prop_ro("normalized_shape", [](const nn::LayerNorm& m) { return to_tuple(m.normalized_shape()); })
      .def_prop_ro("eps", &nn::LayerNorm::epsilon);
  weight_and_bias(
      nb::class_<nn::Embedding, nn::Module>(module, "Embedding", "Numbers to learned rows, as torch.nn.Embedding."))
      .def(
          "__init__",
          [](nn::Embedding* self, std::int64_t rows, std::int64_t width, std::optional<std::int64_t> padding) {
            new (self) nn::Embedding(rows, width, {.padding = padding.value_or(-1)});
          },
          "num_embeddings"_a, "embedding_dim"_a, "padding_idx"_a = nb::none());
  nb::class_<nn::Dropout, nn::Module>(module, "Dropout", "In training each element is 0 with probability p.")
      .def(nb::init<double>(), "p"_a = 0.5)
      .def_prop_ro("p", &nn::Dropout::p);
  nb::class_<nn::Flatten, nn::Module>(module, "Flatten", "Joins all dimensions but the first.").def(nb::init<>());
}

nb::dict parameters_of(const Activation& f) {
  nb::dict values;
  for (const auto& p : f.entry().parameters) values[std::string(p.name).c_str()] = f.parameter(p.name);
  return values;
}

void bind_activation_modules(nb::module_& module) {
  nb::class_<nn::Activate, nn::Module>(module, "Activate",
                                       "An elementwise activation by its text: \"leaky_relu(0.2)\".")
      .def(nb::init<std::string_view>(), "text"_a)
      .def_prop_ro(
          "activation", [](const nn::Activate& m) { return to_string(m.activation()); },
          "The text that makes it: \"leaky_relu(0.2)\".")
      .def_prop_ro("name", [](const nn::Activate& m) { return std::string(m.activation().name()); })
      .def_prop_ro("parameters_by_name", [](const nn::Activate& m) { return parameters_of(m.activation()); });
  nb::class_<nn::ActivateAlong, nn::Module>(module, "ActivateAlong",
                                            "An activation along a dimension: softmax, glu, crelu.")
      .def(
          "__init__",
          [](nn::ActivateAlong* self, std::string_view text, int dim) {
            new (self) nn::ActivateAlong(Activation(text), dim);
          },
          "text"_a, "dim"_a = -1)
      .def_prop_ro("activation", [](const nn::ActivateAlong& m) { return to_string(m.activation()); })
      .def_prop_ro("name", [](const nn::ActivateAlong& m) { return std::string(m.activation().name()); })
      .def_prop_ro("dim", &nn::ActivateAlong::dimension);
  weight_and_bias(
      nb::class_<nn::PReLU, nn::Module>(module, "PReLU", "leaky_relu with a learned slope, one or one a channel."))
      .def(nb::init<std::int64_t, double>(), "num_parameters"_a = 1, "init"_a = 0.25);
  nb::dict modules;
  for (const activation::Entry& entry : activation::table()) {
    nb::list parameters;
    for (const auto& p : entry.parameters) parameters.append(nb::make_tuple(std::string(p.name), p.value));
    modules[std::string(entry.info.module).c_str()] =
        nb::make_tuple(std::string(entry.info.name), parameters, entry.kind == activation::Kind::elementwise,
                       std::string(entry.info.formula));
  }
  module.attr("_activation_modules") = modules;
}

void bind_containers(nb::module_& module) {
  nb::class_<nn::Sequential, nn::Module>(
      module, "Sequential",
      "Feeds each module's output to the next; a Linear and the activation behind it "
      "run as one.")
      .def(
          "__init__",
          [](nn::Sequential* self, const nb::args& modules) {
            std::vector<std::shared_ptr<nn::Module>> given;
            for (const nb::handle m : modules) given.push_back(nb::cast<std::shared_ptr<nn::Module>>(m));
            new (self) nn::Sequential();
            for (auto& m : given) self->push_back(std::move(m));
          },
          "modules"_a)
      .def(
          "append",
          [](nb::handle self, std::shared_ptr<nn::Module> m) {
            nb::cast<nn::Sequential&>(self).push_back(std::move(m));
            return nb::borrow(self);
          },
          "module"_a)
      .def("__len__", &nn::Sequential::size)
      .def("__getitem__", [](nb::handle self, std::int64_t i) {
        auto& s = nb::cast<nn::Sequential&>(self);
        const auto size = static_cast<std::int64_t>(s.size());
        if (i < -size || i >= size) throw nb::index_error("Sequential: there is no module of that number");
        return nb::cast(&s[static_cast<std::size_t>(i < 0 ? i + size : i)], nb::rv_policy::reference_internal, self);
      });
  nb::class_<nn::Residual, nn::Module>(module, "Residual", "x + f(x).")
      .def(
          "__init__",
          [](nn::Residual* self, const nb::args& modules) {
            auto inner = std::make_shared<nn::Sequential>();
            for (const nb::handle m : modules) inner->push_back(nb::cast<std::shared_ptr<nn::Module>>(m));
            new (self) nn::Residual(inner);
          },
          "modules"_a);
}

void bind_losses(nb::module_& module) {
  const auto optional = [](nb::handle t) { return t.is_none() ? Tensor() : tensor_from(t); };
  module.def(
      "linear",
      [optional](const Tensor& x, const Tensor& weight, nb::handle bias) { return linear(x, weight, optional(bias)); },
      "x"_a, "weight"_a, "bias"_a = nb::none(), "x Wᵀ + b.");
  module.def(
      "cross_entropy",
      [optional](const Tensor& input, nb::handle target, nb::handle weight, std::int64_t ignore_index,
                 double label_smoothing) {
        return nn::cross_entropy(input, tensor_from(target), {optional(weight), label_smoothing, ignore_index});
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), "ignore_index"_a = -100, "label_smoothing"_a = 0.0,
      "The mean over the rows of -log softmax(input)[target]; targets are classes (int64) or probabilities.");
  module.def(
      "nll_loss",
      [optional](const Tensor& input, nb::handle target, nb::handle weight, std::int64_t ignore_index) {
        return nn::nll_loss(input, tensor_from(target), {optional(weight), ignore_index});
      },
      "input"_a, "target"_a, "weight"_a = nb::none(), "ignore_index"_a = -100,
      "The mean of -input[target], input log-probabilities.");
  module.def(
      "binary_cross_entropy_with_logits",
      [optional](const Tensor& input, nb::handle target, nb::handle pos_weight) {
        return nn::bce_with_logits(input, tensor_from(target), optional(pos_weight));
      },
      "input"_a, "target"_a, "pos_weight"_a = nb::none());
  module.def(
      "kl_div", [](const Tensor& input, nb::handle target) { return nn::kl_div(input, tensor_from(target)); },
      "input"_a, "target"_a, "As torch's with reduction=\"batchmean\".");
  module.def(
      "mse_loss", [](const Tensor& input, nb::handle target) { return nn::mse_loss(input, tensor_from(target)); },
      "input"_a, "target"_a, "The mean of (input - target)².");
  module.def(
      "l1_loss", [](const Tensor& input, nb::handle target) { return nn::l1_loss(input, tensor_from(target)); },
      "input"_a, "target"_a, "The mean of |input - target|.");
  module.def(
      "huber_loss",
      [](const Tensor& input, nb::handle target, double delta) {
        return nn::huber_loss(input, tensor_from(target), delta);
      },
      "input"_a, "target"_a, "delta"_a = 1.0);
}

/// One tensor or several.
std::vector<Tensor> tensors_from(nb::handle parameters) {
  std::vector<Tensor> result;
  if (nb::isinstance<Tensor>(parameters)) return {nb::cast<Tensor>(parameters)};
  for (const nb::handle p : parameters) result.push_back(nb::cast<Tensor>(p));
  return result;
}

void bind_utilities(nb::module_& module) {
  module.def(
      "clip_grad_norm_",
      [](nb::handle parameters, double max_norm) { return nn::clip_grad_norm(tensors_from(parameters), max_norm); },
      "parameters"_a, "max_norm"_a,
      "Scales all gradients so that their common norm is at most max_norm; returns the norm from before.");
  module.def(
      "clip_grad_value_",
      [](nb::handle parameters, double value) { nn::clip_grad_value(tensors_from(parameters), value); }, "parameters"_a,
      "clip_value"_a);
  module.def(
      "kaiming_normal_",
      [](const Tensor& weight, const std::string& nonlinearity) {
        nn::init::kaiming_normal_(weight, nn::init::gain(Activation(nonlinearity)));
        return weight;
      },
      "weight"_a, "nonlinearity"_a = "relu");
  module.def(
      "kaiming_uniform_",
      [](const Tensor& weight, const std::string& nonlinearity) {
        nn::init::kaiming_uniform_(weight, nn::init::gain(Activation(nonlinearity)));
        return weight;
      },
      "weight"_a, "nonlinearity"_a = "relu");
  module.def(
      "xavier_normal_",
      [](const Tensor& weight, double gain) {
        nn::init::xavier_normal_(weight, gain);
        return weight;
      },
      "weight"_a, "gain"_a = 1.0);
  module.def(
      "xavier_uniform_",
      [](const Tensor& weight, double gain) {
        nn::init::xavier_uniform_(weight, gain);
        return weight;
      },
      "weight"_a, "gain"_a = 1.0);
  module.def(
      "normal_",
      [](const Tensor& weight, double mean, double std) {
        nn::init::normal_(weight, mean, std);
        return weight;
      },
      "weight"_a, "mean"_a = 0.0, "std"_a = 1.0);
  module.def(
      "uniform_",
      [](const Tensor& weight, double low, double high) {
        nn::init::uniform_(weight, low, high);
        return weight;
      },
      "weight"_a, "a"_a = 0.0, "b"_a = 1.0);
}

}  // namespace

void bind_nn(nb::module_& module) {
  nb::class_<Parameter, Tensor>(module, "Parameter", "A tensor that a Module trains once it is an attribute of it.")
      .def(
          "__init__",
          [](Parameter* self, nb::handle data, bool requires_grad) {
            Tensor t = tensor_from(data);
            new (self) Parameter(t.is_leaf() ? t : t.detach());
            self->requires_grad_(requires_grad);
          },
          "data"_a, "requires_grad"_a = true);
  bind_module(module);
  bind_layers(module);
  bind_activation_modules(module);
  bind_containers(module);
  bind_losses(module);
  bind_utilities(module);
}

}  // namespace relume::python
