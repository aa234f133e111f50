// Compiled for speed.
#include "relume/data/batches.h"

#include <algorithm>

#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/data/split.h"
#include "relume/kernels/gather.h"
#include "relume/tensor/in_place.h"

namespace relume::data {
namespace {

// From this many elements on a batch is worth more than one thread.
constexpr std::int64_t elements_a_thread = 1 << 17;

Shape batch_shape(const Tensor& all, std::int64_t rows) {
  Shape shape = all.shape();
  shape[0] = rows;
  return shape;
}

/// Makes the tensor that shape unless it is, and nobody else holds it.
void prepare_tensor(Tensor& tensor, const Shape& shape, DType dtype) {
  const bool fits = tensor.defined() && tensor.shape() == shape && tensor.dtype() == dtype && owned_alone(tensor) &&
                    !tensor.requires_grad();
  if (!fits) tensor = empty(shape, dtype);
}

void prepare(const Dataset& dataset, std::int64_t rows, Batch& batch) {
  prepare_tensor(batch.x, batch_shape(dataset.features, rows), float32);
  if (dataset.targets.defined()) prepare_tensor(batch.y, batch_shape(dataset.targets, rows), dataset.targets.dtype());
}

template <class T>
void gather_features(const Dataset& dataset, std::span<const std::int64_t> rows, float* out) {
  const T* all = dataset.features.data<T>();
  const std::int64_t width = dataset.features.elements() / dataset.features.size(0);
  const std::int64_t grain = std::max<std::int64_t>(1, elements_a_thread / std::max<std::int64_t>(1, width));
  parallel_for(static_cast<std::int64_t>(rows.size()), grain, [&](std::int64_t begin, std::int64_t end) {
    kernels::gather(all, width, rows.data() + begin, end - begin, dataset.scale.scale, dataset.scale.shift,
                    out + begin * width);
  });
}

template <class T>
void gather_targets(const Tensor& targets, std::span<const std::int64_t> rows, T* out) {
  const T* all = targets.data<T>();
  const std::int64_t width = targets.elements() / targets.size(0);
  for (const std::int64_t row : rows) out = std::copy_n(all + row * width, width, out);
}

void check(const Dataset& dataset) {
  require<ValueError>(dataset.rows() > 0, "batches: the dataset has no rows");
  const DType x = dataset.features.dtype(), y = dataset.targets.defined() ? dataset.targets.dtype() : int64;
  require<DTypeError>(x == uint8 || x == float32, "batches: features are {}; give uint8 or float32", name(x));
  require<DTypeError>(y == int64 || y == float32, "batches: targets are {}; give int64 or float32", name(y));
  if (dataset.targets.defined())
    require<ShapeError>(dataset.targets.size(0) == dataset.rows(), "batches: {} rows of features but {} of targets",
                        dataset.rows(), dataset.targets.size(0));
}

}  // namespace

void gather(const Dataset& dataset, std::span<const std::int64_t> rows, Batch& batch) {
  const auto fit = [count = std::ssize(rows)](Tensor& tensor, const Tensor& from, DType dtype) {
    if (!from.defined() || (tensor.defined() && tensor.size(0) == count)) return;
    Shape shape = from.shape();
    shape[0] = count;
    tensor = empty(shape, dtype);
  };
  fit(batch.x, dataset.features, float32);
  fit(batch.y, dataset.targets, dataset.targets.defined() ? dataset.targets.dtype() : float32);
  if (dataset.features.dtype() == uint8) {
    gather_features<std::uint8_t>(dataset, rows, batch.x.data<float>());
  } else {
    gather_features<float>(dataset, rows, batch.x.data<float>());
  }
  if (!dataset.targets.defined()) return;
  if (dataset.targets.dtype() == int64) {
    gather_targets(dataset.targets, rows, batch.y.data<std::int64_t>());
  } else {
    gather_targets(dataset.targets, rows, batch.y.data<float>());
  }
}

Batches::Batches(Dataset dataset, std::vector<std::int64_t> rows, const BatchOptions& options)
    : dataset_(std::move(dataset)), rows_(std::move(rows)), options_(options) {
  check(dataset_);
  require<ValueError>(options_.size > 0, "batches: the batch size is {}; give 1 or more", options_.size);
  dataset_.features = dataset_.features.contiguous();
  if (dataset_.targets.defined()) dataset_.targets = dataset_.targets.contiguous();
  if (rows_.empty()) rows_ = count_to(dataset_.rows());
  for (const std::int64_t row : rows_)
    require<ValueError>(row >= 0 && row < dataset_.rows(), "batches: row {} is outside of the dataset's {}", row,
                        dataset_.rows());
  order_ = rows_;
}

void Batches::set_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  epoch_is_fresh_ = true;
  gathered_ = -1;
  std::ranges::copy(rows_, order_.begin());
  if (options_.shuffle) Rng(options_.seed, static_cast<std::uint64_t>(epoch)).shuffle(order_);
}

std::int64_t Batches::size() const { return (rows() + options_.size - 1) / options_.size; }

std::span<const std::int64_t> Batches::batch_rows(std::int64_t index) const {
  require<IndexError>(index >= 0 && index < size(), "batches: batch {} of {}", index, size());
  const std::int64_t begin = index * options_.size;
  return std::span(order_).subspan(static_cast<std::size_t>(begin),
                                   static_cast<std::size_t>(std::min(options_.size, rows() - begin)));
}

Batch& Batches::batch(std::int64_t index) {
  const auto rows_of_batch = batch_rows(index);
  if (index == gathered_) {
    gathered_ = -1;
    std::swap(full_, spare_);
    return full_;
  }
  const auto n = static_cast<std::int64_t>(rows_of_batch.size());
  // The short last batch has tensors of its own, so that the next epoch finds the full ones as they were.
  Batch& batch = n == options_.size ? full_ : last_;
  prepare(dataset_, n, batch);
  gather(dataset_, rows_of_batch, batch);
  return batch;
}

void Batches::gather_during(std::int64_t next, FunctionRef<void()> work) {
  gathered_ = -1;
  if (next >= size() || static_cast<std::int64_t>(batch_rows(next).size()) != options_.size) return work();
  prepare(dataset_, options_.size, spare_);
  const auto rows_of_batch = batch_rows(next);
  parallel_for(2, 1, [&](std::int64_t begin, std::int64_t end) {
    if (begin == 0) work();  // on the thread that calls, which is the first
    if (end == 2) gather(dataset_, rows_of_batch, spare_);
  });
  gathered_ = next;
}

Batches::Iterator Batches::begin() {
  if (!epoch_is_fresh_) set_epoch(epoch_ + 1);
  epoch_is_fresh_ = false;
  return {this, 0};
}

Batch gather(const Dataset& dataset, std::span<const std::int64_t> rows) {
  Batch batch;
  gather(dataset, rows, batch);
  return batch;
}

}  // namespace relume::data
