// Compiled for size.
#include "relume/infer/plan.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "relume/infer/steps.h"
#include "relume/kernels/pruned_panels.h"

namespace relume::infer {
namespace {

// The caller's rows; a plan's own buffers are numbered from 0: two that take turns, then one for each open detour.
constexpr std::int32_t input = -1, output = -2;

/// Whether f is 0 over more than a point, as behind relu.
bool has_zeros(const Activation& f) {
  std::array<float, 129> values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.125f * static_cast<float>(i) - 8;
  const auto& loops = f.entry().levels[static_cast<std::size_t>(kernels::level())]->float32.elementwise;
  loops.forward(values.data(), values.data(), std::ssize(values), f.parameters(), false);
  return std::ranges::count(values, 0.0f) > 1;
}

/// Layers that are read from memory each time, and that fit into wide rows.
bool may_be_wide(const Dense& dense) {
  const auto bytes = static_cast<std::size_t>(dense.inputs * dense.outputs) * sizeof(float);
  return dense.outputs >= kernels::WideRowTable::group_width && dense.outputs % 64 == 0 &&
         bytes > kernels::last_level_cache_bytes() / 2;
}

/// Lays layers out one after the other: first to learn the sizes, and then, with memory, in earnest.
class Layout {
 public:
  Layout(const Frozen& frozen, const ProductTables& tables, float* memory, bool look = true)
      : tables_(tables), memory_(memory), look_(look), width_(frozen.inputs), strides_{0, 0} {
    for (const FrozenLayer& layer : frozen.layers) std::visit([this](const auto& l) { add(l); }, layer);
    if (steps_.empty() || current_ == input) move(steps::copy, width_);
    lead_to_output();
  }

  std::vector<Step>& steps() { return steps_; }
  std::vector<std::int64_t>& strides() { return strides_; }
  std::size_t floats() const { return used_; }
  std::int64_t floats_more() const { return more_; }

 private:
  void add(const Dense& dense) {
    const std::int64_t columns = tables_.panels->columns(dense.outputs);
    const bool look = look_ && zeros_;
    Product product = look_ && pruning_pays(dense, look, tables_) ? pruned(dense) : panels(dense, columns, look);
    float* bias = take(columns);
    if (memory_) std::fill(std::ranges::copy(dense.bias, bias).out, bias + columns, 0.0f);
    product.weights.bias = product.pruned.bias = bias;
    if (memory_ && look && product.layout != Product::Layout::pruned) measure_zeros(product, tables_);
    move(nullptr, dense.outputs, columns).product = product;
    zeros_ = false;
  }

  Product panels(const Dense& dense, std::int64_t columns, bool look) {
    const bool wide = look && may_be_wide(dense);
    if (look) more_ = std::max(more_, rounded_up(room_for_zeros(dense.inputs, wide)));
    float* weight = take(dense.inputs * columns);
    Product product{.weights = {dense.inputs, dense.outputs, weight, nullptr}};
    if (!memory_) return product;
    if (wide && wide_rows_pay(dense.inputs, tables_)) product.layout = Product::Layout::wide_rows;
    const bool in_panels = product.layout == Product::Layout::panels;
    (in_panels ? tables_.panels->pack : tables_.wide->pack)(dense.inputs, dense.outputs, dense.weight.data(), weight);
    return product;
  }

  Product pruned(const Dense& dense) {
    const std::int64_t width = tables_.pruned->width;
    const kernels::PrunedSize size = kernels::pruned_size(dense.inputs, dense.outputs, dense.weight.data(), width);
    float* weight = take(size.weights);
    auto* index = reinterpret_cast<std::uint32_t*>(take(size.indices));
    if (memory_) kernels::pack_pruned(dense.inputs, dense.outputs, dense.weight.data(), width, weight, index);
    return {.layout = Product::Layout::pruned,
            .weights = {dense.inputs, dense.outputs, nullptr, nullptr},
            .pruned = {dense.inputs, dense.outputs, weight, index, nullptr},
            .pruned_bytes = static_cast<std::size_t>(size.weights + size.indices) * sizeof(float)};
  }

  void add(const Scale& scale) {
    Step& step = stay(steps::scale);
    zeros_ = false;
    step.factor = keep(scale.factor);
    step.offset = keep(scale.offset);
    step.center = keep(scale.center);
  }

  void add(const Elementwise& f) {
    set(stay(steps::elementwise), f.activation);
    zeros_ = has_zeros(f.activation);
  }

