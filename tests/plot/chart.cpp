#include "relume/plot/chart.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/atomic_file.h"
#include "relume/base/error.h"
#include "relume/plot/functions.h"
#include "relume/plot/gnuplot.h"

namespace relume::plot {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Picture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "relume_chart_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string saved(const Chart& chart, const std::string& name) const {
    chart.save(folder / name);
    return read_file(folder / name);
  }

  std::filesystem::path folder;
};

/// The corners of the longest unbroken line of an SVG.
std::vector<std::pair<double, double>> longest_line(const std::string& svg) {
  std::vector<std::pair<double, double>> longest;
  for (std::size_t at = svg.find(" d='M"); at != std::string::npos; at = svg.find(" d='M", at + 1)) {
    std::string d = svg.substr(at + 5, svg.find('\'', at + 5) - at - 5);
    std::replace_if(
        d.begin(), d.end(), [](char c) { return c == 'L' || c == ','; }, ' ');
    std::istringstream parts(d);
    for (std::string part; std::getline(parts, part, 'M');) {
      std::istringstream numbers(part);
      std::vector<std::pair<double, double>> line;
      for (double x = 0, y = 0; numbers >> x >> y;) line.emplace_back(x, y);
      if (line.size() > longest.size()) longest = line;
    }
  }
  return longest;
}

TEST_F(Picture, ShowsQuotesOfNamesAsTheyStand) {
  for (const std::string name : {"'yes'", "'", "''", "it's", "\"a\" `id`", "'$(id)"}) {
    const std::string svg = saved(Chart(name).line({1, 2}, name).x_label(name), "quotes.svg");
    std::string shown;
    for (const char c : name) shown += c == '\'' ? "&#39;" : c == '"' ? "&quot;" : std::string(1, c);
    EXPECT_TRUE(svg.find(name) != std::string::npos || svg.find(shown) != std::string::npos) << name;
  }
}

TEST_F(Picture, PutsEachPointWhereItBelongs) {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5}, y = {3, 1, 4, 1, 5, 9};
  const auto path = longest_line(saved(Chart("pi").line(x, y, "digits"), "pi.svg"));
  ASSERT_EQ(path.size(), x.size());
  const double x_scale = (path[5].first - path[0].first) / 5, y_scale = (path[5].second - path[1].second) / 8;
  EXPECT_GT(x_scale, 0);
  EXPECT_LT(y_scale, 0);  // SVG counts downwards
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(path[i].first, path[0].first + x[i] * x_scale, 0.3) << i;
    EXPECT_NEAR(path[i].second, path[1].second + (y[i] - 1) * y_scale, 0.3) << i;
  }
}

TEST_F(Picture, IsOfTheKindThatTheEndingNames) {
  const Chart chart = Chart("t").line({1, 2, 3}, "a");
  EXPECT_THAT(saved(chart, "c.png"), StartsWith("\x89PNG"));
  EXPECT_THAT(saved(chart, "c.pdf"), StartsWith("%PDF"));
  EXPECT_THAT(saved(chart, "c.svg"), HasSubstr("<svg"));
  EXPECT_THROW(chart.save(folder / "c.gif"), ValueError);
  EXPECT_THROW(chart.save(folder / "none" / "c.svg"), FileError);
}

TEST_F(Picture, NamesItsLinesAndAxesWhateverTheyAreCalled) {
  const std::string svg = saved(Chart("it's_a `date`\nset output 'x'")
                                    .line({1, 2}, "$(rm) \"q\" <script>")
                                    .line({2, 1}, "x_1^2")
                                    .x_label("epoch's")
                                    .mark_x(1.5, "be'st"),
                                "c.svg");
  EXPECT_THAT(svg, HasSubstr("it's_a `date` set output 'x'"));
  EXPECT_THAT(svg, HasSubstr("&lt;script"));
  EXPECT_THAT(svg, testing::Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, HasSubstr("x_1^2"));
  EXPECT_THAT(svg, HasSubstr("epoch's"));
  EXPECT_THAT(svg, HasSubstr("be'st"));
  EXPECT_FALSE(std::filesystem::exists("x"));
}

TEST_F(Picture, LeavesGapsWhereAValueIsNotFinite) {
  const double nan = std::nan(""), inf = INFINITY;
  const auto path = longest_line(saved(Chart("").line({1, 2, 3, nan, 1, 9, 3, 4, 2, 8, 1, inf, 1}, ""), "c.svg"));
  EXPECT_EQ(path.size(), 7u);
  EXPECT_THROW(Chart("").line({nan, inf}, "").save(folder / "n.svg"), ValueError);
  EXPECT_THROW(Chart("").line({-1, 0}, "").logarithmic_y().save(folder / "n.svg"), ValueError);
  EXPECT_FALSE(std::filesystem::exists(folder / "n.svg"));
}

TEST_F(Picture, FitsTheTerminal) {
  for (const int columns : {40, 79, 132}) {
    std::istringstream lines(Chart("loss").line({4, 2, 1, 0.5}, "train").text(columns, 20));
    int rows = 0;
    for (std::string line; std::getline(lines, line); ++rows) EXPECT_LE(line.size(), std::size_t(columns)) << line;
    EXPECT_GE(rows, 18);
    EXPECT_LE(rows, 22);
  }
}

TEST_F(Picture, ShowsAConstantBetweenRoundNumbersAndEpochsWithoutHalves) {
  const std::string text = Chart("").line({0.0182, 0.0182, 0.0182, 0.0182}, "dead").text(70, 20);
  EXPECT_NE(text.find(" 0.02 "), std::string::npos) << text;
  EXPECT_EQ(text.find("1.5"), std::string::npos) << text;
}

