// Public. Rows of a dataset in batches, in a new random order each epoch.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "relume/base/function_ref.h"
#include "relume/data/dataset.h"

namespace relume::data {

struct Batch {
  Tensor x;  ///< float32 [batch, …]
  Tensor y;  ///< int64 [batch] or float32 [batch, 1]
};

struct BatchOptions {
  std::int64_t size = 32;
  bool shuffle = true;
  std::uint64_t seed = 0;
};

/// for (auto& [x, y] : batches): one pass over the rows. The tensors of a batch are reused: they hold until the next
/// one, unless somebody else still keeps them, who then has them for good. The order is a function of seed and epoch
/// alone, so that a run that is taken up again goes on as if it had not stopped. The last batch may be short.
class Batches {
 public:
  /// All rows where `rows` is empty. Throws ValueError where there are none, the size is not positive or a row is
  /// outside.
  Batches(Dataset dataset, std::vector<std::int64_t> rows, const BatchOptions& options);
  explicit Batches(Dataset dataset, const BatchOptions& options = {}) : Batches(std::move(dataset), {}, options) {}

  /// Orders the rows for that epoch; without it, begin() orders them for the epoch after the last one, from 0.
  void set_epoch(std::int64_t epoch);
  std::int64_t epoch() const { return epoch_; }
  /// The number of batches in an epoch.
  std::int64_t size() const;
  std::int64_t rows() const { return static_cast<std::int64_t>(order_.size()); }
  /// The batch of that number in the present order.
  Batch& batch(std::int64_t index);
  /// Runs `work`, which may use the present batch, while another thread gathers batch `next`, for batch(next) to find.
  /// Operations inside use one thread meanwhile: for work that would not use more. Throws what work throws.
  void gather_during(std::int64_t next, FunctionRef<void()> work);
  /// The dataset's rows that make up that batch.
  std::span<const std::int64_t> batch_rows(std::int64_t index) const;

  class Iterator {
   public:
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    Iterator(Batches* batches, std::int64_t index) : batches_(batches), index_(index) {}
    Batch& operator*() const { return batches_->batch(index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    Batches* batches_;
    std::int64_t index_;
  };
  Iterator begin();
  Iterator end() { return {this, size()}; }

 private:
  Dataset dataset_;
  std::vector<std::int64_t> rows_;
  std::vector<std::int64_t> order_;
  BatchOptions options_;
  std::int64_t epoch_ = -1;
  bool epoch_is_fresh_ = false;
  Batch full_;
  Batch last_;
  Batch spare_;  ///< batch `gathered_`, where that is not -1
  std::int64_t gathered_ = -1;
};

/// Copies rows of a dataset's features and targets into a batch's tensors, which are made anew where they do not have
/// as many rows.
void gather(const Dataset& dataset, std::span<const std::int64_t> rows, Batch& batch);
Batch gather(const Dataset& dataset, std::span<const std::int64_t> rows);

}  // namespace relume::data
