// Private. What a Predictor holds.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "relume/base/processors.h"
#include "relume/data/column_features.h"
#include "relume/infer/plan.h"
#include "relume/infer/predictor.h"
#include "relume/infer/workspaces.h"

namespace relume::infer {

inline constexpr std::int64_t stack_floats = 16384, small_stack_floats = 1024;

/// Rows at a time where a workspace has to be set aside for them.
inline constexpr std::int64_t rows_set_aside = 48, fewest_on_stack = 16;

/// How the memory of calls is divided, by what a row takes.
struct Room {
  std::int64_t floats_a_row;
  std::int64_t floats_more;  // of a call with however many rows

  std::int64_t floats(std::int64_t rows) const { return rows * floats_a_row + floats_more; }
  /// Where the stack has no room for rows enough to make good use of a weight that was read.
  bool is_set_aside() const { return floats(fewest_on_stack) > stack_floats; }
  std::int64_t rows() const { return floats_a_row * rows_set_aside > 64 * stack_floats ? 1 : rows_set_aside; }
  static int count() { return std::min(processors(), 64); }
  std::size_t floats() const { return static_cast<std::size_t>(floats(rows())); }
  std::size_t bytes() const {
    return is_set_aside() ? static_cast<std::size_t>(count()) * floats() * sizeof(float) : 0;
  }
  std::size_t of_call() const {
    const std::int64_t taken = floats(1) <= small_stack_floats ? small_stack_floats
                               : floats(1) <= stack_floats     ? stack_floats
                                                               : 0;
    return static_cast<std::size_t>(taken) * sizeof(float);
  }
};

/// What a row takes in a call: what the network does, and the features that a table's columns become.
inline Room room_for(std::int64_t floats, std::int64_t more, const io::Model* model) {
  return {std::max<std::int64_t>(1, floats + (model && model->preprocessor ? rounded_up(model->features) : 0)), more};
}

struct Predictor::Parts {
  /// A column of a table on its way in.
  struct Column {
    data::ColumnPlan plan;
    float median = 0;
  };

  Parts(const Frozen& frozen, const PredictorOptions& options, const io::Model* from = nullptr)
      : plan(frozen, options.skip_zeros),
        room(room_for(plan.floats_a_row(), plan.floats_more(), from)),
        raw(options.raw) {
    if (from) {
      model = *from;
      model->network = nullptr;
    }
    if (model && model->preprocessor)
      for (const data::ColumnPlan& column : model->preprocessor->used())
        columns.push_back({column, column.kind == data::ColumnKind::number ? standardise(column, column.median) : 0});
    if (room.is_set_aside()) workspaces.emplace(Room::count(), room.floats());
    if (model && !raw && model->task == data::Task::classification)
      softmax = activation::find("softmax")->levels[static_cast<std::size_t>(kernels::level())]->float32.rows.forward;
  }

  bool reads_columns() const { return !columns.empty(); }
  std::int64_t inputs() const { return reads_columns() ? std::ssize(columns) : plan.inputs(); }
  std::size_t bytes() const { return sizeof(Parts) + plan.bytes() + room.bytes(); }

  void write_features(const float* in, float* out) const {
    for (const Column& column : columns) {
      const float x = *in++;
      if (column.plan.kind == data::ColumnKind::number)
        write_number(column.plan, static_cast<double>(x), column.median, out);
      else
        write_category(column.plan, x >= 0 && x < 1e9f ? static_cast<std::int64_t>(x) : -1, out);
      out += column.plan.features();
    }
  }

  /// Outputs become what the model says.
  void finish(float* out, std::int64_t rows) const {
    if (softmax) return softmax(out, out, rows, plan.outputs());
    if (!model || raw) return;
    for (float& y : std::span(out, static_cast<std::size_t>(rows * plan.outputs())))
      y = static_cast<float>(static_cast<double>(y) * model->target_scale + model->target_mean);
  }

  /// Rows in a workspace that holds `capacity` of them.
  void run(const float* in, std::int64_t rows, float* out, float* workspace, std::int64_t capacity) const {
    while (rows > 0) {
      const std::int64_t count = std::min(rows, capacity);
      const float* x = in;
      float* free = workspace;
      if (reads_columns()) {
        for (std::int64_t r = 0; r < count; ++r) write_features(in + r * inputs(), workspace + r * plan.inputs());
        x = workspace;
        free += rounded_up(count * plan.inputs());
      }
      plan.run(x, count, out, free);
      finish(out, count);
      in += count * inputs(), out += count * plan.outputs(), rows -= count;
    }
  }

  template <std::int64_t floats>
  [[gnu::noinline]] void run_on_stack(const float* in, std::int64_t rows, float* out) const {
    alignas(64) float workspace[static_cast<std::size_t>(floats)];
    run(in, rows, out, workspace, (floats - room.floats_more) / room.floats_a_row);
  }

  void run(const float* in, std::int64_t rows, float* out) const {
    const std::int64_t floats = room.floats(rows);
    if (floats <= small_stack_floats) return run_on_stack<small_stack_floats>(in, rows, out);
    const bool fits = room.floats(1) <= stack_floats;
    if (workspaces && (rows > 1 || !fits)) {
      const Workspaces::Lease lease(*workspaces);
      if (lease.data()) return run(in, rows, out, lease.data(), room.rows());
      if (!fits) return run(in, rows, out, Block(room.floats()).data(), room.rows());
    }
    run_on_stack<stack_floats>(in, rows, out);
  }

  Plan plan;
  Room room;
  bool raw;
  std::optional<io::Model> model;  // without its network
  std::vector<Column> columns;
  std::optional<Workspaces> workspaces;
  void (*softmax)(const void* x, void* y, std::int64_t rows, std::int64_t columns) = nullptr;
};

}  // namespace relume::infer
