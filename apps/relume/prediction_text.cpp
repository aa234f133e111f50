#include "apps/relume/prediction_text.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace relume::app {
namespace {

/// A field of CSV: in quotes where it holds a delimiter, a quote or a line's end.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::int64_t rows_of(const training::Predictions& predictions) {
  return static_cast<std::int64_t>(predictions.classes.empty() ? predictions.values.size()
                                                               : predictions.classes.size());
}

class Csv : public PredictionText {
 public:
  Csv(const io::Model& model, const std::string& id_column) : model_(model), id_column_(id_column) {}

  std::string begin() override {
    std::string line = id_column_.empty() ? "" : field(id_column_) + ",";
    line += "prediction";
    if (model_.task == data::Task::classification)
      for (const std::string& label : model_.labels) line += "," + field("p(" + label + ")");
    return line + "\n";
  }

  std::string rows(const training::Predictions& predictions, const std::vector<std::string>& ids) override {
    std::string text;
    for (std::int64_t i = 0; i < rows_of(predictions); ++i) {
      const auto row = static_cast<std::size_t>(i);
      if (!ids.empty()) text += field(ids[row]) + ",";
      if (predictions.classes.empty()) {
        text += training::to_text(predictions.values[row], model_);
      } else {
        text += field(model_.labels[static_cast<std::size_t>(predictions.classes[row])]);
        const float* p = predictions.probabilities.data<float>() + i * model_.outputs;
        for (std::int64_t k = 0; k < model_.outputs; ++k) text += fmt::format(",{:.6g}", p[k]);
      }
      text += '\n';
    }
    return text;
  }

  std::string end() override { return {}; }

 private:
  const io::Model& model_;
  std::string id_column_;
};

class Json : public PredictionText {
 public:
  explicit Json(const io::Model& model) : model_(model) {}

  std::string begin() override {
    std::string text = fmt::format("{{\"task\":\"{}\"", data::name(model_.task));
    if (model_.task == data::Task::classification) {
      text += ",\"labels\":[";
      for (std::size_t i = 0; i < model_.labels.size(); ++i) text += (i ? "," : "") + json_text(model_.labels[i]);
      text += "]";
    }
    return text + ",\"predictions\":[";
  }

  std::string rows(const training::Predictions& predictions, const std::vector<std::string>& ids) override {
    std::string text;
    for (std::int64_t i = 0; i < rows_of(predictions); ++i) {
      const auto row = static_cast<std::size_t>(i);
      text += rows_++ ? ",{" : "{";
      if (!ids.empty()) text += "\"id\":" + json_text(ids[row]) + ",";
      text += "\"prediction\":";
      if (predictions.classes.empty()) {
        text += training::to_text(predictions.values[row], model_);
      } else {
        text += json_text(model_.labels[static_cast<std::size_t>(predictions.classes[row])]) + ",\"probabilities\":[";
        const float* p = predictions.probabilities.data<float>() + i * model_.outputs;
        for (std::int64_t k = 0; k < model_.outputs; ++k) text += fmt::format("{}{:.6g}", k ? "," : "", p[k]);
        text += "]";
      }
      text += "}";
    }
    return text;
  }

  std::string end() override { return fmt::format("],\"rows\":{}}}\n", rows_); }

 private:
  const io::Model& model_;
  std::int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<PredictionText> prediction_csv(const io::Model& model, const std::string& id_column) {
  return std::make_unique<Csv>(model, id_column);
}

std::unique_ptr<PredictionText> prediction_json(const io::Model& model) { return std::make_unique<Json>(model); }

}  // namespace relume::app
