// Training from the outside: its result, its files, its repeatability.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "relume/data/idx.h"
#include "relume/io/safetensors.h"
#include "relume/optim/optimizer_table.h"
#include "tests/app/run_app.h"
#include "tests/data/temporary_file.h"

namespace relume::app {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsSupersetOf;

/// Trains with --json --quiet and gives the object; the test fails where it does not work.
Json train(const Workplace& place, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "train");
  arguments.insert(arguments.end(), {"--json", "--quiet"});
  const Outcome outcome = relume(place, arguments);
  EXPECT_EQ(outcome.status, 0) << testing::PrintToString(arguments) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  if (outcome.status != 0) return Json::object();
  return Json::parse(last_line(outcome.out));
}

/// The weights, byte by byte, without what the file says about them.
std::map<std::string, std::string> weights(const Workplace& place, const std::string& run) {
  std::map<std::string, std::string> result;
  for (const auto& [name, tensor] : io::load_safetensors(place / (run + "/model.safetensors")).tensors)
    result[name] = std::string(static_cast<const char*>(tensor.raw_data()), tensor.bytes());
  return result;
}

void expect_same_metrics(const Json& a, const Json& b) {
  ASSERT_EQ(a.size(), b.size()) << a << b;
  for (const auto& [name, value] : a.items()) EXPECT_NEAR(value.get<double>(), b.at(name).get<double>(), 1e-9) << name;
}

class Train : public testing::Test {
 protected:
  Train() {
    place.write("labels.csv", labelled_table());
    place.write("numbers.csv", measured_table());
  }
  Workplace place;
};

TEST_F(Train, SaysInWhatPrecisionItMultiplied) {
  const Json full = train(place, {"labels.csv", "--epochs", "2", "--out", "full"});
  EXPECT_EQ(full.at("precision"), "float32");
  const Outcome rounded = relume(place, {"train", "labels.csv", "--epochs", "2", "--precision", "bf16", "--clip-value",
                                         "1", "--clip-adaptive", "0.1", "--json", "--quiet", "--out", "rounded"});
  EXPECT_EQ(rounded.status, 0) << rounded.err;
  const bool here = Json::parse(last_line(rounded.out)).at("precision") == "bf16";
  EXPECT_EQ(rounded.err.find("does not multiply bfloat16") == std::string::npos, here) << rounded.err;
}

TEST_F(Train, PrintsTheDocumentedFieldsOfAClassification) {
  const Json j = train(place, {"labels.csv", "--epochs", "12", "--test", "0.2", "--seed", "5", "--out", "run"});
  EXPECT_EQ(j.at("task"), "classification");
  EXPECT_EQ(j.at("metric"), "accuracy");
  for (const char* part : {"train", "valid", "test"})
    for (const char* metric : {"loss", "accuracy", "f1_macro", "auc"}) EXPECT_TRUE(j.at(part).at(metric).is_number());
  EXPECT_GT(j.at("test").at("accuracy"), 0.85);
  EXPECT_EQ(j.at("epochs"), 12);
  EXPECT_GE(j.at("best_epoch"), 1);
  EXPECT_LE(j.at("best_epoch"), 12);
  EXPECT_GT(j.at("seconds"), 0);
  EXPECT_EQ(j.at("seed"), 5);
  EXPECT_EQ(j.at("options").at("seed"), 5);
  EXPECT_EQ(j.at("options").at("batch_size"), 32) << "chosen from the data";
  EXPECT_EQ(j.at("run"), "run");
  EXPECT_EQ(j.at("model"), "run/model.safetensors");
  EXPECT_EQ(j.at("columns").at("used"), (std::vector<std::string>{"x1", "x2", "colour"}));
  EXPECT_TRUE(j.at("columns").at("left_out").is_object());
  EXPECT_TRUE(j.at("findings").is_array());
}

TEST_F(Train, PrintsTheDocumentedFieldsOfARegression) {
  const Json j = train(place, {"numbers.csv", "--epochs", "60", "--out", "run"});
  EXPECT_EQ(j.at("task"), "regression");
  EXPECT_EQ(j.at("metric"), "rmse");
  for (const char* part : {"train", "valid"})
    for (const char* metric : {"loss", "rmse", "mae", "r2"}) EXPECT_TRUE(j.at(part).at(metric).is_number());
  EXPECT_TRUE(j.at("test").is_null());
  EXPECT_GT(j.at("valid").at("r2"), 0.98);
  EXPECT_FALSE(j.at("valid").contains("accuracy"));
}

