#include "relume/plot/network_picture.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "relume/base/atomic_file.h"
#include "relume/base/require.h"
#include "relume/nn/linear.h"
#include "relume/plot/drawing.h"
#include "relume/plot/gnuplot.h"

namespace relume::plot {
namespace {

constexpr std::int64_t most_circles = 64;
constexpr std::size_t most_names = 16;    // of features or classes beside their circles
constexpr double top = 44, height = 330;  // of the columns; y counts downwards
constexpr double letter = 8.6;            // is about as wide
constexpr std::string_view positive = "0072b2", negative = "d55e00", plain = "#dce9f2";

/// The units between two products, side by side: where they come from and what happens to them.
struct Column {
  std::int64_t units = 0;
  const nn::Linear* incoming = nullptr;  // null for the input
  std::vector<std::string> words = {};   // what follows the product: "batchnorm", "relu"
  const health::LayerActivity* activity = nullptr;
  std::vector<std::string> names = {};  // of the units
  double x = 0, size = 0;               // its middle, its height

  bool is_bar() const { return units > most_circles; }
  double pitch() const { return size / static_cast<double>(units); }
  double unit_y(std::int64_t i) const { return top + (height - size) / 2 + pitch() * (static_cast<double>(i) + 0.5); }
  double radius() const { return std::min(11.0, 0.42 * pitch()); }
  /// The share of rows on which a unit of a rectifier fires; NaN where nobody looked.
  double firing_rate(std::int64_t i) const {
    if (!activity || activity->kind != health::ActivationKind::rectifier || activity->rows == 0 ||
        i >= static_cast<std::int64_t>(activity->fired.size()))
      return NAN;
    return static_cast<double>(activity->fired[static_cast<std::size_t>(i)]) / static_cast<double>(activity->rows);
  }
};

std::vector<std::string> feature_names(const io::Model& model) {
  if (model.preprocessor) return model.preprocessor->feature_names();
  return {};
}

std::string thousands(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::vector<Column> columns_of(const io::Model& model, const std::vector<io::LayerFacts>& layers) {
  std::vector<Column> columns{{.units = model.features, .names = feature_names(model)}};
  for (const io::LayerFacts& layer : layers) {
    if (const nn::Linear* linear = layer.module->as_linear()) {
      columns.push_back({.units = linear->out_features(), .incoming = linear});
      continue;
    }
    if (layer.word == "flatten") continue;
    columns.back().words.push_back(layer.word);
    if (layer.activity) columns.back().activity = &*layer.activity;
  }
  columns.back().names = model.task == data::Task::regression && model.preprocessor
                             ? std::vector{model.preprocessor->target().column()}
                             : model.labels;
  for (Column* column : {&columns.front(), &columns.back()})
    if (column->names.size() > most_names) column->names.clear();
  return columns;
}

/// White where a unit hardly fires, dark green where it always does, black where it never did.
std::string shade(double firing_rate) {
  if (std::isnan(firing_rate)) return std::string(plain);
  if (firing_rate == 0) return "#000000";
  const auto mix = [&](int light, int dark) { return static_cast<int>(light + firing_rate * (dark - light)); };
  return fmt::format("#{:02x}{:02x}{:02x}", mix(0xee, 0x00), mix(0xf7, 0x70), mix(0xf3, 0x50));
}

/// The heaviest weights between two columns of circles.
void draw_weights(Drawing& drawing, const Column& from, const Column& to, std::size_t most) {
  const Tensor weight = to.incoming->weight.contiguous();
  const auto w = weight.span<float>();
  std::vector<std::size_t> order(w.size());
  std::iota(order.begin(), order.end(), 0);
  const std::size_t count = std::min(most, order.size());
  const auto heavier = [&](std::size_t a, std::size_t b) {
    return std::is_gt(std::weak_order(std::fabs(w[a]), std::fabs(w[b])));
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), heavier);
  const double heaviest = std::max(1e-30, static_cast<double>(std::fabs(w[order[0]])));
  for (std::size_t k = count; k-- > 0;) {
    const auto row = static_cast<std::int64_t>(order[k]) / from.units,
               column = static_cast<std::int64_t>(order[k]) % from.units;
    const double part = std::fabs(w[order[k]]) / heaviest;
    if (part == 0) continue;
    drawing.line({from.x, from.unit_y(column)}, {to.x, to.unit_y(row)}, w[order[k]] > 0 ? positive : negative, part);
  }
}

void draw_bar(Drawing& drawing, const Column& column) {
  const double half = 13, from = column.unit_y(0) - column.pitch() / 2, to = from + column.size;
  drawing.rectangle(column.x - half, from, column.x + half, to, plain);
  std::vector<double> rates;
  for (std::int64_t i = 0; i < column.units; ++i)
    if (const double rate = column.firing_rate(i); !std::isnan(rate)) rates.push_back(rate);
  std::sort(rates.rbegin(), rates.rend());
  // Units of one shade are one stripe, and each lies on the one before, so that no seam is seen.
  const auto quantum = [](double rate) { return rate == 0 ? 0 : std::ceil(rate * 40) / 40; };
  for (std::size_t i = 0; i < rates.size();) {
    std::size_t end = i + 1;
    while (end < rates.size() && quantum(rates[end]) == quantum(rates[i])) ++end;
    drawing.rectangle(column.x - half, from + column.pitch() * static_cast<double>(i), column.x + half, to,
                      shade(quantum(rates[i])));
    i = end;
  }
  drawing.frame(column.x - half, from, column.x + half, to);
}

void draw_units(Drawing& drawing, const Column& column, bool names_at_left) {
  if (column.is_bar()) return draw_bar(drawing, column);
  for (std::int64_t i = 0; i < column.units; ++i) {
    drawing.circle(column.x, column.unit_y(i), column.radius(), shade(column.firing_rate(i)));
    if (static_cast<std::size_t>(i) < column.names.size())
      drawing.text(column.x + (names_at_left ? -1 : 1) * (column.radius() + 7), column.unit_y(i),
                   column.names[static_cast<std::size_t>(i)], names_at_left ? "right" : "left");
  }
}

double width_of(const std::vector<std::string>& texts) {
  std::size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  return letter * static_cast<double>(longest);
}

/// The product between two columns: its heaviest weights, or an area where there are too many places for lines.
/// Returns whether weights were left out.
bool draw_product(Drawing& drawing, const Column& from, const Column& to, std::size_t most) {
  if (!from.is_bar() && !to.is_bar() && to.incoming->in_features() == from.units) {
    draw_weights(drawing, from, to, most);
    return static_cast<std::size_t>(to.incoming->weight.elements()) > most;
  }
  const auto end = [](const Column& c) {
    return std::pair(c.unit_y(0) - c.pitch() / 2, c.unit_y(0) - c.pitch() / 2 + c.size);
  };
  const auto [a, b] = end(from);
  const auto [c, d] = end(to);
  drawing.polygon({{from.x, a}, {to.x, c}, {to.x, d}, {from.x, b}}, "#ededed");
  return false;
}

template <class Range>
std::string joined(const Range& parts, std::string_view between) {
  std::string text;
  for (const auto& part : parts) text += fmt::format("{}{}", text.empty() ? "" : between, part);
  return text;
}

/// What stands under each column.
std::vector<std::vector<std::string>> notes_on(const io::Model& model, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> notes;
  for (const Column& column : columns) {
    notes.push_back(column.words);
    if (!std::isnan(column.firing_rate(0)))
      notes.back().push_back(fmt::format("{} dead", column.activity->dead_units().size()));
  }
  if (model.input_shape.dimensions() > 1) notes.front().insert(notes.front().begin(), joined(model.input_shape, " × "));
  notes.front().insert(notes.front().begin(), "input");
  notes.back().insert(notes.back().begin(), "output");
  return notes;
}

/// Gives the columns their places and heights; returns the distance from one to the next. A few columns stand as far
/// apart as the notes under them need, many as close as they can.
double arrange(std::vector<Column>& columns, const std::vector<std::vector<std::string>>& notes) {
  const double left = std::max(46.0, width_of(columns.front().names) + 36);
  const double right = std::max(46.0, width_of(columns.back().names) + 36);
  double least = 44;
  if (columns.size() <= 8)
    for (const auto& texts : notes) least = std::max(least, width_of(texts) + 8);
  const double step =
      std::clamp((640 - left - right) / static_cast<double>(columns.size() - 1), least, std::max(least, 150.0));
  std::int64_t widest = most_circles;
  for (const Column& column : columns) widest = std::max(widest, column.units);
  const auto doublings = [](std::int64_t units) { return std::log2(static_cast<double>(units) / most_circles); };
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Column& c = columns[i];
    c.x = left + step * static_cast<double>(i);
    c.size = c.is_bar() ? height * (0.45 + 0.55 * doublings(c.units) / doublings(widest))
                        : std::min(26.0 * static_cast<double>(c.units), height);
  }
  return step;
}

/// Writes them below each other, or upright where columns are too close. Returns where the lowest ends.
double draw_notes(Drawing& drawing, const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& notes, double step) {
  const double from = top + height + 12;
  double lowest = from, widest = 0;
  for (const auto& texts : notes) widest = std::max(widest, width_of(texts));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widest > step) {
      const std::string text = joined(notes[i], "  ");
      drawing.text(columns[i].x, from, text, "right", true);
      lowest = std::max(lowest, from + width_of({text}) + 8);
      continue;
    }
    double y = from + 10;
    for (const std::string& note : notes[i]) drawing.text(columns[i].x, std::exchange(y, y + 20), note, "center");
    lowest = std::max(lowest, y);
  }
  return lowest;
}

