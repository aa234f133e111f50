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
#include "relume/infer/c_layers.h"
#include "tests/infer/networks.h"
#include "tests/io/temporary_folder.h"
#include "tests/reference/message_of.h"

namespace relume::infer {
namespace {

/// A header, and what a Predictor says of the same.
struct Case {
  std::string what, name;
  CHeader header;
  std::vector<float> rows, expected;
};

using Cases = std::vector<Case>;

std::string name_of(const Cases& cases) { return "net" + std::to_string(cases.size()); }

void add(Cases& cases, const std::string& what, const nn::Module& net) {
  const Predictor predictor(net);
  const std::vector<float> rows = random_rows(predictor.inputs() * 6);
  cases.push_back({what, name_of(cases), c_header(net, name_of(cases)), rows, predict(predictor, rows)});
}

void add(Cases& cases, const std::string& what, const io::Model& model, const std::vector<float>& rows) {
  cases.push_back({what, name_of(cases), c_header(model, name_of(cases)), rows, predict(Predictor(model), rows)});
}

Cases activations() {
  Cases cases;
  for (const activation::Entry& entry : activation::table())
    add(cases, std::string(entry.info.name), Sandwich(Activation(entry), 7, 18, 3).net);
  for (const char* text : {"leaky_relu(0.3)", "general_relu(0.1,6,0.5)", "general_relu(0.1)", "threshold(0.5,-3)"})
    add(cases, text, Sandwich(Activation(text), 7, 18, 3).net);
  return cases;
}

Cases layers() {
  Cases cases;
  const auto both = [&](const std::string& what, nn::Sequential net) {
    set_random(net);
    add(cases, what, net);
  };
  both("batchnorm", nn::Sequential(nn::BatchNorm1d(5), nn::Tanh(), nn::BatchNorm1d(5), nn::Linear(5, 3)));
  both("normal", nn::Sequential(nn::LayerNorm(6), nn::Linear(6, 12), nn::GroupNorm(3, 12), nn::PReLU(12)));
  both("residual", nn::Sequential(nn::Residual(nn::Linear(6, 6), nn::ReLU()),
                                  nn::Residual(nn::ReLU(), nn::Residual(nn::Tanh(), nn::Linear(6, 6)))));
  both("linear", nn::Sequential(nn::Linear(300, 2), nn::Dropout()));
  const std::vector<float> rows = {3, 0, NAN, 1, 7.5f, 2, -40, 9, 0, -1, 1e9f, NAN};
  add(cases, "classes", model_of(houses(true)), rows);
  add(cases, "values", model_of(houses(false), "linear(8) elu"), rows);
  add(cases, "categories that are all", model_of(many_kinds(false)), rows);
  add(cases, "skewed, with missing ones", model_of(many_kinds(true)), {1, 0, 1000, 3, 1e6f, 2, NAN, 1, 0, 7});
  io::Model array = array_model(8, {"no \"?\?/", "\xc3\xbc\\"}, "linear(5) silu", 1);
  array.scale = {0.02f, -60};
  add(cases, "array", array, random_rows(8 * 4, 2, 200));
  return cases;
}

bool is_here(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

void expect_compiles(const std::string& command) { EXPECT_EQ(std::system((command + " 2>&1").c_str()), 0) << command; }

/// The headers in a folder, and a source with run(number, in, out).
class Sources {
 public:
  explicit Sources(const Cases& cases) {
    std::ofstream source(folder_ / "all.c");
    for (std::size_t i = 0; i < cases.size(); ++i) {
      std::ofstream(folder_ / (cases[i].name + ".h").c_str()) << cases[i].header.text;
      source << "#include \"" << cases[i].name << ".h\"\n";
    }
    source << "#ifdef __cplusplus\nextern \"C\"\n#endif\nvoid run(int number, const float *in, float *out);\n"
           << "void run(int number, const float *in, float *out) {\n  switch (number) {\n";
    for (std::size_t i = 0; i < cases.size(); ++i)
      source << "    case " << i << ": " << cases[i].name << "_predict(in, out); break;\n";
    source << "    default: break;\n  }\n}\n";
  }
  std::string path(const char* name) const { return (folder_ / name).string(); }

 private:
  io::TemporaryFolder folder_;
};

constexpr const char* strict = " -Wall -Wextra -Werror -pedantic ";

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

/// Leaves out what calls one of those functions, but not all.
void compile_for_device(const std::string& compiler, const std::string& options,
                        const std::vector<std::string>& missing = {}) {
  if (!is_here(compiler)) GTEST_SKIP() << "skipped: no " << compiler;
  for (Cases cases : {layers(), activations()}) {
    std::erase_if(cases, [&](const Case& c) {
      return std::ranges::any_of(missing,
                                 [&](const std::string& f) { return c.header.text.find(f) != std::string::npos; });
    });
    ASSERT_GT(cases.size(), 3U);
    const Sources sources(cases);
    expect_compiles(compiler + " -std=c99" + strict + options + " -c " + sources.path("all.c") + " -o " +
                    sources.path("all.o"));
  }
}

TEST(CHeader, CompilesForCortexM) { compile_for_device("arm-none-eabi-gcc", "-mcpu=cortex-m4 -mthumb -Os"); }

// Its math.h lacks these.
TEST(CHeader, CompilesForAvr) { compile_for_device("avr-gcc", "-mmcu=atmega2560 -Os", {"expm1", "log1p", "erfc"}); }

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
