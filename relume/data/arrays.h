// Public. Arrays of features and targets, as NumPy's files, IDX files and Python hold them, and what is made of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "relume/data/table.h"
#include "relume/data/target.h"
#include "relume/tensor/tensor.h"

namespace relume::data {

/// Features that are used as they are, with one scale for all of them: images, series, matrices wider than any table.
struct Arrays {
  Tensor x;                 ///< [n, …], uint8 or float32
  Table targets = {};       ///< one column "y" of n rows; no column where there are no targets
  bool are_labels = false;  ///< the targets are text or integers by their type, not floating point
  std::string source = {};
  std::shared_ptr<const Arrays> valid = {}, test = {};  ///< as Table's
};

using Source = std::variant<Table, Arrays>;

/// Arrays of which it is not decided yet what they are.
struct RawArrays {
  Tensor x;  ///< [n] or [n, …], of any dtype
  std::optional<Column> y = {};
  bool are_labels = false;
  std::string source = {};
  std::string target_source = {};  ///< where the targets stand, if not in `source`
  std::shared_ptr<RawArrays> valid = {}, test = {};
};

/// Bytes in a matrix of so many columns are taken for the pixels of images: 16 × 16 and more.
constexpr std::int64_t least_pixels = 256;
/// Beyond this, columns are no longer things with names.
constexpr std::int64_t widest_table = 4096;

/// Whether rows of that shape and type are a table's: each column is looked at on its own.
bool is_table(const Tensor& x);

/// A Table with the columns x1, x2, …, y, known by their place, where the features are a matrix of at most 4096 columns
/// that are no pixels (least_pixels), and those of its valid and test are, too. All else is Arrays. Both hold numbers
/// in the precision in which they came, as far as it matters. Throws InputError where features and targets differ in
/// number, where rows that came apart have another shape, or float32 would lose what the numbers differ by.
Source to_source(RawArrays raw);

/// Targets, one for each row, as the column "y": whole numbers that double precision does not hold as text. `y` is [n]
/// or [n, 1]; else throws InputError that begins with `where`.
Column target_column(const Tensor& y, const std::string& where);

/// The features as columns x1, x2, …, without names that mean anything. x: [n] or [n, columns].
Table columns_of(const Tensor& x, std::string source);

/// The target of arrays. Integers and text are classes, unless integers are nearly all different; else as
/// Target::choose(). Throws InputError where there are no targets.
Target choose_target(const Arrays& arrays, std::optional<Task> task = std::nullopt);

/// Target::encode() with a place for every row of the table, so that it fits features of them all: 0 in those that are
/// not among `rows`.
Tensor encode_among_all(const Target& target, const Table& table, std::span<const std::int64_t> rows);

/// Rows that a source brings apart from those to train on.
enum class Apart : std::uint8_t { valid, test };

/// Those of the source, with their targets, as a source of their own; nothing where it brings none.
std::optional<Source> part_of(const Source& source, Apart part);

/// Whether the source brings a test set with targets.
bool has_test_set(const Source& source);

/// Throws InputError, which names the row and the place in it, where features are NaN or infinite.
void check_finite(const Arrays& arrays);

}  // namespace relume::data
