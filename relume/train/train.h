// Public. What `relume train`, eval, doctor, inspect, compare, lr-find and report do, each in one call.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/data/arrays.h"
#include "relume/data/table.h"
#include "relume/io/layer_facts.h"
#include "relume/io/model.h"
#include "relume/plot/network_picture.h"
#include "relume/plot/run_charts.h"
#include "relume/train/compare.h"
#include "relume/train/doctor.h"
#include "relume/train/lr_find.h"
#include "relume/train/options.h"
#include "relume/train/run.h"

namespace relume {

using training::Callbacks;
using training::Comparison;
using training::Examination;
using training::Metrics;

/// Trains a network on whatever `data` names: a .csv, .npy or .npz, a folder of IDX files, "builtin:spirals".
///
///   Run run = train("houses.csv", {.target = "price", .test = 0.2, .hidden = {64, 64}, .seed = 1});
///   std::cout << run.test->rmse << "\n";
///   run.model.save("houses.safetensors");
///
/// Throws InputError that says what is wrong with the data, and ValueError for an option.
Run train(std::string_view data, const TrainOptions& options = {}, const Callbacks& callbacks = {});
/// On a table in memory; texts that are all numbers become numbers.
Run train(data::Table table, const TrainOptions& options = {}, const Callbacks& callbacks = {});
/// On data that is open.
Run train(const data::Source& source, const TrainOptions& options = {}, const Callbacks& callbacks = {});
/// On rows x [n, …] with a target each: y [n] or [n, 1]; whole numbers are classes. A matrix is a table of the columns
/// x1, x2, …, all else images and the like.
Run train(const Tensor& x, const Tensor& y, const TrainOptions& options = {}, const Callbacks& callbacks = {});
/// The same from memory: x holds a row for each y, one after the other.
Run train(std::span<const float> x, std::span<const float> y, const TrainOptions& options = {},
          const Callbacks& callbacks = {});
Run train(std::span<const double> x, std::span<const double> y, const TrainOptions& options = {},
          const Callbacks& callbacks = {});

/// How good the model is on data with known targets, the test set where the data brings one.
Metrics evaluate(const Model& model, std::string_view data, const data::CsvOptions& csv = {});
/// On a table in memory, with the columns and the target of training.
Metrics evaluate(const Model& model, data::Table table);

/// Examines the model's units, weights and gradients on data with known targets.
Examination doctor(const Model& model, std::string_view data, const health::Thresholds& thresholds = {});

/// The model's layers, what they cost, and, where there is data, what their units do on it.
std::vector<io::LayerFacts> inspect(const Model& model, std::string_view data = {});

/// The same training with each activation over several seeds: see training::compare(). The options' activation is none
/// of its business.
Comparison compare(std::string_view data, const std::vector<std::string>& activations, const TrainOptions& options = {},
                   std::int64_t seeds = 5, const std::function<void(const training::ComparedRun&)>& on_run = {},
                   const std::atomic<bool>* stop = nullptr);

/// Tries growing learning rates on the data and suggests one.
training::LrFindResult find_lr(std::string_view data, const TrainOptions& options = {},
                               const training::LrFindOptions& range = {});

/// The report of the runs in these folders, one page: a run's own, or one that compares them. Throws InputError where a
/// folder holds none.
std::string report(const std::vector<std::string>& folders);

}  // namespace relume
