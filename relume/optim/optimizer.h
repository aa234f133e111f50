// Public. What all optimizers share.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relume/autograd/leaf_receiver.h"
#include "relume/tensor/tensor.h"

namespace relume::optim {

/// What an optimizer keeps from step to step: as large as each parameter, or one number (float32) a parameter.
struct Buffer {
  std::string_view name;   ///< in state()
  std::string_view torch;  ///< in PyTorch's state_dict
  bool scalar = false;
};

/// The facts of an optimizer, from which the table (optim/optimizer_table.h), the command line and Python make it.
struct OptimizerInfo {
  const char* name;                      ///< as options and the command line call it: "adamw"
  const char* type;                      ///< the class, as PyTorch calls it: "AdamW"
  const char* formula;                   ///< as text, for help and docs
  std::array<Buffer, 3> buffers = {};    ///< unnamed ones are none; options decide how many of the first are needed
  double lr = 1e-3;                      ///< with which a run begins that is not told
  double weight_decay = 0;               ///< the same
  bool takes_decay_off_weights = false;  ///< and does not add it to the gradient that its state follows
};

/// An option by the name that PyTorch gives it: a number, a flag or two numbers (betas).
template <class Options>
struct Field {
  const char* name;
  double Options::*number = nullptr;
  bool Options::*flag = nullptr;
  double Options::*second = nullptr;

  constexpr Field(const char* called, double Options::*place) : name(called), number(place) {}
  constexpr Field(const char* called, bool Options::*place) : name(called), flag(place) {}
  constexpr Field(const char* called, double Options::*first, double Options::*last)
      : name(called), number(first), second(last) {}
};

/// Parameters that are stepped with options of their own:
/// optim::Adam({{body.parameters(), {.lr = 1e-4}}, {head.parameters(), {.lr = 1e-3}}}).
template <class Options>
struct ParameterGroup {
  std::vector<Tensor> parameters;
  Options options;
};

/// Moves parameters along their gradients. One pass over memory a step; parameters without a gradient stay.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One step with the gradients, each multiplied by `grad_scale` (which is how clipping costs no pass of its own).
  void step(double grad_scale = 1);
  /// loss.backward() and step() in one, to the same bits: a parameter is stepped as soon as its gradient is known, a
  /// layer's weight while each part of the gradient is still in the nearest cache, and its gradient is not kept. It
  /// saves time with weights that no cache holds. A parameter that is used twice, has a hook or a gradient from before,
  /// or whose memory is also another tensor's gets a grad() and is stepped at the end. The graph is freed.
  void step_in_backward(const Tensor& loss);
  /// Forgets the gradients, so that the next backward() starts from nothing.
  void zero_grad();

  /// The learning rate of a group; there is one group unless more were given.
  double lr(std::size_t group = 0) const { return rates_[group]; }
  /// The rate that a group was made with, from which schedules start.
  double base_lr(std::size_t group = 0) const { return base_rates_[group]; }
  std::size_t groups() const { return rates_.size(); }
  /// Of all groups.
  void set_lr(double lr) { rates_.assign(rates_.size(), lr); }
  void set_lr(std::size_t group, double lr) { rates_[group] = lr; }
  std::int64_t steps() const { return steps_; }
  const std::vector<Tensor>& parameters() const { return parameters_; }

  /// What step() remembers, to be saved and given to load_state(): "0.mean", "0.square", … one name a parameter and
  /// buffer, and "0.step", the number of steps that the parameter took part in.
  std::vector<std::pair<std::string, Tensor>> state() const;
  /// Throws InputError where names or shapes differ.
  void load_state(const std::vector<std::pair<std::string, Tensor>>& state, std::int64_t steps);

 protected:
  explicit Optimizer(const OptimizerInfo& facts) : info_(facts) {}

  /// Throws ValueError for a rate that is not a number of at least 0, and for no parameters; the buffers must be there.
  void add_group(const std::vector<Tensor>& parameters, double lr);
  /// From now on there are at least so many of the buffers; new ones begin with 0.
  void need_buffers(std::size_t count);
  const char* name() const { return info_.type; }

