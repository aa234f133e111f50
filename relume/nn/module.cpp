#include "relume/nn/module.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <ostream>
#include <typeinfo>

#include <cxxabi.h>

#include "relume/autograd/grad_mode.h"
#include "relume/base/require.h"

namespace relume::nn {
namespace {

thread_local const Module* caller = nullptr;
constexpr std::ptrdiff_t largest_object = std::ptrdiff_t{64} << 10;  // what lies further away is no member

std::string class_of(const Module& module) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(typeid(module).name(), nullptr, nullptr, nullptr), &std::free);
  const std::string text = name ? name.get() : typeid(module).name();
  const std::size_t colon = text.rfind("::");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

}  // namespace

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

Module::CalledBy::CalledBy(const Module* now) : before_(std::exchange(caller, now)) {}
Module::CalledBy::~CalledBy() { caller = before_; }

Tensor Module::operator()(const Tensor& x) {
  // The thread's variable is looked up once, which is most of what this costs.
  struct Call {
    const Module*& running;
    const Module* const before;
    ~Call() { running = before; }
  };
  const Module*& running = caller;
  if (running && identity_.known_to.load(std::memory_order_relaxed) != running) running->check_knows(*this);
  Tensor y = [&] {
    const Call call{running, std::exchange(running, this)};
    return forward(x);
  }();
  if (has_hooks()) run_hooks(y);
  return y;
}

Tensor Module::operator()(const Tensor& x) const {
  require(!training_, "{}: what is const runs in evaluation; call eval() before", class_of(*this));
  return const_cast<Module&>(*this)(x);
}

bool Module::holds(const Module& other) const {
  return std::any_of(children_.begin(), children_.end(),
                     [&](const Child& child) { return resolve(child) == &other || resolve(child)->holds(other); });
}

void Module::check_knows(const Module& callee) const {
  if (holds(callee)) return callee.identity_.known_to.store(this, std::memory_order_relaxed);
  const std::ptrdiff_t place = reinterpret_cast<const char*>(&callee) - reinterpret_cast<const char*>(this);
  bool missing = place > 0 && place < largest_object;
  if (!missing && grad_enabled()) {
    const std::vector<Tensor> known = parameters(), used = callee.parameters();
    missing = std::any_of(used.begin(), used.end(), [&](const Tensor& one) {
      const auto is_same = [&](const Tensor& own) { return own.same_as(one); };
      return one.requires_grad() && std::none_of(known.begin(), known.end(), is_same);
    });
  }
  if (!missing) return;
  const std::string what = callee.describe(), name = class_of(*this);
  fail(
      "{0}: forward() calls a member that {0} does not know, {1}: it would be neither trained nor saved nor watched; "
      "make it with named(\"NAME\", …) or write add(\"NAME\", MEMBER) in the constructor",
      name, what.starts_with("Module(") ? class_of(callee) : what.substr(0, what.find('\n')));
}

Module::Naming*& Module::Naming::innermost() {
  thread_local Naming* naming = nullptr;
  return naming;
}

Module::Naming::Naming(Module& parent, std::string name)
    : parent_(parent), name_(std::move(name)), before_(std::exchange(innermost(), this)) {}

Module::Naming::~Naming() { innermost() = before_; }

void Module::Naming::name(const Identity* made) {
  unname();
  waits_ = false;
  named_ = made;
  // All modules have their identity in one place, so that this is the way from module to module.
  parent_.children_.push_back(
      {name_, reinterpret_cast<const char*>(made) - reinterpret_cast<const char*>(&parent_.identity_), nullptr});
}

void Module::Naming::unname() {
  if (named_) parent_.children_.pop_back();
  named_ = nullptr;
}

Module::Identity::Identity() {
  if (Naming* naming = Naming::innermost(); naming && naming->waits_) naming->name(this);
}

Module::Identity::Identity(const Identity& other) {
  if (Naming* naming = Naming::innermost(); naming && naming->named_ == &other) naming->name(this);
}

Module::Identity::~Identity() {
  if (Naming* naming = Naming::innermost(); naming && naming->named_ == this) naming->unname();
}

int Module::add_hook(Hook hook) {
  const int number = has_hooks() ? identity_.hooks.back().first + 1 : 0;
  identity_.hooks.emplace_back(number, std::move(hook));
  return number;
}

void Module::remove_hook(int number) {
  std::erase_if(identity_.hooks, [number](const auto& hook) { return hook.first == number; });
}

void Module::run_hooks(const Tensor& output) const {
  const CalledBy nobody(nullptr);
  for (const auto& [number, hook] : identity_.hooks) hook(*this, output);
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

void Module::collect(const std::string& prefix, Which which, NamedTensors& into) const {
  for (const Slot& slot : which == Which::parameters ? parameters_ : buffers_)
    if (const Tensor& tensor = resolve(slot); tensor.defined() && (slot.saved || which != Which::saved_buffers))
      into.emplace_back(prefix + slot.name, tensor);
  for (const Child& child : children_) resolve(child)->collect(prefix + child.name + ".", which, into);
}

std::vector<std::pair<std::string, Tensor>> Module::named_parameters() const {
  NamedTensors result;
  collect("", Which::parameters, result);
  return result;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  NamedTensors result;
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
  NamedTensors all = named_parameters();
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
