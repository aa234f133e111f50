// The sections about the model itself: its layers, its units, its mistakes.
#include <algorithm>
#include <cmath>
#include <compare>
#include <numeric>

#include "relume/base/require.h"
#include "relume/plot/chart.h"
#include "relume/plot/html.h"
#include "relume/plot/report_parts.h"

namespace relume::plot::report {
namespace {

constexpr std::size_t most_curves = 24;
constexpr std::size_t most_layers = 32;
constexpr std::size_t most_units = 4096;  // squares on the page
constexpr std::size_t most_columns = 30;

/// Of many layers the outer ones, where troubles show.
bool is_outer(std::size_t i, std::size_t count) {
  return count <= most_curves || i < most_curves / 2 || i + most_curves / 2 >= count;
}

/// "0.weight", with what a logarithmic axis cannot show: "0.weight (0 since epoch 3)".
std::string curve_name(const std::string& name, const std::vector<double>& x, const std::vector<double>& y) {
  std::size_t since = y.size();
  while (since > 0 && y[since - 1] == 0) --since;
  return since < y.size() ? fmt::format("{} (0 since epoch {})", name, x[since]) : name;
}

std::string layer_chart(const ReportData& data, const char* title, std::vector<double> LayerCurve::*values) {
  const std::vector<double> epochs = epochs_of(data);
  Chart chart(title);
  bool positive = false;
  for (std::size_t i = 0; i < data.layers.size(); ++i) {
    if (!is_outer(i, data.layers.size())) continue;
    std::vector<double> y = data.layers[i].*values;
    y.resize(epochs.size(), unknown);
    positive = positive || std::any_of(y.begin(), y.end(), [](double v) { return v > 0; });
    std::string name = curve_name(data.layers[i].name, epochs, y);
    chart.line(epochs, std::move(y), std::move(name));
  }
  if (positive) chart.logarithmic_y();
  return chart.ordered().x_label("epoch").html();
}

/// A square for each of the first units, 32 beside each other.
std::string unit_map(const LayerUnits& layer, std::size_t most) {
  const bool firing = layer.can_die;
  const std::vector<double>& shares = firing ? layer.firing : layer.saturated;
  const std::size_t count = std::min(shares.size(), most);
  constexpr std::size_t columns = 32;
  std::string svg =
      fmt::format("<svg class=\"map\" viewBox=\"0 0 320 {}\" role=\"img\" aria-label=\"{}: each unit\">\n",
                  (count + columns - 1) / columns * 10, shown(layer.name));
  for (std::size_t j = 0; j < count; ++j) {
    const double share = shares[j];
    const bool dead = firing && share == 0;
    const std::string text = dead     ? "never fires"
                             : firing ? fmt::format("fires on {:.3g} % of the rows", 100 * share)
                                      : fmt::format("saturated on {:.3g} % of the rows", 100 * share);
    svg += fmt::format(
        "<rect x=\"{}\" y=\"{}\" width=\"9\" height=\"9\"{}><title>unit {}: {}</title></rect>\n", j % columns * 10,
        j / columns * 10,
        dead ? std::string(" class=\"dead\"") : fmt::format(" fill-opacity=\"{:.2f}\"", 0.04 + 0.96 * share), j, text);
  }
  return svg + "</svg>\n" + more(shares.size(), most);
}

std::string histogram(const LayerUnits& layer) {
  if (layer.histogram.empty()) return {};
  const std::int64_t all = std::accumulate(layer.histogram.begin(), layer.histogram.end(), std::int64_t{0});
  // Half of a rectifier's values are 0: the other bins are drawn by the second largest.
  std::vector<std::int64_t> sorted = layer.histogram;
  std::sort(sorted.rbegin(), sorted.rend());
  const double top = static_cast<double>(std::max<std::int64_t>(sorted.size() > 1 ? sorted[1] : sorted[0], 1));
  const auto bins = static_cast<double>(layer.histogram.size());
  const double width = 320 / bins, step = (layer.high - layer.low) / bins;
  std::string svg = fmt::format(
      "<svg class=\"map bars\" viewBox=\"0 0 320 76\" role=\"img\" aria-label=\"{}: how its outputs are spread\">\n",
      shown(layer.name));
  for (std::size_t i = 0; i < layer.histogram.size(); ++i) {
    const auto count = static_cast<double>(layer.histogram[i]);
    const double height = count == 0 ? 0 : std::clamp(50 * count / top, 1.0, 58.0);
    const double from = layer.low + static_cast<double>(i) * step;
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{:.3g} to {:.3g}: {:.3g} "
        "%</title></rect>\n",
        static_cast<double>(i) * width, 60 - height, width - 1, height, from, from + step,
        100 * count / static_cast<double>(std::max<std::int64_t>(all, 1)));
  }
  return svg + fmt::format(
                   "<path class=\"axis\" d=\"M0 60.5H320\"/><text class=\"label\" x=\"0\" y=\"74\">{:.3g}</text>"
                   "<text class=\"label\" x=\"320\" y=\"74\" text-anchor=\"end\">{:.3g}</text></svg>\n",
                   layer.low, layer.high);
}

std::string share_of(std::size_t part, std::size_t all, const char* what) {
  if (part == 0) return {};
  return fmt::format(", <span class=\"bad\">{} ({:.3g} %) {}</span>", part,
                     100 * static_cast<double>(part) / static_cast<double>(all), what);
}

std::string layer_figure(const LayerUnits& layer, std::size_t most) {
  const std::size_t units = layer.firing.size();
  const auto dead = static_cast<std::size_t>(std::count(layer.firing.begin(), layer.firing.end(), 0.0));
  const auto stuck = static_cast<std::size_t>(
      std::count_if(layer.saturated.begin(), layer.saturated.end(), [](double share) { return share >= 0.95; }));
  std::string text = fmt::format("<figure class=\"layer\"><h3>{}: {} units{}</h3>\n", shown(layer.name), units,
                                 layer.can_die ? share_of(dead, units, "dead") : share_of(stuck, units, "saturated"));
  if (layer.can_die || !layer.saturated.empty()) text += unit_map(layer, most);
  return text + histogram(layer) + "</figure>\n";
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += i + k <= bytes.size() ? letters[group >> (18 - 6 * k) & 63u] : '=';
  }
  return text;
}

