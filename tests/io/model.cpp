// A model and its file: what is saved comes back, and what a file claims is checked before anything is made of it.
#include "relume/io/model.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "relume/data/builtin.h"
#include "relume/io/safetensors.h"
#include "tests/io/made_model.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::io {
namespace {

using Json = nlohmann::json;

/// A model of a small table, with weights from a seed.
Model small_model(data::Task task, const std::string& layers = "linear(8) relu") {
  const bool classes = task == data::Task::classification;
  return made_model(data::builtin(classes ? "moons" : "friedman", {.rows = 60, .seed = 3}), "last", layers);
}

/// The file of the model with its description changed.
void save_changed(const Model& model, const std::filesystem::path& path, const std::function<void(Json&)>& change) {
  model.save(path);
  SafeTensors file = load_safetensors(path);
  Json description = Json::parse(file.metadata.at("relume"));
  change(description);
  file.metadata["relume"] = description.dump();
  save_safetensors(path, file);
}

std::vector<float> weights_of(const Model& model) {
  std::vector<float> all;
  for (const auto& [name, tensor] : model.network->state())
    for (const float value : tensor.to_vector<float>()) all.push_back(value);
  return all;
}

TEST(Model, ComesBackFromItsFileWithEverythingThatItsUseNeeds) {
  const TemporaryFolder folder;
  for (const data::Task task : {data::Task::classification, data::Task::regression}) {
    const Model model = small_model(task, "linear(8) crelu batchnorm linear(6) glu layernorm prelu(0.1) dropout(0.2)");
    model.save(folder / "m.safetensors");
    const Model loaded = Model::load(folder / "m.safetensors");
    EXPECT_EQ(weights_of(loaded), weights_of(model));
    EXPECT_EQ(nn::to_string(loaded.layers), nn::to_string(model.layers));
    EXPECT_EQ(loaded.labels, model.labels);
    EXPECT_EQ(loaded.task, task);
    EXPECT_EQ(loaded.target_mean, model.target_mean);
    EXPECT_EQ(loaded.target_scale, model.target_scale);
    EXPECT_EQ(loaded.preprocessor->feature_names(), model.preprocessor->feature_names());
    EXPECT_FALSE(loaded.network->is_training());
  }
}

TEST(Model, ACloneHasANetworkOfItsOwnAndACopyHasNot) {
  const Model model = small_model(data::Task::regression);
  const Model copy = model, clone = model.clone();
  EXPECT_EQ(weights_of(clone), weights_of(model));
  for (const auto& [name, tensor] : model.network->state()) tensor.detach().fill_(0);
  EXPECT_EQ(weights_of(copy), weights_of(model));
  EXPECT_NE(weights_of(clone), weights_of(model));
}

TEST(Model, WithNamesThatAFileCannotHoldIsRefusedBeforeItIsTrained) {
  Model model = small_model(data::Task::classification);
  model.labels = {"good",
                  "b\xe4"
                  "d"};
  EXPECT_THAT(message_of<InputError>([&] { model.check_names(); }), testing::HasSubstr("UTF-8"));
}

TEST(Model, SaysWhatItIsMadeOf) {
  const std::string text = small_model(data::Task::classification).summary();
  EXPECT_THAT(text, testing::StartsWith("task     classification\nclasses  0, 1\n"));
  EXPECT_THAT(text, testing::HasSubstr("0     linear(8)              [n, 8]          24            16"));
}

struct Damage {
  data::Task task;
  const char* what;
  const char* said;
  void (*change)(Json&);
};

TEST(Model, RefusesADescriptionWhosePartsDoNotFitEachOther) {
  constexpr auto classification = data::Task::classification, regression = data::Task::regression;
  const Damage damages[] = {
      {regression, "a task that the target has not", "labels", [](Json& j) { j["task"] = "classification"; }},
      {classification, "the other way round", "labels",
       [](Json& j) {
         j["task"] = "regression";
         j["target"] = {{"mean", 0}, {"scale", 1}};
       }},
      {classification, "labels that the target has not", "its target",
       [](Json& j) {
         j["preprocessing"]["target"]["labels"] = {"1", "a", "b", "0"};
       }},
      {classification, "a target of another task", "its target",
       [](Json& j) {
         j["preprocessing"]["target"]["task"] = "regression";
         j["preprocessing"]["target"]["mean"] = 0;
         j["preprocessing"]["target"]["scale"] = 1;
       }},
      {regression, "labels of a regression", "labels", [](Json& j) { j["labels"] = {"a"}; }},
      {regression, "no outputs", "0 outputs", [](Json& j) { j["outputs"] = 0; }},
      {regression, "features that are no whole number", "1e+300 features", [](Json& j) { j["features"] = 1e300; }},
      {regression, "features that the preprocessing does not make", "preprocessing",
       [](Json& j) { j["features"] = 11; }},
      {regression, "a scale of nothing", "scale", [](Json& j) { j["target"]["scale"] = 0; }},
      {regression, "a version of tomorrow", "version 2", [](Json& j) { j["version"] = 2; }},
      {regression, "a row that has more values than a number counts", "input",
       [](Json& j) {
         j.erase("preprocessing");
         j["input"] = {{"scale", 1}, {"shift", 0}, {"shape", {1 << 30, 1 << 30, 1 << 30}}};
       }},
      {regression, "a row of another size than the network takes", "not 10 values",
       [](Json& j) {
         j.erase("preprocessing");
         j["input"] = {{"scale", 1}, {"shift", 0}, {"shape", {3, 4}}};
       }},
  };
  const TemporaryFolder folder;
  for (const Damage& damage : damages) {
    save_changed(small_model(damage.task), folder / "m.safetensors", damage.change);
    const std::string said = message_of<InputError>([&] { Model::load(folder / "m.safetensors"); });
    EXPECT_THAT(said, testing::HasSubstr(damage.said)) << damage.what;
    EXPECT_THAT(said, testing::HasSubstr("m.safetensors")) << damage.what;
  }
}

std::int64_t peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(Model, RefusesADescriptionThatWouldUseUpTheStack) {
  const TemporaryFolder folder;
  const Model model = small_model(data::Task::classification);
  model.save(folder / "model.safetensors");
  SafeTensors file = load_safetensors(folder / "model.safetensors");
  const std::string whole = file.metadata.at("relume");
  constexpr std::size_t depth = 300'000;
  for (const std::string field : {"training", "version", "features", "preprocessing"}) {
    const std::string::size_type at = whole.find("\"" + field + "\":") + field.size() + 3;
    file.metadata["relume"] =
        whole.substr(0, at) + std::string(depth, '[') + std::string(depth, ']') + "," + whole.substr(at);
    save_safetensors(folder / "deep.safetensors", file);
    EXPECT_THAT(message_of<InputError>([&] { Model::load(folder / "deep.safetensors"); }),
                testing::HasSubstr("too deep"));
  }
}

TEST(Model, MakesNoNetworkThatItsFileHoldsNoWeightsFor) {
  std::string many_norms, widening, there_and_back;
  for (int i = 0; i < 20; ++i) many_norms += "crelu ";
  for (int i = 0; i < 400; ++i) many_norms += "layernorm batchnorm ";
  for (int i = 0; i < 63; ++i) widening += "crelu ";
  for (int i = 0; i < 20; ++i) there_and_back += "crelu ";
  for (int i = 0; i < 20; ++i) there_and_back += "glu ";
  const std::string claims[] = {"linear(1e7) relu linear(1e2)",
                                "linear(1e7)",
                                "linear(9999999.0)",
                                "linear(16777216) linear(16777216) linear(16777216)",
                                many_norms,
                                widening,
                                there_and_back + "linear(8) relu"};
  const TemporaryFolder folder;
  const Model model = small_model(data::Task::regression);
  for (const std::string& layers : claims) {
    save_changed(model, folder / "m.safetensors", [&](Json& j) { j["layers"] = layers; });
    const std::int64_t before = peak_kilobytes();
    EXPECT_THROW(Model::load(folder / "m.safetensors"), InputError) << layers;
    EXPECT_LT(peak_kilobytes() - before, 8192) << layers;
  }
}

TEST(Extent, IsThatOfTheNetworkThatIsBuilt) {
  for (const char* text : {"", "linear(7) relu", "flatten linear(8) batchnorm crelu linear(4) glu layernorm prelu",
                           "dropout(0.5) linear(5) elu layernorm(0.01) linear(6) geglu batchnorm"}) {
    const auto layers = nn::parse_architecture(text);
    Rng rng(1);
    std::int64_t values = 0;
    for (const auto& [name, tensor] : nn::build(layers, 3, 2, rng)->state()) values += tensor.elements();
    EXPECT_EQ(nn::extent(layers, 3, 2).values, values) << text;
  }
  EXPECT_EQ(nn::extent(nn::parse_architecture("linear(5) crelu linear(4)"), 3, 2).widest, 10);
}

}  // namespace
}  // namespace relume::io
