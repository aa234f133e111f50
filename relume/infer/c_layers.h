// Private. A frozen network's layers as statements of C.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "relume/infer/c_header.h"
#include "relume/infer/frozen.h"

namespace relume::infer {

/// Writes, layer by layer, what NAME_predict does, the functions it calls, and the constants they read.
class CLayers {
 public:
  /// `name` begins every name; `input` is where the first layer reads.
  CLayers(const Frozen& frozen, std::string name, std::string input, CWeights kind);

  std::string functions;      ///< to stand before
  std::string statements;     ///< the body
  std::vector<float> values;  ///< NAME_values
  std::vector<int> weights;   ///< NAME_weights, of eight bits
  std::string result;         ///< where the last layer wrote, or `input`

  /// Declarations of the arrays that the statements use, and their floats.
  std::string arrays() const;
  std::int64_t array_floats() const;

  /// A function of the activation, written once; its name.
  std::string function_of(const Activation& f);
  /// for (int i = 0; i < `count`; ++i) `statement`
  void loop(std::int64_t count, const std::string& statement);

 private:
  void add(const Dense& dense);
  /// Weights as whole numbers up to 127, and for each output what a 1 of them is worth.
  void add_in_bytes(const Dense& dense);
  void add(const Scale& scale);
  void add(const Elementwise& f);
  void add(const Slopes& slopes);
  void add(const Along& along);
  void add(const Normalise& norm);
  void add(const BeginResidual& marker);
  void add(const EndResidual& marker);

  /// Where these will be read: "(net_values + 12)".
  std::string keep(const std::vector<float>& numbers);
  /// The constant of number i of them.
  std::string read(const std::string& place, const std::string& index = "i") const;
  void define(const std::string& function, const std::string& text);
  /// The array that the next layer writes to, of so many floats: where it reads, unless that is the caller's.
  std::string stay();
  std::string move(std::int64_t width);
  void use(const std::string& array, std::int64_t width);

  std::string name_, macro_;
  CWeights kind_;
  std::int64_t width_;
  std::string current_;
  std::string input_;
  std::int64_t open_ = 0;
  std::set<std::string> defined_;
  std::vector<std::pair<std::string, std::int64_t>> arrays_;
};

/// The letters of a text as capitals: what its macros begin with.
std::string capitals(std::string text);

}  // namespace relume::infer
