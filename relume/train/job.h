// Public. From data to everything a Trainer takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/open.h"
#include "relume/health/measurements.h"
#include "relume/io/model.h"
#include "relume/io/trial.h"
#include "relume/train/metrics.h"

namespace relume::training {

using io::features_of;
using io::make_trial;
using io::Trial;

/// What a run is about. Empty texts and negative fractions mean "chosen from the data".
struct JobOptions {
  std::string data = {};  ///< as open_data() takes it
  std::string target = "last";
  std::optional<data::Task> task = {};
  std::vector<std::string> use = {}, drop = {};  ///< columns of a table to learn from alone, or to leave out
  std::string layers = {};                       ///< the architecture; empty: two hidden layers, of 256 and 128 units
  std::string activation = "relu";               ///< of those two layers
  std::string valid = {}, test = {};             ///< a fraction, a number of rows, or a file
  data::CsvOptions csv = {};                     ///< how delimited text is read
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

}  // namespace relume::training
