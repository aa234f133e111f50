#include "relume/plot/report.h"

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relume/base/error.h"

namespace relume::plot {
namespace {

using testing::HasSubstr;
using testing::Not;

ReportData example(int epochs = 40) {
  ReportData data;
  data.title = "banknote";
  data.command = "relume train banknote.csv --hidden 64,64 --seed 1";
  data.task = "classification";
  data.curves = {{"train_loss", "training loss", "loss", "train"},
                 {"valid_loss", "validation loss", "loss", "valid"},
                 {"train_accuracy", "training accuracy", "accuracy", "train"},
                 {"valid_accuracy", "validation accuracy", "accuracy", "valid"},
                 {"lr", "learning rate", "learning rate", "", true},
                 {"grad_norm", "gradient norm", "gradient norm", "", true},
                 {"update_ratio", "largest step", "largest step", "", true},
                 {"dead_share", "share of dead units", "share of dead units"},
                 {"seconds", "seconds"}};
  data.best_epoch = epochs * 3 / 4;
  data.summary = {{"best epoch", "30"}, {"parameters", "4,610"}, {"seconds", "1.94"}};
  data.machine = {{"relume", "0.1.0"}, {"processor", "EPYC"}};
  data.metrics = {{"loss", 0.0123, 0.0456, 0.0519}, {"accuracy", 0.9987, 0.9871, unknown}};
  data.held_out = "On the test set, 275 rows.";
  data.confusion = {{"genuine", "forged"}, {{151, 2}, {1, 121}}};
  data.findings = {{"dead_units", "warning", "relu1", "13 of 64 units never fired on 1,000 rows since epoch 3.",
                    "Try --lr 0.01 or --on-dead revive."},
                   {"always_on_layer", "info", "relu2", "40 of 64 units never switch off.", ""},
                   {"exploding_gradient", "error", "linear1", "The gradient is not finite.", "--clip 1"}};
  data.cures = {"epoch 3: revived 13 units of <relu1>"};
  data.columns_used = {"variance", "skewness"};
  data.columns_left_out = {{"Name", "1,372 different texts"}};
  data.layers = {{"0.weight", {}, {}}, {"2.weight", {}, {}}};
  for (int i = 1; i <= epochs; ++i) {
    const double fall = std::exp(-4.0 * i / epochs), wave = 0.02 * std::sin(i * 1.7);
    data.epochs.push_back(i);
    const double row[] = {0.7 * fall,
                          0.72 * fall + 0.04 + wave * fall,
                          1 - 0.4 * fall,
                          0.99 - 0.4 * fall + wave * fall,
                          1e-3 * std::pow(1e-3, 1.0 * i / epochs),
                          2 * fall + std::abs(wave),
                          0.01 * fall,
                          0.2 * (1 - fall),
                          0.05};
    for (std::size_t k = 0; k < std::size(row); ++k) data.curves[k].values.push_back(row[k]);
    for (LayerCurve& layer : data.layers) {
      layer.gradient_rms.push_back(i < 20 ? fall : 0);
      layer.update_ratio.push_back(0.01 * fall);
    }
  }
  data.units = {{"relu1", true, {0, 0.25, 1}, {}, 0, 2.5, {5, 0, 3}},
                {"tanh1", false, {1, 1}, {0.99, 0.1}, -1, 1, {1, 2}}};
  data.worst = {{"row 17", "genuine", "forged (98 %)", 3.9, "variance 1.5, skewness -2", 0, 0, {}}};
  data.calibration = {{0.6, 0.5, 10}, {0.95, 0.97, 265}};
  data.importance = {{"skewness", 0.1}, {"variance", 0.7}};
  return data;
}

/// The page without its scripts and its style, which are relume's own.
std::string without_scripts(std::string page) {
  for (const char* element : {"script", "style"})
    for (std::size_t at; (at = page.find(std::string("<") + element)) != std::string::npos;)
      page.erase(at, page.find(std::string("</") + element + ">", at) - at + 3 + std::strlen(element));
  return page;
}

TEST(Report, AsksNothingOfANetwork) {
  const std::string page = report_html(example()), bare = without_scripts(page);
  for (const char* text : {"://", "src=", "@import", "url("}) EXPECT_THAT(bare, Not(HasSubstr(text)));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
}

TEST(Report, EscapesAllTextFromOutside) {
  const std::string bad = "<script>alert('x')</script>\"&";
  ReportData data = example(2);
  data.title = data.command = data.task = bad;
  data.curves[2].chart = data.curves[3].chart = data.curves[3].title = data.curves[4].line = bad;
  data.summary = {{bad, bad}};
  data.metrics = {{bad, 1, 1, 1}};
  data.confusion = {{bad}, {{1}}};
  data.findings = {{bad, bad, bad, bad, bad}};
  data.columns_used = {bad};
  data.columns_left_out = {{bad, bad}};
  data.machine = {{bad, bad}};
  data.held_out = bad;
  data.layers[0].name = data.units[0].name = data.importance[0].column = bad;
  data.worst = {{bad, bad, bad, 1, bad, 0, 0, {}}};
  const std::string page = report_html(data);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("</script>\"")));
  EXPECT_THAT(without_scripts(page), Not(HasSubstr("script>")));
  EXPECT_THAT(without_scripts(page), Not(HasSubstr("\"&\"")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
}

TEST(Report, LeavesOutWhatIsEmpty) {
  ReportData data;
  data.title = "nothing";
  const std::string page = report_html(data);
  for (const char* text : {"<section", "<svg", "<table"}) EXPECT_THAT(page, Not(HasSubstr(text)));
}

TEST(Report, StaysUnderAMegabyteForHugeRuns) {
  ReportData data = example(200'000);
  data.confusion = {};
  for (int i = 0; i < 1000; ++i) {
    data.confusion.labels.push_back("class " + std::to_string(i));
    data.confusion.counts.emplace_back(1000, 3);
    data.columns_used.push_back("column " + std::to_string(i));
  }
  data.confusion.counts[41][7] = 98765;
  const std::string page = report_html(data);
  EXPECT_LT(page.size(), 1'000'000u);
  EXPECT_THAT(page, HasSubstr("<td>class 41</td><td>class 7</td><td>98765</td>"));
}

TEST(Report, MarksTheDeadAndTheSaturatedUnits) {
  const std::string page = report_html(example());
  EXPECT_THAT(page, HasSubstr("relu1: 3 units, <span class=\"bad\">1 (33.3 %) dead</span>"));
  EXPECT_THAT(page, HasSubstr("class=\"dead\"><title>unit 0: never fires</title>"));
  EXPECT_THAT(page, HasSubstr("<title>unit 1: fires on 25 % of the rows</title>"));
  EXPECT_THAT(page, HasSubstr("tanh1: 2 units, <span class=\"bad\">1 (50 %) saturated</span>"));
  EXPECT_THAT(page, HasSubstr("<title>0 to 0.833: 62.5 %</title>"));
}

TEST(Report, SaysSinceWhenAGradientIsZero) {
  EXPECT_THAT(report_html(example()), HasSubstr("0.weight (0 since epoch 20)"));
}

TEST(Report, PutsWhatIsWrongFirst) {
  ReportData data = example();
  std::string page = report_html(data);
  EXPECT_LT(page.find("<h2>Findings"), page.find("<h2>Results"));
  std::erase_if(data.findings, [](const ReportFinding& f) { return f.severity != "info"; });
  page = report_html(data);
  EXPECT_GT(page.find("<h2>Findings"), page.find("<h2>Results"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"badge")));
}

TEST(Report, OrdersColumnsByWhatTheyAreWorth) {
  const std::string page = report_html(example());
  const std::size_t at = page.find("<h2>What each column is worth");
  EXPECT_LT(page.find("<td>variance</td>", at), page.find("<td>skewness</td>", at));
}

TEST(Report, WeighsTheDistanceOfConfidenceFromAccuracyByRows) {
  EXPECT_THAT(report_html(example()),
              HasSubstr("(expected calibration error): 0.0229"));  // (10 · 0.1 + 265 · 0.02) / 275
}

/// The bytes behind "data:image/bmp;base64,".
std::string decoded(const std::string& page) {
  const std::string begin = "data:image/bmp;base64,",
                    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t at = page.find(begin) + begin.size(); page[at] != '"' && page[at] != '='; ++at) {
    bits = bits << 6 | static_cast<std::uint32_t>(letters.find(page[at]));
    if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8));
  }
  return bytes;
}

