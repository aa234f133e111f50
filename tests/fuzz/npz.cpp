// Any bytes are a .npz file whose arrays can be read one by one, and together as the data of a run, or an error of
// ours.
#include "relume/base/error.h"
#include "relume/data/npy_bytes.h"
#include "relume/data/open.h"
#include "tests/fuzz/input_file.h"

namespace {

void attempt(const auto& work) {
  try {
    work();
  } catch (const relume::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const relume::fuzz::InputFile file(data, size);
  attempt([&] {
    const relume::data::NpzFile npz(file.path());
    for (const std::string& name : npz.names()) {
      attempt([&] { npz.shape(name); });
      attempt([&] { npz.read(name); });
    }
    relume::data::open_data(file.path().string());
  });
  return 0;
}
