#include "relume/io/prediction_text.h"

#include <fmt/format.h>

#include "relume/data/target.h"
#include "relume/io/json_text.h"

namespace relume::io {
namespace {

/// A field of CSV: in quotes where it holds a delimiter, a quote or a line's end.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

/// The probabilities of a row, with a comma before each.
std::string probabilities_of(const Predictions& predictions, std::int64_t row) {
  const std::int64_t classes = predictions.probabilities().size(1);
  const float* p = predictions.probabilities().data<float>() + row * classes;
  std::string text;
  for (std::int64_t k = 0; k < classes; ++k) text += fmt::format(",{:.6g}", p[k]);
  return text;
}

}  // namespace

std::string PredictionText::head(const Predictions& predictions) const {
  const bool classes = predictions.task() == data::Task::classification;
  std::string text;
  if (json_)
    return fmt::format("{{\"task\":\"{}\"{},\"predictions\":[", data::name(predictions.task()),
                       classes ? ",\"labels\":" + json_text(predictions.class_labels()) : "");
  if (!predictions.id_column.empty()) text = field(predictions.id_column) + ",";
  text += "prediction";
  if (classes)
    for (const std::string& label : predictions.class_labels()) text += "," + field("p(" + label + ")");
  return text + "\n";
}

std::string PredictionText::rows(const Predictions& predictions) {
  const bool classes = predictions.task() == data::Task::classification;
  std::string text = begun_ ? "" : head(predictions);
  begun_ = true;
  for (std::int64_t row = 0; row < predictions.size(); ++row) {
    const std::string* id = predictions.ids.empty() ? nullptr : &predictions.ids[static_cast<std::size_t>(row)];
    const std::string said = predictions.text(row), shares = classes ? probabilities_of(predictions, row) : "";
    if (!json_) {
      text += (id ? field(*id) + "," : "") + (classes ? field(said) : said) + shares + "\n";
      continue;
    }
    text += rows_++ > 0 ? ",{" : "{";
    if (id) text += "\"id\":" + json_text(*id) + ",";
    text += "\"prediction\":" + (classes ? json_text(said) : said);
    if (classes) text += ",\"probabilities\":[" + shares.substr(1) + "]";
    text += "}";
  }
  return text;
}

std::string PredictionText::end() const { return json_ ? fmt::format("],\"rows\":{}}}\n", rows_) : ""; }

}  // namespace relume::io
