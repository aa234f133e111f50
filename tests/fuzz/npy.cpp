// Any bytes are a .npy file that can be read to its end, or an error of ours.
#include "relume/data/npy.h"

#include "relume/base/error.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const relume::fuzz::InputFile file(data, size);
  try {
    relume::data::read_npy(file.path()).clone();
  } catch (const relume::Error&) {
  }
  return 0;
}
