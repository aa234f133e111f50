// What the command line prints is what the library's calls give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/train/train.h"
#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using nlohmann::json;

/// Without what depends on time and place.
json compared(const std::string& text) {
  json j = json::parse(text);
  for (const char* name : {"seconds", "model", "run"}) j.erase(name);
  return j;
}

TEST(Library, TrainsWhatTheCommandLineTrains) {
  const Workplace place;
  for (const auto& [name, table, target] :
       {std::tuple("labels.csv", labelled_table(), "label"), std::tuple("numbers.csv", measured_table(), "y")}) {
    place.write(name, table);
    const Outcome outcome = relume(place, {"train",  name,       "--target", target,     "--test",
                                           "0.2",    "--hidden", "16",       "--epochs", "4",
                                           "--lr",   "0.01",     "--seed",   "5",        "--on-dead",
                                           "revive", "--json",   "--quiet",  "--out",    "run-" + std::string(name)});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const auto run = train((place / name).string(), {.target = target,
                                                     .test = 0.2,
                                                     .hidden = {16},
                                                     .epochs = 4,
                                                     .lr = 0.01,
                                                     .on_dead = training::OnDead::revive,
                                                     .seed = 5});
    EXPECT_EQ(compared(last_line(outcome.out)), compared(run.json(health::Voice::command_line)));
  }
}

TEST(Library, EvaluatesAndPredictsAsTheCommandLineDoes) {
  const Workplace place;
  place.write("t.csv", labelled_table());
  train((place / "t.csv").string(), {.hidden = {8}, .epochs = 2, .seed = 1}).model.save(place / "m.safetensors");
  const Model model = Model::load(place / "m.safetensors");
  const Outcome evaluated = relume(place, {"eval", "m.safetensors", "t.csv", "--json"});
  EXPECT_EQ(json::parse(evaluated.out).at("test").at("accuracy").get<double>(),
            evaluate(model, (place / "t.csv").string()).accuracy);
  const Predictions predictions = model.predict((place / "t.csv").string(), {.id = "colour"});
  EXPECT_EQ(relume(place, {"predict", "m.safetensors", "t.csv", "--id", "colour"}).out, predictions.csv());
  EXPECT_EQ(relume(place, {"predict", "m.safetensors", "t.csv", "--id", "colour", "--json"}).out, predictions.json());
}

TEST(Library, ExaminesAsTheCommandLineDoes) {
  const Workplace place;
  train("builtin:moons", {.hidden = {8}, .epochs = 3, .lr = 0.3, .seed = 1}).model.save(place / "m.safetensors");
  const Outcome outcome = relume(place, {"doctor", "m.safetensors", "builtin:moons", "--json"});
  const Examination e = doctor(Model::load(place / "m.safetensors"), "builtin:moons");
  EXPECT_EQ(outcome.status == 0, e.is_healthy());
  const json j = json::parse(outcome.out);
  ASSERT_EQ(j.at("layers").size(), e.layers.size());
  for (std::size_t i = 0; i < e.layers.size(); ++i) {
    EXPECT_EQ(j.at("layers")[i].at("weight_rms").get<double>(), e.layers[i].weight_rms);
    EXPECT_EQ(j.at("layers")[i].at("gradient_rms").get<double>(), e.layers[i].gradient_rms);
  }
  EXPECT_EQ(j.at("findings").size(), e.findings.size());
}

}  // namespace
}  // namespace relume::app
