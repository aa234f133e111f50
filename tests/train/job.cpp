// Which rows train, validate and test, whatever form the data has.
#include "relume/train/job.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/nn/loss.h"
#include "relume/train/evaluate.h"
#include "relume/train/objective.h"

namespace relume::training {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// Two features and a target, 0 or 1; every fifth row has none.
data::Table table_of(std::int64_t rows, double shift) {
  data::Table table;
  table.columns = {{.name = "x1"}, {.name = "x2"}, {.name = "y"}};
  table.has_header = false;
  for (std::int64_t i = 0; i < rows; ++i) {
    table.columns[0].numbers.push_back(shift + 0.25 * static_cast<double>(i % 11));
    table.columns[1].numbers.push_back(static_cast<double>(i % 7));
    table.columns[2].numbers.push_back(i % 5 == 4 ? NAN : static_cast<double>(i % 2));
  }
  return table;
}

data::Arrays arrays_of(std::int64_t rows, float value) {
  data::Arrays arrays;
  arrays.x = full({rows, 3, 2}, value);
  arrays.targets.columns.push_back(table_of(rows, 0).columns[2]);
  return arrays;
}

/// Data of either form with 30 rows to train on, 10 to validate and 20 to test on.
std::vector<data::Source> sources() {
  data::Table table = table_of(30, 0);
  table.valid = std::make_shared<const data::Table>(table_of(10, 100));
  table.test = std::make_shared<const data::Table>(table_of(20, 200));
  data::Arrays arrays = arrays_of(30, 0);
  arrays.valid = std::make_shared<const data::Arrays>(arrays_of(10, 100));
  arrays.test = std::make_shared<const data::Arrays>(arrays_of(20, 200));
  return {table, arrays};
}

TEST(Job, RowsThatCameApartValidateAndTest) {
  for (const data::Source& source : sources()) {
    const Job job = make_job(source, {.target = "y"});
    EXPECT_THAT(job.split.train, SizeIs(24));
    EXPECT_THAT(job.split.valid, SizeIs(8));
    EXPECT_THAT(job.split.test, SizeIs(16));
    // Each in the order in which they came, behind those to train on.
    const Tensor x = job.dataset.features;
    const auto first = [&](const std::vector<std::int64_t>& rows) {
      return x.select(0, rows.front()).select(0, 0).item<double>();
    };
    EXPECT_LT(first(job.split.train), first(job.split.valid));
    EXPECT_LE(first(job.split.valid), first(job.split.test));
    EXPECT_EQ(targets(job.dataset, job.split.valid).to_vector<double>(), (std::vector<double>{0, 1, 0, 1, 1, 0, 1, 0}));
  }
}

TEST(Job, AShareThatIsAskedForIsTakenOfTheRowsToTrainOn) {
  for (const data::Source& source : sources()) {
    const Job job = make_job(source, {.target = "y", .valid = 4, .test = 6});
    EXPECT_THAT(job.split.train, SizeIs(14));
    EXPECT_THAT(job.split.valid, SizeIs(4));
    EXPECT_THAT(job.split.test, SizeIs(6));
  }
}

TEST(Job, ValidationRowsWithoutTargetsAreToldOf) {
  data::Table table = table_of(30, 0), valid = table_of(10, 100);
  valid.columns.pop_back();
  table.valid = std::make_shared<const data::Table>(valid);
  const Job job = make_job(data::Source(table), {.target = "y"});
  EXPECT_THAT(job.split.valid, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(job.notes, testing::Contains(HasSubstr("have no targets and are not used")));
}

TEST(Job, ATargetInAnotherPlaceIsFoundInTheRowsApartToo) {
  data::Table table = table_of(30, 0);
  std::swap(table.columns[0].numbers, table.columns[2].numbers);
  table.test = std::make_shared<const data::Table>(table);
  const Job job = make_job(data::Source(table), {.target = "x1", .valid = 0.0});
  EXPECT_EQ(targets(job.dataset, job.split.test).to_vector<double>(),
            targets(job.dataset, data::count_to(24)).to_vector<double>());
}

TEST(Objective, IsTheLossOfTheOptionsWithTheirWeights) {
  Job job = make_job("builtin:moons", {});
  const std::vector<std::int64_t> rows = {0, 1, 2, 3, 4, 5, 6};
  const Tensor target = targets(job.dataset, rows), output = randn({7, 2});
  std::int64_t ones = 0;
  for (const std::int64_t k : target.to_vector<std::int64_t>()) ones += k;
  const Objective objective(job.model, job.dataset, rows, {.label_smoothing = 0.1, .balanced_classes = true});
  const Tensor weights = tensor({3.5 / static_cast<double>(7 - ones), 3.5 / static_cast<double>(ones)}).to(float32);
  EXPECT_NEAR(objective(output, target).item<double>(),
              nn::cross_entropy(output, target, {.class_weights = weights, .label_smoothing = 0.1}).item<double>(),
              1e-6);
  EXPECT_FALSE(objective.of_best_constant(target, target));

  const Objective plain(job.model, job.dataset, rows, {});
  const double share = static_cast<double>(ones) / 7;
  EXPECT_NEAR(plain.of_best_constant(target, target).value(),
              -share * std::log(share) - (1 - share) * std::log(1 - share), 1e-9);
}

}  // namespace
}  // namespace relume::training
