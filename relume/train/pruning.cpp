#include "relume/train/pruning.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace relume::training {
namespace {

constexpr std::int64_t block = 16;  // outputs
constexpr std::int64_t rounds = 50;

/// The weights of one block: those of input `p` from output `first` on.
template <class F>
void each_weight(nn::Linear& linear, std::int64_t at, F f) {
  const std::int64_t inputs = linear.in_features(), first = at / inputs * block, p = at % inputs;
  float* weight = linear.weight.detach().data<float>();
  for (std::int64_t j = first; j < std::min(first + block, linear.out_features()); ++j) f(weight[j * inputs + p]);
}

std::size_t blocks(const nn::Linear& linear) {
  return static_cast<std::size_t>((linear.out_features() + block - 1) / block * linear.in_features());
}

bool is_zero(nn::Linear& linear, std::int64_t at) {
  bool zero = true;
  each_weight(linear, at, [&](float w) { zero = zero && w == 0; });
  return zero;
}

double mean_square(nn::Linear& linear, std::int64_t at) {
  double sum = 0;
  int count = 0;
  each_weight(linear, at, [&](float w) { sum += static_cast<double>(w) * static_cast<double>(w), ++count; });
  return sum / count;
}

void collect(nn::Module& module, std::vector<nn::Linear*>& into) {
  if (nn::Linear* linear = module.as_linear()) into.push_back(linear);
  for (const auto& [name, child] : module.children()) collect(*child, into);
}

}  // namespace

Pruning::Pruning(nn::Module& network, double share, std::int64_t steps)
    : share_(share),
      begin_(steps / 10),
      end_(std::max<std::int64_t>(1, steps * 6 / 10)),
      every_(std::max<std::int64_t>(1, (end_ - begin_) / rounds)) {
  std::vector<nn::Linear*> all;
  collect(network, all);
  if (all.size() < 2)
    throw OptionError({"prune"}, "train: prune leaves the last layer as it is, and the network has no other");
  all.pop_back();
  for (nn::Linear* linear : all) {
    Layer& layer = layers_.emplace_back(Layer{linear, std::vector<std::uint8_t>(blocks(*linear))});
    // Of a run that is gone on with.
    for (std::size_t i = 0; i < layer.pruned.size(); ++i)
      layer.pruned[i] = is_zero(*linear, static_cast<std::int64_t>(i));
  }
}

void Pruning::after_step(std::int64_t step) {
  if (step >= begin_ && step <= end_ && ((step - begin_) % every_ == 0 || step == end_)) {
    const double left =
        1 - static_cast<double>(step - begin_) / static_cast<double>(std::max<std::int64_t>(1, end_ - begin_));
    for (Layer& layer : layers_) choose(layer, share_ * (1 - left * left * left));
  }
  apply();
}

void Pruning::choose(Layer& layer, double share) const {
  std::vector<double> size(layer.pruned.size());
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = mean_square(*layer.linear, static_cast<std::int64_t>(i));
  std::vector<std::size_t> order(size.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(size.size())));
  std::nth_element(order.begin(), order.begin() + count, order.end(),
                   [&](std::size_t a, std::size_t b) { return std::pair(size[a], a) < std::pair(size[b], b); });
  for (std::ptrdiff_t i = 0; i < count; ++i) layer.pruned[order[static_cast<std::size_t>(i)]] = 1;
}

void Pruning::apply() {
  for (Layer& layer : layers_) zero(layer);
}

void Pruning::zero(Layer& layer) {
  for (std::size_t i = 0; i < layer.pruned.size(); ++i)
    if (layer.pruned[i]) each_weight(*layer.linear, static_cast<std::int64_t>(i), [](float& w) { w = 0; });
}

}  // namespace relume::training
