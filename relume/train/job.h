// Public. From data to everything a Trainer takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/open.h"
#include "relume/health/measurements.h"
#include "relume/io/model.h"
#include "relume/train/metrics.h"

namespace relume::training {

/// What a run is about. Empty texts and negative fractions mean "chosen from the data".
struct JobOptions {
  std::string data;  ///< as open_data() takes it
  std::string target = "last";
  std::optional<data::Task> task;
  std::vector<std::string> use, drop;  ///< columns of a table to learn from alone, or to leave out
  std::string layers;                  ///< the architecture; empty: two hidden layers, of 256 and 128 units
  std::string activation = "relu";     ///< of those two layers
  std::string valid, test;             ///< a fraction, a number of rows, or a file
  data::CsvOptions csv = {};           ///< how delimited text is read
  std::uint64_t seed = 0;
};

/// The rows that train, validate and test, with the network that is to learn them.
struct Job {
  io::Model model;  ///< its network is built, with weights drawn from the seed
  data::Dataset dataset;
  data::Split split;
  std::int64_t dropped_rows = 0;  ///< rows without a target
  std::string source;
  std::vector<std::string> notes;  ///< on how the data's files were read
  health::DataFacts facts;         ///< of a table, for Trainer::look_at()
};

/// Opens the data, splits it, fits the preprocessing on the training rows and builds the network.
Job make_job(const JobOptions& options);
/// The same with data that is in memory; `options.data` is its name in messages.
Job make_job(const data::Source& source, const JobOptions& options);

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
Trial make_trial(const io::Model& model, std::string_view data, const data::CsvOptions& csv = {});
/// The same with data that was opened; `name` names it in messages.
Trial make_trial(const io::Model& model, data::Source source, std::string_view name);

/// The features alone, float32 or uint8 [n, features], of the test set where there is one.
Tensor features_of(const io::Model& model, data::Source source);

}  // namespace relume::training
