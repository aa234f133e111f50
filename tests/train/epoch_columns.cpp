#include "relume/train/epoch_columns.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace relume::training {
namespace {

using ::testing::Pair;

EpochRow epoch_of(bool validated) {
  EpochRow row;
  row.epoch = 4;
  row.train_loss = 0.5;
  row.lr = 0.01;
  row.grad_norm = 2;
  row.dead_share = 0.25;
  row.update_ratio = 1e-3;
  row.seconds = 6;
  row.findings = "dead_units(relu1)";
  if (validated) {
    row.valid.rows = 10;
    row.valid.loss = 0.75;
    row.valid.accuracy = 0.5;
    row.valid.f1_macro = 0.375;
    row.valid.auc = 0.625;
  }
  return row;
}

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> all;
  std::stringstream stream(line + ",");
  for (std::string field; std::getline(stream, field, ',');) all.push_back(field);
  return all;
}

TEST(EpochColumns, StandInMetricsCsvUnderTheirNames) {
  std::stringstream csv(to_csv({epoch_of(true), epoch_of(false)}, data::Task::classification));
  std::string header, first, second, end;
  std::getline(csv, header), std::getline(csv, first), std::getline(csv, second);
  EXPECT_FALSE(std::getline(csv, end));
  const auto names = fields(header), values = fields(first), without = fields(second);
  ASSERT_EQ(values.size(), names.size());
  ASSERT_EQ(without.size(), names.size());
  const auto of = [&](const char* name) {
    const auto at = std::find(names.begin(), names.end(), name);
    return at == names.end() ? "no column" : values[static_cast<std::size_t>(at - names.begin())];
  };
  EXPECT_EQ(of("epoch"), "4");
  EXPECT_EQ(of("train_loss"), "0.5");
  EXPECT_EQ(of("valid_loss"), "0.75");
  EXPECT_EQ(of("valid_accuracy"), "0.5");
  EXPECT_EQ(of("valid_auc"), "no column");
  EXPECT_EQ(of("lr"), "0.01");
  EXPECT_EQ(of("seconds"), "6.000");
  EXPECT_EQ(of("seconds_per_epoch"), "1.5");
  EXPECT_EQ(of("findings"), "dead_units(relu1)");
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_EQ(without[i], names[i].starts_with("valid_") ? "" : values[i]) << names[i];
}

TEST(EpochColumns, AreWhatPythonAndTensorBoardHear) {
  const EpochRow row = epoch_of(true);
  const auto all = measurements(row, data::Task::classification), tags = curves(row, data::Task::classification);
  EXPECT_THAT(all, testing::IsSupersetOf({Pair("train_loss", 0.5), Pair("lr", 0.01), Pair("grad_norm", 2.0),
                                          Pair("update_ratio", 1e-3), Pair("dead_share", 0.25), Pair("seconds", 6.0),
                                          Pair("valid_loss", 0.75), Pair("valid_auc", 0.625)}));
  EXPECT_THAT(tags,
              testing::IsSupersetOf({Pair("loss/train", 0.5), Pair("loss/valid", 0.75), Pair("valid/accuracy", 0.5),
                                     Pair("training/seconds_per_epoch", 1.5), Pair("training/learning_rate", 0.01)}));
  EXPECT_EQ(measurements(epoch_of(false), data::Task::classification).size(), epoch_columns().size());
}

TEST(EpochColumns, AreTheReportsCurvesInTheOrderOfTheFile) {
  const std::vector<EpochRow> rows = {epoch_of(true), epoch_of(false)};
  const std::string csv = to_csv(rows, data::Task::classification);
  std::string names = "epoch";
  for (const plot::EpochCurve& curve : report_curves(rows, data::Task::classification)) {
    names += "," + curve.name;
    ASSERT_EQ(curve.values.size(), 2u) << curve.name;
    EXPECT_FALSE(curve.title.empty());
    const bool of_valid = curve.name.starts_with("valid_") || curve.name == "dead_share";
    EXPECT_TRUE(std::isfinite(curve.values[0])) << curve.name;
    EXPECT_EQ(std::isnan(curve.values[1]), of_valid) << curve.name << ": without validation rows";
  }
  EXPECT_EQ(names + ",findings", csv.substr(0, csv.find('\n')));
}

}  // namespace
}  // namespace relume::training
