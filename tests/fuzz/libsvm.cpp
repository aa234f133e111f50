// Any bytes are a table of sparse rows, or an error of ours.
#include "relume/data/libsvm.h"

#include "relume/base/error.h"
#include "relume/data/open.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using relume::data::ByteSource;
  const relume::fuzz::InputFile file(data, size);
  try {
    relume::data::prepare(
        relume::data::read_libsvm(std::make_shared<ByteSource>(file.path(), ByteSource::Passes::several)));
  } catch (const relume::Error&) {
  }
  return 0;
}
