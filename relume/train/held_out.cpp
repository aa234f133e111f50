#include "relume/train/held_out.h"

#include <algorithm>
#include <cmath>

#include "relume/base/require.h"
#include "relume/base/rng.h"
#include "relume/data/split.h"
#include "relume/health/unit_activity.h"
#include "relume/train/evaluate.h"

namespace relume::training {
namespace {

constexpr std::int64_t most_sample = 1000;
constexpr std::size_t most_images = 24, most_examples = 12;
constexpr std::size_t calibration_bins = 10, residual_bins = 20, most_residuals = 500;

/// `most` of n places, evenly.
std::vector<std::int64_t> some_of(std::int64_t n, std::int64_t most) {
  std::vector<std::int64_t> places = data::count_to(std::min(n, most));
  if (n > most)
    for (std::int64_t& place : places) place = place * n / most;
  return places;
}

struct Image {
  std::int64_t width = 0, height = 0, channels = 1;
  bool channels_first = false;
};

Image image_of(const Shape& shape) {
  const auto is_colour = [](std::int64_t n) { return n == 1 || n == 3; };
  if (shape.dimensions() == 2) return {shape[1], shape[0]};
  if (shape.dimensions() == 3 && is_colour(shape[0])) return {shape[2], shape[1], shape[0], true};
  if (shape.dimensions() == 3 && is_colour(shape[2])) return {shape[1], shape[0], shape[2]};
  return {};
}

/// The row as an image in greys; its darkest value is black and its brightest white where they are no bytes.
void draw(plot::Example& example, const Tensor& features, std::int64_t row, const Image& image) {
  constexpr std::int64_t most = 256;
  const std::int64_t pixels = image.width * image.height;
  if (pixels == 0 || image.width > most || image.height > most) return;
  std::vector<double> greys(static_cast<std::size_t>(pixels));
  const std::int64_t first = row * pixels * image.channels;
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < image.channels; ++c) {
      const std::int64_t at = first + (image.channels_first ? c * pixels + p : p * image.channels + c);
      greys[static_cast<std::size_t>(p)] +=
          (features.dtype() == uint8 ? features.data<std::uint8_t>()[at]
                                     : static_cast<double>(features.data<float>()[at])) /
          static_cast<double>(image.channels);
    }
  double low = 0, high = 255;
  if (features.dtype() != uint8) {
    low = *std::min_element(greys.begin(), greys.end());
    high = *std::max_element(greys.begin(), greys.end());
  }
  example.width = image.width;
  example.height = image.height;
  for (const double grey : greys)
    example.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * (grey - low) / std::max(high - low, 1e-30))));
}

/// What the model says of a row.
struct Answer {
  std::int64_t truth = 0, prediction = 0;  // classes
  double sure = 0;                         // the probability of the prediction
  double loss = 0;
};

Answer answer_of(const float* logits, std::int64_t classes, std::int64_t truth) {
  const float* top = std::max_element(logits, logits + classes);
  double sum = 0;
  for (std::int64_t c = 0; c < classes; ++c)
    sum += std::exp(static_cast<double>(logits[c]) - static_cast<double>(*top));
  return {truth, top - logits, 1 / sum, std::log(sum) + static_cast<double>(*top) - static_cast<double>(logits[truth])};
}

std::vector<Answer> answers_of(const Tensor& outputs, const Tensor& truth) {
  const std::int64_t classes = outputs.size(1);
  std::vector<Answer> answers;
  for (std::int64_t i = 0; i < outputs.size(0); ++i)
    answers.push_back(answer_of(outputs.data<float>() + i * classes, classes, truth.data<std::int64_t>()[i]));
  return answers;
}

std::vector<plot::CalibrationBin> calibration_of(const std::vector<Answer>& answers) {
  std::vector<plot::CalibrationBin> bins(calibration_bins);
  for (const Answer& a : answers) {
    if (!std::isfinite(a.sure)) continue;
    const double place = a.sure * calibration_bins;
    plot::CalibrationBin& bin = bins[std::min(static_cast<std::size_t>(place), calibration_bins - 1)];
    ++bin.rows;
    bin.confidence += a.sure;
    bin.accuracy += a.prediction == a.truth ? 1 : 0;
  }
  std::erase_if(bins, [](const plot::CalibrationBin& bin) { return bin.rows == 0; });
  for (plot::CalibrationBin& bin : bins) {
    bin.confidence /= static_cast<double>(bin.rows);
    bin.accuracy /= static_cast<double>(bin.rows);
  }
  return bins;
}

using Residuals = std::vector<std::pair<double, double>>;

