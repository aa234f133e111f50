// Private. A frozen network laid out for running: weights packed once, and for each layer a function and where it reads
// and writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "relume/infer/block.h"
#include "relume/infer/frozen.h"
#include "relume/infer/planned_layer.h"
#include "relume/infer/product.h"

namespace relume::infer {

/// A layer.
struct Step {
  using Run = void (*)(const Step& step, const Rows& rows);

  Run run = nullptr;
  std::int64_t width_in = 0;
  std::int64_t width = 0;  ///< of a row that comes out
  /// Where it reads and writes: one of Plan's buffers, or the caller's rows.
  std::int32_t from = 0, to = 0;
  std::int64_t from_stride = 0, to_stride = 0;

  Product product = {};           ///< where run is none
  const float* factor = nullptr;  ///< slopes, too
  const float* offset = nullptr;
  const float* center = nullptr;
  std::int64_t groups = 1;
  double epsilon = 0;
  const activation::TypeLoops* loops = nullptr;
  std::array<double, Activation::max_parameters> parameters = {};
};

/// Not to be copied: the steps point into the weights. run() changes nothing of it.
class Plan {
 public:
  /// Where `zeros` is false, no layer looks for inputs that are 0.
  explicit Plan(const Frozen& frozen, bool zeros = true);

  /// Rows [rows, inputs] to [rows, outputs], on this thread. `workspace` has room for floats_a_row() · rows +
  /// floats_more() floats and begins where a cache line does. Each row's arithmetic is the same whatever `rows` is.
  void run(const float* in, std::int64_t rows, float* out, float* workspace) const;
  std::int64_t floats_a_row() const { return floats_a_row_; }
  std::int64_t floats_more() const { return floats_more_; }
  /// The layers with weights, timed with these rows, one at a time: the quickest of some passes over all of them.
  std::vector<PlannedLayer> layers(const std::vector<float>& in, float* out, float* workspace) const;
  std::int64_t inputs() const { return inputs_; }
  std::int64_t outputs() const { return outputs_; }
  /// Of the weights as they are laid out, and of the steps.
  std::size_t bytes() const { return weight_floats_ * sizeof(float) + steps_.size() * sizeof(Step); }

  /// What bytes() will be of a plan of this network, and the floats, told without laying anything out.
  struct Size {
    std::size_t bytes = 0;
    std::int64_t floats_a_row = 0;
    std::int64_t floats_more = 0;
  };
  static Size size(const Frozen& frozen, bool zeros = true);

 private:
  /// Calls f(step, rows) in turn.
  template <class F>
  void each_step(const float* in, std::int64_t rows, float* out, float* workspace, F f) const;

  std::int64_t inputs_, outputs_;
  std::int64_t floats_a_row_ = 0, floats_more_ = 0;
  std::size_t weight_floats_ = 0;
  ProductTables tables_;
  std::vector<Step> steps_;
  std::vector<std::int64_t> strides_;  ///< of the buffers, which lie one after the other in a workspace
  Block weights_;
};

}  // namespace relume::infer
