#include "relume/data/arrays.h"

#include <cmath>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/data/open.h"
#include "tests/data/npy_text.h"
#include "tests/data/temporary_file.h"

namespace relume::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string two_rows = npy("<f8", "(2, 2)", bytes_of<double>({1, 2, 3, 4}));
const std::string two_targets = npy("<i8", "(2,)", bytes_of<std::int64_t>({7, 9}));

std::string refusal(const std::map<std::string, std::string>& arrays) {
  const TemporaryFile file("x.npz", npz(arrays));
  std::string message = message_of<InputError>([&] { open_data(file.path().string()); });
  EXPECT_THAT(message, HasSubstr("x.npz"));
  return message;
}

Source opened(const std::map<std::string, std::string>& arrays) {
  const TemporaryFile file("x.npz", npz(arrays));
  return open_data(file.path().string());
}

TEST(Arrays, AreATableWithOrWithoutATestSetAndOfBytesToo) {
  const std::string bytes = npy("|u1", "(2, 2)", std::string("\1\2\3\xff", 4));
  for (const std::string& x : {two_rows, bytes}) {
    const Table table =
        std::get<Table>(opened({{"x_train", x}, {"y_train", two_targets}, {"x_test", x}, {"y_test", two_targets}}));
    EXPECT_FALSE(table.has_header);
    ASSERT_EQ(table.columns.size(), 3u);
    EXPECT_THAT(table.columns[2].numbers, ElementsAre(7, 9));
    ASSERT_TRUE(table.test);
    EXPECT_EQ(table.test->columns[0].numbers, table.columns[0].numbers);
  }
}

TEST(Arrays, HaveValidationRowsUnderTheNamesThatTheyGoBy) {
  using Names = std::pair<const char*, const char*>;
  for (const auto& [x, y] :
       {Names("x_val", "y_val"), Names("X_valid", "Y_valid"), Names("validation_images", "val_labels")}) {
    const Source source = opened({{"X", two_rows}, {"y", two_targets}, {x, two_rows}, {y, two_targets}});
    const Table& table = std::get<Table>(source);
    ASSERT_TRUE(table.valid) << x;
    EXPECT_FALSE(table.test);
    EXPECT_THAT(table.valid->columns[2].numbers, ElementsAre(7, 9));
    const std::optional<Source> own = part_of(source, Apart::valid);
    ASSERT_TRUE(own);
    EXPECT_THAT(std::get<Table>(*own).source, HasSubstr(std::string("x.npz: ") + x));
    EXPECT_FALSE(part_of(source, Apart::test));
  }
  const Source without = opened({{"X", two_rows}, {"y", two_targets}, {"x_val", two_rows}});
  EXPECT_FALSE(part_of(without, Apart::valid)) << "rows without targets validate nothing";
}

TEST(Arrays, OfAllPartsAreOneType) {
  RawArrays raw;
  raw.x = ones({3, 2, 2}, uint8);
  raw.source = "images";
  raw.valid = std::make_shared<RawArrays>(RawArrays{.x = ones({2, 2, 2}, uint8)});
  raw.test = std::make_shared<RawArrays>(RawArrays{.x = full({1, 2, 2}, 1.5)});
  const Arrays arrays = std::get<Arrays>(to_source(raw));
  EXPECT_EQ(arrays.x.dtype(), float32);
  EXPECT_EQ(arrays.valid->x.dtype(), float32);
  EXPECT_EQ(arrays.test->x.to_vector<double>()[0], 1.5);
  raw.valid->x = full({2, 2, 2}, 255, uint8);
  raw.test->x = full({1, 2, 2}, 0.5);
  raw.x = full({3, 2, 2}, 255, uint8);
  EXPECT_THAT(message_of<InputError>([&] { to_source(raw); }), HasSubstr("the test set's numbers up to 0.5"));
  raw.valid->x = ones({2, 3, 2}, uint8);
  EXPECT_THAT(message_of<InputError>([&] { to_source(raw); }),
              HasSubstr("the validation set's features are [2, 3, 2]"));
}

