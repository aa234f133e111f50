// The table of what a training can be told: each row reads, writes and records one member.
#include "relume/train/option_table.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/train/job.h"
#include "tests/data/temporary_file.h"
#include "tests/reference/message_of.h"

namespace relume::training {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// Of each option a text that is not what it is by default, and what a record then has.
const std::map<std::string, std::pair<std::string, json>> cases = {
    {"target", {"price", "price"}},
    {"use", {"a", {"a"}}},
    {"drop", {"b", {"b"}}},
    {"task", {"regression", "regression"}},
    {"hidden", {"64,32", {64, 32}}},
    {"layers", {"linear(3)", "linear(3)"}},
    {"activation", {"elu", "elu"}},
    {"valid", {"0.3", "0.3"}},
    {"test", {"other.csv", "other.csv"}},
    {"decimal", {"comma", "comma"}},
    {"na", {"n.d.", {"n.d."}}},
    {"seed", {"18446744073709551615", 18446744073709551615ULL}},
    {"epochs", {"7", 7}},
    {"batch_size", {"16", 16}},
    {"optimizer", {"sgd", "sgd"}},
    {"loss", {"huber", "huber"}},
    {"lr", {"0.25", 0.25}},
    {"momentum", {"0.5", 0.5}},
    {"weight_decay", {"0.125", 0.125}},
    {"schedule", {"none", "none"}},
    {"warmup", {"9", 9}},
    {"clip", {"1.5", 1.5}},
    {"clip_value", {"2.5", 2.5}},
    {"clip_adaptive", {"0.0625", 0.0625}},
    {"patience", {"4", 4}},
    {"min_delta", {"0.5", 0.5}},
    {"best_by", {"auc", "auc"}},
    {"label_smoothing", {"0.25", 0.25}},
    {"sparsity", {"0.5", 0.5}},
    {"prune", {"0.75", 0.75}},
    {"balanced_classes", {"balanced", true}},
    {"on_dead", {"revive", "revive"}},
    {"on_explode", {"backoff", "backoff"}},
    {"precision", {"bf16", "bf16"}},
};

TEST(OptionTable, EachRowSetsItsOwnMemberAndNoOther) {
  const json usual = json::parse(to_json(TrainOptions{}));
  for (const TrainOption& option : train_options()) {
    const std::string name(option.name);
    if (name == "nesterov" || name == "thresholds") continue;  // below: a flag, and pairs
    ASSERT_TRUE(cases.contains(name)) << "give " << name << " a case";
    const auto& [text, expected] = cases.at(name);
    TrainOptions options;
    option.take(options, text);
    const json record = json::parse(to_json(options));
    EXPECT_EQ(record.at(name), expected) << name;
    for (const auto& [other, value] : record.items())
      EXPECT_EQ(value, other == name ? value : usual.at(other)) << name << " changed " << other;
    EXPECT_NE(record.at(name), usual.at(name)) << "the case must differ from the default";
  }
}

TEST(OptionTable, FlagsAndThresholdsAreRecorded) {
  TrainOptions options;
  options.nesterov = true;
  find_train_option("thresholds").take(options, "near_dead_rate=0.02");
  const json record = json::parse(to_json(options));
  EXPECT_EQ(record.at("nesterov"), true);
  EXPECT_EQ(record.at("thresholds").at("near_dead_rate"), 0.02);
  const auto thresholds = health::named_thresholds(options.thresholds);
  EXPECT_EQ(std::ranges::find(thresholds, "near_dead_rate", &health::NamedThreshold::name)->value, 0.02);
}

TEST(OptionTable, EveryChoiceIsTaken) {
  for (const TrainOption& option : train_options()) {
    if (!option.choices) continue;
    std::set<std::string> values;
    for (const std::string& choice : option.choices()) {
      TrainOptions options;
      option.take(options, choice);
      values.insert(to_text(option.value(options)));
    }
    EXPECT_EQ(values.size(), option.choices().size()) << option.name;
  }
}

TEST(OptionTable, ACommandLineSpellsNamesWithDashes) {
  EXPECT_EQ(find_train_option("weight_decay").command_line_word(), "weight-decay");
  EXPECT_EQ(find_train_option("balanced_classes").command_line_word(), "class-weights");
  EXPECT_THAT(message_of<ValueError>([] { find_train_option("epohcs"); }), HasSubstr("epochs"));
}

std::string refusal(const TrainOptions& options) {
  return message_of<OptionError>([&] { resolve(options, 100); });
}

TEST(OptionTable, NumbersKeepToTheirLimits) {
  EXPECT_EQ(refusal({.lr = -1}), "train: lr -1 is not a number above 0");
  EXPECT_EQ(refusal({.epochs = -3}), "train: epochs -3 is not a whole number from 1 to 2^40");
  EXPECT_EQ(refusal({.label_smoothing = 1.5}), "train: label_smoothing 1.5 is not a number from 0 to 1");
  EXPECT_NO_THROW(resolve({}, 100)) << "what is chosen from the data is written as 0";
}

TEST(OptionTable, ErrorsNameTheOptionsThatTheyAreAbout) {
  const auto options_of = [](const TrainOptions& options) {
    try {
      make_job("builtin:moons", options);
    } catch (const OptionError& error) {
      return error.options;
    }
    return std::vector<std::string>{};
  };
  EXPECT_THAT(options_of({.valid = "nan"}), testing::ElementsAre("valid"));
  EXPECT_THAT(options_of({.test = -0.5}), testing::ElementsAre("test"));
  EXPECT_THAT(options_of({.hidden = {4}, .layers = "linear(4)"}), testing::ElementsAre("hidden", "layers"));
}

TEST(OptionTable, AnErrorAboutDataNamesItsOptionInTheAdviceAlone) {
  const data::TemporaryFile file("decimal.tsv", "decimal\ty\n1,234\t1\n12,345\t2\n");
  try {
    make_job(file.path().string(), {});
    FAIL();
  } catch (const OptionError& error) {
    EXPECT_THAT(error.options, testing::ElementsAre("decimal"));
    EXPECT_EQ(error.advice, "say which is meant: decimal point or decimal comma");
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("column 'decimal' may be"), testing::EndsWith(error.advice)));
  }
}

}  // namespace
}  // namespace relume::training