void put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xffu);
}

/// A Windows bitmap with a palette of greys, which every browser shows.
std::string bitmap(const Example& example) {
  const auto width = static_cast<std::uint32_t>(example.width), height = static_cast<std::uint32_t>(example.height);
  const std::uint32_t stride = (width + 3) / 4 * 4, start = 14 + 40 + 256 * 4;
  std::string bytes = "BM";
  for (const std::uint32_t value : {start + stride * height, 0u, start, 40u, width, height}) put(bytes, value, 4);
  put(bytes, 1, 2), put(bytes, 8, 2);
  for (const std::uint32_t value : {0u, stride * height, 0u, 0u, 256u, 0u}) put(bytes, value, 4);
  for (std::uint32_t grey = 0; grey < 256; ++grey) put(bytes, grey * 0x010101u, 4);
  for (std::uint32_t y = height; y-- > 0;)
    for (std::uint32_t x = 0; x < stride; ++x)
      bytes += x < width ? static_cast<char>(example.pixels[std::size_t{y} * width + x]) : '\0';
  return bytes;
}

std::string image(const Example& e) {
  constexpr std::int64_t most = 256;
  require(e.width > 0 && e.height > 0 && e.width <= most && e.height <= most &&
              e.pixels.size() == static_cast<std::size_t>(e.width * e.height),
          "report: an image of {} × {} has {} pixels", e.width, e.height, e.pixels.size());
  return fmt::format("<img class=\"image\" width=\"{}\" height=\"{}\" alt=\"\" src=\"data:image/bmp;base64,{}\">\n",
                     e.width, e.height, base64(bitmap(e)));
}

}  // namespace

std::string layer_curves(const ReportData& data) {
  return in_charts(layer_chart(data, "gradient of each weight matrix (RMS)", &LayerCurve::gradient_rms) +
                   layer_chart(data, "step of each weight matrix ‖Δw‖/‖w‖", &LayerCurve::update_ratio));
}