TEST(Arrays, AreRefusedWhereTheTargetsMayBeUnderAnotherName) {
  const std::string names = npy("<U1", "(2,)", std::string("a\0\0\0b\0\0\0", 8));
  EXPECT_THAT(refusal({{"X", two_rows}, {"outcome", two_targets}}),
              AllOf(HasSubstr("no array y"), HasSubstr("y=outcome")));
  EXPECT_THAT(refusal({{"X", two_rows}, {"kind", names}}), HasSubstr("y=kind"));
  // What has no value for each row is not meant; to predict, nothing is.
  const std::string three = npy("<i8", "(3,)", bytes_of<std::int64_t>({1, 2, 3}));
  EXPECT_EQ(std::get<Table>(opened({{"X", two_rows}, {"steps", three}})).columns.size(), 2u);
  const TemporaryFile file("x.npz", npz({{"X", two_rows}, {"id", two_targets}}));
  EXPECT_EQ(std::get<Table>(open_data(file.path().string(), {.targets = false})).rows(), 2);
}

TEST(Arrays, AreImagesWhereBytesAreManyOrDimensionsMoreThanTwo) {
  EXPECT_TRUE(is_table(zeros({3, 255}, uint8)));
  EXPECT_FALSE(is_table(zeros({3, 256}, uint8)));
  EXPECT_TRUE(is_table(zeros({3, 4096})));
  EXPECT_FALSE(is_table(zeros({3, 4097})));
  EXPECT_FALSE(is_table(zeros({3, 2, 2})));
}

TEST(Arrays, KeepDoublePrecisionInATable) {
  const std::string x = npy("<f8", "(2, 1)", bytes_of<double>({1.7e9, 1.7e9 + 0.25}));
  const Table table = std::get<Table>(opened({{"X", x}, {"y", two_targets}, {"X_test", x}}));
  EXPECT_THAT(table.columns[0].numbers, ElementsAre(1.7e9, 1.7e9 + 0.25));
  RawArrays far;
  far.x = full({4, 2, 2}, 1.7e9, float64);
  far.x.data<double>()[0] += 1;
  far.source = "series";
  EXPECT_THAT(message_of<InputError>([&] { to_source(far); }), HasSubstr("around 1700000000"));
}

TEST(Arrays, TakeTextAsLabels) {
  const std::string y = npy("<U3", "(2,)", std::string("c\0\0\0a\0\0\0t\0\0\0\xe9\0\0\0\0\0\0\0\0\0\0\0", 24)),
                    ascii = npy("|S3", "(2,)", std::string("catox\0", 6));
  const Column text = std::get<Table>(opened({{"X", two_rows}, {"y", y}})).columns[2];
  EXPECT_THAT(text.values, ElementsAre("cat", "\u00e9"));
  EXPECT_THAT(std::get<Table>(opened({{"X", two_rows}, {"y", ascii}})).columns[2].values, ElementsAre("cat", "ox"));
  EXPECT_THAT(refusal({{"X", y}, {"y", two_targets}}), HasSubstr("x.npz: X"));
}

TEST(Arrays, AreReadBesideWhatNobodyAskedFor) {
  const std::string objects = npy("|O", "(2,)", "pickled"),
                    names = npy("<U1", "(2,)", std::string("a\0\0\0b\0\0\0", 8));
  const Source source = opened({{"X", two_rows}, {"y", two_targets}, {"meta", objects}, {"names", names}});
  EXPECT_EQ(std::get<Table>(source).columns.size(), 3u);
  EXPECT_THAT(refusal({{"X", two_rows}, {"y", objects}}),
              AllOf(HasSubstr("y"), HasSubstr("pickled"), HasSubstr("astype(str)")));
}

TEST(Arrays, WithoutNamesAreXAndY) {
  EXPECT_EQ(std::get<Table>(opened({{"arr_0", two_rows}, {"arr_1", two_targets}})).columns.size(), 3u);
  EXPECT_THAT(refusal({{"arr_0", two_rows}, {"arr_1", two_targets}, {"arr_2", two_rows}}),
              AllOf(HasSubstr("arr_0, arr_1, arr_2"), HasSubstr("X=X")));
}

