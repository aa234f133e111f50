// What a module of Python holds by name: attributes that are modules, parameters and buffers.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/modules.h"

namespace relume::python {

using Own = nn::Module::Own;

nb::dict attributes_of(nb::handle self) {
  PyObject* attributes = PyObject_GenericGetDict(self.ptr(), nullptr);
  if (!attributes) nb::raise_python_error();
  return nb::steal<nb::dict>(attributes);
}

nn::Module& module_of(nb::handle self) {
  if (!nb::inst_ready(self))
    throw nb::attribute_error((class_name(self) + ".__init__ did not call super().__init__()").c_str());
  return nb::cast<nn::Module&>(self);
}

nb::object tensor_object(nb::handle self, const Own& own) {
  if (!own.tensor.defined()) return nb::none();
  nb::dict kept = attributes_of(self);
  if (nb::object found = kept.get(own.name.c_str(), nb::none());
      nb::isinstance<Tensor>(found) && nb::cast<const Tensor&>(found).same_as(own.tensor))
    return found;
  nb::object made = own.kind == Own::Kind::parameter ? nb::cast(Parameter(own.tensor)) : nb::cast(own.tensor);
  kept[own.name.c_str()] = made;
  return made;
}

void check_may_hold(const nn::Module& parent, nn::Module& child) {
  child.apply([&parent](nn::Module& inside) {
    if (&inside == &parent) throw nb::value_error("a module cannot hold itself, nor one that holds it");
  });
}

namespace {

const Own* find(const std::vector<Own>& own, const std::string& name) {
  for (const Own& tensor : own)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

bool is_child(const nn::Module& module, const std::string& name) {
  for (const auto& [child, pointer] : module.children())
    if (child == name) return true;
  return false;
}

void check_name(const nb::str& name) {
  const std::string_view text = name.c_str();
  if (text.empty() || text.find('.') != std::string_view::npos)
    throw nb::key_error(("module: \"" + std::string(text) + "\" is no name of a parameter, buffer or module").c_str());
}

/// A layer computes with its members; of those only a bias may be lacking.
void check_may_lack(nb::handle self, const Own& own) {
  if (own.is_member && own.name != "bias")
    throw nb::type_error((own.name + ": " + class_name(self) + " computes with it and cannot do without").c_str());
}

[[noreturn]] void wrong_kind(const std::string& name, nb::handle value, const char* kind, const char* wanted) {
  throw nb::type_error(("cannot assign " + class_name(value) + " as the " + kind + " \"" + name + "\"; give " + wanted +
                        " or None, or delete it first")
                           .c_str());
}

/// self.name = value for a name that is a tensor of the module's.
void exchange(nb::handle self, Own own, nb::handle value) {
  const bool parameter = own.kind == Own::Kind::parameter;
  if (value.is_none()) {
    check_may_lack(self, own);
    own.tensor = Tensor();
  } else if (!parameter && nb::isinstance<Tensor>(value)) {
    own.tensor = nb::cast<Tensor>(value);
  } else {
    wrong_kind(own.name, value, parameter ? "parameter" : "buffer", parameter ? "an nn.Parameter" : "a tensor");
  }
  module_of(self).set_own(own);
}

void set_plain(nb::handle self, const nb::str& name, nb::handle value) {
  if (PyObject_GenericSetAttr(self.ptr(), name.ptr(), value.ptr()) < 0) nb::raise_python_error();
}

/// self.name = value for a value that is neither module nor parameter. Returns whether it belongs to the module.
bool set_other(nb::handle self, const nb::str& name, nb::handle value) {
  nn::Module& module = module_of(self);
  const std::string text = name.c_str();
  const std::vector<Own> own = module.own();
  if (const Own* tensor = find(own, text)) {
    exchange(self, *tensor, value);
    return true;
  }
  if (is_child(module, text)) {
    if (!value.is_none()) wrong_kind(text, value, "module", "an nn.Module");
    module.forget(text);
    return true;
  }
  if (text == "forward" && !dynamic_cast<Scripted*>(&module))
    throw nb::attribute_error(
        ("forward: " + class_name(self) + " runs in C++; derive a class from it and define forward there").c_str());
  return false;
}

void set_attribute(nb::handle self, const nb::str& name, nb::handle value) {
  const bool is_module = nb::isinstance<nn::Module>(value), is_parameter = nb::isinstance<Parameter>(value);
  if (!nb::inst_ready(self)) {
    if (is_module || is_parameter)
      throw nb::attribute_error("a module's __init__ calls super().__init__() before it assigns modules or parameters");
    return set_plain(self, name, value);
  }
  if (is_module) {
    check_may_hold(module_of(self), module_of(value));
    module_of(self).set_child(name.c_str(), nb::cast<std::shared_ptr<nn::Module>>(value));
  } else if (is_parameter) {
    const std::vector<Own> own = module_of(self).own();
    const Own* before = find(own, name.c_str());
    module_of(self).set_own({name.c_str(), nb::cast<const Parameter&>(value), Own::Kind::parameter,
                             before != nullptr && before->is_member});
  } else if (std::string_view(name.c_str()) == "training") {
    return module_of(self).set_training(nb::cast<bool>(value));
  } else if (!set_other(self, name, value)) {
    return set_plain(self, name, value);
  }
  attributes_of(self)[name] = value;
}

void delete_attribute(nb::handle self, const nb::str& name) {
  nn::Module& module = module_of(self);
  const std::vector<Own> own = module.own();
  const Own* tensor = find(own, name.c_str());
  if (!tensor && !is_child(module, name.c_str())) {
    if (PyObject_GenericSetAttr(self.ptr(), name.ptr(), nullptr) < 0) nb::raise_python_error();
    return;
  }
  if (tensor) {
    check_may_lack(self, *tensor);
    module.set_own({tensor->name, Tensor(), tensor->kind, tensor->is_member});
  }
  module.forget(name.c_str());
  const nb::dict kept = attributes_of(self);
  if (kept.contains(name)) nb::del(kept[name]);
}

void register_parameter(nb::handle self, const nb::str& name, nb::handle parameter) {
  check_name(name);
  if (!parameter.is_none()) return set_attribute(self, name, parameter);
  const std::vector<Own> own = module_of(self).own();
  if (const Own* before = find(own, name.c_str())) return exchange(self, *before, parameter);
  module_of(self).set_own({name.c_str(), Tensor(), Own::Kind::parameter});
  attributes_of(self)[name] = nb::none();
}

void register_buffer(nb::handle self, const nb::str& name, nb::handle tensor, bool persistent) {
  check_name(name);
  if (!tensor.is_none() && !nb::isinstance<Tensor>(tensor))
    throw nb::type_error(("register_buffer: " + class_name(tensor) + " is neither a tensor nor None").c_str());
  module_of(self).set_own({name.c_str(), tensor.is_none() ? Tensor() : nb::cast<Tensor>(tensor),
                           persistent ? Own::Kind::buffer : Own::Kind::transient});
  attributes_of(self)[name] = tensor;
}

void add_module(nb::handle self, const nb::str& name, nb::handle module) {
  if (!module.is_none() && !nb::isinstance<nn::Module>(module))
    throw nb::type_error(("add_module: " + class_name(module) + " is not a module").c_str());
  check_name(name);
  set_attribute(self, name, module);
}

/// Name, tensor or None, and whether it is a parameter, a buffer or a transient buffer, of the module's own tensors.
nb::list own_tensors(nb::handle self) {
  nb::list result;
  for (const Own& own : module_of(self).own())
    result.append(nb::make_tuple(own.name, tensor_object(self, own), static_cast<int>(own.kind)));
  return result;
}

void set_state(nb::handle self, const nb::dict& state) {
  nn::Module& module = module_of(self);
  module.set_training(nb::cast<bool>(state["training"]));
  nb::dict kept = attributes_of(self);
  kept.update(nb::cast<nb::dict>(state["attributes"]));
  for (const nb::handle item : state["own"]) {
    const auto name = nb::cast<std::string>(item[0]);
    const nb::object tensor = item[1];
    module.set_own(
        {name, tensor.is_none() ? Tensor() : nb::cast<Tensor>(tensor), static_cast<Own::Kind>(nb::cast<int>(item[2]))});
    kept[name.c_str()] = tensor;
  }
  for (const nb::handle item : state["children"]) {
    module.set_child(nb::cast<std::string>(item[0]), nb::cast<std::shared_ptr<nn::Module>>(item[1]));
    kept[item[0]] = item[1];
  }
}

}  // namespace

nb::object child_object(nb::handle parent, const std::string& name, nn::Module& child) {
  nb::dict kept = attributes_of(parent);
  if (nb::object found = kept.get(name.c_str(), nb::none());
      nb::isinstance<nn::Module>(found) && &module_of(found) == &child)
    return found;
  std::shared_ptr<nn::Module> shared = module_of(parent).shared_child(name);
  if (!shared) return nb::cast(&child, nb::rv_policy::reference_internal, parent);
  nb::object made = nb::cast(std::move(shared));
  kept[name.c_str()] = made;
  return made;
}

nb::list items_of(nb::handle self) {
  nb::list items;
  for (const auto& [name, child] : module_of(self).children())
    items.append(nb::make_tuple(name, child_object(self, name, *child)));
  return items;
}

nb::object own_tensor(nb::handle self, const char* name) {
  const std::vector<Own> own = module_of(self).own();
  const Own* found = find(own, name);
  return found ? tensor_object(self, *found) : nb::none();
}

void bind_attributes(ModuleClass& type) {
  type.def("__setattr__", &set_attribute, "name"_a, "value"_a.none())
      .def("__delattr__", &delete_attribute, "name"_a)
      .def("add_module", &add_module, "name"_a, "module"_a.none())
      .def("register_module", &add_module, "name"_a, "module"_a.none())
      .def("register_parameter", &register_parameter, "name"_a, "parameter"_a.none())
      .def("register_buffer", &register_buffer, "name"_a, "tensor"_a.none(), "persistent"_a = true,
           "A tensor that goes along with the parameters but is not trained; saved with them where it is persistent.")
      .def("_own", &own_tensors)
      .def("_children", &items_of)
      .def("_arguments", [](nb::handle) { return nb::dict(); })
      .def("__setstate__", &set_state, "state"_a)
      .def(
          "__reduce_ex__",
          [](nb::handle self, int) { return nb::module_::import_("relume._pickling").attr("reduce_module")(self); },
          "protocol"_a);
}

}  // namespace relume::python
