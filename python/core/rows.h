// The rows that an estimator computes with.
#pragma once

#include <span>

#include "python/core/core.h"
#include "relume/nn/module.h"

namespace relume::python {

/// Some rows: dense, or compressed. A compressed row holds the columns and values of what is not 0.
struct Batch {
  Tensor dense;                    // [rows, columns]; undefined where the rows are compressed
  Tensor values, columns, starts;  // [n], [n] int32 and [rows + 1] int64: row r is starts[r] … starts[r + 1] − 1
};

/// X as scikit-learn has it: an array [rows, columns], or SciPy's compressed sparse rows, which are never made dense as
/// a whole: well filled ones are a batch at a time, for a dense product is the faster one then, and others are not at
/// all.
class Rows {
 public:
  /// Throws ValueError where the parts of a sparse matrix do not fit each other.
  explicit Rows(nb::handle x);

  std::int64_t count() const { return rows_; }
  /// Whether its batches are.
  bool compressed() const { return whole_.values.defined() && !well_filled_; }
  /// How many numbers a row is computed with, in the mean.
  std::int64_t width() const { return width_; }
  /// Into `batch`, whose memory is used again where it fits: the rows at these places, each less than count().
  void take(std::span<const std::int64_t> places, Batch& batch) const;
  /// The rows begin … end − 1; of an array it is a view.
  Batch slice(std::int64_t begin, std::int64_t end) const;

 private:
  void check_sparse() const;

  std::int64_t rows_ = 0, columns_ = 0, width_ = 0;
  bool well_filled_ = false;
  Batch whole_;
};

/// A contiguous tensor of what is not written to: an array's own memory where that can be.
Tensor to_read(nb::handle array);

/// Copies rows of a contiguous tensor; into `reused` where that has their shape.
Tensor take_rows(const Tensor& from, std::span<const std::int64_t> places, const Tensor& reused);

/// network(rows), for a Sequential that begins with a Linear: of compressed rows it reads the weights alone that they
/// meet.
Tensor run(nn::Module& network, const Batch& rows);

}  // namespace relume::python
