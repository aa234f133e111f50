// What is wrong with the input is said in one line, with status 2, and leaves every file as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/io/safetensors.h"
#include "tests/app/run_app.h"
#include "tests/data/temporary_file.h"

namespace relume::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Runs and expects the one line, status 2, nothing on stdout and no file more or less.
void expect_refusal(const Workplace& place, const std::vector<std::string>& arguments,
                    const testing::Matcher<const std::string&>& message, const Setting& setting = {}) {
  const auto before = place.files();
  const Outcome outcome = relume(place, arguments, setting);
  SCOPED_TRACE(testing::PrintToString(arguments));
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(StartsWith("relume: "), message));
  EXPECT_EQ(place.files(), before);
}

/// A number of IDX's header.
std::string big_endian(std::uint32_t n) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift & 0xff);
  return bytes;
}

std::string idx_images(std::uint32_t rows) {
  std::string bytes = std::string("\0\0\x08\x03", 4) + big_endian(rows) + big_endian(2) + big_endian(2);
  for (std::uint32_t i = 0; i < rows * 4; ++i) bytes += static_cast<char>(i * 37 % 251);
  return bytes;
}

std::string idx_labels(std::uint32_t rows) {
  std::string bytes = std::string("\0\0\x08\x01", 4) + big_endian(rows);
  for (std::uint32_t i = 0; i < rows; ++i) bytes += static_cast<char>(i % 2);
  return bytes;
}

void write_idx(const Workplace& place, const std::string& images, const std::string& labels) {
  place.write("images/train-images-idx3-ubyte", images);
  place.write("images/train-labels-idx1-ubyte", labels);
}

std::string with_line(const std::string& table, std::size_t number, const std::string& line) {
  std::string text;
  const auto lines = lines_of(table);
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i + 1 == number ? line : lines[i]) + "\n";
  return text;
}

class BadInput : public testing::Test {
 protected:
  BadInput() { place.write("good.csv", labelled_table()); }
  void train_model() {
    const Outcome outcome = relume(place, {"train", "good.csv", "--epochs", "2", "--quiet", "--out", "run"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  Workplace place;
};

TEST_F(BadInput, NamesAFileThatIsNotThere) {
  expect_refusal(place, {"train", "nowhere.csv", "--out", "run"}, HasSubstr("there is no 'nowhere.csv'"));
}

TEST_F(BadInput, SaysThatAFileIsEmpty) {
  place.write("empty.csv", "");
  expect_refusal(place, {"train", "empty.csv", "--out", "run"}, HasSubstr("empty.csv is empty"));
}

TEST_F(BadInput, SaysThatATableHasAHeaderOnly) {
  place.write("header.csv", "a,b,label\n");
  expect_refusal(place, {"train", "header.csv", "--out", "run"}, HasSubstr("no rows"));
}

TEST_F(BadInput, NamesLineAndColumnOfARowThatIsTooLong) {
  place.write("ragged.csv", with_line(labelled_table(), 6, "1,2,red,yes,7"));
  expect_refusal(place, {"train", "ragged.csv", "--out", "run"},
                 AllOf(HasSubstr("ragged.csv:6:5"), HasSubstr("5 fields where the first row has 4")));
}

TEST_F(BadInput, NamesLineAndColumnOfARowThatIsTooShort) {
  place.write("ragged.csv", with_line(labelled_table(), 9, "1,2"));
  expect_refusal(place, {"train", "ragged.csv", "--out", "run"}, HasSubstr("ragged.csv:9:2"));
}

TEST_F(BadInput, NamesThePlaceOfAnInfiniteNumber) {
  place.write("infinite.csv", with_line(labelled_table(), 6, "inf,2,red,yes"));
  expect_refusal(place, {"train", "infinite.csv", "--out", "run"},
                 AllOf(HasSubstr("infinite.csv:6:1"), HasSubstr("'x1'")));
  place.write("overflow.csv", with_line(labelled_table(), 7, "1,-1e999,red,yes"));
  expect_refusal(place, {"train", "overflow.csv", "--out", "run"}, HasSubstr("overflow.csv:7:2"));
}

TEST_F(BadInput, RefusesATargetOfOneClass) {
  place.write("one.csv", "a,b\n1,yes\n2,yes\n3,yes\n4,yes\n");
  expect_refusal(place, {"train", "one.csv", "--out", "run"}, HasSubstr("'yes' in every row"));
}

TEST_F(BadInput, SuggestsTheTargetThatWasMeant) {
  expect_refusal(place, {"train", "good.csv", "--target", "lable", "--out", "run"}, HasSubstr("did you mean 'label'?"));
  expect_refusal(place, {"train", "good.csv", "--target", "9", "--out", "run"}, HasSubstr("x1, x2, colour, label"));
}

TEST_F(BadInput, RefusesDamagedIdxFiles) {
  write_idx(place, idx_images(60).substr(0, 100), idx_labels(60));
  expect_refusal(place, {"train", "images", "--out", "run"}, HasSubstr("train-images-idx3-ubyte"));
  write_idx(place, idx_images(60), idx_labels(50));
  expect_refusal(place, {"train", "images", "--out", "run"}, AllOf(HasSubstr("60 images"), HasSubstr("50 labels")));
  write_idx(place, "\x7f" + idx_images(60).substr(1), idx_labels(60));
  expect_refusal(place, {"train", "images", "--out", "run"}, HasSubstr("is this an IDX file?"));
}

TEST_F(BadInput, RefusesGzipThatIsCutShort) {
  const std::string packed = data::gzip(labelled_table());
  place.write("cut.csv.gz", packed.substr(0, packed.size() / 2));
  expect_refusal(place, {"train", "cut.csv.gz", "--out", "run"}, HasSubstr("cut.csv.gz"));
}

TEST_F(BadInput, RefusesBytesThatAreNoTable) {
  place.write("picture.csv", std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16));
  expect_refusal(place, {"train", "picture.csv", "--out", "run"}, HasSubstr("picture.csv"));
}

TEST_F(BadInput, RefusesModelsThatAreCutShortOrLieAboutTheirOffsets) {
  train_model();
  const std::string model = place.read("run/model.safetensors");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{300}, model.size() / 2, model.size() - 1}) {
    place.write("cut.safetensors", model.substr(0, size));
    expect_refusal(place, {"predict", "cut.safetensors", "good.csv", "-o", "p.csv"}, HasSubstr("cut.safetensors"));
  }
  std::string lie = model;
  const std::size_t at = lie.find("\"data_offsets\":[");
  ASSERT_NE(at, std::string::npos);
  lie[at + 16] = '9';
  place.write("lie.safetensors", lie);
  for (const char* command : {"inspect", "eval", "predict"}) {
    std::vector<std::string> arguments{command, "lie.safetensors"};
    if (arguments[0] != "inspect") arguments.emplace_back("good.csv");
    expect_refusal(place, arguments, HasSubstr("lie.safetensors"));
  }
  expect_refusal(place, {"inspect", "good.csv"}, HasSubstr("is this a whole safetensors file?"));
}

