// Public. What each unit of the activation layers does over many rows: how often it fires, how often it is saturated.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "relume/nn/activations.h"

namespace relume::health {

/// What can go wrong with the units of an activation. Found from the function itself, not from a list of names.
enum class ActivationKind : std::uint8_t {
  rectifier,  ///< exactly 0 with no slope far on the left, a slope on the right: a unit can be off for good
  bounded,    ///< flat on both sides (sigmoid, tanh): a unit can be pressed against its bounds
  other,
};

ActivationKind kind_of(const Activation& activation);

/// The elementwise activations under a module with the names that findings give them: "relu1", the activation's name
/// and its number among those of that name.
std::vector<std::pair<std::string, nn::Activate*>> named_activations(nn::Module& network);

/// One activation layer's counts.
struct LayerActivity {
  std::string layer;  ///< as named_activations() names it; "relu1:2" for the second use of one module in a pass
  ActivationKind kind = ActivationKind::other;
  std::int64_t rows = 0;
  std::vector<std::int64_t> fired = {};       ///< rows on which each unit's output was not 0
  std::vector<std::int64_t> saturated = {};   ///< bounded: rows on which f′ was under 5 % of its maximum
  std::vector<std::int64_t> dead_since = {};  ///< the step from which on each unit was dead; -1: alive, or not followed
  std::int64_t silent_since = -1;             ///< the step from which on none of them fired; -1: one did, or as above

  /// Rectifiers: the units that fired on no row. Nothing where there were no rows.
  std::vector<std::int64_t> dead_units() const;
  /// Those as a share of all units.
  double dead_share() const { return static_cast<double>(dead_units().size()) / static_cast<double>(fired.size()); }
  /// The share of all outputs that were 0.
  double sparsity() const;
};

/// Watches every elementwise activation under a module. Counting goes on from construction to destruction. Where
/// backward() keeps a bit that says whether an output is 0, those bits are counted; else the outputs are looked at.
///
/// A module that is used more than once in a pass counts as several layers. A pass ends when the network, called as
/// network(x), gives its output.
class UnitActivity {
 public:
  explicit UnitActivity(nn::Module& network);
  ~UnitActivity();
  UnitActivity(const UnitActivity&) = delete;
  UnitActivity& operator=(const UnitActivity&) = delete;

  const std::vector<LayerActivity>& layers() const { return layers_; }
  /// The share of all rectifier units that never fired; 0 where there are none.
  double dead_share() const;
  void reset();
  /// What comes next belongs to another pass, though the network's own output was not seen.
  void end_pass();
  /// Leaves out what the network computes from now on, or counts again.
  void count(bool on) { counting_ = on; }

 private:
  /// Outputs at or below `low` and at or above `high` are saturated.
  struct Bounds {
    double low = 0;
    double high = 0;
  };
  struct Watched {
    std::string name;
    ActivationKind kind = ActivationKind::other;
    Bounds bounds;
    bool bits_say_firing = false;        // the bit that backward() keeps is set where the output is not 0
    std::vector<std::size_t> uses = {};  // places in layers_
    std::size_t used = 0;                // in this pass
  };
  static Bounds saturation_bounds(const Activation& activation);
  static Watched watched(std::string name, const Activation& activation);
  LayerActivity& layer_of_next_use(Watched& watched);
  void count_rows(Watched& watched, const Tensor& y);

  std::vector<LayerActivity> layers_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::vector<std::pair<nn::Module*, int>> hooks_;
  bool counting_ = true;
};

}  // namespace relume::health
