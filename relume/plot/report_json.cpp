// Each type's fields stand once, for writing and for reading.
#include "relume/plot/report_json.h"

#include <cmath>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "relume/base/require.h"

namespace relume::plot {
namespace {

using nlohmann::json;

// What the fields of a type are called; f is called with each name and the field.
template <class F>
void fields(MetricRow& v, const F& f) {
  f("name", v.name), f("train", v.train), f("valid", v.valid), f("test", v.test);
}
template <class F>
void fields(ConfusionMatrix& v, const F& f) {
  f("labels", v.labels), f("counts", v.counts);
}
template <class F>
void fields(ReportFinding& v, const F& f) {
  f("rule", v.rule), f("severity", v.severity), f("layer", v.layer), f("text", v.text), f("remedy", v.remedy);
}
template <class F>
void fields(LayerCurve& v, const F& f) {
  f("name", v.name), f("gradient_rms", v.gradient_rms), f("update_ratio", v.update_ratio);
}
template <class F>
void fields(LayerUnits& v, const F& f) {
  f("name", v.name), f("can_die", v.can_die), f("firing", v.firing), f("saturated", v.saturated), f("low", v.low),
      f("high", v.high), f("histogram", v.histogram);
}
template <class F>
void fields(Example& v, const F& f) {
  f("row", v.row), f("truth", v.truth), f("prediction", v.prediction), f("loss", v.loss), f("values", v.values),
      f("width", v.width), f("height", v.height), f("pixels", v.pixels);
}
template <class F>
void fields(CalibrationBin& v, const F& f) {
  f("confidence", v.confidence), f("accuracy", v.accuracy), f("rows", v.rows);
}
template <class F>
void fields(ResidualBin& v, const F& f) {
  f("predicted", v.predicted), f("low", v.low), f("median", v.median), f("high", v.high);
}
template <class F>
void fields(Importance& v, const F& f) {
  f("column", v.column), f("loss_rise", v.loss_rise);
}
template <class F>
void fields(ReportData& v, const F& f) {
  f("title", v.title), f("command", v.command), f("task", v.task), f("metric_name", v.metric_name);
  f("best_epoch", v.best_epoch), f("epochs", v.epochs), f("summary", v.summary), f("machine", v.machine);
  f("metrics", v.metrics), f("held_out", v.held_out), f("confusion", v.confusion), f("layers", v.layers);
  f("units", v.units), f("worst", v.worst), f("calibration", v.calibration), f("residuals", v.residuals);
  f("residual_bins", v.residual_bins), f("importance", v.importance), f("findings", v.findings), f("cures", v.cures);
  f("columns_used", v.columns_used), f("columns_left_out", v.columns_left_out);
}

constexpr std::pair<const char*, double EpochRow::*> epoch_columns[] = {{"train_loss", &EpochRow::train_loss},
                                                                        {"valid_loss", &EpochRow::valid_loss},
                                                                        {"train_metric", &EpochRow::train_metric},
                                                                        {"valid_metric", &EpochRow::valid_metric},
                                                                        {"learning_rate", &EpochRow::learning_rate},
                                                                        {"gradient_norm", &EpochRow::gradient_norm},
                                                                        {"update_ratio", &EpochRow::update_ratio},
                                                                        {"dead_share", &EpochRow::dead_share},
                                                                        {"seconds", &EpochRow::seconds}};

template <class T>
concept HasFields = requires(T& value) {
  fields(value, [](const char*, auto&) {});
};

struct Writer {
  /// To eight digits. (std::stod would throw for what is below the normal numbers, as a loss may be in the end.)
  static json value(double v) {
    return std::isfinite(v) ? json(std::strtod(fmt::format("{:.8g}", v).c_str(), nullptr)) : json();
  }
  static json value(const std::string& v) { return v; }
  static json value(bool v) { return v; }
  static json value(std::int64_t v) { return v; }
  static json value(std::uint8_t v) { return v; }

  template <HasFields T>
  static json value(T& v) {
    json j = json::object();
    fields(v, [&](const char* name, auto& field) { j[name] = value(field); });
    return j;
  }

  template <class A, class B>
  static json value(std::pair<A, B>& v) {
    return json::array({value(v.first), value(v.second)});
  }

  template <class T>
  static json value(std::vector<T>& items) {
    json j = json::array();
    for (T& item : items) j.push_back(value(item));
    return j;
  }

  /// A column for each measurement, which is half as long as an object for each epoch.
  static json value(std::vector<EpochRow>& rows) {
    json j = json::object();
    for (const EpochRow& row : rows) j["epoch"].push_back(row.epoch);
    for (const auto& [name, member] : epoch_columns)
      for (const EpochRow& row : rows) j[name].push_back(value(row.*member));
    return j;
  }
};

struct Reader {
  static void value(const json& j, double& v) { v = j.is_null() ? unknown : j.get<double>(); }
  static void value(const json& j, std::string& v) { v = j.get<std::string>(); }
  static void value(const json& j, bool& v) { v = j.get<bool>(); }
  static void value(const json& j, std::int64_t& v) { v = j.get<std::int64_t>(); }
  static void value(const json& j, std::uint8_t& v) { v = j.get<std::uint8_t>(); }

  template <HasFields T>
  static void value(const json& j, T& v) {
    fields(v, [&](const char* name, auto& field) { value(j.at(name), field); });
  }

  template <class A, class B>
  static void value(const json& j, std::pair<A, B>& v) {
    value(j.at(0), v.first);
    value(j.at(1), v.second);
  }

  template <class T>
  static void value(const json& j, std::vector<T>& items) {
    for (const json& item : j.get_ref<const json::array_t&>()) value(item, items.emplace_back());
  }

  static void value(const json& j, std::vector<EpochRow>& rows) {
    if (j.empty()) return;
    rows.resize(j.at("epoch").size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      value(j.at("epoch").at(i), rows[i].epoch);
      for (const auto& [name, member] : epoch_columns) value(j.at(name).at(i), rows[i].*member);
    }
  }
};

}  // namespace

std::string to_json(const ReportData& data) {
  ReportData copy = data;
  return Writer::value(copy).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

ReportData report_from_json(const std::string& text, const std::string& source) {
  ReportData data;
  try {
    Reader::value(json::parse(text), data);
  } catch (const json::exception& error) {
    fail<InputError>("report: {} is damaged: {}", source, error.what());
  }
  return data;
}

}  // namespace relume::plot
