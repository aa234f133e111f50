// Any bytes are a table that can be prepared for training, or an error of ours. What was read once is read again by the
// columns that were found in it.
#include "relume/data/csv.h"

#include "relume/base/error.h"
#include "relume/data/open.h"
#include "tests/fuzz/input_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const relume::fuzz::InputFile file(data, size);
  try {
    const relume::data::Table table = relume::data::read_table(file.path());
    const relume::data::Prepared prepared = relume::data::prepare(table);
    const relume::data::Table again = relume::data::read_table(file.path(), prepared.preprocessor.schema(false));
    prepared.preprocessor.transform(again);
  } catch (const relume::Error&) {
  }
  return 0;
}