TEST_F(Train, PutsTheResultOnStdoutAndTheProgressOnStderr) {
  const Outcome outcome = relume(place, {"train", "labels.csv", "--epochs", "3", "--out", "run"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, testing::AllOf(HasSubstr("train  accuracy"), HasSubstr("run/model.safetensors")));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("epoch 1/3")));
  for (const char* epoch : {"epoch 1/3", "epoch 2/3", "epoch 3/3"}) EXPECT_THAT(outcome.err, HasSubstr(epoch));
  const Outcome json = relume(place, {"train", "labels.csv", "--epochs", "3", "--json", "--out", "other"});
  EXPECT_EQ(lines_of(json.out).size(), 1u);
  EXPECT_THAT(json.err, HasSubstr("epoch 3/3"));
}

TEST_F(Train, LeavesTheFilesOfARun) {
  train(place, {"labels.csv", "--epochs", "4", "--out", "deep/run"});
  EXPECT_THAT(place.files(),
              IsSupersetOf({"deep/run/model.safetensors", "deep/run/last.safetensors", "deep/run/metrics.csv",
                            "deep/run/report.html", "deep/run/checkpoint/checkpoint.safetensors"}));
  const auto rows = lines_of(place.read("deep/run/metrics.csv"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_THAT(rows[0], testing::StartsWith("epoch,train_loss,valid_loss,valid_accuracy"));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_THAT(rows[i], testing::StartsWith(fmt::format("{},", i)));
    EXPECT_EQ(std::ranges::count(rows[i], ','), std::ranges::count(rows[0], ','));
  }
  EXPECT_THAT(place.read("deep/run/report.html"), HasSubstr("</html>"));
}

TEST_F(Train, ChoosesAFreeFolderUnderRuns) {
  EXPECT_EQ(train(place, {"labels.csv", "--epochs", "1"}).at("run"), "runs/labels");
  EXPECT_EQ(train(place, {"labels.csv", "--epochs", "1"}).at("run"), "runs/labels-2");
}

TEST_F(Train, ManyThatBeginAtOnceHaveAFolderEach) {
  std::vector<std::unique_ptr<RunningApp>> running;
  for (int i = 0; i < 8; ++i)
    running.push_back(std::make_unique<RunningApp>(
        place, std::vector<std::string>{"train", "labels.csv", "--epochs", "1", "--threads", "1", "--json"}));
  std::set<std::string> folders;
  for (const auto& app : running) {
    const Outcome outcome = app->wait();
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    folders.insert(Json::parse(last_line(outcome.out)).at("run"));
  }
  EXPECT_EQ(folders.size(), 8u);
  for (const std::string& folder : folders) EXPECT_TRUE(place.has(folder + "/model.safetensors")) << folder;
}

TEST_F(Train, TheSecondProgramInAFolderSaysSo) {
  place.write("long.csv", labelled_table(2000));
  const std::vector<std::string> words{"train", "long.csv", "--epochs", "400", "--patience", "400", "--out", "run"};
  RunningApp first(place, words);
  for (int i = 0; i < 5000 && !place.has("run/checkpoint/lock"); ++i) ::usleep(1000);
  ::usleep(50000);
  const Outcome second = relume(place, words);
  first.interrupt();
  first.wait();
  EXPECT_EQ(second.status, 2);
  EXPECT_THAT(last_line(second.err), HasSubstr("another program trains in run"));
}

TEST_F(Train, ASeedGivesTheSameWeightsTwice) {
  train(place, {"labels.csv", "--epochs", "5", "--seed", "3", "--out", "a"});
  train(place, {"labels.csv", "--epochs", "5", "--seed", "3", "--out", "b"});
  train(place, {"labels.csv", "--epochs", "5", "--seed", "4", "--out", "c"});
  EXPECT_EQ(weights(place, "a"), weights(place, "b"));
  EXPECT_NE(weights(place, "a"), weights(place, "c"));
}

TEST_F(Train, TheNumberOfThreadsDoesNotChangeTheWeights) {
  train(place, {"labels.csv", "--epochs", "5", "--threads", "1", "--out", "a"});
  train(place, {"labels.csv", "--epochs", "5", "--threads", "3", "--out", "b"});
  EXPECT_EQ(weights(place, "a"), weights(place, "b"));
}

TEST_F(Train, AnInterruptedRunGoesOnToTheSameWeights) {
  place.write("long.csv", labelled_table(2000));
  const std::vector<std::string> options{"--epochs",  "200", "--patience", "200",
                                         "--threads", "1",   "--hidden",   "128,128"};
  const auto with = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
  };
  train(place, with({"long.csv", "--out", "whole"}));
  RunningApp running(place, with({"train", "long.csv", "--json", "--out", "parts"}));
  // It must be caught in training: before its handler stands, the signal would just end it.
  for (int i = 0; i < 5000 && !place.has("parts"); ++i) ::usleep(1000);
  ::usleep(100000);
  running.interrupt();
  const Outcome stopped = running.wait();
  ASSERT_EQ(stopped.status, 130) << stopped.err;
  const Json half = Json::parse(last_line(stopped.out));
  EXPECT_EQ(half.at("ending"), "interrupted");
  EXPECT_LT(half.at("epochs"), 200);
  EXPECT_NE(weights(place, "whole"), weights(place, "parts"));
  const Json done = train(place, with({"long.csv", "--resume", "parts"}));
  EXPECT_EQ(done.at("epochs"), 200);
  EXPECT_EQ(weights(place, "whole"), weights(place, "parts"));
  EXPECT_EQ(lines_of(place.read("parts/metrics.csv")).size(), 201u);
}

