// What a C++ program has of the objects that the command line prints with --json.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/io/layer_facts.h"
#include "relume/train/compare.h"
#include "relume/train/doctor.h"
#include "relume/train/evaluate.h"
#include "relume/train/lr_find.h"
#include "relume/train/run.h"
#include "tests/data/temporary_file.h"

namespace relume::training {
namespace {

using nlohmann::json;
using testing::ElementsAre;

const TrainOptions options{.layers = "linear(16) relu", .epochs = 3, .lr = 0.01, .seed = 1};

const io::Model& model() {
  static const Run trained = run(make_job("builtin:moons", options), options);
  return trained.model;
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(ResultsAsJson, AnExaminationHasItsLayersAndWhatWasMadeOfTheModel) {
  const Examination e = examine(model(), io::make_trial(model(), "builtin:moons"));
  const json plain = json::parse(e.json());
  EXPECT_FALSE(plain.contains("fixed"));
  EXPECT_EQ(plain.at("rows"), e.trial.rows.size());
  EXPECT_EQ(plain.at("enough_evidence"), true);
  ASSERT_EQ(plain.at("layers").size(), e.layers.size());
  EXPECT_EQ(plain.at("layers")[0].at("units"), 16);
  EXPECT_EQ(plain.at("layers")[0].at("dead_units"), e.count(e.layers[0], "dead_units"));
  EXPECT_EQ(plain.at("layers")[1].at("weight_rms"), e.layers[1].weight_rms);
  EXPECT_EQ(plain.at("findings").size(), e.findings.size());

  const data::TemporaryFile file("revived.safetensors", "");
  Fixed revived = e.fix(Fix::revive);
  revived.save(file.path());
  const json fixed = json::parse(e.json(health::Voice::options, "a \"model\"", &revived));
  EXPECT_EQ(fixed.at("model"), "a \"model\"");
  EXPECT_EQ(fixed.at("fixed").at("model"), file.path().string());
  EXPECT_TRUE(fixed.at("fixed").contains("revived"));
  EXPECT_EQ(fixed.at("fixed").at("parameters"), revived.parameters);
  EXPECT_EQ(io::Model::load(file.path()).network->parameter_count(), revived.parameters);
}

TEST(ResultsAsJson, ACommandLineHearsItsOwnWordsInRemedies) {
  Examination e = examine(model(), io::make_trial(model(), "builtin:moons"));
  health::Finding found;
  found.remedy = {.text = "Try {}.", .options = {{"on_dead", "revive"}}};
  e.findings = {found};
  const auto remedy = [&](health::Voice voice) { return json::parse(e.json(voice)).at("findings")[0].at("remedy"); };
  EXPECT_EQ(remedy(health::Voice::options), "Try on_dead = revive.");
  EXPECT_EQ(remedy(health::Voice::command_line), "Try --on-dead revive.");
}

TEST(ResultsAsJson, AComparisonHasItsVariantsInTheirOrder) {
  const Comparison c = compare(open_data("builtin:moons", options),
                               {.train = {.epochs = 2, .seed = 7}, .activations = {"relu", "elu"}, .seeds = 2});
  const json j = json::parse(c.json());
  EXPECT_EQ(j.at("seed"), 7);
  EXPECT_EQ(j.at("seeds"), 2);
  EXPECT_GT(j.at("seconds"), 0);
  ASSERT_EQ(j.at("variants").size(), 2u);
  EXPECT_EQ(j.at("variants")[1].at("activation"), "elu");
  EXPECT_EQ(j.at("variants")[1].at("values").get<std::vector<double>>(), c.values(1, &ComparedRun::metric));
  EXPECT_EQ(j.at("variants")[0].at("best_epoch"),
            (static_cast<double>(c.runs[0].best_epoch) + static_cast<double>(c.runs[1].best_epoch)) / 2);
  EXPECT_EQ(j.at("best"), c.activations[c.best]);
  EXPECT_EQ(j.at("winner").is_null(), !c.not_worse.empty());
  EXPECT_EQ(j.at("pairs").size(), 1u);
}

TEST(ResultsAsJson, ARateRangeTestAnEvaluationAndAnInspectionHaveTheirs) {
  Job job = make_job("builtin:moons", options);
  const LrFindResult found = find_lr(job, options);
  EXPECT_EQ(json::parse(found.json()).at("losses").get<std::vector<double>>(), found.losses);
  EXPECT_EQ(json::parse(found.json()).at("suggested"), found.suggested);

  const io::Trial trial = io::make_trial(model(), "builtin:moons");
  const Metrics metrics = evaluate(model(), trial.dataset, trial.rows);
  const json j = json::parse(to_json(model(), metrics, "m", {"a note"}));
  EXPECT_EQ(j.at("test").at("accuracy"), metrics.accuracy);
  EXPECT_THAT(j.at("notes").get<std::vector<std::string>>(), ElementsAre("a note"));

  const std::vector<io::LayerFacts> layers = io::layer_facts(model(), io::unit_activity(model(), trial));
  const json with = json::parse(io::summary_json(model(), layers, &trial)),
             without = json::parse(io::summary_json(model(), io::layer_facts(model())));
  EXPECT_EQ(with.at("rows"), trial.rows.size());
  EXPECT_EQ(with.at("layers")[1].at("dead_units"), layers[1].activity->dead_units().size());
  EXPECT_FALSE(without.contains("rows"));
  EXPECT_THAT(keys(without.at("layers")[1]),
              ElementsAre("bytes", "layer", "multiply_adds", "name", "output", "output_bytes", "parameters"));
}

}  // namespace
}  // namespace relume::training