  void add(const Slopes& slopes) {
    Step& step = stay(steps::slopes);
    zeros_ = false;
    step.factor = keep(slopes.slope);
    step.groups = std::ssize(slopes.slope);
    const auto table = activation::table();
    const auto entry = std::ranges::find(table, activation::Kind::parametric, &activation::Entry::kind);
    step.loops = &entry->levels[static_cast<std::size_t>(kernels::level())]->float32;
  }

  void add(const Along& along) {
    const activation::Entry& entry = along.activation.entry();
    const std::int64_t width = entry.features_out(width_);
    zeros_ = (entry.kind == activation::Kind::gated || entry.kind == activation::Kind::concatenated) &&
             has_zeros(Activation(entry.wraps));
    switch (entry.kind) {
      case activation::Kind::gated: return set(move(steps::gated, width), Activation(entry.wraps));
      case activation::Kind::concatenated: return set(move(steps::both_signs, width), Activation(entry.wraps));
      case activation::Kind::rows: return set(stay(steps::along_rows), along.activation);
      default: return set(stay(steps::elementwise), along.activation);
    }
  }

  void add(const Normalise& norm) {
    Step& step = stay(steps::normalise);
    zeros_ = false;
    step.groups = norm.groups;
    step.epsilon = norm.epsilon;
    step.factor = keep(norm.factor);
    step.offset = keep(norm.offset);
  }

  void add(const BeginResidual& /*marker*/) {
    const auto kept = static_cast<std::int32_t>(2 + open_++);
    const std::int32_t here = current_;
    const std::int64_t stride = stride_;
    write(steps::copy, width_, kept);
    current_ = here, stride_ = stride;
  }

  /// y += what was kept
  void add(const EndResidual& /*marker*/) {
    if (current_ == input) move(steps::copy, width_);
    const auto kept = static_cast<std::int32_t>(2 + --open_);
    Step step = begin(steps::add, width_);
    step.from = kept, step.from_stride = strides_[static_cast<std::size_t>(kept)];
    step.to = current_, step.to_stride = stride_;
    steps_.push_back(step);
    zeros_ = false;
  }

  Step begin(Step::Run run, std::int64_t width) const {
    return {.run = run, .width_in = width_, .width = width, .from = current_, .from_stride = stride()};
  }
  std::int64_t stride() const { return current_ == input ? width_ : stride_; }

  /// A step that writes to that buffer, whose rows need so much room.
  Step& write(Step::Run run, std::int64_t width, std::int32_t to, std::int64_t room = 0) {
    Step step = begin(run, width);
    const auto place = static_cast<std::size_t>(to);
    if (strides_.size() <= place) strides_.resize(place + 1);
    strides_[place] = std::max(strides_[place], rounded_up(std::max(width, room)));
    step.to = current_ = to;
    step.to_stride = stride_ = rounded_up(std::max(width, room));
    width_ = width;
    return steps_.emplace_back(step);
  }
  /// To the one of the two buffers that it does not read.
  Step& move(Step::Run run, std::int64_t width, std::int64_t room = 0) {
    return write(run, width, current_ == 0 ? 1 : 0, room);
  }
  /// In place, unless what it reads is the caller's.
  Step& stay(Step::Run run) {
    if (current_ == input) return move(run, width_);
    Step step = begin(run, width_);
    step.to = current_, step.to_stride = stride_;
    return steps_.emplace_back(step);
  }

  /// What the last move writes, and all that comes after it works on, is the caller's memory.
  void lead_to_output() {
    const std::int32_t last = current_;
    for (std::size_t i = steps_.size(); i-- > 0;) {
      Step& step = steps_[i];
      const bool moves = step.from != last && step.to == last && step.run != steps::add;
      if (step.to == last) step.to = output, step.to_stride = width_;
      if (step.from == last) step.from = output, step.from_stride = width_;
      if (moves) break;
    }
  }

  void set(Step& step, const Activation& f) const {
    step.loops = &f.entry().levels[static_cast<std::size_t>(kernels::level())]->float32;
    std::copy_n(f.parameters(), f.entry().parameters.size(), step.parameters.begin());
  }

  float* take(std::int64_t floats) {
    float* at = memory_ ? memory_ + used_ : nullptr;
    used_ += static_cast<std::size_t>(rounded_up(floats));
    return at;
  }
  const float* keep(const std::vector<float>& values) {
    float* at = take(std::ssize(values));
    if (at) std::ranges::copy(values, at);
    return at;
  }

