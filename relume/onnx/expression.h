// Private. What a graph computes value by value, as a term of one variable, until a layer is recognised in it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace relume::onnx {

/// An operator of ONNX that works value by value; truths are 1 and 0.
struct ElementOperator {
  struct Setting {
    std::string_view name;
    double otherwise;
  };
  std::string_view name;
  int operands;
  double (*value)(const double* x, const double* settings);
  std::vector<Setting> settings = {};  ///< attributes that are numbers
};

/// The operator of that name, or null.
const ElementOperator* find_element_operator(std::string_view name);

/// x·a + b, each one value or one for each feature.
struct Affine {
  std::vector<double> a, b;
};

/// Terms refer to those before them; term 0 is the variable.
class Terms {
 public:
  static constexpr int variable = 0;

  Terms();
  /// One value, or one for each feature.
  int constant(std::vector<double> values);
  int apply(const ElementOperator& op, std::vector<int> operands, std::vector<double> settings, std::string node);

  /// The terms that `root` is made of, from the first to itself.
  std::vector<int> parts(int root) const;
  /// Those through which all of the variable goes on its way into `root`: from the variable to `root`.
  std::vector<int> narrow_places(int root) const;
  /// What makes `end` from `begin`, if it is that.
  std::optional<Affine> affine(int begin, int end) const;
  /// The values of `end` where `begin` has these; nothing where a constant is not the same for all features.
  std::optional<std::vector<double>> values(int begin, int end, std::span<const double> x) const;
  /// Numbers that stand in the term: constants and settings.
  std::vector<double> numbers(int begin, int end) const;
  /// The slopes of a PRelu of `begin`, or nothing.
  std::optional<std::vector<double>> slopes(int begin, int end) const;
  /// The node that made the term.
  const std::string& node(int term) const { return all_[static_cast<std::size_t>(term)].node; }

 private:
  struct Term {
    const ElementOperator* op = nullptr;  // null: the variable, or a constant
    std::vector<int> operands = {};
    std::vector<double> settings = {};
    std::vector<double> constant = {};
    std::string node = {};
  };
  const Term& at(int term) const { return all_[static_cast<std::size_t>(term)]; }
  std::vector<int> parts(int begin, int end) const;
  bool avoids(int root, int place) const;

  std::vector<Term> all_;
};

}  // namespace relume::onnx
