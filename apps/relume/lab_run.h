// Trainings that the experiments of `relume lab` are made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "relume/nn/sequential.h"
#include "relume/train/job.h"
#include "relume/train/options.h"

namespace relume::app {

/// How a training ended, on its validation rows; zeros where the loss was no number.
struct LabRun {
  double accuracy = 0;
  double loss = 0;
  double dead_share = 0;        ///< of the ReLU-like units
  std::int64_t not_finite = 0;  ///< runs in which the loss or the weights did not stay numbers

  bool finite() const { return not_finite == 0; }
};

/// What is done to the network before it is trained.
using LabChange = std::function<void(nn::Sequential&)>;

/// The medians of runs on that data with the options' seed, the next one, …; runs without numbers are left out of them.
LabRun lab_median(const std::string& data, const TrainOptions& options, std::int64_t seeds,
                  const LabChange& change = {});

double median(std::vector<double> values);

}  // namespace relume::app
