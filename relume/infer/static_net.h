// Public. A network whose sizes are in its type: its weights lie in the object, and a call is compiled for them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "relume/activation/identity.h"
#include "relume/activation/loops.h"
#include "relume/activation/parameters.h"
#include "relume/base/error.h"
#include "relume/infer/frozen.h"
#include "relume/io/model.h"

namespace relume::infer {

/// y = W x + b with so many outputs, as a layer of a StaticNet.
template <std::size_t Outputs>
struct Linear {};

namespace static_net {

/// What the layer of a description is where a row has so many values before it.
template <std::size_t Inputs, class S>
struct Layer;

[[noreturn]] inline void refuse(std::string_view due) {
  throw InputError("StaticNet: its type has " + std::string(due) + " where the network has something else");
}

/// So many floats as one value; the compiler spreads them over the registers that there are.
template <std::size_t Count>
struct Vector {
  typedef float type __attribute__((vector_size(Count * sizeof(float))));  // NOLINT(modernize-use-using)
};

template <std::size_t Inputs, std::size_t Outputs>
struct Layer<Inputs, Linear<Outputs>> {
  static constexpr std::size_t outputs = Outputs;
  static constexpr std::size_t parameters = (Inputs + 1) * Outputs;

  void run(const float* x, float* y) const {
    if constexpr (along_inputs) {
      for (std::size_t j = 0; j < Outputs; ++j) y[j] = bias_[j] + dot(x, weight_.data() + j * Inputs);
    } else {
      run_blocks(x, y);
    }
  }

  void take(const FrozenLayer& layer) {
    const auto* dense = std::get_if<Dense>(&layer);
    if (!dense || dense->inputs != static_cast<std::int64_t>(Inputs) ||
        dense->outputs != static_cast<std::int64_t>(Outputs))
      refuse("Linear<" + std::to_string(Outputs) + ">");
    take(dense->weight.data(), dense->bias.data());
  }
  void take(const float*& values) {
    take(values, values + Inputs * Outputs);
    values += parameters;
  }

 private:
  /// Few outputs of many inputs are sums along the inputs, others are computed side by side.
  static constexpr bool along_inputs = Outputs == 1 || (Outputs <= 4 && Inputs >= 16);
  static constexpr std::size_t wide_as(std::size_t count) { return count > 8 ? 16 : count > 4 ? 8 : 4; }
  static constexpr std::size_t lanes = along_inputs ? wide_as(Inputs < 16 ? Inputs / 2 : Inputs) : wide_as(Outputs);
  static constexpr std::size_t width = along_inputs ? Outputs : (Outputs + lanes - 1) / lanes * lanes;
#ifdef __AVX512F__
  static constexpr std::size_t at_once = 4;
#else
  static constexpr std::size_t at_once = 2;
#endif
  using Lanes = typename Vector<lanes>::type;

  void take(const float* weight, const float* bias) {
    for (std::size_t j = 0; j < Outputs; ++j) {
      bias_[j] = bias[j];
      for (std::size_t i = 0; i < Inputs; ++i)
        weight_[along_inputs ? j * Inputs + i : i * width + j] = weight[j * Inputs + i];
    }
  }

  static float dot(const float* x, const float* w) {
    constexpr std::size_t whole = Inputs / lanes * lanes;
    Lanes sums = {};
    for (std::size_t i = 0; i < whole; i += lanes) {
      Lanes a, b;
      std::memcpy(&a, x + i, sizeof a);
      std::memcpy(&b, w + i, sizeof b);
      sums += a * b;
    }
    float sum = 0;
    for (std::size_t i = whole; i < Inputs; ++i) sum += x[i] * w[i];
    for (std::size_t half = lanes / 2; half > 0; half /= 2)
      for (std::size_t l = 0; l < half; ++l) sums[l] += sums[l + half];
    return sum + sums[0];
  }

  void run_blocks(const float* x, float* y) const {
    std::size_t j = 0;
    for (; j + at_once * lanes <= width; j += at_once * lanes) run_block<at_once>(x, y, j);
    for (; j < width; j += lanes) run_block<1>(x, y, j);
  }

