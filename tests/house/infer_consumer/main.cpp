// What a model's file says of rows that are made up, bit by bit: main MODEL…
#include <cstdio>
#include <filesystem>
#include <vector>

#include <relume/infer/predictor.h>

int main(int argc, char** argv) {
  constexpr std::size_t rows = 70;
  for (int i = 1; i < argc; ++i) {
    const auto predictor = relume::Predictor::load(std::filesystem::path(argv[i]));
    std::vector<float> in(rows * static_cast<std::size_t>(predictor.inputs()));
    std::vector<float> out(rows * static_cast<std::size_t>(predictor.outputs()));
    for (std::size_t k = 0; k < in.size(); ++k) in[k] = static_cast<float>(k % 13) * 0.75f - 2;
    predictor.predict(in, out);
    for (const float y : out) std::printf("%a\n", static_cast<double>(y));
    for (const auto& column : predictor.columns()) std::printf("%s\n", column.name.c_str());
    for (const auto& label : predictor.labels()) std::printf("%s\n", label.c_str());
  }
}
