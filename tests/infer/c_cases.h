// Networks of all kinds as headers of C, for the tests that compile them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "relume/infer/c_header.h"
#include "relume/infer/c_layers.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"

namespace relume::infer {

/// A header, and what a Predictor says of the same.
struct Case {
  std::string what, name;
  CHeader header;
  std::vector<float> rows, expected;
};

using Cases = std::vector<Case>;

inline std::string name_of(const Cases& cases) { return "net" + std::to_string(cases.size()); }

inline void add(Cases& cases, const std::string& what, const nn::Module& net) {
  const Predictor predictor(net);
  const std::vector<float> rows = random_rows(predictor.inputs() * 6);
  cases.push_back({what, name_of(cases), c_header(net, name_of(cases)), rows, predict(predictor, rows)});
}

inline void add(Cases& cases, const std::string& what, const io::Model& model, const std::vector<float>& rows) {
  cases.push_back({what, name_of(cases), c_header(model, name_of(cases)), rows, predict(Predictor(model), rows)});
}

/// Weights as eight bits hold them: of each output the largest is 127 steps.
inline void round_to_bytes(nn::Linear& linear) {
  const auto width = static_cast<std::size_t>(linear.in_features());
  const std::span<float> weights = linear.weight.detach().span<float>();
  for (std::size_t row = 0; row < weights.size(); row += width) {
    double largest = 0;
    for (std::size_t i = row; i < row + width; ++i)
      largest = std::max(largest, std::abs(static_cast<double>(weights[i])));
    for (std::size_t i = row; i < row + width; ++i)
      weights[i] = static_cast<float>(std::round(static_cast<double>(weights[i]) / largest * 127) * (largest / 127));
  }
}

/// In eight bits, beside a Predictor of a network with such weights.
inline Cases of_bytes() {
  Cases cases;
  const auto add_rounded = [&](const std::string& what, const nn::Sequential& net) {
    const std::string name = "byte_" + name_of(cases);
    const CHeader header = c_header(net, name, 0, CWeights::int8);
    for (const auto& [child_name, child] : net.children())
      if (auto* linear = dynamic_cast<nn::Linear*>(child)) round_to_bytes(*linear);
    const Predictor predictor(net);
    const std::vector<float> rows = random_rows(predictor.inputs() * 6);
    cases.push_back({what, name, header, rows, predict(predictor, rows)});
  };
  add_rounded("three layers in bytes", *network({10, 30, 7, 2}));
  add_rounded("a sandwich in bytes", Sandwich(Activation("tanh"), 7, 18, 3).net);
  const nn::Linear zeros(3, 2);
  zeros.weight.detach().zero_();
  const nn::Sequential silent{zeros};
  const CHeader header = c_header(silent, "byte_silent", 0, CWeights::int8);
  cases.push_back({"weights of 0 in bytes", "byte_silent", header, {1, 2, 3}, predict(Predictor(silent), {1, 2, 3})});
  return cases;
}

inline Cases activations() {
  Cases cases;
  for (const activation::Entry& entry : activation::table())
    add(cases, std::string(entry.info.name), Sandwich(Activation(entry), 7, 18, 3).net);
  for (const char* text : {"leaky_relu(0.3)", "general_relu(0.1,6,0.5)", "general_relu(0.1)", "threshold(0.5,-3)"})
    add(cases, text, Sandwich(Activation(text), 7, 18, 3).net);
  return cases;
}

inline Cases layers() {
  Cases cases;
  const auto both = [&](const std::string& what, nn::Sequential net) {
    set_random(net);
    add(cases, what, net);
  };
  both("batchnorm", nn::Sequential(nn::BatchNorm1d(5), nn::Tanh(), nn::BatchNorm1d(5), nn::Linear(5, 3)));
  both("normal", nn::Sequential(nn::LayerNorm(6), nn::Linear(6, 12), nn::GroupNorm(3, 12), nn::PReLU(12)));
  both("residual", nn::Sequential(nn::Residual(nn::Linear(6, 6), nn::ReLU()),
                                  nn::Residual(nn::ReLU(), nn::Residual(nn::Tanh(), nn::Linear(6, 6)))));
  both("linear", nn::Sequential(nn::Linear(300, 2), nn::Dropout()));
  const std::vector<float> rows = {3, 0, NAN, 1, 7.5f, 2, -40, 9, 0, -1, 1e9f, NAN};
  add(cases, "classes", model_of(houses(true)), rows);
  add(cases, "values", model_of(houses(false), "linear(8) elu"), rows);
  add(cases, "categories that are all", model_of(many_kinds(false)), rows);
  add(cases, "skewed, with missing ones", model_of(many_kinds(true)), {1, 0, 1000, 3, 1e6f, 2, NAN, 1, 0, 7});
  io::Model array = array_model(8, {"no \"?\?/", "\xc3\xbc\\"}, "linear(5) silu", 1);
  array.scale = {0.02f, -60};
  add(cases, "array", array, random_rows(8 * 4, 2, 200));
  return cases;
}

inline bool is_here(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

inline void expect_compiles(const std::string& command) {
  EXPECT_EQ(std::system((command + " 2>&1").c_str()), 0) << command;
}

/// The headers in a folder, and a source with run(number, in, out).
class Sources {
 public:
  /// `before` stands before each of them, its @ the name in capitals.
  explicit Sources(const Cases& cases, const std::string& before = "") {
    std::ofstream source(folder_ / "all.c");
    for (const Case& one : cases) {
      std::ofstream(folder_ / (one.name + ".h").c_str()) << one.header.text;
      for (const char c : before) source << (c == '@' ? capitals(one.name) : std::string(1, c));
      source << "#include \"" << one.name << ".h\"\n";
    }
    source << "#ifdef __cplusplus\nextern \"C\"\n#endif\nvoid run(int number, const float *in, float *out);\n"
           << "void run(int number, const float *in, float *out) {\n  switch (number) {\n";
    for (std::size_t i = 0; i < cases.size(); ++i)
      source << "    case " << i << ": " << cases[i].name << "_predict(in, out); break;\n";
    source << "    default: break;\n  }\n}\n";
  }
  std::string path(const char* name) const { return (folder_ / name).string(); }

 private:
  io::TemporaryFolder folder_;
};

inline constexpr const char* strict = " -Wall -Wextra -Werror -pedantic ";

}  // namespace relume::infer
