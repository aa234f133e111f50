// Walks over what is inside a module: its tensors, the modules under it, its state.
#include <algorithm>
#include <set>

#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "python/core/modules.h"

namespace relume::python {
namespace {

using Own = nn::Module::Own;

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

void apply(nb::handle self, nb::handle f) {
  for (const auto& [name, child] : module_of(self).children()) apply(child_object(self, name, *child), f);
  f(self);
}

}  // namespace

void bind_walks(ModuleClass& type) {
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

}  // namespace relume::python
