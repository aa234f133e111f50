#include "relume/plot/html_chart.h"

#include <cmath>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "relume/base/atomic_file.h"
#include "relume/base/error.h"
#include "relume/plot/embedded.h"
#include "tests/io/temporary_folder.h"

namespace relume::plot {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// What the page hands to Chart.js.
json points_of(const std::string& html) {
  const std::string begin = "<script type=\"application/json\">";
  const std::size_t at = html.find(begin) + begin.size();
  return json::parse(html.substr(at, html.find("</script>", at) - at));
}

Chart spike() {
  std::vector<double> y(100'000);
  y[54'321] = 10;
  return Chart("loss").line(std::move(y), "train");
}

TEST(SvgChart, KeepsASpikeAmongManyPoints) {
  const std::string svg = to_svg(spike().data());
  EXPECT_LT(svg.size(), 40'000u);
  // The axis runs from 0 to 10, drawn at 40: only the spike reaches its top.
  EXPECT_EQ(count(svg.substr(svg.find("<polyline")), ",40.0"), 1u);
}

TEST(SvgChart, LeavesAGapWhereAValueIsMissingAndDrawsALonePointAsADot) {
  const double unknown = std::nan("");
  const std::string svg = to_svg(Chart("loss").line({1, 2, unknown, 3, unknown, 1}, "train").data());
  EXPECT_EQ(count(svg, "<polyline"), 1u);
  EXPECT_EQ(count(svg, "<circle"), 2u);
}

TEST(SvgChart, DrawsFiniteCoordinatesForUnusualValues) {
  const double inf = std::numeric_limits<double>::infinity(), unknown = std::nan("");
  const std::vector<std::vector<double>> cases = {
      {},          {0},         {5, 5},       {unknown, inf}, {1e300, -1e300}, {0.001, 0.001},
      {1e-308, 1}, {-1, -1e-9}, {1e15, 1e15}, {0, 5e-324},    {1e308, -1e308}, {1e-300, 1e300}};
  for (const auto& y : cases)
    for (const bool logarithmic : {false, true})
      for (const bool through_zero : {false, true}) {
        Chart chart = Chart("t").line(y, "s").mark_x(1, "m");
        if (logarithmic) chart.logarithmic_y();
        if (through_zero) chart.axes_through_zero();
        const std::string svg = to_svg(chart.data());
        for (const char* bad : {"nan", "inf"}) EXPECT_THAT(svg, Not(HasSubstr(bad))) << testing::PrintToString(y);
      }
}

TEST(SvgChart, IsLogarithmicOnlyWhereThatShowsMore) {
  const auto logarithmic = [](std::vector<double> y) {
    return Chart("").line(std::move(y), "").logarithmic_y_if_wide().data().logarithmic;
  };
  EXPECT_TRUE(logarithmic({1e-6, 1}));
  EXPECT_TRUE(logarithmic({0, 1e-6, 1, INFINITY}));
  EXPECT_FALSE(logarithmic({1, 99}));
  EXPECT_FALSE(logarithmic({-1, 1e6}));
  EXPECT_FALSE(logarithmic({}));
}

TEST(HtmlChart, HoldsThePointsForChartJs) {
  if (chart_js.bytes.empty()) GTEST_SKIP() << "skipped: relume was built without Chart.js";
  const json chart = points_of(Chart("loss")
                                   .line({2, 4, 8}, {0.5, std::nan(""), 1e-7}, "train")
                                   .points({2, 4, 8}, {1, 2, 3}, "valid")
                                   .line({1, 2}, {3, 4}, "test")
                                   .mark_x(4, "best")
                                   .html());
  EXPECT_EQ(chart["title"], "loss");
  EXPECT_EQ(chart["mark"], (json{{"x", 4}, {"name", "best"}}));
  EXPECT_EQ(chart["lines"][0], (json{{"name", "train"}, {"x", {2, 4, 8}}, {"y", {0.5, nullptr, 1e-7}}}));
  EXPECT_EQ(chart["lines"][1], (json{{"name", "valid"}, {"y", {1, 2, 3}}, {"points", true}}));  // x as before
  EXPECT_EQ(chart["lines"][2]["x"], (json{1, 2}));
}

TEST(HtmlChart, ThinsALongLineToItsExtremes) {
  if (chart_js.bytes.empty()) GTEST_SKIP() << "skipped: relume was built without Chart.js";
  const json line = points_of(spike().html())["lines"][0];
  EXPECT_LT(line["x"].size(), 1200u);
  EXPECT_EQ(line["x"].size(), line["y"].size());
  EXPECT_EQ(line["x"].front(), 1);
  EXPECT_EQ(line["x"].back(), 100'000);
  const auto top = std::find(line["y"].begin(), line["y"].end(), 10);
  ASSERT_NE(top, line["y"].end());
  EXPECT_EQ(line["x"][static_cast<std::size_t>(top - line["y"].begin())], 54'322);
}

TEST(HtmlChart, NoTextEndsItsScriptOrBeginsAnother) {
  const std::string bad = "</script><script>alert(1)</script><!-- \xff & \"";
  const std::string html =
      Chart(bad).line({1, 2}, bad).line({1, 2}, bad).x_label(bad).y_label(bad).mark_x(1, bad).html();
  EXPECT_EQ(count(html, "script>"), chart_js.bytes.empty() ? 0u : 1u);
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, HasSubstr("&lt;/script&gt;"));
  if (!chart_js.bytes.empty()) {
    EXPECT_THAT(points_of(html)["title"].get<std::string>(), HasSubstr("</script><script>alert(1)</script><!--"));
  }
}

TEST(HtmlChart, IsNothingWhereThereIsNoPoint) { EXPECT_EQ(Chart("").line({NAN}, "").html(), ""); }

TEST(HtmlChart, IsSavedAsAPageOfItsOwn) {
  const io::TemporaryFolder folder;
  const auto path = folder / "loss.html";
  Chart("loss < 1").line({3, 2, 1}, "train").save(path);
  const std::string page = read_file(path);
  EXPECT_THAT(page, HasSubstr("<title>loss &lt; 1</title>"));
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_EQ(page.find("Chart.js v") == std::string::npos, chart_js.bytes.empty());
  EXPECT_THROW(Chart("").line({NAN}, "").save(folder / "none.html"), ValueError);
  EXPECT_FALSE(std::filesystem::exists(folder / "none.html"));
}

}  // namespace
}  // namespace relume::plot
