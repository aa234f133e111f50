// Compiled for speed.
#include "relume/optim/optimizer.h"

#include <cmath>

#include "relume/autograd/grad_mode.h"
#include "relume/autograd/gradient_state.h"
#include "relume/base/flush_denormals.h"
#include "relume/base/require.h"

namespace relume::optim {

void Optimizer::add_group(const std::vector<Tensor>& parameters, double lr) {
  require(std::isfinite(lr) && lr >= 0, "{}: a learning rate of {} is not a number ≥ 0", name(), lr);
  require(!parameters.empty(), "{}: there are no parameters", name());
  for (const Tensor& parameter : parameters) {
    require(parameter.is_contiguous(), "{}: a parameter of {} is a strided view", name(), parameter.shape());
    for (const Tensor& other : parameters_)
      require(!other.same_as(parameter), "{}: a parameter of {} is given twice", name(), parameter.shape());
    parameters_.push_back(parameter);
    group_of_.push_back(rates_.size());
    std::vector<Tensor>& buffers = buffers_.emplace_back();
    for (std::size_t k = 0; k < buffer_count_; ++k) buffers.push_back(new_buffer(k, parameter));
    own_steps_.push_back(zeros({}, DType::int64));
  }
  rates_.push_back(lr);
  base_rates_.push_back(lr);
}

Tensor Optimizer::new_buffer(std::size_t buffer, const Tensor& parameter) const {
  return info_.buffers[buffer].scalar ? zeros({}, DType::float32) : zeros_like(parameter);
}

void Optimizer::need_buffers(std::size_t count) {
  for (; buffer_count_ < count; ++buffer_count_)
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      buffers_[i].push_back(new_buffer(buffer_count_, parameters_[i]));
}

void Optimizer::move(std::size_t index, MakeGradient gradient, double grad_scale) {
  parameters_[index].impl()->storage->bump_version();
  const std::int64_t own_step = ++*own_steps_[index].data<std::int64_t>();
  const std::size_t group = group_of_[index];
  update({parameters_[index], gradient, grad_scale, own_step, group, rates_[group], buffers_[index]});
}

void Optimizer::move_all(double grad_scale) {
  const FlushDenormals flush;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const GradientState* state = parameters_[i].impl()->gradient_state;
    if (!state || !state->grad.defined()) continue;
    const Tensor gradient = state->grad.contiguous();
    require<DTypeError>(gradient.dtype() == parameters_[i].dtype(),
                        "{}: a gradient of {} does not fit a parameter of {}", name(), relume::name(gradient.dtype()),
                        relume::name(parameters_[i].dtype()));
    move(
        i, [&gradient](TakePart take) { take(gradient.raw_data(), 0, gradient.elements()); }, grad_scale);
  }
}

void Optimizer::step(double grad_scale) {
  NoGradGuard guard;
  ++steps_;
  move_all(grad_scale);
}

/// Backward reaches parameters in about the reverse of their order: the next one is near the last.
class Optimizer::InBackward final : public LeafReceiver {
 public:
  explicit InBackward(Optimizer& optimizer) : optimizer_(optimizer), last_(optimizer.parameters_.size()) {}

  bool take(const Tensor& leaf, MakeGradient make) override {
    const std::size_t count = optimizer_.parameters_.size();
    for (std::size_t away = 1; away <= count; ++away)
      for (const std::size_t i : {last_ - away, last_ + away}) {
        if (i >= count || !optimizer_.parameters_[i].same_as(leaf)) continue;
        last_ = i;
        optimizer_.move(i, make, 1);
        return true;
      }
    return false;
  }

 private:
  Optimizer& optimizer_;
  std::size_t last_;
};

void Optimizer::step_in_backward(const Tensor& loss) {
  NoGradGuard guard;
  InBackward receiver(*this);
  backward_into(loss, receiver);
  ++steps_;
  move_all(1);
}

void Optimizer::zero_grad() {
  for (const Tensor& parameter : parameters_) parameter.set_grad(Tensor());
}

std::vector<std::pair<std::string, Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, Tensor>> result;
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    for (std::size_t k = 0; k < buffer_count_; ++k)
      result.emplace_back(fmt::format("{}.{}", i, info_.buffers[k].name), buffers_[i][k]);
    result.emplace_back(fmt::format("{}.step", i), own_steps_[i]);
  }
  return result;
}

void Optimizer::load_state(const std::vector<std::pair<std::string, Tensor>>& given, std::int64_t steps) {
  const auto own = state();
  require<InputError>(given.size() == own.size(), "load_state: {} optimizer buffers, but this optimizer has {}",
                      given.size(), own.size());
  for (std::size_t i = 0; i < own.size(); ++i)
    require<InputError>(given[i].first == own[i].first && given[i].second.shape() == own[i].second.shape(),
                        "load_state: optimizer buffer \"{}\" {} is not \"{}\" {}", given[i].first,
                        given[i].second.shape(), own[i].first, own[i].second.shape());
  for (std::size_t i = 0; i < own.size(); ++i) Tensor(own[i].second).copy_(given[i].second);
  steps_ = steps;
}

}  // namespace relume::optim
