// Private. Weights that a run does without: more of them while it goes on, the rest trained to make up for them.
#pragma once

#include <cstdint>
#include <vector>

#include "relume/nn/linear.h"
#include "relume/train/options.h"

namespace relume::training {

/// Of each Linear of a network but the last, `share` of the weights become 0 and stay so. They go in blocks, the
/// weights of one input and 16 neighbouring outputs, as kernels/pruned_panels.h leaves them out; the ones of the
/// smallest mean square first. From a tenth to six tenths of a run their share grows as in Zhu and Gupta, "To prune, or
/// not to prune", 2017: share · (1 − (1 − t)³) for t from 0 to 1; what is left of the run trains the others.
class Pruning {
 public:
  /// Throws OptionError where there is no Linear but the last.
  Pruning(nn::Module& network, double share, std::int64_t steps);

  /// After so many steps of all.
  void after_step(std::int64_t step);
  /// The blocks that were chosen become 0 again, whatever has happened to them.
  void apply();
  bool is_complete(std::int64_t step) const { return step >= end_; }

 private:
  struct Layer {
    nn::Linear* linear;
    std::vector<std::uint8_t> pruned;  // block after block: [rows of blocks, inputs]
  };
  void choose(Layer& layer, double share) const;
  static void zero(Layer& layer);

  double share_;
  std::int64_t begin_, end_, every_;
  std::vector<Layer> layers_;
};

}  // namespace relume::training
