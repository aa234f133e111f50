// Public. A network as it runs: its layers with their weights, without what training alone needs.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "relume/activation/activation.h"

namespace relume::nn {
class Module;
}
namespace relume::io {
struct Model;
}

namespace relume::infer {

/// y = W x + b
struct Dense {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::vector<float> weight;  ///< [outputs, inputs]
  std::vector<float> bias;    ///< [outputs]
};

/// y[i] = (x[i] − center[i]) · factor[i] + offset[i]
struct Scale {
  std::vector<float> center;
  std::vector<float> factor;
  std::vector<float> offset;
};

/// y[i] = f(x[i])
struct Elementwise {
  Activation activation;
};

/// y[i] = x[i] > 0 ? x[i] : slope · x[i], with one slope for all or one for each.
struct Slopes {
  std::vector<float> slope;
};

/// What joins the values of a row: softmax and its like, gated activations, crelu.
struct Along {
  Activation activation;
};

/// Values in equal groups, one after the other, each brought to mean 0 and variance 1: y[i] = x̂[i] · factor[i] +
/// offset[i]
struct Normalise {
  std::int64_t groups = 1;
  double epsilon = 1e-5;
  std::vector<float> factor;
  std::vector<float> offset;
};

/// A detour begins: what stands here is added to what comes out at the EndResidual that belongs to it.
struct BeginResidual {};
struct EndResidual {};

using FrozenLayer = std::variant<Dense, Scale, Elementwise, Slopes, Along, Normalise, BeginResidual, EndResidual>;

/// A chain of layers. Rows go through it one by one: no layer asks what else is in the batch.
struct Frozen {
  std::int64_t inputs = 0;
  std::int64_t outputs = 0;
  std::vector<FrozenLayer> layers;
};

/// How many values a row has behind the layer that had so many before it.
std::int64_t features_out(const FrozenLayer& layer, std::int64_t features);

/// The network in evaluation, in float32: Linear, activations, PReLU, BatchNorm1d with running averages, LayerNorm,
/// GroupNorm, Residual and Sequential of these; Dropout and Flatten are gone. A BatchNorm becomes part of the Linear
/// before it, or of the one behind it where no value loses more than two of its bits by that, and so on through chains
/// of them. The network's hooks do not run. `features` is how many values a row has where the first layers do not say.
/// Throws InputError for any other module, where widths do not fit, and for weights that are NaN or infinite.
Frozen freeze(const nn::Module& network, std::int64_t features = 0);

/// A model's network with the scaling of arrays, which becomes part of the first Linear where that is exact as above.
/// For a table's model it begins with the features that preprocessing makes. It ends where the network does.
Frozen freeze(const io::Model& model);

}  // namespace relume::infer
