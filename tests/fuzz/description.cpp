// Any text that stands for the description of a model, beside the weights of a small network, makes a model that
// predicts a row of its own columns, or is an error of ours.
#include <nlohmann/json.hpp>

#include "relume/base/error.h"
#include "relume/io/model.h"
#include "relume/tensor/tensor.h"
#include "tests/fuzz/input_file.h"

namespace {

/// A safetensors file with the weights of linear(4), an activation and an output, all zero.
std::string file_of(const std::string& description, std::int64_t features, std::int64_t outputs) {
  nlohmann::json header = {{"__metadata__", {{"format", "pt"}, {"relume", description}}}};
  std::int64_t end = 0;
  const auto add = [&](const char* name, const std::vector<std::int64_t>& shape) {
    std::int64_t bytes = 4;
    for (const std::int64_t n : shape) bytes *= n;
    header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  };
  add("0.weight", {4, features});
  add("0.bias", {4});
  add("2.weight", {outputs, 4});
  add("2.bias", {outputs});
  const std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return bytes + text + std::string(static_cast<std::size_t>(end), '\0');
}

}  // namespace

/// The first byte says how many features and outputs the file's network has.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  if (size == 0) return 0;
  const std::string bytes = file_of(std::string(data + 1, data + size), 1 + data[0] % 16, 1 + data[0] / 16 % 4);
  const fuzz::InputFile file(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  try {
    const Model model = Model::load(file.path());
    model.summary();
    model.predict(ones({3, model.features}));
    if (!model.preprocessor) return 0;
    io::Row row;
    for (const data::ColumnPlan& plan : model.preprocessor->used()) row.emplace_back(plan.name, io::Field());
    model.predict(row);
  } catch (const Error&) {
  }
  return 0;
}
