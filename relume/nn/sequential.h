// Public. Modules one after the other.
#pragma once

#include <concepts>
#include <memory>

#include "relume/nn/module.h"

namespace relume::nn {

/// Feeds each module's output to the next. A Linear followed by an elementwise activation runs as one fused operation.
class Sequential : public Module {
 public:
  Sequential() = default;
  /// nn::Sequential net{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)};
  template <std::derived_from<Module>... Modules>
  requires(sizeof...(Modules) > 1 ||
           (... && !std::same_as<std::remove_cvref_t<Modules>, Sequential>)) explicit Sequential(Modules... modules) {
    (push_back(std::make_shared<Modules>(std::move(modules))), ...);
  }

  void push_back(std::shared_ptr<Module> module);
  std::size_t size() const { return child_count(); }
  Module& operator[](std::size_t i) const { return child(i); }

  Tensor forward(const Tensor& x) override;
  std::string describe() const override;
  std::int64_t features_out(std::int64_t features_in) const override;
};

}  // namespace relume::nn