std::vector<std::string> captions(const std::vector<Column>& columns, bool lines, bool left_out, std::size_t most) {
  std::vector<std::string> result;
  if (lines)
    result.push_back(fmt::format("lines: {}, blue above 0, orange below",
                                 left_out ? fmt::format("the {} largest weights of a layer", most) : "weights"));
  for (const Column& column : columns)
    if (!std::isnan(column.firing_rate(0))) {
      result.push_back(fmt::format("units: the greener, the more of {} rows they fire on; black: on none",
                                   thousands(column.activity->rows)));
      break;
    }
  return result;
}

}  // namespace

void draw_network(const io::Model& model, const std::vector<io::LayerFacts>& layers,
                  const std::filesystem::path& path) {
  require<InputError>(path.extension() != ".html",
                      "inspect: {} is no picture; a network is drawn as .svg, .png or .pdf", path.string());
  std::vector<Column> columns = columns_of(model, layers);
  const auto notes = notes_on(model, columns);
  const double step = arrange(columns, notes);
  // A picture of many layers stays one that a browser draws at once.
  const std::size_t most = std::clamp<std::size_t>(2000 / columns.size(), 60, 400);
  Drawing drawing;
  bool lines = false, left_out = false;
  for (std::size_t i = 1; i < columns.size(); ++i) {
    left_out = draw_product(drawing, columns[i - 1], columns[i], most) || left_out;
    lines = lines || drawing.has_lines();
  }
  for (const Column& column : columns) {
    draw_units(drawing, column, &column == &columns.front());
    drawing.text(column.x, top - 20, thousands(column.units), "center");
  }
  double lowest = draw_notes(drawing, columns, notes, step);
  const double width = std::max(560.0, columns.back().x + std::max(46.0, width_of(columns.back().names) + 36));
  for (const std::string& caption : captions(columns, lines, left_out, most))
    drawing.text(10, (lowest += 22) - 8, caption, "left");
  const double end = lowest + 14;
  write_file(path, run_gnuplot(drawing.script(gnuplot_terminal(path, static_cast<int>(width), static_cast<int>(end)),
                                              width, end)));
}

}  // namespace relume::plot