Residuals residuals_of(const io::Model& model, const Tensor& outputs, const Tensor& truth) {
  Residuals all;
  for (std::int64_t i = 0; i < outputs.size(0); ++i) {
    const double predicted = static_cast<double>(outputs.data<float>()[i]),
                 right = static_cast<double>(truth.data<float>()[i]);
    all.emplace_back(predicted * model.target_scale + model.target_mean, (right - predicted) * model.target_scale);
  }
  return all;
}

/// Bins of about equally many rows, in the order of their predictions; `sorted` is by prediction.
std::vector<plot::ResidualBin> bins_of(const Residuals& sorted) {
  std::vector<plot::ResidualBin> bins;
  const std::size_t count = std::min(residual_bins, (sorted.size() + 9) / 10);
  for (std::size_t b = 0; b < count; ++b) {
    const std::size_t begin = b * sorted.size() / count, end = (b + 1) * sorted.size() / count;
    std::vector<double> distances;
    double predicted = 0;
    for (std::size_t i = begin; i < end; ++i) {
      predicted += sorted[i].first / static_cast<double>(end - begin);
      distances.push_back(sorted[i].second);
    }
    std::sort(distances.begin(), distances.end());
    const auto quantile = [&](double q) {
      return distances[static_cast<std::size_t>(q * static_cast<double>(distances.size() - 1))];
    };
    bins.push_back({predicted, quantile(0.1), quantile(0.5), quantile(0.9)});
  }
  return bins;
}

/// The places of the rows with the largest loss, the largest first. A loss that is no number counts as the largest.
std::vector<std::int64_t> worst_of(const std::vector<double>& losses, std::size_t most) {
  std::vector<std::int64_t> places = data::count_to(static_cast<std::int64_t>(losses.size()));
  const auto loss = [&](std::int64_t i) {
    const double value = losses[static_cast<std::size_t>(i)];
    return std::isnan(value) ? INFINITY : value;
  };
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, places.size()));
  std::partial_sort(places.begin(), places.begin() + count, places.end(),
                    [&](std::int64_t a, std::int64_t b) { return loss(a) != loss(b) ? loss(a) > loss(b) : a < b; });
  places.resize(static_cast<std::size_t>(count));
  return places;
}

/// A row's number where a person finds it: in a file of its own, or among all rows that have a target.
std::string name_of_row(std::span<const std::int64_t> rows, std::int64_t place, const std::string& part) {
  const bool own_file = rows.back() - rows.front() + 1 == static_cast<std::int64_t>(rows.size()) &&
                        part == "test set" && rows.front() > 0;
  return own_file ? fmt::format("row {} of the test set", place + 1)
                  : fmt::format("row {}", rows[static_cast<std::size_t>(place)] + 1);
}

/// What the features of a row are, as a person knows them.
void show_features(plot::Example& example, const Job& job, std::int64_t row) {
  if (job.model.preprocessor)
    example.values = job.model.preprocessor->describe(job.dataset.features.data<float>() + row * job.model.features);
  else
    draw(example, job.dataset.features, row, image_of(job.model.input_shape));
}

std::size_t most_worst(const Job& job) { return job.model.preprocessor ? most_examples : most_images; }

}  // namespace

HeldOut look_at_rows(const Job& job, std::span<const std::int64_t> rows, const std::string& name,
                     const Tensor& outputs) {
  HeldOut result;
  const auto n = static_cast<std::int64_t>(rows.size());
  result.what = fmt::format("On the {}, {} rows.", name, n);
  const Tensor truth = targets(job.dataset, rows);
  std::vector<double> losses;
  std::vector<Answer> answers;
  Residuals residuals;
  if (job.model.task == data::Task::classification) {
    answers = answers_of(outputs, truth);
    for (const Answer& a : answers) losses.push_back(a.loss);
    result.calibration = calibration_of(answers);
  } else {
    residuals = residuals_of(job.model, outputs, truth);
    for (const auto& [prediction, distance] : residuals)
      losses.push_back(std::pow(distance / job.model.target_scale, 2));
  }
  for (const std::int64_t place : worst_of(losses, most_worst(job))) {
    plot::Example example;
    const auto i = static_cast<std::size_t>(place);
    example.row = name_of_row(rows, place, name);
    example.loss = losses[i];
    if (!answers.empty()) {
      example.truth = job.model.labels[static_cast<std::size_t>(answers[i].truth)];
      example.prediction = fmt::format(
          "{} ({:.0f} %)", job.model.labels[static_cast<std::size_t>(answers[i].prediction)], 100 * answers[i].sure);
    } else {
      const auto shown = [&](double value) { return data::rounded(value, job.model.target_scale, 5); };
      example.truth = shown(residuals[i].first + residuals[i].second);
      example.prediction = shown(residuals[i].first);
    }
    show_features(example, job, rows[i]);
    result.worst.push_back(std::move(example));
  }
  std::erase_if(residuals, [](const auto& r) { return !std::isfinite(r.first) || !std::isfinite(r.second); });
  std::sort(residuals.begin(), residuals.end());
  result.residual_bins = bins_of(residuals);
  for (const std::int64_t i : some_of(static_cast<std::int64_t>(residuals.size()), most_residuals))
    result.residuals.push_back(residuals[static_cast<std::size_t>(i)]);
  std::vector<std::int64_t> sample;
  for (const std::int64_t i : some_of(n, most_sample)) sample.push_back(rows[static_cast<std::size_t>(i)]);
  result.sample = take_rows(job.dataset, sample);
  return result;
}

