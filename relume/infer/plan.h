// Private. A frozen network laid out for running: weights packed once, and for each layer a function and where it reads
// and writes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "relume/infer/frozen.h"
#include "relume/kernels/panels.h"

namespace relume::infer {

/// Memory that begins where a cache line does.
class Block {
 public:
  explicit Block(std::size_t floats);
  float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const;
  };
  std::unique_ptr<float, Free> data_;
};

/// Rows between two layers. A buffer's rows lie `stride` floats apart, of which the first `width` mean something.
struct Rows {
  const float* x = nullptr;
  std::int64_t x_stride = 0;
  float* y = nullptr;  ///< may be x
  std::int64_t y_stride = 0;
  std::int64_t count = 0;
};

/// A layer.
struct Step {
  using Run = void (*)(const Step& step, const Rows& rows);

  Run run = nullptr;
  std::int64_t width_in = 0;
  std::int64_t width = 0;  ///< of a row that comes out
  /// Where it reads and writes: one of Plan's buffers, or the caller's rows.
  std::int32_t from = 0, to = 0;
  std::int64_t from_stride = 0, to_stride = 0;

  kernels::Panels panels = {};
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
  explicit Plan(const Frozen& frozen);

  /// Rows [rows, inputs] to [rows, outputs], on this thread. `workspace` has room for floats_a_row() · rows floats and
  /// begins where a cache line does. Each row's arithmetic is the same whatever `rows` is.
  void run(const float* in, std::int64_t rows, float* out, float* workspace) const;
  std::int64_t floats_a_row() const { return floats_a_row_; }
  std::int64_t inputs() const { return inputs_; }
  std::int64_t outputs() const { return outputs_; }
  /// Of the weights as they are laid out, and of the steps.
  std::size_t bytes() const { return weight_floats_ * sizeof(float) + steps_.size() * sizeof(Step); }

  /// What bytes() will be of a plan of this network, and floats_a_row(), told without laying anything out.
  struct Size {
    std::size_t bytes = 0;
    std::int64_t floats_a_row = 0;
  };
  static Size size(const Frozen& frozen);

 private:
  std::int64_t inputs_, outputs_;
  std::int64_t floats_a_row_ = 0;
  std::size_t weight_floats_ = 0;
  const kernels::PanelTable* table_;  ///< of the level at which the weights were packed
  std::vector<Step> steps_;
  std::vector<std::int64_t> strides_;  ///< of the buffers, which lie one after the other in a workspace
  Block weights_;
};

}  // namespace relume::infer