TEST(Report, DrawsTheImagesOfTheWorstExamples) {
  ReportData data = example();
  data.worst = {{"row 1", "4", "9 (98 %)", 3.9, "", 3, 2, {1, 2, 3, 4, 5, 6}}};
  const std::string bmp = decoded(report_html(data));
  ASSERT_EQ(bmp.size(), 14u + 40 + 1024 + 8);
  EXPECT_EQ(bmp.substr(0, 2), "BM");
  EXPECT_EQ(bmp[18], 3);
  EXPECT_EQ(bmp[22], 2);
  // The lowest row comes first, each filled up to four bytes.
  EXPECT_EQ(bmp.substr(14 + 40 + 1024), std::string("\4\5\6\0\1\2\3\0", 8));
  data.worst[0].pixels.pop_back();
  EXPECT_THROW(report_html(data), ValueError);
}

TEST(Report, ShowsTheResidualsOfARegression) {
  ReportData data = example();
  data.residuals = {{1, 0.5}, {2, -0.25}};
  data.residual_bins = {{1.5, -0.25, 0.125, 0.5}};
  EXPECT_THAT(report_html(data), HasSubstr("truth less prediction"));
}

TEST(Comparison, HoldsTheRunsSideBySide) {
  ReportData first = example(), second = example(10);
  first.title = "runs/a", second.title = "runs/<b>";
  second.metrics = {{"rmse", 1, 2, 3}};
  const std::string page = comparison_html({first, second});
  for (const char* text : {"2 runs", "runs/a", "runs/&lt;b&gt;", "training loss", "0.0519", "rmse valid",
                           "--hidden 64,64", "exploding_gradient"})
    EXPECT_THAT(page, HasSubstr(text));
  EXPECT_THAT(page, Not(HasSubstr("<b>\"")));
}

TEST(Report, RefusesAConfusionMatrixThatDoesNotFitItsLabels) {
  ReportData data = example(1);
  data.confusion.counts[1].pop_back();
  EXPECT_THROW(report_html(data), ValueError);
}

}  // namespace
}  // namespace relume::plot
