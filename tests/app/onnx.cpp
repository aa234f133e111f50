// ONNX files on the command line: out, in, and straight into what takes a model.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/app/run_app.h"

namespace relume::app {
namespace {

using testing::HasSubstr;

class Onnx : public testing::Test {
 protected:
  void SetUp() override {
#ifndef RELUME_HAVE_ONNX
    GTEST_SKIP() << "skipped: built without ONNX";
#endif
    place.write("t.csv", measured_table());
    ASSERT_EQ(relume(place, {"train", "t.csv", "--epochs", "1", "--quiet", "--out", "run", "--hidden", "6"}).status, 0);
  }
  static std::string stored(const std::string& name) {
    return std::string(RELUME_SOURCE_DIR) + "/tests/reference/onnx/" + name;
  }
  Workplace place;
};

TEST_F(Onnx, IsWrittenBesideTheModelWhereNoFileIsNamed) {
  const Outcome outcome = relume(place, {"export", "run/model.safetensors", "--to", "onnx"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("run/model.onnx: 1 input in, value out; "));
  EXPECT_THAT(outcome.out, HasSubstr(" nodes of opset 17, "));
  EXPECT_TRUE(place.has("run/model.onnx"));
}

TEST_F(Onnx, IsAModelWhereOneIsTaken) {
  place.write("rows.csv", "a,b,c,d,kind\n1,0,2,-1,0\n0,1,0.5,2,1\n-1,1,0,0,2\n");
  const std::string net = stored("keras.onnx");
  const Outcome direct = relume(place, {"predict", net, "rows.csv"});
  EXPECT_EQ(direct.status, 0) << direct.err;
  EXPECT_EQ(lines_of(direct.out).size(), 4U);
  EXPECT_THAT(relume(place, {"eval", net, "rows.csv"}).out, HasSubstr("accuracy "));
  EXPECT_THAT(relume(place, {"inspect", net}).out, HasSubstr("linear(5) relu"));
  EXPECT_NE(relume(place, {"doctor", net, "rows.csv"}).status, 2);
  EXPECT_EQ(relume(place, {"import", net, "-o", "net.safetensors"}).status, 0);
  EXPECT_EQ(relume(place, {"predict", "net.safetensors", "rows.csv"}).out, direct.out);
}

TEST_F(Onnx, IsRefusedInOneLineAndNothingIsWritten) {
  const auto expect_refused = [&](const std::vector<std::string>& arguments, const std::string& why) {
    const Outcome outcome = relume(place, arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr(why));
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    EXPECT_FALSE(place.has("out"));
  };
  for (const auto& [name, why] : {std::pair("circle", "circle"),
                                  {"opset", "opset 99"},
                                  {"shape", "5"},
                                  {"nan", "NaN"},
                                  {"operator", "'convolution' (Conv)"},
                                  {"missing", "not there"},
                                  {"outside", "outside of its folder"},
                                  {"claim", "claims"}})
    expect_refused({"import", stored(std::string("bad_") + name + ".onnx"), "-o", "out"}, why);
  expect_refused({"import", "run/model.safetensors", "-o", "out"}, "is no .onnx");
  expect_refused({"export", "run/model.safetensors", "--to", "onnx", "-o", "out", "--opset", "8"}, "opset 8");
  expect_refused({"export", "run/model.safetensors", "--to", "header"}, "-o FILE");
  place.write("text.onnx", "no network");
  expect_refused({"predict", "text.onnx", "t.csv", "-o", "out"}, "no ONNX model");
}

}  // namespace
}  // namespace relume::app
