// Each type's fields stand once, for writing and for reading.
#include "relume/plot/report_json.h"

#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"
#include "relume/data/parse_json.h"

namespace relume::plot {
namespace {

using nlohmann::json;

/// Goes through values and the JSON that they are kept in, and copies the ones to the other: one class for both ways.
class Archive {
 public:
  Archive(json& root, bool writes) : at_(&root), writes_(writes) {}

  /// The member of that name.
  template <class T>
  void operator()(const char* name, T& v) {
    json* const before = enter(name);
    value(v);
    at_ = before;
  }

  void value(double& v);
  void value(std::string& v);
  void value(bool& v);
  void value(std::int64_t& v);
  void value(std::uint8_t& v);
  void value(EpochCurve& v);
  void value(MetricRow& v);
  void value(ConfusionMatrix& v);
  void value(ReportFinding& v);
  void value(LayerCurve& v);
  void value(LayerUnits& v);
  void value(Example& v);
  void value(CalibrationBin& v);
  void value(ResidualBin& v);
  void value(Importance& v);
  void value(ReportData& v);

  template <class A, class B>
  void value(std::pair<A, B>& v) {
    json* const pair = at_;
    enter(*pair, 0), value(v.first);
    enter(*pair, 1), value(v.second);
    at_ = pair;
  }

  template <class T>
  void value(std::vector<T>& items) {
    json* const list = at_;
    items.resize(begin_list(items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) enter(*list, i), value(items[i]);
    at_ = list;
  }

 private:
  /// Goes to a member; returns where it was.
  json* enter(const char* name);
  void enter(json& list, std::size_t i);
  std::size_t begin_list(std::size_t size);

  json* at_;
  bool writes_;
};

json* Archive::enter(const char* name) {
  json* const before = at_;
  at_ = writes_ ? &(*at_)[name] : &at_->at(name);
  return before;
}

void Archive::enter(json& list, std::size_t i) { at_ = writes_ ? &list[i] : &list.at(i); }

std::size_t Archive::begin_list(std::size_t size) {
  if (writes_) *at_ = json::array();
  return writes_ ? size : at_->get_ref<const json::array_t&>().size();
}

/// To eight digits. (std::stod would throw for what is below the normal numbers, as a loss may be in the end.)
void Archive::value(double& v) {
  if (!writes_)
    v = at_->is_null() ? unknown : at_->get<double>();
  else if (std::isfinite(v))
    *at_ = std::strtod(fmt::format("{:.8g}", v).c_str(), nullptr);
  else
    *at_ = nullptr;
}

void Archive::value(std::string& v) { writes_ ? void(*at_ = v) : void(v = at_->get_ref<const std::string&>()); }
void Archive::value(bool& v) { writes_ ? void(*at_ = v) : void(v = at_->get<bool>()); }
void Archive::value(std::int64_t& v) { writes_ ? void(*at_ = v) : void(v = at_->get<std::int64_t>()); }

void Archive::value(std::uint8_t& v) {
  std::int64_t number = v;
  value(number);
  v = static_cast<std::uint8_t>(number);
}

// What the fields of a type are called.
void Archive::value(EpochCurve& v) {
  Archive& f = *this;
  f("name", v.name), f("title", v.title), f("chart", v.chart), f("line", v.line), f("logarithmic", v.logarithmic);
  f("values", v.values);
}
void Archive::value(MetricRow& v) {
  Archive& f = *this;
  f("name", v.name), f("train", v.train), f("valid", v.valid), f("test", v.test);
}
void Archive::value(ConfusionMatrix& v) {
  Archive& f = *this;
  f("labels", v.labels), f("counts", v.counts);
}
void Archive::value(ReportFinding& v) {
  Archive& f = *this;
  f("rule", v.rule), f("severity", v.severity), f("layer", v.layer), f("text", v.text), f("remedy", v.remedy);
}
void Archive::value(LayerCurve& v) {
  Archive& f = *this;
  f("name", v.name), f("gradient_rms", v.gradient_rms), f("update_ratio", v.update_ratio);
}
void Archive::value(LayerUnits& v) {
  Archive& f = *this;
  f("name", v.name), f("can_die", v.can_die), f("firing", v.firing), f("saturated", v.saturated), f("low", v.low),
      f("high", v.high), f("histogram", v.histogram);
}
void Archive::value(Example& v) {
  Archive& f = *this;
  f("row", v.row), f("truth", v.truth), f("prediction", v.prediction), f("loss", v.loss), f("values", v.values),
      f("width", v.width), f("height", v.height), f("pixels", v.pixels);
}
void Archive::value(CalibrationBin& v) {
  Archive& f = *this;
  f("confidence", v.confidence), f("accuracy", v.accuracy), f("rows", v.rows);
}
void Archive::value(ResidualBin& v) {
  Archive& f = *this;
  f("predicted", v.predicted), f("low", v.low), f("median", v.median), f("high", v.high);
}
void Archive::value(Importance& v) {
  Archive& f = *this;
  f("column", v.column), f("loss_rise", v.loss_rise);
}
void Archive::value(ReportData& v) {
  Archive& f = *this;
  f("title", v.title), f("command", v.command), f("task", v.task);
  f("best_epoch", v.best_epoch), f("epochs", v.epochs), f("curves", v.curves), f("summary", v.summary),
      f("machine", v.machine);
  f("metrics", v.metrics), f("held_out", v.held_out), f("confusion", v.confusion), f("layers", v.layers);
  f("units", v.units), f("worst", v.worst), f("calibration", v.calibration), f("residuals", v.residuals);
  f("residual_bins", v.residual_bins), f("importance", v.importance), f("findings", v.findings), f("cures", v.cures);
  f("columns_used", v.columns_used), f("columns_left_out", v.columns_left_out);
}

}  // namespace

std::string to_json(const ReportData& data) {
  ReportData copy = data;
  json j;
  Archive(j, true).value(copy);
  return j.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

ReportData report_from_json(const std::string& text, const std::string& source) {
  ReportData data;
  try {
    json j = data::parse_json(text);
    Archive(j, false).value(data);
  } catch (const json::exception& error) {
    fail<InputError>("report: {} is damaged, or of another version of relume: {}", source, error.what());
  }
  return data;
}

}  // namespace relume::plot