TEST(Arrays, RefuseTargetsOfSeveralColumnsAndPartsThatDoNotFit) {
  EXPECT_THAT(refusal({{"X", two_rows}, {"y", two_rows}}), AllOf(HasSubstr("[2, 2]"), HasSubstr("argmax")));
  const std::string wide = npy("<f8", "(1, 3)", bytes_of<double>({1, 2, 3}));
  EXPECT_THAT(refusal({{"x_train", two_rows}, {"y_train", two_targets}, {"x_test", wide}}),
              AllOf(HasSubstr("[1, 3]"), HasSubstr("[2, 2]")));
  EXPECT_THAT(refusal({{"X", wide}, {"y", two_targets}}), HasSubstr("2 targets"));
  EXPECT_THAT(refusal({{"data", two_targets}, {"indices", two_targets}, {"indptr", two_targets}}),
              HasSubstr("toarray"));
}

TEST(Arrays, NameTheRowAndThePlaceOfWhatIsNoFiniteNumber) {
  Arrays arrays;
  arrays.x = zeros({5, 2, 3});
  arrays.source = "images";
  check_finite(arrays);
  Arrays valid{.x = zeros({1, 2, 3})};
  valid.x.data<float>()[0] = INFINITY;
  arrays.valid = std::make_shared<const Arrays>(valid);
  EXPECT_THAT(message_of<InputError>([&] { check_finite(arrays); }), HasSubstr("row 1 of the validation set's X"));
  arrays.x.data<float>()[2 * 6 + 5] = NAN;
  EXPECT_THAT(message_of<InputError>([&] { check_finite(arrays); }),
              AllOf(HasSubstr("images: row 3 of X holds NaN"), HasSubstr("[1, 2]")));
}

TEST(Arrays, LabelsOfManyClassesAreClassesUnlessTheTaskSaysOtherwise) {
  RawArrays raw;
  raw.x = zeros({100, 2, 2}, uint8);
  Tensor y = empty({100}, int64);
  for (std::int64_t i = 0; i < 100; ++i) y.data<std::int64_t>()[i] = i % 40;
  raw.y = target_column(y, "y");
  raw.are_labels = true;
  const Arrays arrays = std::get<Arrays>(to_source(raw));
  EXPECT_EQ(choose_target(arrays).classes(), 40);
  EXPECT_EQ(choose_target(arrays, Task::regression).task(), Task::regression);
}

TEST(Arrays, KeepWholeNumbersThatDoublePrecisionDoesNotHold) {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  EXPECT_THAT(target_column(from_vector(std::vector<std::int64_t>{large, large + 1, large}), "y").values,
              ElementsAre("9007199254740993", "9007199254740994"));
}

TEST(Npy, RefusesEachOtherTypeInOneLineThatSaysWhatToDo) {
  const auto message = [](const char* type, const std::string& data) {
    const TemporaryFile file("odd.npy", npy(type, "(2,)", data));
    std::string text = message_of<InputError>([&] { open_data(file.path().string()); });
    EXPECT_THAT(text, HasSubstr("odd.npy"));
    EXPECT_EQ(text.find('\n'), std::string::npos);
    return text;
  };
  const std::string room(64, '\0');
  EXPECT_THAT(message("<c8", room), HasSubstr("complex"));
  EXPECT_THAT(message("<M8[ns]", room), HasSubstr("dates"));
  EXPECT_THAT(message("<f16", room), HasSubstr("float64"));
  EXPECT_THAT(message("|V2", room), HasSubstr("raw bytes"));
  EXPECT_THAT(message("|O", room), HasSubstr("pickled"));
  EXPECT_THAT(message("<U3000000", room), HasSubstr("bytes follow"));
  EXPECT_THAT(message("<U0", room), HasSubstr("0 bytes"));
  const TemporaryFile file("records.npy",
                           npy_with_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", room));
  EXPECT_THAT(message_of<InputError>([&] { open_data(file.path().string()); }), HasSubstr("records"));
}

TEST(Npy, ReadsHeadersAsOtherProgramsWriteThem) {
  const TemporaryFile file("x.npy", npy_with_header(R"({"descr" : "<f8", "fortran_order": False, "shape": (2,2,)})",
                                                    bytes_of<double>({1, 2, 3, 4})));
  EXPECT_THAT(std::get<Table>(open_data(file.path().string())).columns[1].numbers, ElementsAre(2, 4));
}

}  // namespace
}  // namespace relume::data
