#include "relume/io/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "relume/io/safetensors.h"
#include "temporary_folder.h"

namespace relume::io {
namespace {

TEST(Checkpoint, GivesBackItsTensorsAndItsState) {
  const TemporaryFolder folder;
  const std::string state = R"({"epoch": 3, "rng": [18446744073709551615, 0, 7]})";
  save_checkpoint(folder / "c", {{{"model.w", tensor({1.5, -2.0})}, {"optimizer.w.m", tensor({3, 4})}}, state});
  const Checkpoint read = load_checkpoint(folder / "c");
  EXPECT_EQ(read.state, state);
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_EQ(read.tensors[0].first, "model.w");
  EXPECT_EQ(read.tensors[0].second.to_vector<float>(), (std::vector<float>{1.5f, -2.0f}));
  EXPECT_EQ(read.tensors[1].second.dtype(), int64);
}

TEST(Checkpoint, RefusesAStateThatIsNotJsonAndKeepsWhatStoodThere) {
  const TemporaryFolder folder;
  save_checkpoint(folder / "c", {{}, "{\"epoch\":1}"});
  EXPECT_THROW(save_checkpoint(folder / "c", {{}, "{epoch"}), ValueError);
  EXPECT_EQ(load_checkpoint(folder / "c").state, "{\"epoch\":1}");
}

TEST(Checkpoint, IsNotTakenWhereABitOfItHasChanged) {
  const TemporaryFolder folder;
  const Checkpoint whole{{{"model.w", tensor({1.5, -2.0})}, {"optimizer.w.m", tensor({3, 4})}}, "{\"epoch\":3}"};
  save_checkpoint(folder / "c", whole);
  const std::string bytes = read_file(folder / "c");
  int refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    write_file(folder / "d", changed);
    try {
      const Checkpoint read = load_checkpoint(folder / "d");
      // Blanks that fill the header up mean nothing.
      EXPECT_EQ(read.state, whole.state) << at;
      EXPECT_EQ(read.tensors[0].second.to_vector<float>(), whole.tensors[0].second.to_vector<float>()) << at;
    } catch (const InputError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, std::ssize(bytes) - 8);
}

TEST(Checkpoint, DoesNotTakeAnotherSafetensorsFileForOne) {
  const TemporaryFolder folder;
  save_safetensors(folder / "m", {{{"w", tensor({1.0})}}, {{"relume", "{}"}}});
  try {
    load_checkpoint(folder / "m");
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("relume.checkpoint"));
  }
}

}  // namespace
}  // namespace relume::io
