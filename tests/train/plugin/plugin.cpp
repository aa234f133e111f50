// What a host loads that was not linked with relume: see host.cpp.
#include "relume/relume.h"

/// The sum of a trained network's weights, times a million.
extern "C" long train_in_plugin() {
  const relume::Run run = relume::train("builtin:moons", {.hidden = {8}, .epochs = 2, .seed = 1});
  double sum = 0;
  for (const relume::Tensor& parameter : run.model.network->parameters())
    for (const double value : parameter.to_vector<double>()) sum += value;
  return static_cast<long>(sum * 1e6);
}
