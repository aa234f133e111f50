#include "relume/io/predictions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/io/model.h"
#include "relume/io/prediction_text.h"
#include "relume/ops/activation.h"
#include "relume/ops/join.h"

namespace relume::io {

data::Column Field::column(const std::string& name) const {
  if (kind_ == Kind::text) return data::text_column(name, {text_});
  return {.name = name, .numbers = {kind_ == Kind::number ? number_ : std::numeric_limits<double>::quiet_NaN()}};
}

double Prediction::value() const {
  require(!labels_, "predict: a classification gives no value; ask for label() or probability()");
  return value_;
}

const std::string& Prediction::label() const {
  require(labels_ != nullptr, "predict: a regression gives no class; ask for value()");
  return (*labels_)[static_cast<std::size_t>(best_)];
}

double Prediction::probability() const { return probabilities()[static_cast<std::size_t>(best_)]; }

double Prediction::probability(std::string_view label) const {
  static_cast<void>(this->label());
  const auto found = std::ranges::find(*labels_, label);
  require(found != labels_->end(), "predict: \"{}\" is none of the model's classes", label);
  return probabilities_[static_cast<std::size_t>(found - labels_->begin())];
}

const std::vector<double>& Prediction::probabilities() const {
  static_cast<void>(label());
  return probabilities_;
}

Predictions::Predictions(const Model& model) : task_(model.task), scale_(model.target_scale) {
  if (task_ == data::Task::classification) labels_ = std::make_shared<const std::vector<std::string>>(model.labels);
}

Predictions::Predictions(const Model& model, const Tensor& outputs) : Predictions(model) {
  if (task_ == data::Task::regression) {
    for (const float output : outputs.contiguous().span<float>())
      values_.push_back(static_cast<double>(output) * model.target_scale + model.target_mean);
    return;
  }
  probabilities_ = softmax(outputs, 1).contiguous();
  const float* p = probabilities_.data<float>();
  const std::int64_t classes = probabilities_.size(1);
  for (std::int64_t i = 0; i < probabilities_.size(0); ++i, p += classes)
    classes_.push_back(std::max_element(p, p + classes) - p);
}

void Predictions::require_task(data::Task task, const char* asked) const {
  require(task_ == task, "predict: a {} has no {}", data::name(task_), asked);
}

std::int64_t Predictions::size() const {
  return static_cast<std::int64_t>(task_ == data::Task::regression ? values_.size() : classes_.size());
}

const std::vector<double>& Predictions::values() const {
  require_task(data::Task::regression, "values; ask for labels() or probabilities()");
  return values_;
}

const std::vector<std::int64_t>& Predictions::classes() const {
  require_task(data::Task::classification, "classes; ask for values()");
  return classes_;
}

const Tensor& Predictions::probabilities() const {
  require_task(data::Task::classification, "probabilities; ask for values()");
  return probabilities_;
}

const std::vector<std::string>& Predictions::class_labels() const {
  require_task(data::Task::classification, "classes; ask for values()");
  return *labels_;
}

std::vector<std::string> Predictions::labels() const {
  std::vector<std::string> all;
  for (const std::int64_t k : classes()) all.push_back((*labels_)[static_cast<std::size_t>(k)]);
  return all;
}

Prediction Predictions::operator[](std::int64_t row) const {
  require<IndexError>(row >= 0 && row < size(), "predict: there is no row {} among {}", row, size());
  Prediction one;
  one.labels_ = labels_;
  if (task_ == data::Task::regression) {
    one.value_ = values_[static_cast<std::size_t>(row)];
    return one;
  }
  one.best_ = classes_[static_cast<std::size_t>(row)];
  const float* p = probabilities_.data<float>() + row * probabilities_.size(1);
  one.probabilities_.assign(p, p + probabilities_.size(1));
  return one;
}

std::string Predictions::text(std::int64_t row) const {
  constexpr int digits = 9;  // as many as tell float32 apart, which the outputs are
  const auto i = static_cast<std::size_t>(row);
  return task_ == data::Task::regression ? data::rounded(values_[i], scale_, digits)
                                         : (*labels_)[static_cast<std::size_t>(classes_[i])];
}

void Predictions::append(std::span<const Predictions> parts) {
  std::vector<Tensor> probabilities;
  if (probabilities_.defined()) probabilities.push_back(probabilities_);
  for (const Predictions& more : parts) {
    values_.insert(values_.end(), more.values_.begin(), more.values_.end());
    classes_.insert(classes_.end(), more.classes_.begin(), more.classes_.end());
    ids.insert(ids.end(), more.ids.begin(), more.ids.end());
    notes.insert(notes.end(), more.notes.begin(), more.notes.end());
    id_column = more.id_column;
    if (more.probabilities_.defined()) probabilities.push_back(more.probabilities_);
  }
  if (!probabilities.empty()) probabilities_ = cat(probabilities);
}

std::string Predictions::text_in(PredictionFormat format) const {
  PredictionText text(format);
  std::string rows = text.rows(*this);
  return rows + text.end();
}

std::string Predictions::csv() const { return text_in(PredictionFormat::csv); }

std::string Predictions::json() const { return text_in(PredictionFormat::json); }

void Predictions::save(const std::filesystem::path& path) const {
  write_file(path, path.extension() == ".json" ? json() : csv());
}

}  // namespace relume::io
