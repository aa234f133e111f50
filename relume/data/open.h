// Public. The one way in: whatever DATA names, read by what is there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/arrays.h"
#include "relume/data/csv.h"
#include "relume/data/dataset.h"
#include "relume/data/preprocess.h"
#include "relume/data/split.h"
#include "relume/data/table.h"

namespace relume::data {

struct OpenOptions {
  CsvOptions csv = {};
  std::uint64_t seed = 0;  ///< of builtin data
  std::int64_t builtin_rows = 2000;
  bool targets = true;  ///< false: to predict, for which none are needed
};

/// DATA is a folder of IDX files, LIBSVM's sparse pairs, delimited text (.csv, .tsv, .txt, .data, …, or any other
/// text), .npy, .npz, each plain or gzip where that makes sense, or "builtin:NAME". A .npz names its arrays
/// x/X/data/features/images and y/labels/target(s), or x_train, y_train, x_val, y_val, x_test, y_test, or has no
/// names (arr_0, arr_1); what becomes a Table whose target is the last column says to_source(). Throws InputError that
/// lists what is understood, and where a .npz has no targets by these names, but another array with a value for each
/// row, which may be meant.
Source open_data(std::string_view what, const OpenOptions& options = {});

/// Whether `what` is delimited text, which can be read row by row with the columns that a model knows: no folder, no
/// built-in data and no file that another reader takes.
bool is_delimited_text(std::string_view what);

struct PrepareOptions {
  std::string target = "last";
  std::optional<Task> task = {};
  std::vector<std::string> use = {};   ///< columns to learn from, as find_column() takes them; empty: all
  std::vector<std::string> drop = {};  ///< columns to leave out
  SplitOptions split = {};
};

/// A table made ready for training: the rows of `dataset` that train, validate and test, and how they came about.
struct Prepared {
  Preprocessor preprocessor;
  Dataset dataset;
  Split split;
  std::int64_t dropped_rows = 0;  ///< rows without a target
};

/// Chooses the target, splits the rows, fits the preprocessing on the training rows and transforms them all.
/// Throws InputError where `drop` names the target, or `use` or `drop` a column that is not there.
Prepared prepare(const Table& table, const PrepareOptions& options = {});

}  // namespace relume::data