  /// So many times `lanes` outputs, whose sums stay in registers. A sum alone would wait for its last addition at each
  /// input: of few there are several, each of a part of the inputs.
  template <std::size_t Count>
  void run_block(const float* x, float* y, std::size_t j) const {
    constexpr std::size_t parts = Inputs >= 8 ? 4 / Count : 1, whole = Inputs / parts * parts;
    Lanes sums[parts][Count] = {};
    std::memcpy(sums[0], bias_.data() + j, sizeof sums[0]);
    const auto add = [&](std::size_t part, std::size_t i) {
      const float* w = weight_.data() + i * width + j;
      for (std::size_t k = 0; k < Count; ++k) {
        Lanes column;
        std::memcpy(&column, w + k * lanes, sizeof column);
        sums[part][k] += column * x[i];
      }
    };
    for (std::size_t i = 0; i < whole; i += parts)
      for (std::size_t part = 0; part < parts; ++part) add(part, i + part);
    for (std::size_t i = whole; i < Inputs; ++i) add(i - whole, i);
    for (std::size_t half = parts / 2; half > 0; half /= 2)
      for (std::size_t part = 0; part < half; ++part)
        for (std::size_t k = 0; k < Count; ++k) sums[part][k] += sums[part + half][k];
    if (j + Count * lanes <= Outputs)
      std::memcpy(y + j, sums[0], sizeof sums[0]);
    else
      std::memcpy(y + j, sums[0], (Outputs - j) * sizeof(float));
  }

  alignas(64) std::array<float, Inputs * width> weight_{};
  alignas(64) std::array<float, width> bias_{};
};

using Number = kernels::Plain<float>;

template <std::size_t Inputs, activation::Elementwise S>
struct Layer<Inputs, S> {
  static constexpr std::size_t outputs = Inputs;
  static constexpr std::size_t parameters = 0;

  void run(const float* x, float* y) const {
    for (std::size_t i = 0; i < Inputs; ++i) y[i] = function.forward(Number(x[i]));
  }
  void take(const FrozenLayer& layer) {
    const auto* elementwise = std::get_if<infer::Elementwise>(&layer);
    if (!elementwise || elementwise->activation.name() != S::info.name) refuse(S::info.name);
    function = activation::with_parameters<S>(elementwise->activation.parameters());
  }
  void take(const float*& /*values*/) {}

  S function;
};

template <std::size_t Inputs, activation::Parametric S>
struct Layer<Inputs, S> {
  static constexpr std::size_t outputs = Inputs;
  static constexpr std::size_t parameters = Inputs;

  void run(const float* x, float* y) const {
    for (std::size_t i = 0; i < Inputs; ++i) y[i] = S().forward(Number(x[i]), Number(slopes_[i]));
  }
  void take(const FrozenLayer& layer) {
    const auto* slopes = std::get_if<Slopes>(&layer);
    if (!slopes) refuse(S::info.name);
    for (std::size_t i = 0; i < Inputs; ++i) slopes_[i] = slopes->slope[slopes->slope.size() > 1 ? i : 0];
  }
  void take(const float*& values) {
    std::copy_n(values, Inputs, slopes_.data());
    values += Inputs;
  }

 private:
  std::array<float, Inputs> slopes_{};
};

/// What joins the values of a row.
template <class S>
void take_along(const FrozenLayer& layer) {
  const auto* along = std::get_if<Along>(&layer);
  if (!along || along->activation.name() != S::info.name) refuse(S::info.name);
}

template <std::size_t Inputs, activation::Gated S>
struct Layer<Inputs, S> {
  static_assert(Inputs % 2 == 0, "a gate takes an even number of values");
  static constexpr std::size_t outputs = Inputs / 2;
  static constexpr std::size_t parameters = 0;

  void run(const float* x, float* y) const {
    for (std::size_t i = 0; i < outputs; ++i) y[i] = x[i] * typename S::Gate().forward(Number(x[outputs + i]));
  }
  void take(const FrozenLayer& layer) { take_along<S>(layer); }
  void take(const float*& /*values*/) {}
};

template <std::size_t Inputs, activation::Concatenated S>
struct Layer<Inputs, S> {
  static constexpr std::size_t outputs = 2 * Inputs;
  static constexpr std::size_t parameters = 0;

  void run(const float* x, float* y) const {
    for (std::size_t i = 0; i < Inputs; ++i) {
      y[i] = typename S::BothSigns().forward(Number(x[i]));
      y[Inputs + i] = typename S::BothSigns().forward(Number(-x[i]));
    }
  }
  void take(const FrozenLayer& layer) { take_along<S>(layer); }
  void take(const float*& /*values*/) {}
};

template <std::size_t Inputs, class S>
requires(activation::kind_of<S> == activation::Kind::rows) struct Layer<Inputs, S> {
  static constexpr std::size_t outputs = Inputs;
  static constexpr std::size_t parameters = 0;

  void run(const float* x, float* y) const { S::template forward<Number>(x, y, static_cast<std::int64_t>(Inputs)); }
  void take(const FrozenLayer& layer) { take_along<S>(layer); }
  void take(const float*& /*values*/) {}
};

/// The layers from this width on, one inside the other.
template <std::size_t Inputs, class... S>
struct Chain {
  static constexpr std::size_t outputs = Inputs;
  static constexpr std::size_t parameters = 0;
  static constexpr std::size_t layers = 0;