TEST_F(BadInput, RefusesTensorsThatAreNoRelumeModel) {
  io::save_safetensors(place / "foreign.safetensors", {{{"weight", ones({2, 3})}}, {}});
  expect_refusal(place, {"inspect", "foreign.safetensors"}, HasSubstr("no relume network"));
}

TEST_F(BadInput, SaysWhyAFolderCannotBeWritten) {
  expect_refusal(place, {"train", "good.csv", "--out", "good.csv/run"}, HasSubstr("good.csv/run"));
  expect_refusal(place, {"train", "good.csv", "--out", "good.csv"}, HasSubstr("good.csv: Not a directory"));
  expect_refusal(place, {"train", "good.csv", "--out", "/proc/relume"}, HasSubstr("/proc/relume"));
}

TEST_F(BadInput, KeepsARunThatIsThere) {
  train_model();
  const std::string model = place.read("run/model.safetensors");
  expect_refusal(place, {"train", "good.csv", "--out", "run"},
                 AllOf(HasSubstr("holds a run"), HasSubstr("--resume run")));
  EXPECT_EQ(place.read("run/model.safetensors"), model);
}

TEST_F(BadInput, RefusesToGoOnWithWhatIsNoRun) {
  expect_refusal(place, {"train", "good.csv", "--resume", "nowhere"}, HasSubstr("no checkpoint"));
}

TEST_F(BadInput, RefusesAFolderForARunThatHasOne) {
  train_model();
  expect_refusal(place, {"train", "good.csv", "--resume", "run", "--out", "new"},
                 AllOf(HasSubstr("--out"), HasSubstr("--resume")));
  EXPECT_FALSE(place.has("new"));
}

TEST_F(BadInput, RefusesAnIntervalThatIsNone) {
  for (const char* text : {"5x", "0", "-3", "soon"})
    expect_refusal(place, {"train", "good.csv", "--checkpoint-every", text}, HasSubstr("--checkpoint-every"));
}

TEST_F(BadInput, RefusesToGoOnWithOtherOptions) {
  train_model();
  expect_refusal(place, {"train", "good.csv", "--epochs", "2", "--lr", "0.5", "--quiet", "--resume", "run"},
                 HasSubstr("lr = 0.001, this one has 0.5"));
}

TEST_F(BadInput, AFullDiskLeavesTheOldFileAndNoOther) {
  train_model();
  place.write("p.csv", "old\n");
  Setting small;
  small.largest_file = 1024;
  expect_refusal(place, {"predict", "run/model.safetensors", "good.csv", "-o", "p.csv"},
                 HasSubstr("p.csv: File too large"), small);
  EXPECT_EQ(place.read("p.csv"), "old\n");
}