TEST_F(Train, ADamagedCheckpointGivesWayToTheOneBeforeIt) {
  train(place, {"labels.csv", "--epochs", "3", "--out", "run"});
  const auto before = weights(place, "run");
  train(place, {"labels.csv", "--epochs", "3", "--resume", "run"});  // now there are two
  std::string text = place.read("run/checkpoint/checkpoint.safetensors");
  text[text.size() - 5] = static_cast<char>(text[text.size() - 5] ^ 4);
  place.write("run/checkpoint/checkpoint.safetensors", text);
  const Outcome again = relume(place, {"train", "labels.csv", "--epochs", "3", "--resume", "run"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("goes on from the checkpoint before it"));
  EXPECT_EQ(weights(place, "run"), before);
  place.write("run/checkpoint/previous.safetensors", "");
  place.write("run/checkpoint/checkpoint.safetensors", text);
  EXPECT_EQ(relume(place, {"train", "labels.csv", "--epochs", "3", "--resume", "run"}).status, 2);
}

TEST_F(Train, GoesOnWithNoOtherDataThanItsOwn) {
  train(place, {"labels.csv", "--epochs", "3", "--out", "run"});
  std::string other = place.read("labels.csv");
  const std::size_t digit = other.find_first_of("123456789", other.find('\n'));
  other[digit] = static_cast<char>('1' + (other[digit] - '0') % 9);
  place.write("other.csv", other);
  const Outcome refused = relume(place, {"train", "other.csv", "--epochs", "3", "--resume", "run"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("the data is not what the run began with"));
}

TEST_F(Train, GoingOnWithAFinishedRunChangesNothing) {
  train(place, {"labels.csv", "--epochs", "3", "--out", "run"});
  const auto before = weights(place, "run");
  train(place, {"labels.csv", "--epochs", "3", "--resume", "run"});
  EXPECT_EQ(weights(place, "run"), before);
}

TEST_F(Train, TakesRowsToTestAsAShareANumberOrAFile) {
  place.write("test.csv", labelled_table(120));
  const Json file = train(place, {"labels.csv", "--epochs", "5", "--test", "test.csv", "--out", "file"});
  const Json eval = Json::parse(relume(place, {"eval", "file/model.safetensors", "test.csv", "--json"}).out);
  EXPECT_EQ(eval.at("rows"), 120);
  expect_same_metrics(file.at("test"), eval.at("test"));
  for (const char* rows : {"30", "0.1"}) {
    const std::string out = std::string("run") + rows;
    const Outcome outcome =
        relume(place, {"train", "labels.csv", "--epochs", "1", "--test", rows, "--valid", rows, "--out", out});
    EXPECT_THAT(outcome.err, HasSubstr("240 rows to train, 30 to validate, 30 to test"));
  }
  const Json validated = train(place, {"labels.csv", "--epochs", "5", "--valid", "test.csv", "--out", "valid"});
  const Json same = Json::parse(relume(place, {"eval", "valid/model.safetensors", "test.csv", "--json"}).out);
  expect_same_metrics(validated.at("valid"), same.at("test"));
}

TEST_F(Train, EvalMeasuresRegressionsInTheTargetsUnits) {
  place.write("test.csv", measured_table(100));
  const Json j = train(place, {"numbers.csv", "--epochs", "30", "--test", "test.csv", "--out", "run"});
  const Json eval = Json::parse(relume(place, {"eval", "run/model.safetensors", "test.csv", "--json"}).out);
  for (const char* metric : {"loss", "rmse", "mae", "r2"}) {
    const double expected = j.at("test").at(metric);
    EXPECT_NEAR(eval.at("test").at(metric), expected, 1e-6 * std::abs(expected)) << metric;
  }
}

TEST_F(Train, LearnsTheBuiltinSets) {
  for (const auto& [name, metric, least] : {std::tuple{"spirals", "accuracy", 0.95},
                                            {"moons", "accuracy", 0.97},
                                            {"circles", "accuracy", 0.97},
                                            {"friedman", "r2", 0.85}}) {
    const Json j = train(place, {std::string("builtin:") + name, "--test", "0.2"});
    EXPECT_GT(j.at("test").at(metric), least) << name;
  }
}

TEST_F(Train, EveryOptimizerAndScheduleTrains) {
  for (const std::string& optimizer : optim::optimizer_names())
    EXPECT_GT(train(place, {"labels.csv", "--optimizer", optimizer, "--epochs", "30", "--out", optimizer})
                  .at("valid")
                  .at("accuracy"),
              0.85)
        << optimizer;
  for (const char* schedule : {"none", "step", "exponential", "cosine", "plateau", "onecycle"})
    EXPECT_GT(train(place, {"labels.csv", "--schedule", schedule, "--epochs", "30", "--out", schedule})
                  .at("valid")
                  .at("accuracy"),
              0.85)
        << schedule;
}

TEST_F(Train, ALearningRateThatIsFarTooLargeEndsWithAFinding) {
  const Outcome outcome = relume(place, {"train", "numbers.csv", "--optimizer", "sgd", "--lr", "1e20", "--schedule",
                                         "none", "--json", "--quiet", "--out", "run"});
  const Json j = Json::parse(last_line(outcome.out));
  ASSERT_FALSE(j.at("findings").empty());
  EXPECT_EQ(j.at("findings").at(0).at("rule"), "exploding_gradient");
  EXPECT_EQ(j.at("findings").at(0).at("severity"), "error");
}

std::string idx(const Tensor& array, std::int64_t rows) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(array.dimensions())};
  for (int d = 0; d < array.dimensions(); ++d)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += static_cast<char>((d == 0 ? rows : array.size(d)) >> shift & 0xff);
  const auto values = array.slice(0, 0, rows).contiguous();
  return bytes.append(static_cast<const char*>(values.raw_data()), values.bytes());
}

