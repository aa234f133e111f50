// What a model is made of, as a table, as JSON and as a picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/io/model.h"
#include "relume/nn/linear.h"
#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Inspect : public testing::Test {
 protected:
  /// Trains on the table of x1, x2 and a colour, whose features are 6.
  void train(const std::string& layers) {
    place.write("t.csv", labelled_table());
    const std::vector<std::string> arguments = {"train", "t.csv", "--epochs", "1",   "--quiet",
                                                "--out", "run",   "--layers", layers};
    ASSERT_EQ(relume(place, arguments).status, 0);
  }

  /// The first linear layer's units of these numbers never fire again.
  void kill(const std::vector<int>& units) const {
    io::Model saved = io::Model::load(place / "run/model.safetensors");
    auto& first = dynamic_cast<nn::Linear&>((*saved.network)[0]);
    for (const int unit : units) first.bias.detach().data<float>()[unit] = -1e6F;
    saved.save(place / model);
  }

  json inspect(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"inspect", model, "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return json::parse(outcome.out);
  }

  Workplace place;
  const std::string model = "run/model.safetensors";
};

int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST_F(Inspect, SaysHowEachLayerRuns) {
  train("linear(160) relu linear(144) relu");
  const Outcome text = relume(place, {"inspect", model, "--plan"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, testing::AllOf(HasSubstr("6 → 160"), HasSubstr("160 → 144"), HasSubstr("dense")));
  for (const json& j : {inspect({"--plan"}), inspect({"t.csv", "--plan"})}) {
    ASSERT_EQ(j["plan"].size(), 3U);
    const json& layer = j["plan"][1];
    EXPECT_EQ(layer["inputs"], 160);
    EXPECT_EQ(layer["outputs"], 144);
    EXPECT_THAT(layer["way"].get<std::string>(), testing::AnyOf("dense", "sparse", "pruned"));
    EXPECT_EQ(layer["bytes"], layer["dense_bytes"]);
    EXPECT_THAT(layer["off"].get<double>(), testing::AllOf(testing::Gt(0.1), testing::Lt(0.9)));
    EXPECT_GT(layer["ns"], 0);
    EXPECT_GT(layer["dense_ns"], 0);
  }
  EXPECT_EQ(relume(place, {"inspect", model, "none.csv", "--plan"}).status, 2);
}

TEST_F(Inspect, SaysWhatEachLayerIsAndCosts) {
  const std::string layers = "linear(8) relu dropout(0.1) linear(4) batchnorm glu";
  train(layers);
  const Outcome text = relume(place, {"inspect", model});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_THAT(text.out, testing::AllOf(HasSubstr(layers), HasSubstr("no, yes"), HasSubstr("x1, x2, colour")));
  const json j = inspect();
  EXPECT_EQ(j["architecture"], layers);
  // x1, x2, three colours and their bucket; 8 and 4 units and their two outputs after the gate, with a bias each; and
  // the scale and shift of the normalisation.
  EXPECT_EQ(j["features"], 6);
  EXPECT_EQ(j["parameters"], 7 * 8 + 9 * 4 + 2 * 4 + 3 * 2);
  ASSERT_EQ(j["layers"].size(), 7u);
  const json &first = j["layers"][0], &relu = j["layers"][1], &norm = j["layers"][4], &last = j["layers"][6];
  EXPECT_EQ(first["output"], 8);
  EXPECT_EQ(first["parameters"], 7 * 8);
  EXPECT_EQ(first["multiply_adds"], 6 * 8);
  EXPECT_EQ(first["bytes"], 4 * 7 * 8);
  EXPECT_EQ(first["output_bytes"], 4 * 8);
  EXPECT_EQ(relu["parameters"], 0);
  EXPECT_GE(norm["bytes"], 4 * 4 * 4);  // its running means and variances too
  EXPECT_EQ(last["multiply_adds"], 2 * 2);
  EXPECT_FALSE(relu.contains("sparsity"));
}

TEST_F(Inspect, CountsZerosAndDeadUnitsOnData) {
  train("linear(8) relu linear(4) tanh");
  kill({1, 4, 6});
  const json j = inspect({"t.csv"});
  EXPECT_EQ(j["rows"], 300);
  const json &relu = j["layers"][1], &tanh = j["layers"][3];
  EXPECT_GE(relu["dead_units"], 3);
  EXPECT_LT(relu["dead_units"], 8);
  EXPECT_EQ(relu["dead_share"].get<double>(), relu["dead_units"].get<double>() / 8);
  EXPECT_GE(relu["sparsity"], 3.0 / 8);
  EXPECT_LT(relu["sparsity"], 1);
  EXPECT_EQ(tanh["sparsity"], 0);
  EXPECT_FALSE(tanh.contains("dead_units"));
  EXPECT_THAT(relume(place, {"inspect", model, "t.csv"}).out, HasSubstr("all rows (300 rows)"));
}

TEST_F(Inspect, DrawsTheNetworkWithItsDeadUnits) {
  train("linear(8) relu linear(4) tanh");
  kill({1, 4, 6});
  const json j = inspect({"t.csv", "--svg", "net.svg"});
  const std::string svg = place.read("net.svg");
  for (const char* text : {"x1", "colour=", "yes", "input", "relu", "tanh", "output", " dead"})
    EXPECT_THAT(svg, HasSubstr(text));
  EXPECT_EQ(count(svg, "<polygon fill"), 6 + 8 + 4 + 2);
  EXPECT_EQ(count(svg, "<polygon fill = 'rgb(  0,   0,   0)'"), j["layers"][1]["dead_units"].get<int>());
}

TEST_F(Inspect, DrawsNetworksFromOneLayerToTwentyAndFromTwoUnitsToAThousand) {
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += "linear(9) relu ";
  for (const std::string& layers : {std::string("linear(2)"), twenty, std::string("linear(1000) relu linear(65) relu"),
                                    std::string("linear(6) crelu")}) {
    train(layers);
    for (const char* file : {"net.svg", "net.png", "net.pdf"})
      EXPECT_EQ(relume(place, {"inspect", model, "t.csv", "--svg", file}).status, 0) << layers;
    EXPECT_LT(place.read("net.svg").size(), 1'000'000u) << layers;
    std::filesystem::remove_all(place / "run");
  }
}

TEST_F(Inspect, RefusesWhatItCannotDrawOrRead) {
  train("linear(2)");
  for (const auto& [arguments, complaint] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{{{"--svg", "net.bmp"}, "net.bmp ends in"},
                                                                     {{"--svg", "net.html"}, "as .svg, .png or .pdf"},
                                                                     {{"none.csv"}, "none.csv"},
                                                                     {{"builtin:moons"}, "colour"}}) {
    std::vector<std::string> all = {"inspect", model};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome outcome = relume(place, all);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(complaint));
    EXPECT_EQ(outcome.out, "");
  }
}

}  // namespace
}  // namespace relume::app
