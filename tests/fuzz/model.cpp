// Any bytes are a model that predicts and can be described, or an error of ours.
#include "relume/io/model.h"

#include "relume/base/error.h"
#include "relume/tensor/tensor.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace relume;
  const fuzz::InputFile file(data, size);
  try {
    const Model model = Model::load(file.path());
    model.summary();
    model.predict(ones({3, model.features}));
  } catch (const Error&) {
  }
  return 0;
}