TEST_F(Train, AFolderOfIdxFilesHasItsOwnTestSet) {
  const auto mnist = data::shared_data() / "mnist";
  if (!std::filesystem::exists(mnist)) GTEST_SKIP() << "skipped: no shared data";
  const data::IdxFolder all = data::read_idx_folder(mnist);
  place.write("mnist/train-images-idx3-ubyte", idx(all.train.images, 3000));
  place.write("mnist/train-labels-idx1-ubyte.gz", data::gzip(idx(all.train.labels, 3000)));
  place.write("mnist/t10k-images-idx3-ubyte", idx(all.test->images, 500));
  place.write("mnist/t10k-labels-idx1-ubyte", idx(all.test->labels, 500));
  const Json j = train(place, {"mnist", "--hidden", "64", "--epochs", "8", "--out", "run"});
  EXPECT_GT(j.at("test").at("accuracy"), 0.85);
  const Json eval = Json::parse(relume(place, {"eval", "run/model.safetensors", "mnist", "--json"}).out);
  EXPECT_EQ(eval.at("rows"), 500);
  expect_same_metrics(j.at("test"), eval.at("test"));
  const auto lines = lines_of(relume(place, {"predict", "run/model.safetensors", "mnist"}).out);
  ASSERT_EQ(lines.size(), 501u);
  EXPECT_THAT(lines[0], testing::StartsWith("prediction,p(0),p(1)"));
}