  void run(const float* x, float* y) const { std::copy_n(x, Inputs, y); }
  void take(const FrozenLayer* /*layers*/) {}
  void take(const float* /*values*/) {}
};

template <std::size_t Inputs, class First, class... Rest>
struct Chain<Inputs, First, Rest...> {
  using Head = Layer<Inputs, First>;
  using Tail = Chain<Head::outputs, Rest...>;
  static constexpr std::size_t outputs = Tail::outputs;
  static constexpr std::size_t parameters = Head::parameters + Tail::parameters;
  /// freeze() leaves out what does nothing.
  static constexpr bool is_frozen = !std::is_same_v<First, activation::Identity>;
  static constexpr std::size_t layers = (is_frozen ? 1 : 0) + Tail::layers;

  void run(const float* x, float* y) const {
    if constexpr (sizeof...(Rest) == 0) {
      head.run(x, y);
    } else {
      alignas(64) float between[Head::outputs];
      head.run(x, between);
      tail.run(between, y);
    }
  }
  void take(const FrozenLayer* layer) {
    if constexpr (is_frozen) head.take(*layer++);
    tail.take(layer);
  }
  void take(const float* values) {
    head.take(values);
    tail.take(values);
  }

  Head head;
  [[no_unique_address]] Tail tail;
};

}  // namespace static_net

/// A network that lies in its object, for the smallest ones: nothing is allocated, looked up or dispatched, and the
/// compiler sees every size. It is compiled for the machine that the program is compiled for (-O3 -march=…).
///
///   using namespace relume::activation;
///   using Net = relume::StaticNet<2, relume::infer::Linear<16>, Relu, relume::infer::Linear<2>, Softmax>;
///   const Net net(model);                       // a Model, or a Module
///   const std::array<float, 2> p = net({0.5f, -1.0f});
///
/// Layers are Linear and the structs of the family, as freeze() (infer/frozen.h) finds them in a network: a BatchNorm
/// is part of its Linear. It takes and gives what the network does: preprocessing and the target's unit stay outside.
template <std::size_t Inputs, class... Layers>
class StaticNet {
  using Chain = static_net::Chain<Inputs, Layers...>;

 public:
  static constexpr std::size_t inputs = Inputs;
  static constexpr std::size_t outputs = Chain::outputs;
  /// Numbers that training found.
  static constexpr std::size_t parameters = Chain::parameters;

  /// All weights 0.
  StaticNet() = default;
  /// Throws InputError where its layers are others than the network's, and as freeze() does.
  explicit StaticNet(const nn::Module& network) : StaticNet(freeze(network, Inputs)) {}
  /// Behind the network of a classification may stand Softmax, which makes its outputs probabilities.
  explicit StaticNet(const io::Model& model) : StaticNet(frozen(model)) {}
  explicit StaticNet(const Frozen& network) {
    if (network.inputs != static_cast<std::int64_t>(inputs) || network.layers.size() != Chain::layers)
      throw InputError("StaticNet: its type has " + std::to_string(inputs) + " inputs and " +
                       std::to_string(Chain::layers) + " layers, the network " + std::to_string(network.inputs) +
                       " and " + std::to_string(network.layers.size()));
    layers_.take(network.layers.data());
  }
  /// Of the constants in a header that `relume export` has written: NAME_values. Activations keep their defaults, and a
  /// PReLU has a slope for each value.
  template <std::size_t Count>
  explicit StaticNet(const float (&values)[Count]) {
    static_assert(Count == parameters, "these are not the numbers of such a network");
    layers_.take(values);
  }

  /// One row.
  void predict(std::span<const float, inputs> in, std::span<float, outputs> out) const {
    layers_.run(in.data(), out.data());
  }
  std::array<float, outputs> operator()(const std::array<float, inputs>& in) const {
    std::array<float, outputs> out;
    layers_.run(in.data(), out.data());
    return out;
  }

 private:
  static Frozen frozen(const io::Model& model) {
    Frozen network = freeze(model);
    if (model.task == data::Task::classification && network.layers.size() + 1 == Chain::layers)
      network.layers.emplace_back(Along{Activation("softmax")});
    return network;
  }

  Chain layers_;
};

}  // namespace relume::infer

namespace relume {
using infer::StaticNet;
}
