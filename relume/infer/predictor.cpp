// Compiled for size.
// What a file's network needs to run: the rest is in predictor_of_model.cpp.
#include "relume/infer/predictor.h"

#include <utility>

#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/infer/model_file.h"
#include "relume/infer/predictor_parts.h"

namespace relume::infer {

Predictor Predictor::load(const std::filesystem::path& path, const PredictorOptions& options) {
  const ModelFile file = load_model_file(path);
  return Predictor(std::make_shared<const Parts>(file.network, options, &file.model));
}

Predictor Predictor::load(std::span<const std::byte> file, const PredictorOptions& options) {
  const ModelFile parsed = parse_model_file(file, "the bytes");
  return Predictor(std::make_shared<const Parts>(parsed.network, options, &parsed.model));
}

PredictorBytes Predictor::bytes() const { return {parts_->bytes(), parts_->room.of_call()}; }

std::int64_t Predictor::inputs() const { return parts_->inputs(); }

std::int64_t Predictor::outputs() const { return parts_->plan.outputs(); }

std::vector<Predictor::ColumnInput> Predictor::columns() const {
  std::vector<ColumnInput> all;
  for (const Parts::Column& column : parts_->columns) all.push_back({column.plan.name, column.plan.categories});
  return all;
}

const std::vector<std::string>& Predictor::labels() const {
  static const std::vector<std::string> none;
  return parts_->model ? parts_->model->labels : none;
}

void Predictor::predict(std::span<const float> in, std::span<float> out, int threads) const {
  const Parts& parts = *parts_;
  const std::int64_t inputs = parts.inputs(), outputs = parts.plan.outputs(), rows = std::ssize(in) / inputs;
  require<ShapeError>(rows * inputs == std::ssize(in) && rows * outputs == std::ssize(out),
                      "predict: {} numbers for {} results; a row of {} gives {}", in.size(), out.size(), inputs,
                      outputs);
  if (threads <= 1 || rows < 2) return parts.run(in.data(), rows, out.data());
  const std::int64_t pieces = std::min<std::int64_t>(threads, rows);
  parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * rows / pieces, last = end * rows / pieces;
    parts.run(in.data() + first * inputs, last - first, out.data() + first * outputs);
  });
}

}  // namespace relume::infer
