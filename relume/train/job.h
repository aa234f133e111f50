// Public. From data to everything a Trainer takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relume/data/open.h"
#include "relume/health/measurements.h"
#include "relume/io/model.h"
#include "relume/io/trial.h"
#include "relume/train/metrics.h"
#include "relume/train/options.h"

namespace relume::training {

using io::features_of;
using io::make_trial;
using io::Trial;

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

/// Opens the data that `data` names, splits it, fits the preprocessing on the training rows and builds the network.
Job make_job(std::string_view data, const TrainOptions& options);
/// The same with data that is open; `name` is its name in messages.
Job make_job(const data::Source& source, const TrainOptions& options, std::string name = "the data");
/// Opens data as the options say.
data::Source open_data(std::string_view data, const TrainOptions& options);

}  // namespace relume::training
