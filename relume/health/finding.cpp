#include "relume/health/finding.h"

#include <algorithm>
#include <array>

namespace relume::health {
namespace {

/// What an option is in a loop that has no options: the words, with a place for its value.
struct Phrase {
  std::string_view option, words;
};

constexpr std::array phrases = {
    Phrase{"lr", "a learning rate of {}"},
    Phrase{"clip", "clipping the gradient's norm to {}"},
    Phrase{"weight_decay", "a weight decay of {}"},
    Phrase{"on_dead", "{}() on the dead units"},
    Phrase{"on_explode", "earlier weights with a smaller rate"},
    Phrase{"activation", "{} as the activation"},
    Phrase{"class_weights", "weights for the classes by their rarity"},
    Phrase{"hidden", "wider layers"},
    Phrase{"drop", "leaving {} out"},
    Phrase{"seed", "another seed"},
};

std::string filled(std::string_view words, std::string_view value) {
  std::string text(words);
  if (const std::size_t place = text.find("{}"); place != std::string::npos) text.replace(place, 2, value);
  return text;
}

std::string in_words(const std::string& option, const std::string& value, Voice voice) {
  if (voice == Voice::loop) {
    const auto* found =
        std::find_if(phrases.begin(), phrases.end(), [&](const Phrase& phrase) { return phrase.option == option; });
    if (found != phrases.end() && !value.empty()) return filled(found->words, value);
    std::string name = option == "lr" ? "learning rate" : option;
    std::replace(name.begin(), name.end(), '_', ' ');
    return value.empty() ? name : name + " " + value;
  }
  if (voice == Voice::options) return value.empty() ? option : option + " = " + value;
  std::string name = "--" + option;
  std::replace(name.begin(), name.end(), '_', '-');
  return value.empty() ? name : name + " " + value;
}

}  // namespace

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 3> names = {"info", "warning", "error"};
  return names[static_cast<std::size_t>(severity)];
}

std::string to_string(const Remedy& remedy, Voice voice) {
  std::string text;
  std::size_t at = 0;
  for (const auto& [option, value] : remedy.options) {
    const std::size_t place = std::min(remedy.text.find("{}", at), remedy.text.size());
    text += remedy.text.substr(at, place - at) + in_words(option, value, voice);
    at = std::min(place + 2, remedy.text.size());
  }
  return text + remedy.text.substr(at);
}

bool Finding::is_idle() const { return severity == Severity::info && remedy.text.ends_with(nothing_to_do); }

std::string to_string(const Finding& finding, Voice voice) {
  const std::string remedy = to_string(finding.remedy, voice);
  return (finding.layer.empty() ? finding.rule : finding.layer) + ": " + finding.cause +
         (remedy.empty() ? "" : " " + remedy);
}

std::string to_string(const Finding& finding) {
  return to_string(finding, finding.in_loop ? Voice::loop : Voice::options);
}

}  // namespace relume::health
