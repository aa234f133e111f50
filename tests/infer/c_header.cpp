#include "relume/infer/c_header.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "tests/infer/c_cases.h"
#include "tests/reference/message_of.h"

namespace relume::infer {
namespace {

void expect_same(const Cases& cases, const std::string& compiler) {
  const Sources sources(cases);
  const std::string library = sources.path("all.so");
  expect_compiles(compiler + strict + "-O2 -shared -fPIC " + sources.path("all.c") + " -o " + library + " -lm");
  void* loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(loaded, nullptr) << dlerror();
  const auto run = reinterpret_cast<void (*)(int, const float*, float*)>(dlsym(loaded, "run"));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].what);
    const CHeader& header = cases[i].header;
    const auto inputs = static_cast<std::size_t>(header.inputs), outputs = static_cast<std::size_t>(header.outputs);
    std::vector<float> found(cases[i].expected.size());
    for (std::size_t r = 0; r * inputs < cases[i].rows.size(); ++r)
      run(static_cast<int>(i), cases[i].rows.data() + r * inputs, found.data() + r * outputs);
    expect_equal(found, cases[i].expected, 1e-6);
  }
  dlclose(loaded);
}

TEST(CHeader, GivesWhatThePredictorGivesForEveryActivation) { expect_same(activations(), "gcc -std=c99"); }

TEST(CHeader, GivesWhatThePredictorGivesForEveryLayerAndPreprocessing) { expect_same(layers(), "gcc -std=c99"); }

TEST(CHeader, HoldsWeightsInEightBits) {
  expect_same(of_bytes(), "gcc -std=c99");
  expect_same(of_bytes(), "g++ -x c++ -std=c++11");
  const auto net = network({100, 300, 3});
  const CHeader bytes = c_header(*net, "net", 0, CWeights::int8), floats = c_header(*net);
  EXPECT_EQ(bytes.flash_bytes, 100 * 300 + 300 * 3 + 2 * (300 + 3) * sizeof(float));
  EXPECT_GT(floats.flash_bytes, 3.5 * static_cast<double>(bytes.flash_bytes));
}

TEST(CHeader, IsCppToo) {
  expect_same(layers(), "g++ -x c++ -std=c++11");
  expect_same(activations(), "g++ -x c++ -std=c++11");
}

TEST(CHeader, CompilesWithClang) {
  const std::string clang = is_here("clang") ? "clang" : "clang-14";
  if (!is_here(clang)) GTEST_SKIP() << "skipped: no clang";
  expect_same(layers(), clang + " -std=c99");
  expect_same(activations(), clang + " -std=c99");
}

TEST(CHeader, TakesTheStackThatItTells) {
  const std::shared_ptr<nn::Sequential> net = network({100, 300, 200, 3});
  Cases cases;
  add(cases, "large", *net);
  const Sources sources(cases);
  expect_compiles("gcc -std=c99 -Os -fstack-usage -c " + sources.path("all.c") + " -o " + sources.path("all.o"));
  std::ifstream usage(sources.path("all.su"));
  std::size_t total = 0;
  for (std::string line; std::getline(usage, line);) {
    std::istringstream words(line);
    std::string function;
    std::size_t bytes = 0;
    words >> function >> bytes;
    total += bytes;
  }
  const CHeader& header = cases[0].header;
  EXPECT_EQ(header.stack_bytes, 500 * sizeof(float));
  EXPECT_GE(total, header.stack_bytes);
  EXPECT_LE(total, header.stack_bytes + 400);
  EXPECT_EQ(header.flash_bytes, (100 * 300 + 300 + 300 * 200 + 200 + 200 * 3 + 3) * sizeof(float));
}

TEST(CHeader, PutsConstantsWhereAsked) {
  Cases cases;
  add(cases, "small", *network({4, 3, 2}));
  const Sources sources(cases);
  expect_compiles("gcc -std=c99 -O1 '-DNET0_SECTION=__attribute__((section(\".weights\")))' -c " +
                  sources.path("all.c") + " -o " + sources.path("all.o") + " && objdump -h " + sources.path("all.o") +
                  " | grep -q '[.]weights'");
}

TEST(CHeader, IsNamedAsItsFile) {
  const io::TemporaryFolder folder;
  const io::Model model = model_of(houses(true));
  const auto expect_name = [&](const char* file, const std::string& expected) {
    const CHeader header = save_c_header(model, folder / file);
    EXPECT_THAT(read_file(folder / file), testing::AllOf(testing::HasSubstr("void " + expected + "_predict("),
                                                         testing::HasSubstr("#ifndef " + capitals(expected) + "_H")));
    EXPECT_EQ(header.text, read_file(folder / file));
  };
  expect_name("My net-2.h", "my_net_2");
  expect_name("9.h", "net_9");
  EXPECT_THAT(to_string(save_c_header(model, folder / "net.h", "other")), testing::HasSubstr("RAM 0 bytes"));
  EXPECT_THAT(read_file(folder / "net.h"), testing::HasSubstr("other_predict"));
}

TEST(CHeader, RefusesWhatCannotBeWritten) {
  const auto net = network({2, 2});
  for (const char* name : {"", "9net", "my net", "a;b", "Net"})
    EXPECT_THAT(message_of<InputError>([&] { c_header(*net, name); }), testing::HasSubstr("names no header")) << name;
  EXPECT_THROW(c_header(nn::Sequential(nn::Embedding(5, 3), nn::Linear(3, 2))), InputError);
}

}  // namespace
}  // namespace relume::infer
