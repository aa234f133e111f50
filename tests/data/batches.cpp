#include "relume/data/batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/base/parallel.h"
#include "relume/base/require.h"
#include "relume/data/split.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;

Dataset counting(std::int64_t n) {
  return {arange(0, static_cast<double>(2 * n), 1, float32).reshape({n, 2}), arange(0, static_cast<double>(n)), {}};
}

std::vector<std::int64_t> pass(Batches& batches) {
  std::vector<std::int64_t> seen;
  for (auto& [x, y] : batches) {
    const auto features = x.to_vector<float>();
    const auto targets = y.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      EXPECT_EQ(features[2 * i], static_cast<float>(2 * targets[i]));
      EXPECT_EQ(features[2 * i + 1], static_cast<float>(2 * targets[i] + 1));
      seen.push_back(targets[i]);
    }
  }
  return seen;
}

TEST(Batches, GoThroughEveryRowOnceAndKeepTheShortLastBatch) {
  Batches batches(counting(10), {.size = 4, .seed = 1});
  EXPECT_EQ(batches.size(), 3);
  std::vector<std::int64_t> seen = pass(batches);
  EXPECT_FALSE(std::ranges::is_sorted(seen));
  std::ranges::sort(seen);
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_EQ(batches.batch(2).x.shape(), (Shape{2, 2}));
}

TEST(Batches, OrderTheRowsBySeedAndEpochAlone) {
  Batches first(counting(50), {.seed = 1}), second(counting(50), {.seed = 1});
  const auto epoch0 = pass(first), epoch1 = pass(first);
  EXPECT_NE(epoch0, epoch1);
  second.set_epoch(1);
  EXPECT_EQ(pass(second), epoch1);
  EXPECT_EQ(second.epoch(), 1);
  Batches third(counting(50), {.seed = 2});
  EXPECT_NE(pass(third), epoch0);
}

TEST(Batches, KeepTheOrderWithoutShuffling) {
  Batches batches(counting(8), {5, 1, 7}, {.size = 2, .shuffle = false});
  EXPECT_THAT(pass(batches), ElementsAre(5, 1, 7));
}

TEST(Batches, ScaleBytes) {
  Dataset dataset{tensor({0, 10, 20, 30}).to(uint8).reshape({2, 2}), tensor({0, 1}), {.scale = 0.5f, .shift = -1}};
  Batches batches(dataset, {.size = 2, .shuffle = false});
  EXPECT_THAT(batches.batch(0).x.to_vector<float>(), ElementsAre(-1, 4, 9, 14));
}

TEST(Batches, ReuseTheirMemoryUnlessSomebodyKeepsIt) {
  Batches batches(counting(8), {.size = 2, .shuffle = false});
  const void* place = batches.batch(0).x.raw_data();
  EXPECT_EQ(batches.batch(1).x.raw_data(), place);
  const Tensor kept = batches.batch(0).x;
  EXPECT_NE(batches.batch(1).x.raw_data(), place);
  EXPECT_THAT(kept.to_vector<float>(), ElementsAre(0, 1, 2, 3));
}

TEST(Batches, GatheredAheadAreTheSame) {
  const int threads = num_threads();
  set_num_threads(2);
  const BatchOptions options{.size = 4, .seed = 1};
  Batches plain(counting(23), options), ahead(counting(23), options);
  for (int epoch = 0; epoch < 3; ++epoch) {
    plain.set_epoch(epoch);
    ahead.set_epoch(epoch);
    Tensor kept;
    for (std::int64_t i = 0; i < plain.size(); ++i) {
      const std::vector<float> expected = plain.batch(i).x.to_vector<float>();
      Batch& batch = ahead.batch(i);
      EXPECT_EQ(batch.x.to_vector<float>(), expected);
      EXPECT_EQ(batch.y.to_vector<std::int64_t>(), plain.batch(i).y.to_vector<std::int64_t>());
      ahead.gather_during(i + 1, [&] { EXPECT_EQ(batch.x.to_vector<float>(), expected); });
      EXPECT_EQ(batch.x.to_vector<float>(), expected);
      if (i == 1) kept = batch.x;
    }
    plain.set_epoch(epoch);
    EXPECT_EQ(kept.to_vector<float>(), plain.batch(1).x.to_vector<float>());
  }
  EXPECT_THROW(ahead.gather_during(0, [] { fail("mine"); }), Error);
  set_num_threads(threads);
}