/// Each finding's rule with its severity.
std::map<std::string, std::string> findings_of(const Json& result) {
  std::map<std::string, std::string> found;
  for (const Json& finding : result.at("findings")) found[finding.at("rule")] = finding.at("severity");
  return found;
}

/// 400 rows of two columns, what `more` adds to each, and the target.
template <class More, class Target>
std::string table_of(const std::string& header, More more, Target target) {
  std::string text = header + "\n";
  for (int i = 0; i < 400; ++i) {
    const double a = std::sin(1.7 * i), b = std::cos(2.3 * i + 1);
    text += fmt::format("{:.4f},{:.4f},{}{}\n", a, b, more(a, b), target(a, b));
  }
  return text;
}

TEST(TrainFindings, NameAColumnThatGivesTheTargetAway) {
  const Workplace place;
  const auto survived = [](double a, double b) { return a + 0.8 * b > 0.1; };
  place.write("t.csv", table_of(
                           "a,b,alive,survived", [&](double a, double b) { return survived(a, b) ? "yes," : "no,"; },
                           [&](double a, double b) { return survived(a, b) ? 1 : 0; }));
  const Json result = train(place, {"t.csv", "--epochs", "3", "--out", "run"});
  EXPECT_EQ(findings_of(result)["leaking_feature"], "warning");
  EXPECT_THAT(result.dump(), HasSubstr("--drop alive"));
}

TEST(TrainFindings, NameATargetThatIsFarFromAllOthers) {
  const Workplace place;
  int row = 0;
  place.write("t.csv", table_of(
                           "a,b,y", [](double, double) { return ""; },
                           [&](double a, double b) { return row++ == 90 ? 1e9 : 3 * a - b; }));
  EXPECT_EQ(findings_of(train(place, {"t.csv", "--epochs", "5", "--valid", "0", "--out", "run"}))["target_outlier"],
            "warning");
}

TEST(TrainFindings, SayThatOneClassIsTheAnswerToAll) {
  const Workplace place;
  int row = 0;
  place.write("t.csv", table_of(
                           "a,b,y", [](double, double) { return ""; },
                           [&](double, double) { return row++ % 29 == 3 ? "bad" : "fine"; }));
  EXPECT_EQ(findings_of(train(place, {"t.csv", "--epochs", "5", "--out", "run"}))["one_answer"], "warning");
}

TEST(TrainFindings, OfAHealthyTableOfOneColumnAreNoWarnings) {
  for (const char* seed : {"0", "1", "2"}) {
    const Workplace place;
    std::string text = "x,y\n";
    for (int i = 0; i < 300; ++i) {
      const double x = 1.5 * std::sin(1.7 * i) + 0.5 * std::sin(0.9 * i);
      text += fmt::format("{:.3f},{}\n", x, x > 0.3 ? "p" : "n");
    }
    place.write("t.csv", text);
    const Json result = train(place, {"t.csv", "--seed", seed, "--epochs", "60", "--out", "run"});
    EXPECT_GT(result.at("valid").at("accuracy"), 0.95);
    for (const auto& [rule, severity] : findings_of(result))
      EXPECT_EQ(severity, "info") << rule << " " << result.dump();
  }
}

TEST(TrainFindings, ThatAskForNothingAreLeftOutWhereItIsToBeQuiet) {
  const Workplace place;
  const std::vector<std::string> arguments = {"train", "builtin:moons", "--hidden", "2000", "--epochs", "2"};
  auto loud = arguments, quiet = arguments;
  loud.insert(loud.end(), {"--out", "loud"});
  quiet.insert(quiet.end(), {"--quiet", "--out", "quiet"});
  EXPECT_THAT(relume(place, loud).out, HasSubstr("there is nothing to do"));
  const Outcome outcome = relume(place, quiet);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("there is nothing to do")));
}

}  // namespace
}  // namespace relume::app
