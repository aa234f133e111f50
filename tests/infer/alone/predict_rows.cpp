// predict_alone MODEL < rows > results: a program of librelume_infer alone. Rows and results are float32 as in memory.
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <vector>

#include "relume/base/error.h"
#include "relume/infer/predictor.h"

namespace {

std::vector<float> read_floats(std::FILE* from) {
  std::vector<float> all;
  for (float x = 0; std::fread(&x, sizeof x, 1, from) == 1;) all.push_back(x);
  return all;
}

std::ptrdiff_t threads() { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); }

}  // namespace

int main(int, char** argv) {
  try {
    const auto predictor = relume::Predictor::load(std::filesystem::path(argv[1]));
    const std::vector<float> in = read_floats(stdin);
    std::vector<float> out(in.size() / static_cast<std::size_t>(predictor.inputs()) *
                           static_cast<std::size_t>(predictor.outputs()));
    constexpr int more_than_there_are = 4;
    predictor.predict(in, out, more_than_there_are);
    std::fwrite(out.data(), sizeof(float), out.size(), stdout);
    return threads() == 1 ? 0 : 3;
  } catch (const relume::InputError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
