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

std::vector<std::pair<std::string, Module*>> Module::children() const {
  std::vector<std::pair<std::string, Module*>> result;
  for (const Child& child : children_) result.emplace_back(child.name, resolve(child));
  return result;
}

void Module::collect(const std::string& prefix, bool buffers, std::vector<std::pair<std::string, Tensor>>& into) const {
  for (const Slot& slot : buffers ? buffers_ : parameters_)
    if (const auto& tensor = *reinterpret_cast<const Tensor*>(reinterpret_cast<const char*>(this) + slot.place);
        tensor.defined())
      into.emplace_back(prefix + slot.name, tensor);
  for (const Child& child : children_) resolve(child)->collect(prefix + child.name + ".", buffers, into);
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const {
  std::vector<std::pair<std::string, Tensor>> result;
  collect("", false, result);
  return result;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  std::vector<std::pair<std::string, Tensor>> result;
  collect("", true, result);
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
  collect("", true, result);
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
  for (auto& [name, tensor] : state())
    if (is_floating(tensor.dtype()) && tensor.dtype() != dtype) tensor.set_data(tensor.detach().to(dtype));
}

void Module::train(bool on) {
  training_ = on;
  for (const Child& child : children_) resolve(child)->train(on);
}

std::ostream& operator<<(std::ostream& out, const Module& module) { return out << module.describe(); }

}  // namespace relume::nn