  const ProductTables& tables_;
  float* memory_;
  bool look_;
  bool zeros_ = true;  // whether inputs of the next layer may be 0; those of the network may
  std::size_t used_ = 0;
  std::int64_t more_ = 0;
  std::int64_t width_;
  std::int32_t current_ = input;
  std::int64_t stride_ = 0;
  std::int64_t open_ = 0;
  std::vector<std::int64_t> strides_;
  std::vector<Step> steps_;
};

PlannedLayer planned(const Product& product, const ProductTables& tables) {
  const std::int64_t inputs = product.weights.inputs, outputs = product.weights.outputs;
  PlannedLayer layer{.inputs = inputs, .outputs = outputs};
  layer.dense_bytes = layer.bytes =
      static_cast<std::size_t>((inputs + 1) * tables.panels->columns(outputs)) * sizeof(float);
  if (product.layout == Product::Layout::pruned) {
    layer.way = "pruned";
    layer.bytes = product.pruned_bytes;
  } else if (product.looks_for_zeros()) {
    layer.way = "sparse";
    layer.sparse_from = 1 - static_cast<double>(product.most_fired) / static_cast<double>(inputs);
  }
  return layer;
}

/// Seconds that f() takes, without what it takes to ask for the time.
template <class F>
double timed(F f) {
  using Clock = std::chrono::steady_clock;
  const auto before = Clock::now(), begin = Clock::now();
  f();
  return std::max(0.0, std::chrono::duration<double>((Clock::now() - begin) - (begin - before)).count());
}

std::int64_t total(const std::vector<std::int64_t>& strides) {
  std::int64_t sum = 0;
  for (const std::int64_t stride : strides) sum += stride;
  return sum;
}

}  // namespace

Plan::Size Plan::size(const Frozen& frozen, bool zeros) {
  Layout layout(frozen, ProductTables::in_use(), nullptr, zeros);
  return {layout.floats() * sizeof(float) + layout.steps().size() * sizeof(Step), total(layout.strides()),
          layout.floats_more()};
}

Plan::Plan(const Frozen& frozen, bool zeros)
    : inputs_(frozen.inputs),
      outputs_(frozen.outputs),
      tables_(ProductTables::in_use()),
      weights_(Layout(frozen, tables_, nullptr, zeros).floats()) {
  Layout layout(frozen, tables_, weights_.data(), zeros);
  weight_floats_ = layout.floats();
  steps_ = std::move(layout.steps());
  strides_ = std::move(layout.strides());
  floats_a_row_ = total(strides_);
  floats_more_ = layout.floats_more();
}

template <class F>
void Plan::each_step(const float* in, std::int64_t rows, float* out, float* workspace, F f) const {
  float* buffers = workspace + floats_more_;
  const auto place = [&](std::int32_t buffer) {
    if (buffer == output) return out;
    float* at = buffers;
    for (std::int32_t b = 0; b < buffer; ++b) at += strides_[static_cast<std::size_t>(b)] * rows;
    return at;
  };
  for (const Step& step : steps_) {
    const float* x = step.from == input ? in : place(step.from);
    f(step, Rows{x, step.from_stride, place(step.to), step.to_stride, rows});
  }
}

void Plan::run(const float* in, std::int64_t rows, float* out, float* workspace) const {
  each_step(in, rows, out, workspace, [&](const Step& step, const Rows& between) {
    if (step.run)
      step.run(step, between);
    else
      infer::run(step.product, tables_, between, workspace);
  });
}

std::vector<PlannedLayer> Plan::layers(const std::vector<float>& in, float* out, float* workspace) const {
  const std::int64_t rows = std::ssize(in) / inputs_;
  std::vector<PlannedLayer> layers;
  for (const Step& step : steps_)
    if (!step.run) layers.push_back(planned(step.product, tables_));
  std::vector<double> quickest(layers.size(), std::numeric_limits<double>::infinity());
  for (int pass = 0; pass < 5; ++pass) {
    std::vector<double> seconds(layers.size());
    for (std::int64_t r = 0; r < rows; ++r) {
      std::size_t i = 0;
      each_step(in.data() + r * inputs_, 1, out, workspace, [&](const Step& step, const Rows& row) {
        if (step.run) return step.run(step, row);
        if (pass == 0)
          layers[i].off += static_cast<double>(std::count(row.x, row.x + step.width_in, 0.0f)) /
                           static_cast<double>(step.width_in * rows);
        seconds[i++] += timed([&] { infer::run(step.product, tables_, row, workspace); });
      });
    }
    for (std::size_t i = 0; i < layers.size(); ++i) quickest[i] = std::min(quickest[i], seconds[i]);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) layers[i].nanoseconds = quickest[i] * 1e9 / static_cast<double>(rows);
  return layers;
}

}  // namespace relume::infer