  /// One parameter's step.
  struct Update {
    const Tensor& parameter;
    MakeGradient make_gradient;
    double grad_scale;
    std::int64_t
        step;  ///< counts those that the parameter took part in: its first gradient may come late, as in PyTorch
    std::size_t group;
    double lr;
    std::vector<Tensor>& buffers;  ///< in the order of their names

    /// Calls body(gradient, first, count) for the elements [first, first + count) of the parameter until it had all,
    /// maybe on several threads at a time.
    template <class T, class F>
    void for_parts(F body) const {
      make_gradient([&body](const void* gradient, std::int64_t first, std::int64_t count) {
        body(static_cast<const T*>(gradient), first, count);
      });
    }

    /// move(g, w, b…) for each weight, with its gradient times `scale` and its elements of the first `count` buffers,
    /// as float or double: the plain loop of an optimizer that has no kernel.
    template <std::size_t count, class F>
    void for_weights(double scale, F move) const {
      const auto loop = [&]<class T, std::size_t... k>(std::index_sequence<k...>) {
        for_parts<T>([&](const T* gradient, std::int64_t first, std::int64_t n) {
          T* const weight = parameter.data<T>() + first;
          const std::array<T*, count> buffer{buffers[k].template data<T>() + first...};
          for (std::int64_t i = 0; i < n; ++i) move(static_cast<T>(scale) * gradient[i], weight[i], buffer[k][i]...);
        });
      };
      visit_float(
          parameter.dtype(), [&]<class T>() { loop.template operator()<T>(std::make_index_sequence<count>()); }, [] {});
    }
  };
  virtual void update(const Update& u) = 0;
  /// The options of a group are others from now on.
  virtual void options_changed() {}

 private:
  class InBackward;
  void move(std::size_t index, MakeGradient gradient, double grad_scale);
  void move_all(double grad_scale);

  Tensor new_buffer(std::size_t buffer, const Tensor& parameter) const;

  const OptimizerInfo& info_;
  std::vector<Tensor> parameters_;
  std::vector<std::size_t> group_of_;
  std::size_t buffer_count_ = 0;
  std::vector<std::vector<Tensor>> buffers_;
  std::vector<Tensor> own_steps_;           // int64, one a parameter
  std::vector<double> rates_, base_rates_;  // one a group
  std::int64_t steps_ = 0;
};

/// An optimizer with options for each group.
template <class TheOptions>
class OptimizerWith : public Optimizer {
 public:
  using Options = TheOptions;
  /// What an optimizer begins with that is told nothing.
  static Options defaults() { return {}; }
  /// The options of a group, with the rate that it has now.
  Options group_options(std::size_t group = 0) const {
    Options options = options_[group];
    options.lr = lr(group);
    return options;
  }
  /// Throws ValueError for options out of range; nothing is changed then. The next step takes them.
  void set_group_options(std::size_t group, const Options& options) {
    need_buffers(check_(name(), options));
    options_[group] = options;
    set_lr(group, options.lr);
    options_changed();
  }
  /// Parameters that join later, such as those of a layer that is trained from some epoch on.
  void add_param_group(const ParameterGroup<Options>& group) {
    need_buffers(check_(name(), group.options));
    add_group(group.parameters, group.options.lr);
    options_.push_back(group.options);
  }

 protected:
  using Groups = std::vector<ParameterGroup<Options>>;
  /// Throws ValueError for options out of range; returns how many of the buffers they need.
  using Check = std::size_t (*)(const char* name, const Options& options);

  OptimizerWith(const OptimizerInfo& facts, const Groups& groups, Check check) : Optimizer(facts), check_(check) {
    for (const auto& group : groups) add_param_group(group);
  }
  const Options& options(const Update& u) const { return options_[u.group]; }

 private:
  Check check_;
  std::vector<Options> options_;
};

}  // namespace relume::optim
