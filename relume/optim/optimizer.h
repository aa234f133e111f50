// What all optimizers share.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume::optim {

/// Moves parameters along their gradients. One pass over memory a step; parameters without a gradient stay.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One step with the gradients, each multiplied by `grad_scale` (which is how clipping costs no pass of its own).
  void step(double grad_scale = 1);
  /// Forgets the gradients, so that the next backward() starts from nothing.
  void zero_grad();

  double lr() const { return lr_; }
  void set_lr(double lr) { lr_ = lr; }
  std::int64_t steps() const { return steps_; }
  const std::vector<Tensor>& parameters() const { return parameters_; }

  /// What step() remembers, to be saved and given to load_state(): "0.mean", "0.square", … one name a parameter and
  /// buffer, and "0.step", the number of steps that the parameter took part in.
  std::vector<std::pair<std::string, Tensor>> state() const;
  /// Throws InputError where names or shapes differ.
  void load_state(const std::vector<std::pair<std::string, Tensor>>& state, std::int64_t steps);

 protected:
  /// Throws ValueError for a rate that is not a number of at least 0, and for no parameters.
  Optimizer(const char* name, std::vector<Tensor> parameters, double lr, std::vector<std::string> buffer_names);

  /// Steps a parameter, whose buffers are in the order of their names. `step` counts the steps that it took part in,
  /// this one included: a parameter whose first gradient comes late begins at 1, as in PyTorch.
  virtual void update(const Tensor& parameter, const Tensor& gradient, double grad_scale, std::int64_t step,
                      std::vector<Tensor>& buffers) = 0;

 private:
  std::vector<Tensor> parameters_;
  std::vector<std::string> buffer_names_;
  std::vector<std::vector<Tensor>> buffers_;
  std::vector<Tensor> own_steps_;  // int64, one a parameter
  double lr_;
  std::int64_t steps_ = 0;
};

}  // namespace relume::optim