TEST(Batches, RefuseWhatCannotBe) {
  EXPECT_THROW(Batches(counting(4), {.size = 0}), ValueError);
  EXPECT_THROW(Batches(counting(4), {4}, {}), ValueError);
  EXPECT_THROW(Batches(counting(4), {-1}, {}), ValueError);
  EXPECT_THROW(Batches(Dataset{}), ValueError);
  EXPECT_THROW(Batches(Dataset{zeros({3, 2}), tensor({1, 2}), {}}), ShapeError);
  EXPECT_THROW(Batches(Dataset{zeros({3, 2}, float64), {}, {}}), DTypeError);
}

TEST(InputScale, BringsMeanZeroAndDeviationOne) {
  const Tensor bytes = tensor({0, 50, 100, 250, 255, 255}).to(uint8).reshape({3, 2});
  const std::vector<std::int64_t> rows = {0, 1};
  const InputScale scale = fit_input_scale(bytes, rows);
  // 0 50 100 250: mean 100, variance 8750.
  EXPECT_NEAR(scale.scale, 1 / std::sqrt(8750.0), 1e-8);
  EXPECT_NEAR(scale.shift, -100 / std::sqrt(8750.0), 1e-6);
  const InputScale same = fit_input_scale(bytes.to(float32), rows);
  EXPECT_NEAR(same.scale, scale.scale, 1e-7);
  EXPECT_NEAR(same.shift, scale.shift, 1e-5);
}

std::vector<std::int64_t> count_up(std::int64_t n) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(n));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  return rows;
}

TEST(Split, GivesEveryRowToOnePartAndEachPartItsShareOfEachClass) {
  std::vector<std::int64_t> classes;
  for (int i = 0; i < 1000; ++i) classes.push_back(i % 10 == 0 ? 2 : i % 10 < 4 ? 1 : 0);
  const Split split = split_rows(count_up(1000), from_vector(classes), {.valid = 0.2, .test = 100, .seed = 4});
  EXPECT_EQ(split.valid.size(), 200u);
  EXPECT_EQ(split.test.size(), 100u);
  std::set<std::int64_t> all(split.train.begin(), split.train.end());
  all.insert(split.valid.begin(), split.valid.end());
  all.insert(split.test.begin(), split.test.end());
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(split.train.size(), 700u);
  for (const auto* part : {&split.train, &split.valid, &split.test}) {
    double counts[3] = {0, 0, 0};
    for (const std::int64_t row : *part) ++counts[classes[static_cast<std::size_t>(row)]];
    const auto n = static_cast<double>(part->size());
    EXPECT_NEAR(counts[0], 0.6 * n, 2);
    EXPECT_NEAR(counts[1], 0.3 * n, 2);
    EXPECT_NEAR(counts[2], 0.1 * n, 2);
  }
}

TEST(Split, KeepsARowOfEveryClassForTraining) {
  const std::vector<std::int64_t> classes = {0, 0, 0, 0, 0, 0, 1, 1, 2};
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Split split = split_rows(count_up(9), from_vector(classes), {.valid = 0.5, .seed = seed});
    std::set<std::int64_t> trained;
    for (const std::int64_t row : split.train) trained.insert(classes[static_cast<std::size_t>(row)]);
    EXPECT_EQ(trained.size(), 3u);
  }
}

TEST(Split, DependsOnTheSeedAlone) {
  const Tensor targets = rand({100, 1});
  const Split a = split_rows(count_up(100), targets, {.seed = 1}), b = split_rows(count_up(100), targets, {.seed = 1}),
              c = split_rows(count_up(100), targets, {.seed = 2});
  EXPECT_EQ(a.valid, b.valid);
  EXPECT_NE(a.valid, c.valid);
  EXPECT_EQ(a.valid.size(), 20u);
}

TEST(Split, RefusesToLeaveNothingToTrain) {
  EXPECT_THROW(split_rows(count_up(10), zeros({10, 1}), {.valid = 5, .test = 5}), ValueError);
  EXPECT_THROW(split_rows(count_up(10), zeros({10, 1}), {.valid = -1}), ValueError);
  EXPECT_THROW(split_rows(count_up(10), zeros({9, 1}), {}), ShapeError);
}

}  // namespace
}  // namespace relume::data
