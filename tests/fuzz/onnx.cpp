// Any bytes are a network that predicts and a model that can be described, or an error of ours.
#include "relume/onnx/onnx.h"

#include "relume/base/error.h"
#include "relume/tensor/tensor.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const fuzz::InputFile file(data, size);
  try {
    const onnx::Network found = onnx::load_network(file.path());
    found.network->operator()(ones({2, found.features}));
  } catch (const Error&) {
  }
  try {
    onnx::load_model(file.path()).summary();
  } catch (const Error&) {
  }
  return 0;
}