TEST_F(BadInput, AFullDiskInTrainingLeavesNoPartOfAFile) {
  Setting small;
  small.largest_file = 4096;
  const Outcome outcome = relume(place, {"train", "good.csv", "--epochs", "1", "--quiet", "--out", "run"}, small);
  EXPECT_EQ(outcome.status, 2);
  const std::vector<std::string> lines = lines_of(outcome.err);
  ASSERT_EQ(lines.size(), 2u) << outcome.err;
  EXPECT_THAT(lines[0], HasSubstr("the run goes on without TensorBoard's file"));
  EXPECT_THAT(lines[1], HasSubstr("checkpoint.safetensors: File too large"));
  for (const std::string& file : place.files()) EXPECT_THAT(file, testing::Not(HasSubstr(".part")));
  EXPECT_EQ(relume(place, {"train", "good.csv", "--epochs", "1", "--quiet", "--out", "run"}).status, 0)
      << "what a failed run leaves must not look like a run";
}

TEST_F(BadInput, OutputThatNobodyCanTakeIsAnError) {
  train_model();
  Setting full;
  full.stdout_to = "/dev/full";
  expect_refusal(place, {"predict", "run/model.safetensors", "good.csv"}, HasSubstr("stdout"), full);
  expect_refusal(place, {"eval", "run/model.safetensors", "good.csv"}, HasSubstr("stdout"), full);
  expect_refusal(place, {"apply", "relu", "1"}, HasSubstr("stdout"), full);
}

TEST_F(BadInput, ADeviceIsWrittenToAndStaysADevice) {
  if (!std::filesystem::is_character_file("/dev/full")) GTEST_SKIP() << "skipped: no /dev/full";
  train_model();
  expect_refusal(place, {"predict", "run/model.safetensors", "good.csv", "-o", "/dev/full"}, HasSubstr("/dev/full"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

struct Usage {
  std::vector<std::string> arguments;
  std::string message;
};

TEST_F(BadInput, SaysWhatIsWrongWithTheCommandLine) {
  const std::vector<Usage> cases = {
      {{"train", "good.csv", "--hidden", "0"}, "--hidden 0"},
      {{"train", "good.csv", "--hidden", "64,,64"}, "--hidden 64,,64"},
      {{"compare", "good.csv", "--activations", "relu,elu", "--hidden", "0"}, "compare: --hidden 0"},
      {{"compare", "good.csv", "--activations", "relu,elu", "--layers", "linear(3)"}, "compare: --layers says itself"},
      {{"train", "good.csv", "--hidden", "64", "--layers", "linear(3)"}, "give one of them"},
      {{"train", "good.csv", "--lr", "nan"}, "--lr: nan is not a number above 0"},
      {{"train", "good.csv", "--lr", "-1"}, "--lr: -1 is not a number above 0"},
      {{"train", "good.csv", "--epochs", "0"}, "--epochs"},
      {{"train", "good.csv", "--seed", "-1"}, "--seed: -1 is not a whole number of at least 0"},
      {{"train", "good.csv", "--batch", "many"}, "--batch"},
      {{"train", "good.csv", "--epohcs", "3"}, "did you mean --epochs?"},
      {{"train", "good.csv", "--epohcs=3"}, "did you mean --epochs?"},
      {{"train", "good.csv", "more.csv"}, "more.csv"},
      {{"train"}, "train: DATA is required"},
      {{"trian", "good.csv"}, "did you mean train?"},
      {{}, "relume --help"},
      {{"train", "good.csv", "--activation", "rleu"}, "did you mean \"relu\"?"},
      {{"train", "good.csv", "--layers", "linear(3"}, "closing bracket"},
      {{"train", "good.csv", "--layers", "linear(0) relu"}, "linear(0)"},
      {{"train", "good.csv", "--layers", "lienar(3) relu"}, "lienar"},
      {{"train", "good.csv", "--task", "clasification"}, "clasification"},
      {{"train", "good.csv", "--task", "regression"}, "'label' is text"},
      {{"train", "good.csv", "--valid", "1000"}, "1000"},
      {{"train", "good.csv", "--valid", "nan"}, "train: --valid nan is neither a share"},
      {{"train", "good.csv", "--best-by", "r2"}, "train: --best-by r2 does not measure"},
      {{"train", "good.csv", "--test", "nowhere.csv"}, "nowhere.csv"},
      {{"train", "builtin:spiral"}, "spirals"},
      {{"apply", "rleu", "1"}, "did you mean \"relu\"?"},
      {{"apply", "relu", "1", "two"}, "\"two\" is not a number"},
  };
  for (const Usage& usage : cases) expect_refusal(place, usage.arguments, HasSubstr(usage.message));
}

}  // namespace
}  // namespace relume::app
