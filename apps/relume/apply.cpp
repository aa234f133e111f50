#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "apps/relume/command.h"
#include "apps/relume/print.h"
#include "relume/activation/activation.h"
#include "relume/base/parse.h"
#include "relume/base/require.h"
#include "relume/ops/activation.h"

namespace relume::app {
namespace {

struct ApplyArguments {
  std::string name;
  bool derivative = false;
};

struct Number {
  double real = 0;
  std::optional<std::int64_t> whole;
};

Number parse(const std::string& text) {
  Number number;
  const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  std::int64_t whole = 0;
  if (relume::parse(digits, whole)) number.whole = whole;
  require<InputError>(relume::parse(digits, number.real), "apply: \"{}\" is not a number", text);
  return number;
}

/// The activation's values of numbers that stand together: whole numbers stay whole where the activation allows.
std::string apply(const Activation& f, bool derivative, const std::vector<Number>& numbers) {
  const bool whole = !derivative && f.entry().integers &&
                     std::all_of(numbers.begin(), numbers.end(), [](const Number& n) { return n.whole.has_value(); });
  std::string text;
  for (const Number& number : numbers) {
    text += text.empty() ? "" : " ";
    if (whole) {
      std::int64_t y = 0;
      f.entry().forward(DType::int64, &*number.whole, &y, 1, f.parameters());
      text += std::to_string(y);
    } else {
      text += fmt::format("{}", derivative ? f.entry().derivative(number.real, f.parameters())
                                           : f.entry().scalar(number.real, f.parameters()));
    }
  }
  return text;
}

/// The same for an activation of all the numbers together, or with a learned slope, which is as it begins.
std::string apply_together(const Activation& f, const std::vector<Number>& numbers) {
  std::vector<double> reals;
  for (const Number& number : numbers) reals.push_back(number.real);
  const Tensor x = from_vector(reals);
  const bool learned = f.entry().kind == activation::Kind::parametric;
  const Tensor y = learned ? prelu(x, full({1}, activation::Prelu::initial_slope, float64)) : activate(f, x, 0);
  return fmt::format("{}", fmt::join(y.to_vector<double>(), " "));
}

std::vector<Number> parse_all(const std::vector<std::string>& words) {
  std::vector<Number> numbers;
  for (const std::string& word : words) numbers.push_back(parse(word));
  return numbers;
}

void run(const ApplyArguments& a, const std::vector<std::string>& words) {
  const Activation f(a.name);
  const bool elementwise = f.entry().kind == activation::Kind::elementwise;
  require<InputError>(elementwise || !a.derivative,
                      "apply: {} is not a function of one number; --derivative is for those that are", a.name);
  const auto values = [&](const std::vector<std::string>& texts) {
    return elementwise ? apply(f, a.derivative, parse_all(texts)) : apply_together(f, parse_all(texts));
  };
  if (!words.empty()) {
    print("{}\n", values(words));
    return;
  }
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream stream(line);
    const std::vector<std::string> in_line{std::istream_iterator<std::string>(stream), {}};
    if (!in_line.empty()) print("{}\n", values(in_line));
  }
}

}  // namespace

void define_apply(Command& command) {
  auto a = std::make_shared<ApplyArguments>();
  command.option("NAME", a->name, "the activation, with parameters in brackets: \"leaky_relu(0.2)\"").required();
  command.flag("--derivative", a->derivative, "the derivative instead");
  auto numbers = std::make_shared<std::vector<std::string>>();
  command.option("NUMBER", *numbers, "without any they are read from stdin, blanks or lines between them");
  command.run([a, numbers] { run(*a, *numbers); });
}

}  // namespace relume::app
