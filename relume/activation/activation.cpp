// Compiled for size.
#include "relume/activation/activation.h"

#include <charconv>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "relume/base/nearest.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"

namespace relume {
namespace {

using activation::Entry;
using activation::Param;

struct Registry {
  std::mutex mutex;
  std::vector<const Entry*> entries;
};

Registry& registry() {
  static Registry registry;
  return registry;
}

const Entry* find_anywhere(std::string_view name) {
  if (const Entry* entry = activation::find(name)) return entry;
  Registry& own = registry();
  const std::lock_guard lock(own.mutex);
  for (const Entry* entry : own.entries)
    if (entry->info.name == name) return entry;
  return nullptr;
}

/// "a, b, c"
template <class Texts>
std::string join(const Texts& texts) {
  std::string joined;
  for (const auto& text : texts) (joined += joined.empty() ? "" : ", ") += text;
  return joined;
}

/// The shortest text that reads back as the number.
std::string shortest(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

const Entry& entry_named(std::string_view name) {
  if (const Entry* entry = find_anywhere(name)) return *entry;
  const auto names = activation_names();
  fail("activation: \"{}\" is not known{}; known are {}", name, did_you_mean(name, names), join(names));
}

std::size_t index_of(const Entry& entry, std::string_view parameter) {
  const auto parameters = entry.parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].name == parameter) return i;
  require(!parameters.empty(), "activation: {} takes no parameters, but was given \"{}\"", entry.info.name, parameter);
  std::vector<std::string_view> names;
  for (const Param& p : parameters) names.push_back(p.name);
  fail("activation: {} has no parameter \"{}\"{}", entry.info.name, parameter, did_you_mean(parameter, names));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

double parse_number(std::string_view text, std::string_view whole) {
  double value = 0;
  require(parse(text, value), "activation: \"{}\" in \"{}\" is not a number", text, whole);
  return value;
}

}  // namespace

std::vector<std::string_view> activation_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : activation::table()) names.push_back(entry.info.name);
  Registry& own = registry();
  const std::lock_guard lock(own.mutex);
  for (const Entry* entry : own.entries) names.push_back(entry->info.name);
  return names;
}

Activation::Activation(const Entry& entry) : entry_(&entry) {
  require(entry.parameters.size() <= max_parameters, "activation: {} has {} parameters; {} is the most",
          entry.info.name, entry.parameters.size(), max_parameters);
  for (std::size_t i = 0; i < entry.parameters.size(); ++i) values_[i] = entry.parameters[i].value;
}

Activation::Activation(std::string_view name, std::initializer_list<std::pair<std::string_view, double>> parameters)
    : Activation(entry_named(name)) {
  for (const auto& [parameter, value] : parameters) set(parameter, value);
}

Activation::Activation(std::string_view text) : Activation(entry_named(trim(text.substr(0, text.find('('))))) {
  const std::string_view whole = trim(text);
  const std::size_t open = whole.find('(');
  if (open == std::string_view::npos) return;
  require(whole.back() == ')', "activation: \"{}\" does not end with \")\"", whole);
  std::string_view rest = trim(whole.substr(open + 1, whole.size() - open - 2));
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t comma = rest.find(',');
    const std::string_view argument = trim(rest.substr(0, comma));
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) {
      require(i < entry_->parameters.size(), "activation: \"{}\" gives more than the {} parameters of {}", whole,
              entry_->parameters.size(), entry_->info.name);
      set(entry_->parameters[i].name, parse_number(argument, whole));
    } else {
      set(trim(argument.substr(0, equals)), parse_number(trim(argument.substr(equals + 1)), whole));
    }
    rest = comma == std::string_view::npos ? std::string_view() : trim(rest.substr(comma + 1));
  }
}

double Activation::parameter(std::string_view name) const { return values_[index_of(*entry_, name)]; }

void Activation::set(std::string_view name, double value) {
  const std::size_t i = index_of(*entry_, name);
  const activation::Range& range = entry_->parameters[i].range;
  require(range.holds(value), "activation: {} of {} is {} but must be {} {} and at most {}", name, entry_->info.name,
          value, range.above_min ? "above" : "at least", range.min, range.max);
  values_[i] = value;
}

bool operator==(const Activation& a, const Activation& b) { return a.entry_ == b.entry_ && a.values_ == b.values_; }

std::string to_string(const Activation& activation) {
  const auto parameters = activation.entry().parameters;
  std::vector<std::string> texts;
  bool all_before = true;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double value = activation.parameters()[i];
    if (value == parameters[i].value) {
      all_before = false;
    } else {
      texts.push_back(all_before ? shortest(value) : std::string(parameters[i].name) + "=" + shortest(value));
    }
  }
  if (texts.empty()) return std::string(activation.name());
  return std::string(activation.name()) + "(" + join(texts) + ")";
}

std::ostream& operator<<(std::ostream& out, const Activation& activation) { return out << to_string(activation); }

void register_activation(const Entry& entry) {
  require(!find_anywhere(entry.info.name), "register_activation: \"{}\" is taken", entry.info.name);
  Registry& own = registry();
  const std::lock_guard lock(own.mutex);
  own.entries.push_back(&entry);
}

}  // namespace relume
