// Any bytes are a plain or a gzip file of no more bytes than it may have, twice the same, or an error of ours.
#include <algorithm>
#include <cstdlib>

#include "relume/base/error.h"
#include "relume/data/byte_source.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using relume::data::ByteSource;
  const relume::fuzz::InputFile file(data, size);
  try {
    ByteSource source(file.path(), ByteSource::Passes::several);
    const auto first = relume::data::read_all(source);
    source.rewind();
    if (first.size() > source.most_bytes() || relume::data::read_all(source) != first) std::abort();
  } catch (const relume::Error&) {
  }
  return 0;
}
