#include "relume/nn/module.h"

#include <algorithm>
#include <map>
#include <ostream>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"

namespace relume::nn {

std::string Module::describe_as(const char* name) const {
  std::string text = fmt::format("{}(", name);
  for (const auto& [child_name, child] : children()) {
    std::string lines = child->describe();
    for (std::size_t at = 0; (at = lines.find('\n', at)) != std::string::npos; at += 3) lines.replace(at, 1, "\n  ");
    text += fmt::format("\n  ({}): {}", child_name, lines);
  }
  return text + (children_.empty() ? ")" : "\n)");
}

std::string Module::describe() const { return describe_as("Module"); }

Tensor Module::operator()(const Tensor& x) {
  Tensor y = forward(x);
  if (has_hooks()) run_hooks(y);
  return y;
}

int Module::add_hook(Hook hook) {
  const int number = has_hooks() ? hooks_.list.back().first + 1 : 0;
  hooks_.list.emplace_back(number, std::move(hook));
  return number;
}

void Module::remove_hook(int number) {
  std::erase_if(hooks_.list, [number](const auto& hook) { return hook.first == number; });
}

void Module::run_hooks(const Tensor& output) const {
  for (const auto& [number, hook] : hooks_.list) hook(*this, output);
}

void Module::add(std::string name, Module& member) {
  children_.push_back({std::move(name), reinterpret_cast<char*>(&member) - reinterpret_cast<char*>(this), nullptr});
}

void Module::add(std::string name, std::shared_ptr<Module> module) {
  children_.push_back({std::move(name), 0, std::move(module)});
}

void Module::forget(std::string_view name) {
  const auto is_named = [name](const auto& member) { return member.name == name; };
  std::erase_if(children_, is_named);
  std::erase_if(parameters_, is_named);
  std::erase_if(buffers_, is_named);
}

Module::Slot Module::slot_of(std::string name, const Tensor& member) const {
  return {std::move(name), reinterpret_cast<const char*>(&member) - reinterpret_cast<const char*>(this)};
}

void Module::add_parameter(std::string name, Tensor& member) {
  if (member.defined()) member.requires_grad_();
  parameters_.push_back(slot_of(std::move(name), member));
}

void Module::add_buffer(std::string name, Tensor& member) { buffers_.push_back(slot_of(std::move(name), member)); }

Module* Module::resolve(const Child& child) const {
  if (child.shared) return child.shared.get();
  return reinterpret_cast<Module*>(reinterpret_cast<char*>(const_cast<Module*>(this)) + child.place);
}

Tensor& Module::resolve(const Slot& slot) const {
  if (slot.place == 0) return const_cast<Tensor&>(slot.given);
  return *reinterpret_cast<Tensor*>(reinterpret_cast<char*>(const_cast<Module*>(this)) + slot.place);
}

std::vector<Module::Own> Module::own() const {
  std::vector<Own> result;
  for (const Slot& slot : parameters_)
    result.push_back({slot.name, resolve(slot), Own::Kind::parameter, slot.place != 0});
  for (const Slot& slot : buffers_)
    result.push_back(
        {slot.name, resolve(slot), slot.saved ? Own::Kind::buffer : Own::Kind::transient, slot.place != 0});
  return result;
}

void Module::set_own(const Own& given) {
  std::vector<Slot>& slots = given.kind == Own::Kind::parameter ? parameters_ : buffers_;
  const auto found =
      std::find_if(slots.begin(), slots.end(), [&given](const Slot& slot) { return slot.name == given.name; });
  const bool saved = given.kind != Own::Kind::transient;
  if (found == slots.end()) {
    forget(given.name);
    slots.push_back({given.name, 0, given.tensor, saved});
  } else {
    resolve(*found) = given.tensor;
    found->saved = saved;
  }
}

void Module::set_child(const std::string& name, std::shared_ptr<Module> module) {
  const auto found =
      std::find_if(children_.begin(), children_.end(), [&name](const Child& child) { return child.name == name; });
  if (found == children_.end()) {
    forget(name);
    add(name, std::move(module));
  } else {
    *found = {name, 0, std::move(module)};
  }
}

std::shared_ptr<Module> Module::shared_child(std::string_view name) const {
  for (const Child& child : children_)
    if (child.name == name) return child.shared;
  return nullptr;
}

std::vector<std::pair<std::string, Module*>> Module::children() const {
  std::vector<std::pair<std::string, Module*>> result;
  for (const Child& child : children_) result.emplace_back(child.name, resolve(child));
  return result;
}

void Module::collect(const std::string& prefix, Which which, Named& into) const {
  for (const Slot& slot : which == Which::parameters ? parameters_ : buffers_)
    if (const Tensor& tensor = resolve(slot); tensor.defined() && (slot.saved || which != Which::saved_buffers))
      into.emplace_back(prefix + slot.name, tensor);
  for (const Child& child : children_) resolve(child)->collect(prefix + child.name + ".", which, into);
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const {
  Named result;
  collect("", Which::parameters, result);
  return result;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  Named result;
  collect("", Which::buffers, result);
  return result;
}

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> result;
  for (auto& [name, tensor] : named_parameters()) result.push_back(tensor);
  return result;
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const Tensor& parameter : parameters()) count += parameter.elements();
  return count;
}

std::vector<std::pair<std::string, Tensor>> Module::state() const {
  auto result = named_parameters();
  collect("", Which::saved_buffers, result);
  return result;
}

void Module::load_state(const std::vector<std::pair<std::string, Tensor>>& given) {
  std::map<std::string, Tensor> wanted;
  for (auto& [name, tensor] : state()) wanted.emplace(name, tensor);
  for (const auto& [name, tensor] : given) {
    const auto found = wanted.find(name);
    require<InputError>(found != wanted.end(), "load_state: \"{}\" has no place in this network", name);
    require<InputError>(found->second.shape() == tensor.shape(), "load_state: \"{}\" is {} but the network's is {}",
                        name, tensor.shape(), found->second.shape());
  }
  for (const auto& [name, tensor] : wanted)
    require<InputError>(
        std::any_of(given.begin(), given.end(), [&, &key = name](const auto& g) { return g.first == key; }),
        "load_state: \"{}\" {} is missing", name, to_string(tensor.shape()));
  NoGradGuard guard;
  for (const auto& [name, tensor] : given) wanted.at(name).copy_(tensor);
}

void Module::apply(const std::function<void(Module&)>& f) {
  for (const Child& child : children_) resolve(child)->apply(f);
  f(*this);
}

void Module::to(DType dtype) {
  require<DTypeError>(is_floating(dtype), "to: parameters are floating-point numbers, not {}", name(dtype));
  NoGradGuard guard;
  Named all = named_parameters();
  collect("", Which::buffers, all);
  for (auto& [name, tensor] : all)
    if (is_floating(tensor.dtype()) && tensor.dtype() != dtype) tensor.set_data(tensor.detach().to(dtype));
}

void Module::train(bool on) {
  training_ = on;
  for (const Child& child : children_) resolve(child)->train(on);
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.describe(); }

}  // namespace relume::nn