TEST_F(Picture, HasNoBlanksAtTheEndsOfLinesOfText) {
  const std::string text = Chart("loss").line({4, 2, 1}, "train").text(60, 16, true);
  EXPECT_EQ(text.find('\f'), std::string::npos);
  EXPECT_EQ(text.find(" \n"), std::string::npos);
}

TEST_F(Picture, TellsLinesApartByTheirDashesToo) {
  Chart chart("");
  for (int i = 0; i < 8; ++i) chart.line({1.0 * i, 2.0 * i}, std::to_string(i));
  const std::string svg = saved(chart, "c.svg");
  std::set<std::string> dashes;
  for (std::size_t at = svg.find("stroke-dasharray='"); at != std::string::npos;
       at = svg.find("stroke-dasharray='", at + 1))
    dashes.insert(svg.substr(at, svg.find('\'', at + 18) - at));
  EXPECT_EQ(dashes.size(), 7u);  // and one is solid
}

TEST_F(Picture, CutsWhatGoesBeyondTheRangeOfY) {
  const auto path = longest_line(saved(Chart("").line({0, 1, 2, 3, 2, 3, 100}, "").y_range(0, 4), "c.svg"));
  ASSERT_EQ(path.size(), 7u);
  const double unit = path[0].second - path[1].second;
  EXPECT_NEAR(path[0].second - path[6].second, 4 * unit, 1);
  EXPECT_THROW(Chart("").y_range(1, 1), ValueError);
}

TEST_F(Picture, NamesAMarkAtTheSideWhereThereIsRoom) {
  for (const auto& [x, anchor] : {std::pair(1.1, "start"), std::pair(2.9, "end")}) {
    const std::string svg = saved(Chart("").line({3, 2, 1}, "").mark_x(x, "marked"), "c.svg");
    const std::size_t at = svg.rfind("text-anchor=\"", svg.find("marked"));
    EXPECT_EQ(svg.substr(at + 13, std::string(anchor).size()), anchor) << x;
  }
}

TEST_F(Picture, OfSeveralChartsNamesEachRunOnce) {
  const std::vector<Chart> panels = {Chart("loss").line({3, 2}, "first").line({2, 1}, "second"),
                                     Chart("rate").line({1, 1}, "first").line({2, 2}, "second"),
                                     Chart("norm").line({1, 5}, "first")};
  save(panels, folder / "p.svg");
  const std::string svg = read_file(folder / "p.svg");
  for (const char* text : {">loss<", ">rate<", ">norm<"}) EXPECT_THAT(svg, HasSubstr(text));
  for (const char* name : {"<text>first<", "<text>second<"}) EXPECT_EQ(svg.find(name), svg.rfind(name)) << name;
  save(panels, folder / "p.html");
  EXPECT_THAT(read_file(folder / "p.html"), testing::AllOf(HasSubstr("loss"), HasSubstr("norm")));
  EXPECT_THROW(save({}, folder / "none.svg"), ValueError);
}

TEST(Functions, LeaveAGapWhereTheyJump) {
  const ChartData chart = chart_of_functions({"relu"}, -5, 5, true).data();
  int gaps = 0;
  for (const double y : chart.lines[0].y) {
    gaps += std::isnan(y) ? 1 : 0;
    EXPECT_TRUE(std::isnan(y) || y == 0 || y == 1) << y;
  }
  EXPECT_EQ(gaps, 1);
  for (const char* name : {"elu", "tanh", "relu_squared", "leaky_relu(0.5)"}) {
    const ChartData smooth = chart_of_functions({name}, -5, 5, false).data();
    for (const double y : smooth.lines[0].y) EXPECT_FALSE(std::isnan(y)) << name;
  }
}

TEST(Functions, AreNotSqueezedByASteepOne) {
  const auto range = [](const std::vector<std::string>& names, double to) {
    return chart_of_functions(names, -to, to, false).data().y_range.value();
  };
  EXPECT_NEAR(range({"relu_squared"}, 5).second, 25, 1);
  EXPECT_NEAR(range({"relu_squared", "relu"}, 5).second, 5, 0.5);
  EXPECT_NEAR(range({"relu_squared", "sigmoid"}, 5).second, 5, 0.5);
  EXPECT_NEAR(range({"sigmoid", "relu"}, 0.01).second, 0.5, 0.05);
}

TEST(Functions, AreNamedWithTheirFormulas) {
  const ChartData chart = chart_of_functions({"leaky_relu(0.2)", "softplus", "tanh", "prelu"}, -5, 5, false).data();
  EXPECT_EQ(chart.lines[0].name, "leaky_relu(0.2): x > 0 ? x : 0.2*x");
  EXPECT_EQ(chart.lines[1].name, "softplus: x > 20 ? x : log(1 + exp(x))");
  EXPECT_EQ(chart.lines[2].name, "tanh");
  EXPECT_EQ(chart.lines[3].name, "prelu: x > 0 ? x : 0.25*x");
  EXPECT_EQ(chart_of_functions({"relu"}, -5, 5, false).data().title, "relu: max(x, 0)");
}

TEST(Chart, RefusesLinesOfTwoLengths) { EXPECT_THROW(Chart("").line({1, 2}, {1, 2, 3}, "a"), ValueError); }

TEST(Gnuplot, SaysWhatItDoesNotUnderstand) { EXPECT_THROW(run_gnuplot("plot nonsense(\n"), Error); }

}  // namespace
}  // namespace relume::plot
