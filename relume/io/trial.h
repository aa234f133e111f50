// Public. Data as a model takes it, whatever kind of file it comes from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/arrays.h"
#include "relume/io/model.h"

namespace relume::io {

/// Rows on which a model can be tried: all of a table, the test set of images where there is one.
struct Trial {
  data::Dataset dataset;
  std::vector<std::int64_t> rows;
  std::string what;                ///< "test set", "all rows"
  std::vector<std::string> notes;  ///< on how the file was read
};

/// Reads `data` with the model's own preprocessing, targets included, and with the model's own task and classes. A
/// table without names is taken by the place of its columns, and matrices and images of as many values a row stand for
/// each other. Throws InputError where it does not fit the model.
Trial make_trial(const Model& model, std::string_view data, const data::CsvOptions& csv = {});
/// The same with data that was opened; `name` names it in messages.
Trial make_trial(const Model& model, data::Source source, std::string_view name);

/// The features alone, float32 or uint8 [n, features], of the test set where there is one.
Tensor features_of(const Model& model, data::Source source);

}  // namespace relume::io
