// Public. What a model does with rows that its training has not seen, as the report shows it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "relume/plot/report.h"
#include "relume/train/job.h"

namespace relume::training {

struct HeldOut {
  std::string what;  ///< "test set, 10,000 rows"
  std::vector<plot::Example> worst;
  std::vector<plot::CalibrationBin> calibration;     ///< classification
  std::vector<std::pair<double, double>> residuals;  ///< regression: prediction and truth less prediction, some rows
  std::vector<plot::ResidualBin> residual_bins;
  data::Dataset sample;  ///< up to 1000 of the rows, copied, for what has to run the network again
};

/// What can be said from the outputs for these rows of the job.
HeldOut look_at_rows(const Job& job, std::span<const std::int64_t> rows, const std::string& name,
                     const Tensor& outputs);

/// How the outputs of each activation are spread over the rows, put into the layers of those names.
void add_histograms(std::vector<plot::LayerUnits>& layers, const io::Model& model, const data::Dataset& sample);

/// Of each column of a table, or of a matrix with few columns: by how much the loss over the sample rises where it is
/// shuffled. Nothing for images, which hold nothing in one pixel.
std::vector<plot::Importance> permutation_importance(const io::Model& model, const data::Dataset& sample);

}  // namespace relume::training
