// How often each unit of the ReLU-like layers fires.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "relume/nn/module.h"

namespace relume::health {

/// A layer's count: rows on which each unit's output was above the activation's floor.
struct LayerActivity {
  std::string layer;  ///< "relu1": the activation's name and its number among those of that name
  std::int64_t rows = 0;
  std::vector<std::int64_t> fired;

  std::vector<std::int64_t> dead_units() const;
};

/// Watches every elementwise activation under a module whose derivative vanishes on one side (relu and its kin): a unit
/// that never leaves that side passes no gradient and cannot learn. Counting goes on from construction to destruction.
class UnitActivity {
 public:
  explicit UnitActivity(nn::Module& network);
  ~UnitActivity();
  UnitActivity(const UnitActivity&) = delete;
  UnitActivity& operator=(const UnitActivity&) = delete;

  const std::vector<LayerActivity>& layers() const { return layers_; }
  /// The share of all watched units that never fired; 0 where there are none.
  double dead_share() const;
  void reset();

 private:
  void attach(nn::Module& module);

  std::vector<LayerActivity> layers_;
  std::vector<std::pair<nn::Module*, int>> hooks_;
};

}  // namespace relume::health
