// Layers, activations and containers as modules.
#include "relume/nn/layers.h"

#include <optional>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>

#include "python/core/arguments.h"
#include "python/core/module_class.h"

namespace relume::python {
namespace {

template <class Layer>
using Class = nb::class_<Layer, nn::Module, PythonOf<Layer>>;

/// A layer: what derives from it in Python may have a forward() of its own, which finds the layer's as super's.
template <class Layer>
Class<Layer> bind_layer(nb::module_& module, const char* name, const char* text) {
  Class<Layer> type(module, name, text);
  type.def(
      "forward",
      [](Layer& layer, nb::handle input) {
        const Tensor x = tensor_from(input);
        const ReleaseFor release(8 * x.elements());
        return layer.Layer::forward(x);
      },
      "input"_a);
  return type;
}

/// The tensors that a layer computes with; None where it has none.
template <class Layer>
void bind_tensors(Class<Layer>& type, std::initializer_list<const char*> names) {
  for (const char* name : names) type.def_prop_ro(name, [name](nb::handle self) { return own_tensor(self, name); });
}

DType float_dtype(nb::handle dtype, nb::handle device) {
  check_device(device);
  return dtype_from(dtype).value_or(DType::float32);
}

nb::object dtype_object(const Tensor& t) { return t.defined() ? nb::cast(PythonDType{t.dtype()}) : nb::none(); }

void bind_linear(nb::module_& module) {
  auto type = bind_layer<nn::Linear>(module, "Linear", "y = x Wᵀ + b; weight is [out_features, in_features].");
  type.def(
          "__init__",
          [](nn::Linear* self, std::int64_t in, std::int64_t out, bool bias, nb::handle device, nb::handle dtype) {
            construct(self, in, out, nn::LinearOptions{bias, float_dtype(dtype, device)});
          },
          "in_features"_a, "out_features"_a, "bias"_a = true, "device"_a = nb::none(), "dtype"_a = nb::none())
      .def_prop_ro("in_features", &nn::Linear::in_features)
      .def_prop_ro("out_features", &nn::Linear::out_features)
      .def("_arguments", [](const nn::Linear& m) {
        nb::dict given;
        given["in_features"] = m.in_features();
        given["out_features"] = m.out_features();
        given["bias"] = m.bias.defined();
        given["dtype"] = dtype_object(m.weight);
        return given;
      });
  bind_tensors(type, {"weight", "bias"});
}

void bind_batch_norm(nb::module_& module) {
  auto type = bind_layer<nn::BatchNorm1d>(module, "BatchNorm1d", "As torch.nn.BatchNorm1d.");
  type.def(
          "__init__",
          [](nn::BatchNorm1d* self, std::int64_t features, double eps, std::optional<double> momentum, bool affine,
             bool track, nb::handle device, nb::handle dtype, bool bias) {
            construct(self, features,
                      nn::BatchNormOptions{eps, momentum.value_or(0.1), affine, !momentum.has_value(), bias, track,
                                           float_dtype(dtype, device)});
          },
          "num_features"_a, "eps"_a = 1e-5, "momentum"_a.none() = 0.1, "affine"_a = true,
          "track_running_stats"_a = true, "device"_a = nb::none(), "dtype"_a = nb::none(), nb::kw_only(),
          "bias"_a = true)
      .def_prop_ro("num_features", &nn::BatchNorm1d::features)
      .def_prop_ro("eps", &nn::BatchNorm1d::epsilon)
      .def_prop_ro(
          "momentum",
          [](const nn::BatchNorm1d& m) { return m.options().cumulative ? std::nullopt : std::optional(m.momentum()); })
      .def_prop_ro("affine", [](const nn::BatchNorm1d& m) { return m.options().affine; })
      .def_prop_ro("track_running_stats", [](const nn::BatchNorm1d& m) { return m.options().track; })
      .def("_arguments", [](const nn::BatchNorm1d& m) {
        nb::dict given;
        given["num_features"] = m.features();
        given["eps"] = m.epsilon();
        given["momentum"] = m.options().cumulative ? nb::none() : nb::cast(m.momentum());
        given["affine"] = m.options().affine;
        given["track_running_stats"] = m.options().track;
        given["bias"] = m.options().bias;
        given["dtype"] = nb::cast(PythonDType{m.options().dtype});
        return given;
      });
  bind_tensors(type, {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"});
}

void bind_layer_norm(nb::module_& module) {
  auto type = bind_layer<nn::LayerNorm>(module, "LayerNorm", "As torch.nn.LayerNorm.");
  type.def(
          "__init__",
          [](nn::LayerNorm* self, nb::handle shape, double eps, bool affine, bool bias, nb::handle device,
             nb::handle dtype) {
            construct(self, shape_from(shape), nn::LayerNormOptions{eps, affine, bias, float_dtype(dtype, device)});
          },
          "normalized_shape"_a, "eps"_a = 1e-5, "elementwise_affine"_a = true, "bias"_a = true, "device"_a = nb::none(),
          "dtype"_a = nb::none())
      .def_prop_ro("normalized_shape", [](const nn::LayerNorm& m) { return to_tuple(m.normalized_shape()); })
      .def_prop_ro("eps", &nn::LayerNorm::epsilon)
      .def_prop_ro("elementwise_affine", [](const nn::LayerNorm& m) { return m.weight.defined(); })
      .def("_arguments", [](const nn::LayerNorm& m) {
        nb::dict given;
        given["normalized_shape"] = to_tuple(m.normalized_shape());
        given["eps"] = m.epsilon();
        given["elementwise_affine"] = m.weight.defined();
        given["bias"] = m.bias.defined();
        given["dtype"] = dtype_object(m.weight);
        return given;
      });
  bind_tensors(type, {"weight", "bias"});
}

void bind_group_norm(nb::module_& module) {
  auto type = bind_layer<nn::GroupNorm>(module, "GroupNorm", "As torch.nn.GroupNorm.");
  type.def(
          "__init__",
          [](nn::GroupNorm* self, std::int64_t groups, std::int64_t channels, double eps, bool affine,
             nb::handle device, nb::handle dtype) {
            construct(self, groups, channels, nn::GroupNormOptions{eps, affine, float_dtype(dtype, device)});
          },
          "num_groups"_a, "num_channels"_a, "eps"_a = 1e-5, "affine"_a = true, "device"_a = nb::none(),
          "dtype"_a = nb::none())
      .def_prop_ro("num_groups", &nn::GroupNorm::groups)
      .def_prop_ro("num_channels", &nn::GroupNorm::channels)
      .def_prop_ro("eps", &nn::GroupNorm::epsilon)
      .def_prop_ro("affine", [](const nn::GroupNorm& m) { return m.weight.defined(); })
      .def("_arguments", [](const nn::GroupNorm& m) {
        nb::dict given;
        given["num_groups"] = m.groups();
        given["num_channels"] = m.channels();
        given["eps"] = m.epsilon();
        given["affine"] = m.weight.defined();
        given["dtype"] = dtype_object(m.weight);
        return given;
      });
  bind_tensors(type, {"weight", "bias"});
}

std::int64_t padding_row(nb::handle padding, std::int64_t rows) {
  if (padding.is_none()) return -1;
  std::int64_t row = 0;
  if (!nb::try_cast(padding, row) || row < -rows || row >= rows)
    throw nb::value_error(("Embedding: padding_idx " + text_of(padding) + " is not one of the rows").c_str());
  return row < 0 ? row + rows : row;
}

void make_embedding(nn::Embedding* self, std::int64_t rows, std::int64_t width, nb::handle padding, nb::handle max_norm,
                    double, bool scale_grad_by_freq, bool sparse, nb::handle weight, bool freeze, nb::handle device,
                    nb::handle dtype) {
  if (!max_norm.is_none() || scale_grad_by_freq || sparse)
    throw nb::type_error("Embedding: max_norm, scale_grad_by_freq and sparse are not known");
  construct(self, rows, width, nn::EmbeddingOptions{padding_row(padding, rows), float_dtype(dtype, device)});
  if (!weight.is_none()) {
    const Tensor given = tensor_from(weight);
    if (given.shape() != self->weight.shape())
      throw nb::value_error("Embedding: _weight is not [num_embeddings, embedding_dim]");
    self->weight = given.detach().requires_grad_();
  }
  self->weight.requires_grad_(!freeze);
}

void bind_embedding(nb::module_& module) {
  auto type = bind_layer<nn::Embedding>(module, "Embedding", "Numbers to learned rows, as torch.nn.Embedding.");
  type.def("__init__", &make_embedding, "num_embeddings"_a, "embedding_dim"_a, "padding_idx"_a = nb::none(),
           "max_norm"_a = nb::none(), "norm_type"_a = 2.0, "scale_grad_by_freq"_a = false, "sparse"_a = false,
           "_weight"_a = nb::none(), "_freeze"_a = false, "device"_a = nb::none(), "dtype"_a = nb::none())
      .def_prop_ro("num_embeddings", [](const nn::Embedding& m) { return m.weight.size(0); })
      .def_prop_ro("embedding_dim", [](const nn::Embedding& m) { return m.weight.size(1); })
      .def_prop_ro("padding_idx",
                   [](const nn::Embedding& m) { return m.padding() < 0 ? std::nullopt : std::optional(m.padding()); })
      .def_static(
          "from_pretrained",
          [](nb::handle embeddings, bool freeze, nb::handle padding) {
            const Tensor table = tensor_from(embeddings);
            if (table.dimensions() != 2) throw nb::value_error("Embedding.from_pretrained: the table is not a matrix");
            return nb::type<nn::Embedding>()(table.size(0), table.size(1), "padding_idx"_a = padding,
                                             "_weight"_a = table, "_freeze"_a = freeze,
                                             "dtype"_a = dtype_object(table));
          },
          "embeddings"_a, "freeze"_a = true, "padding_idx"_a = nb::none())
      .def("_arguments", [](const nn::Embedding& m) {
        nb::dict given;
        given["num_embeddings"] = m.weight.size(0);
        given["embedding_dim"] = m.weight.size(1);
        given["padding_idx"] = m.padding() < 0 ? nb::none() : nb::cast(m.padding());
        given["dtype"] = dtype_object(m.weight);
        return given;
      });
  bind_tensors(type, {"weight"});
}

void bind_without_parameters(nb::module_& module) {
  bind_layer<nn::Dropout>(module, "Dropout",
                          "In training each element is 0 with probability p. PyTorch's inplace is taken and changes "
                          "nothing.")
      .def(
          "__init__", [](nn::Dropout* self, double p, bool) { construct(self, p); }, "p"_a = 0.5, "inplace"_a = false)
      .def_prop_ro("p", &nn::Dropout::p)
      .def("_arguments", [](const nn::Dropout& m) {
        nb::dict given;
        given["p"] = m.p();
        return given;
      });
  bind_layer<nn::Flatten>(module, "Flatten", "Joins dimensions; all but the first unless told otherwise.")
      .def(
          "__init__", [](nn::Flatten* self, int from, int to) { construct(self, from, to); }, "start_dim"_a = 1,
          "end_dim"_a = -1)
      .def_prop_ro("start_dim", &nn::Flatten::from)
      .def_prop_ro("end_dim", &nn::Flatten::to)
      .def("_arguments", [](const nn::Flatten& m) {
        nb::dict given;
        given["start_dim"] = m.from();
        given["end_dim"] = m.to();
        return given;
      });
}

nb::dict parameters_of(const Activation& f) {
  nb::dict values;
  for (const auto& p : f.entry().parameters) values[std::string(p.name).c_str()] = f.parameter(p.name);
  return values;
}

void bind_activation_modules(nb::module_& module) {
  bind_layer<nn::Activate>(module, "Activate", "An elementwise activation by its text: \"leaky_relu(0.2)\".")
      .def(
          "__init__", [](nn::Activate* self, std::string_view text) { construct(self, text); }, "text"_a)
      .def_prop_ro(
          "activation", [](const nn::Activate& m) { return to_string(m.activation()); },
          "The text that makes it: \"leaky_relu(0.2)\".")
      .def_prop_ro("name", [](const nn::Activate& m) { return std::string(m.activation().name()); })
      .def_prop_ro("parameters_by_name", [](const nn::Activate& m) { return parameters_of(m.activation()); })
      .def("_arguments", [](const nn::Activate& m) {
        nb::dict given;
        given["text"] = to_string(m.activation());
        return given;
      });
  bind_layer<nn::ActivateAlong>(module, "ActivateAlong", "An activation along a dimension: softmax, glu, crelu.")
      .def(
          "__init__",
          [](nn::ActivateAlong* self, std::string_view text, int dim) { construct(self, Activation(text), dim); },
          "text"_a, "dim"_a = -1)
      .def_prop_ro("activation", [](const nn::ActivateAlong& m) { return to_string(m.activation()); })
      .def_prop_ro("name", [](const nn::ActivateAlong& m) { return std::string(m.activation().name()); })
      .def_prop_ro("dim", &nn::ActivateAlong::dimension)
      .def("_arguments", [](const nn::ActivateAlong& m) {
        nb::dict given;
        given["text"] = to_string(m.activation());
        given["dim"] = m.dimension();
        return given;
      });
  auto prelu = bind_layer<nn::PReLU>(module, "PReLU", "leaky_relu with a learned slope, one or one a channel.");
  prelu
      .def(
          "__init__",
          [](nn::PReLU* self, std::int64_t channels, double initial, nb::handle device, nb::handle dtype) {
            construct(self, channels, initial);
            self->to(float_dtype(dtype, device));
          },
          "num_parameters"_a = 1, "init"_a = 0.25, "device"_a = nb::none(), "dtype"_a = nb::none())
      .def_prop_ro("num_parameters", [](const nn::PReLU& m) { return m.weight.elements(); })
      .def("_arguments", [](const nn::PReLU& m) {
        nb::dict given;
        given["num_parameters"] = m.weight.elements();
        return given;
      });
  bind_tensors(prelu, {"weight"});
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

std::shared_ptr<nn::Module> module_from(nb::handle object, const char* where) {
  if (nb::isinstance<nn::Module>(object)) return nb::cast<std::shared_ptr<nn::Module>>(object);
  throw nb::type_error((std::string(where) + ": " + class_name(object) + " is not a module").c_str());
}

void make_sequential(nn::Sequential* self, const nb::args& modules) {
  construct(self);
  nb::dict kept = attributes_of(nb::detail::trampoline(self).base());
  const auto add = [&](const std::string& name, nb::handle m) {
    self->set_child(name, module_from(m, "Sequential"));
    kept[name.c_str()] = m;
  };
  if (modules.size() == 1 && nb::isinstance<nb::dict>(modules[0])) {
    for (const auto& [name, m] : nb::borrow<nb::dict>(modules[0])) add(text_of(name), m);
    return;
  }
  for (const nb::handle m : modules) add(std::to_string(self->size()), m);
}

/// In the place of all that it held: these, numbered.
void renumber(nb::handle self, const nb::list& modules) {
  for (const nb::handle item : items_of(self)) nb::delattr(self, nb::cast<nb::str>(item[0]));
  std::size_t i = 0;
  for (const nb::handle m : modules) nb::setattr(self, std::to_string(i++).c_str(), m);
}

nb::list modules_of(nb::handle self) {
  nb::list modules;
  for (const nb::handle item : items_of(self)) modules.append(item[1]);
  return modules;
}

nb::object get_item(nb::handle self, nb::handle index) {
  const nb::list items = items_of(self);
  if (nb::isinstance<nb::slice>(index)) {
    nb::dict part;
    for (const nb::handle item : items.attr("__getitem__")(index)) part[item[0]] = item[1];
    return self.type()(part);
  }
  std::int64_t i = 0;
  const auto size = static_cast<std::int64_t>(nb::len(items));
  if (!nb::try_cast(index, i)) throw nb::type_error("Sequential: an index is a number or a slice");
  if (i < -size || i >= size) throw nb::index_error("Sequential: there is no module of that number");
  return items[static_cast<std::size_t>(i < 0 ? i + size : i)][1];
}

void set_item(nb::handle self, std::int64_t i, nb::handle m) {
  const nb::list items = items_of(self);
  const auto size = static_cast<std::int64_t>(nb::len(items));
  if (i < -size || i >= size) throw nb::index_error("Sequential: there is no module of that number");
  module_from(m, "Sequential");
  self.attr("__setattr__")(items[static_cast<std::size_t>(i < 0 ? i + size : i)][0], m);
}

void append(nb::handle self, nb::handle m, const char* where) {
  const auto& sequential = nb::cast<nn::Sequential&>(self);
  module_from(m, where);
  self.attr("__setattr__")(std::to_string(sequential.size()), m);
}

void bind_containers(nb::module_& module) {
  bind_layer<nn::Sequential>(module, "Sequential",
                             "Feeds each module's output to the next; a Linear and the activation behind it run as "
                             "one.")
      .def("__init__", &make_sequential, "modules"_a)
      .def(
          "append",
          [](nb::handle self, nb::handle m) {
            append(self, m, "append");
            return nb::borrow(self);
          },
          "module"_a)
      .def(
          "extend",
          [](nb::handle self, nb::handle modules) {
            for (const nb::handle m : modules) append(self, m, "extend");
            return nb::borrow(self);
          },
          "modules"_a)
      .def(
          "insert",
          [](nb::handle self, std::int64_t index, nb::handle m) {
            module_from(m, "insert");
            const nb::list modules = modules_of(self);
            modules.attr("insert")(index, m);
            renumber(self, modules);
            return nb::borrow(self);
          },
          "index"_a, "module"_a)
      .def("__len__", &nn::Sequential::size)
      .def("__iter__", [](nb::handle self) { return nb::iter(modules_of(self)); })
      .def("__getitem__", &get_item, "index"_a)
      .def("__setitem__", &set_item, "index"_a, "module"_a)
      .def(
          "__delitem__",
          [](nb::handle self, nb::handle index) {
            const nb::list modules = modules_of(self);
            modules.attr("__delitem__")(index);
            renumber(self, modules);
          },
          "index"_a);
  bind_layer<nn::Residual>(module, "Residual", "x + f(x).")
      .def(
          "__init__",
          [](nn::Residual* self, const nb::args& modules) {
            auto inner = std::make_shared<nn::Sequential>();
            for (const nb::handle m : modules) inner->push_back(module_from(m, "Residual"));
            construct(self, inner);
          },
          "modules"_a);
}

}  // namespace

void bind_nn(nb::module_& module) {
  bind_module(module);
  bind_linear(module);
  bind_batch_norm(module);
  bind_layer_norm(module);
  bind_group_norm(module);
  bind_embedding(module);
  bind_without_parameters(module);
  bind_activation_modules(module);
  bind_containers(module);
  bind_losses(module);
  bind_initialisation(module);
}

}  // namespace relume::python
