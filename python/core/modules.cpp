// nn.Module as Python sees it: attributes that are modules, parameters and buffers, and walks over what is inside.
#include <algorithm>
#include <set>

#include <nanobind/stl/function.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/module_class.h"

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

void check_may_hold(const nn::Module& parent, nn::Module& child) {
  child.apply([&parent](nn::Module& inside) {
    if (&inside == &parent) throw nb::value_error("a module cannot hold itself, nor one that holds it");
  });
}

nb::dict attributes_of(nb::handle self) {
  PyObject* attributes = PyObject_GenericGetDict(self.ptr(), nullptr);
  if (!attributes) nb::raise_python_error();
  return nb::steal<nb::dict>(attributes);
}

namespace {

using Own = nn::Module::Own;

nn::Module& module_of(nb::handle self) {
  if (!nb::inst_ready(self))
    throw nb::attribute_error((class_name(self) + ".__init__ did not call super().__init__()").c_str());
  return nb::cast<nn::Module&>(self);
}

/// The object of one of the module's own tensors: the same one as long as the module's is there.
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

/// Calls f(module, prefix) with a module and all that is under it, each time that it is met.
template <class F>
void walk(nb::handle self, const std::string& prefix, const F& f) {
  f(self, prefix);
  for (const auto& [name, child] : module_of(self).children())
    walk(child_object(self, name, *child), prefix + name + ".", f);
}

/// A list that next() takes too, as PyTorch's generators: next(net.parameters()).
nb::list listing(const nb::list& items) {
  // Kept for ever: a look-up for each call would take longer than the walk.
  static const nb::handle kind = nb::object(nb::module_::import_("relume.nn._listing").attr("Listing")).release();
  return nb::borrow<nb::list>(kind(items));
}

/// What was met before; modules have few tensors, and a search among few is quicker than a tree.
class Met {
 public:
  /// Whether it is new.
  bool insert(const void* place) {
    if (std::find(places_.begin(), places_.end(), place) != places_.end()) return false;
    places_.push_back(place);
    return true;
  }

