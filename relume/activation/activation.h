// Public. An activation with the values of its parameters.
#pragma once

#include <array>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/activation/entry.h"

namespace relume {

/// A value: an entry of the table (or of a user's own) and its parameters.
class Activation {
 public:
  static constexpr std::size_t max_parameters = 4;

  /// The activation that text names: "relu", "leaky_relu(0.2)", "leaky_relu(negative_slope=0.2)". Throws ValueError
  /// on an unknown name or parameter, naming the nearest, and on a value outside of its range.
  explicit Activation(std::string_view text);
  Activation(std::string_view name, std::initializer_list<std::pair<std::string_view, double>> parameters);
  /// The entry with its defaults. It must outlive the value.
  explicit Activation(const activation::Entry& entry);

  const activation::Entry& entry() const { return *entry_; }
  std::string_view name() const { return entry_->info.name; }
  /// One value for each of entry().parameters.
  const double* parameters() const { return values_.data(); }
  /// Throws ValueError for an unknown name.
  double parameter(std::string_view name) const;
  void set(std::string_view name, double value);

  friend bool operator==(const Activation&, const Activation&);

 private:
  const activation::Entry* entry_;
  std::array<double, max_parameters> values_{};
};

/// "leaky_relu(0.2)": the text that gives the same value back. Parameters at their defaults are left out.
std::string to_string(const Activation& activation);
std::ostream& operator<<(std::ostream& out, const Activation& activation);

/// All that text can name: the table's activations and the user's own.
std::vector<std::string_view> activation_names();

/// An activation of the user's own becomes known to text, as the table's are. It must live on; throws ValueError where
/// the name is taken.
void register_activation(const activation::Entry& entry);

}  // namespace relume
