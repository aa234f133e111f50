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
  ReportData data{
      .title = "banknote",
      .command = "relume train banknote.csv --hidden 64,64 --seed 1",
      .task = "classification",
      .metric_name = "accuracy",
      .best_epoch = epochs * 3 / 4,
      .epochs = {},
      .summary = {{"best epoch", "30"}, {"parameters", "4,610"}, {"seconds", "1.94"}},
      .metrics = {{"loss", 0.0123, 0.0456, 0.0519}, {"accuracy", 0.9987, 0.9871, unknown}},
      .confusion = {{"genuine", "forged"}, {{151, 2}, {1, 121}}},
      .findings = {{"dead_units", "warning", "relu1", "13 of 64 units never fired on 1,000 rows since epoch 3.",
                    "Try --lr 0.01 or --on-dead revive."},
                   {"always_on_layer", "info", "relu2", "40 of 64 units never switch off.", ""},
                   {"exploding_gradient", "error", "linear1", "The gradient is not finite.", "--clip 1"}},
      .cures = {"epoch 3: revived 13 units of <relu1>"},
      .columns_used = {"variance", "skewness"},
      .columns_left_out = {{"Name", "1,372 different texts"}}};
  for (int i = 1; i <= epochs; ++i) {
    const double fall = std::exp(-4.0 * i / epochs), wave = 0.02 * std::sin(i * 1.7);
    data.epochs.push_back({i, 0.7 * fall, 0.72 * fall + 0.04 + wave * fall, 1 - 0.4 * fall,
                           0.99 - 0.4 * fall + wave * fall, 1e-3 * std::pow(1e-3, 1.0 * i / epochs),
                           2 * fall + std::abs(wave), 0.01 * fall, 0.2 * (1 - fall), 0.05});
  }
  return data;
}

TEST(Report, HoldsWhatItWasGiven) {
  const std::string page = report_html(example());
  for (const char* text : {"banknote.csv --hidden 64,64", "4,610", "0.0519", "0.9987", "genuine", ">151<",
                           "never fired", "--on-dead revive", "skewness", "1,372 different texts",
                           "class=\"finding error\"", "revived 13 units of &lt;relu1&gt;", "largest step"})
    EXPECT_THAT(page, HasSubstr(text));
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
  data.title = data.command = data.task = data.metric_name = bad;
  data.summary = {{bad, bad}};
  data.metrics = {{bad, 1, 1, 1}};
  data.confusion = {{bad}, {{1}}};
  data.findings = {{bad, bad, bad, bad, bad}};
  data.columns_used = {bad};
  data.columns_left_out = {{bad, bad}};
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

TEST(Report, RefusesAConfusionMatrixThatDoesNotFitItsLabels) {
  ReportData data = example(1);
  data.confusion.counts[1].pop_back();
  EXPECT_THROW(report_html(data), ValueError);
}

}  // namespace
}  // namespace relume::plot
