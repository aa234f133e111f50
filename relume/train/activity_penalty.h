// Private. What makes units fire seldom: the sizes of their outputs, added to the loss.
#pragma once

#include <utility>
#include <vector>

#include "relume/health/unit_activity.h"

namespace relume::training {

/// While it lives, it sees what a network's rectifiers put out in training. Throws OptionError where there are none.
class ActivityPenalty {
 public:
  ActivityPenalty(nn::Module& network, double weight);
  ~ActivityPenalty();
  ActivityPenalty(const ActivityPenalty&) = delete;
  ActivityPenalty& operator=(const ActivityPenalty&) = delete;

  /// loss + weight · Σ over the layers of mean |output|, of what they put out since the last call.
  Tensor added_to(const Tensor& loss);

 private:
  double weight_;
  std::vector<Tensor> outputs_;
  std::vector<std::pair<nn::Module*, int>> hooks_;
};

}  // namespace relume::training
