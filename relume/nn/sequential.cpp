// Compiled for speed.
#include "relume/nn/sequential.h"

#include <typeinfo>

#include "relume/nn/linear.h"

namespace relume::nn {
namespace {

/// The module where it is a plain Linear whose own output nobody asks for: a fused one never has it in memory.
const Linear* fusible(const Module& module) {
  return typeid(module) == typeid(Linear) && !module.has_hooks() ? static_cast<const Linear*>(&module) : nullptr;
}

}  // namespace

void Sequential::push_back(std::shared_ptr<Module> module) { add(std::to_string(size()), std::move(module)); }

Tensor Sequential::forward(const Tensor& x) {
  Tensor y = x;
  for (std::size_t i = 0; i < size(); ++i) {
    Module& module = child(i);
    const auto* layer = fusible(module);
    const Activation* f = layer && i + 1 < size() ? child(i + 1).as_activation() : nullptr;
    if (f) {
      y = layer->forward_with(y, *f);
      child(++i).run_hooks(y);
    } else {
      y = module(y);
    }
  }
  return y;
}

std::int64_t Sequential::features_out(std::int64_t features) const {
  for (std::size_t i = 0; i < size(); ++i) features = child(i).features_out(features);
  return features;
}

std::string Sequential::describe() const { return describe_as("Sequential"); }

}  // namespace relume::nn