std::string units(const ReportData& data) {
  const std::size_t layers = std::min(data.units.size(), most_layers);
  std::string text;
  for (std::size_t i = 0; i < layers; ++i) text += layer_figure(data.units[i], most_units / layers);
  if (text.empty()) return {};
  return "<p class=\"quiet\">A square for each unit, the darker the larger the share of the rows on which it fires "
         "(sigmoid, tanh: is saturated); <span class=\"key\"></span> never fires. Under them how the layer's outputs "
         "are "
         "spread; where one value outnumbers the rest, its bar is cut.</p>\n<div class=\"layers\">\n" +
         text + "</div>\n" + more(data.units.size(), most_layers);
}

std::string worst_examples(const ReportData& data) {
  if (data.worst.empty()) return {};
  const bool images = data.worst.front().width > 0;
  std::string text;
  for (const Example& e : data.worst)
    text +=
        images
            ? fmt::format("<figure>{}<figcaption><b>{}</b> taken for <b>{}</b><br>{}, loss {}</figcaption></figure>\n",
                          image(e), shown(e.truth), shown(e.prediction), shown(e.row), format_number(e.loss))
            : fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"values\">{}</td></tr>\n",
                          shown(e.row), shown(e.truth), shown(e.prediction), format_number(e.loss), shown(e.values));
  return images ? "<div class=\"examples\">\n" + text + "</div>\n"
                : table(row("th", {"", "true", "predicted", "loss", "values"}) + text);
}

std::string calibration(const ReportData& data) {
  if (data.calibration.empty()) return {};
  std::vector<double> sure, right;
  std::string rows = row("th", {"sure", "right", "rows"});
  double all = 0, error = 0;
  for (const CalibrationBin& bin : data.calibration) {
    sure.push_back(bin.confidence);
    right.push_back(bin.accuracy);
    rows += row("td", {format_number(bin.confidence), format_number(bin.accuracy), std::to_string(bin.rows)});
    all += static_cast<double>(bin.rows);
    error += static_cast<double>(bin.rows) * std::abs(bin.accuracy - bin.confidence);
  }
  Chart chart("how often it is right, by how sure it is");
  chart.line(std::move(sure), std::move(right), "model").line({0, 1}, {0, 1}, "as right as sure");
  return fmt::format(
             "<p class=\"quiet\">Above the straight line the model is too modest, below it too sure. Mean distance "
             "(expected calibration error): {:.3g}.</p>\n",
             error / std::max(all, 1.0)) +
         in_charts(chart.x_label("probability of its answer").html() + table(rows));
}

std::string residuals(const ReportData& data) {
  if (data.residuals.empty()) return {};
  std::vector<double> predicted, residual;
  for (const auto& [prediction, distance] : data.residuals)
    predicted.push_back(prediction), residual.push_back(distance);
  const auto [low, high] = std::minmax_element(predicted.begin(), predicted.end());
  Chart chart("truth less prediction");
  chart.points(predicted, residual, "rows");
  std::vector<double> x, bottom, median, top;
  for (const ResidualBin& bin : data.residual_bins)
    x.push_back(bin.predicted), bottom.push_back(bin.low), median.push_back(bin.median), top.push_back(bin.high);
  chart.line(x, median, "median").line(x, bottom, "10 %").line(x, top, "90 %");
  chart.line({*low, *high}, {0, 0}, "exact");
  return "<p class=\"quiet\">Where the median leaves 0 the model is wrong to one side; where the other lines part it "
         "is less "
         "sure.</p>\n" +
         in_charts(chart.x_label("prediction").html());
}

std::string importance(const ReportData& data) {
  if (data.importance.empty()) return {};
  std::vector<Importance> sorted = data.importance;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Importance& a, const Importance& b) {
    return std::is_gt(std::weak_order(a.loss_rise, b.loss_rise));
  });
  const double top = std::max(sorted.front().loss_rise, 1e-300);
  std::string rows = row("th", {"column", "loss rises by", ""});
  for (std::size_t i = 0; i < std::min(sorted.size(), most_columns); ++i)
    rows += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"bar\"><div style=\"width:{:.0f}%\"></div></td></tr>\n",
                        shown(sorted[i].column), format_number(sorted[i].loss_rise),
                        100 * std::clamp(sorted[i].loss_rise / top, 0.0, 1.0));
  return "<p class=\"quiet\">By how much the loss rises where the values of one column are dealt out anew among the "
         "rows: what "
         "the model does not use costs nothing.</p>\n" +
         table(rows, "wide") + more(sorted.size(), most_columns);
}

}  // namespace relume::plot::report