void add_histograms(std::vector<plot::LayerUnits>& layers, const io::Model& model, const data::Dataset& sample) {
  constexpr std::size_t bins = 40;
  const auto activations = health::named_activations(*model.network);
  const std::vector<std::int64_t> rows = data::count_to(sample.rows());
  // What is called with the number of a layer and each of its outputs, while the network runs over the sample.
  const auto each_output = [&](auto visit) {
    std::vector<std::pair<nn::Module*, int>> hooks;
    for (std::size_t i = 0; i < layers.size(); ++i)
      for (const auto& [name, module] : activations)
        if (name == layers[i].name)
          hooks.emplace_back(module, module->add_hook([&visit, i](const nn::Module&, const Tensor& y) {
            if (y.dtype() != float32 || !y.is_contiguous()) return;
            for (const float value : y.span<float>())
              if (std::isfinite(value)) visit(i, static_cast<double>(value));
          }));
    outputs(*model.network, sample, rows);
    for (const auto& [module, hook] : hooks) module->remove_hook(hook);
  };
  for (plot::LayerUnits& layer : layers) layer.low = INFINITY, layer.high = -INFINITY;
  each_output([&](std::size_t i, double value) {
    layers[i].low = std::min(layers[i].low, value);
    layers[i].high = std::max(layers[i].high, value);
  });
  for (plot::LayerUnits& layer : layers) {
    if (layer.low <= layer.high)
      layer.histogram.assign(bins, 0);
    else
      layer.low = layer.high = 0;  // nothing came by, as for a later use of a module, which counts with the first
  }
  each_output([&](std::size_t i, double value) {
    plot::LayerUnits& layer = layers[i];
    const double place = (value - layer.low) / std::max(layer.high - layer.low, 1e-300) * bins;
    ++layer.histogram[std::min(static_cast<std::size_t>(place), bins - 1)];
  });
}

std::vector<plot::Importance> permutation_importance(const io::Model& model, const data::Dataset& sample) {
  constexpr std::int64_t most_columns = 100, most_work = 5'000'000'000;  // work: multiply-adds
  std::vector<std::pair<std::string, std::int64_t>> columns;             // with how many features each has
  if (model.preprocessor) {
    for (const data::ColumnPlan& plan : model.preprocessor->used()) columns.emplace_back(plan.name, plan.features());
  } else if (model.input_shape.dimensions() <= 1) {
    for (std::int64_t i = 0; i < model.features; ++i) columns.emplace_back(fmt::format("column {}", i + 1), 1);
  }
  const auto count = static_cast<std::int64_t>(columns.size());
  if (count == 0 || count > most_columns || sample.features.dtype() != float32) return {};
  const std::int64_t cost = std::max<std::int64_t>(model.network->parameter_count() * count, 1);
  const std::int64_t n = std::min(sample.rows(), std::max<std::int64_t>(most_work / cost, 50));
  const std::vector<std::int64_t> rows = data::count_to(n);
  const double loss = evaluate(model, sample, rows).loss;
  Rng rng(0);
  std::vector<plot::Importance> result;
  std::int64_t first = 0;
  for (const auto& [name, width] : columns) {
    data::Dataset shuffled = take_rows(sample, rows);
    std::vector<std::int64_t> order = rows;
    rng.shuffle(order);
    const std::int64_t features = model.features;
    for (std::int64_t i = 0; i < n; ++i)
      std::copy_n(sample.features.data<float>() + order[static_cast<std::size_t>(i)] * features + first, width,
                  shuffled.features.data<float>() + i * features + first);
    result.push_back({name, evaluate(model, shuffled, rows).loss - loss});
    first += width;
  }
  return result;
}

}  // namespace relume::training