 private:
  std::vector<const void*> places_;
};

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

nb::list named_tensors(nb::handle self, const std::string& prefix, bool recurse, bool remove_duplicate, bool parameters,
                       bool with_names) {
  nb::list result;
  Met seen;
  const auto add = [&](nb::handle module, const std::string& path) {
    for (const Own& own : module_of(module).own()) {
      if ((own.kind == Own::Kind::parameter) != parameters || !own.tensor.defined()) continue;
      if (!seen.insert(own.tensor.impl()) && remove_duplicate) continue;
      nb::object tensor = tensor_object(module, own);
      result.append(with_names ? nb::object(nb::make_tuple(path + own.name, tensor)) : tensor);
    }
  };
  const std::string start = prefix.empty() ? "" : prefix + ".";
  if (recurse)
    walk(self, start, add);
  else
    add(self, start);
  return listing(result);
}

/// All modules from this one on, each once, by their dotted names.
nb::list named_modules(nb::handle self, const std::string& prefix, bool remove_duplicate, bool with_names) {
  nb::list result;
  Met seen;
  walk(self, prefix.empty() ? "" : prefix + ".", [&](nb::handle module, const std::string& path) {
    if (!seen.insert(&module_of(module)) && remove_duplicate) return;
    const std::string name = path.substr(0, path.empty() ? 0 : path.size() - 1);
    result.append(with_names ? nb::object(nb::make_tuple(name, module)) : nb::borrow(module));
  });
  return listing(result);
}

nb::list children_of(nb::handle self, bool with_names) {
  nb::list result;
  Met seen;
  for (const auto& [name, child] : module_of(self).children()) {
    if (!seen.insert(child)) continue;
    const nb::object object = child_object(self, name, *child);
    result.append(with_names ? nb::object(nb::make_tuple(name, object)) : object);
  }
  return listing(result);
}

nb::dict state_dict(nb::handle self, const std::string& prefix, bool keep_vars) {
  nb::dict result;
  walk(self, prefix, [&](nb::handle module, const std::string& path) {
    for (const Own& own : module_of(module).own())
      if (own.tensor.defined() && own.kind != Own::Kind::transient)
        result[(path + own.name).c_str()] = keep_vars ? tensor_object(module, own) : nb::cast(own.tensor.detach());
  });
  return result;
}

/// Returns the names that are missing and those that have no place.
nb::object load_state_dict(nb::handle self, const nb::dict& given, bool strict, bool assign) {
  if (assign) throw nb::type_error("load_state_dict: assign=True is not known; values are copied in");
  nn::Module& module = module_of(self);
  std::vector<std::pair<std::string, Tensor>> state;
  nb::list missing, unexpected;
  std::set<std::string> own;
  for (const auto& [name, tensor] : module.state()) {
    own.insert(name);
    if (given.contains(name.c_str())) continue;
    missing.append(name);
    if (!strict) state.emplace_back(name, tensor);
  }
  for (const auto& [key, value] : given) {
    const auto name = nb::cast<std::string>(key);
    const bool known = own.count(name) > 0;
    if (!known) unexpected.append(name);
    if (known || strict) state.emplace_back(name, tensor_from(value));
  }
  module.load_state(state);
  return nb::module_::import_("relume.nn._listing").attr("IncompatibleKeys")(missing, unexpected);
}

nb::object submodule(nb::handle self, const std::string& target) {
  if (target.empty()) return nb::borrow(self);
  const std::size_t dot = target.find('.');
  const std::string first = target.substr(0, dot);
  for (const auto& [name, child] : module_of(self).children())
    if (name == first)
      return submodule(child_object(self, name, *child), dot == std::string::npos ? "" : target.substr(dot + 1));
  throw nb::attribute_error((class_name(self) + " has no module \"" + first + "\"").c_str());
}

void train(nb::handle self, bool mode) {
  nn::Module& module = module_of(self);
  module.set_training(mode);
  for (const auto& [name, child] : module.children()) child_object(self, name, *child).attr("train")(mode);
}

void apply(nb::handle self, nb::handle f) {
  for (const auto& [name, child] : module_of(self).children()) apply(child_object(self, name, *child), f);
  f(self);
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

/// f(self, …), which returns self as PyTorch's methods do.
template <class... Arguments>
auto returning_self(void (*f)(nb::handle, Arguments...)) {
  return [f](nb::handle self, Arguments... arguments) {
    f(self, arguments...);
    return nb::borrow(self);
  };
}

void convert(nb::handle self, DType dtype) { module_of(self).to(dtype); }

using Class = nb::class_<nn::Module, PythonModule>;

void bind_attributes(Class& type) {
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

void bind_walks(Class& type) {
  const auto tensors = [&type](const char* name, bool parameters) {
    type.def((std::string("named_") + name).c_str(),
             [parameters](nb::handle self, const std::string& prefix, bool recurse, bool remove_duplicate) {
               return named_tensors(self, prefix, recurse, remove_duplicate, parameters, true);
             },
             "prefix"_a = "", "recurse"_a = true, "remove_duplicate"_a = true);
    type.def(
        name,
        [parameters](nb::handle self, bool recurse) {
          return named_tensors(self, "", recurse, true, parameters, false);
        },
        "recurse"_a = true);
  };
  tensors("parameters", true);
  tensors("buffers", false);
  type.def(
          "named_modules",
          [](nb::handle self, const std::string& prefix, bool remove_duplicate) {
            return named_modules(self, prefix, remove_duplicate, true);
          },
          "prefix"_a = "", "remove_duplicate"_a = true, "This module and all under it with their dotted names.")
      .def("modules", [](nb::handle self) { return named_modules(self, "", true, false); })
      .def("named_children", [](nb::handle self) { return children_of(self, true); })
      .def("children", [](nb::handle self) { return children_of(self, false); })
      .def("get_submodule", &submodule, "target"_a, "The module of a dotted name.")
      .def(
          "get_parameter",
          [](nb::handle self, const std::string& target) {
            const std::size_t dot = target.rfind('.');
            const nb::object module = submodule(self, dot == std::string::npos ? "" : target.substr(0, dot));
            nb::object parameter = own_tensor(module, target.substr(dot + 1).c_str());
            if (!nb::isinstance<Parameter>(parameter))
              throw nb::attribute_error(("\"" + target + "\" is no parameter").c_str());
            return parameter;
          },
          "target"_a, "The parameter of a dotted name.")
      .def("apply", returning_self(&apply), "fn"_a, "Calls fn with all modules under this one, and then with it.")
      .def("state_dict", &state_dict, nb::kw_only(), "prefix"_a = "", "keep_vars"_a = false,
           "Parameters and buffers by name; the tensors share memory with the module.")
      .def(
          "load_state_dict", &load_state_dict, "state_dict"_a, "strict"_a = true, "assign"_a = false,
          "Copies values in. Raises InputError that names what is missing, unexpected or of another shape; where it is "
          "not strict what is missing stays, and what is unexpected is left.");
}

void bind_modes(Class& type) {
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
  Class type(module, "Module", nb::dynamic_attr(),
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

nb::object own_tensor(nb::handle self, const char* name) {
  const std::vector<Own> own = module_of(self).own();
  const Own* found = find(own, name);
  return found ? tensor_object(self, *found) : nb::none();
}

}  // namespace relume::python
