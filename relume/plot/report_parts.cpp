#include "relume/plot/report_parts.h"

#include <algorithm>

#include "relume/base/require.h"
#include "relume/plot/html.h"

namespace relume::plot::report {
namespace {

// What keeps the page small, however long a name or a list is.
constexpr std::size_t most_text = 1000;
constexpr std::size_t most_facts = 100;
constexpr std::size_t most_beside = 48;  // letters of a fact that stands beside others

}  // namespace

std::string shown(std::string_view text) {
  std::size_t length = std::min(text.size(), most_text);
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0u) == 0x80u) --length;
  return escape_html(text.substr(0, length)) + (length < text.size() ? "…" : "");
}

std::string section(std::string_view heading, const std::string& content) {
  return content.empty() ? "" : fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", heading, content);
}

std::string row(std::string_view element, const std::vector<std::string>& cells) {
  std::string text = "<tr>";
  for (const std::string& cell : cells) text += fmt::format("<{0}>{1}</{0}>", element, cell);
  return text + "</tr>\n";
}

std::string table(const std::string& rows, std::string_view style) {
  // What scrolls can be reached by the keys.
  return fmt::format("<div class=\"scroll\" tabindex=\"0\"><table class=\"{}\">\n{}</table></div>\n", style, rows);
}

std::string more(std::size_t all, std::size_t most) {
  return all > most ? fmt::format("<p class=\"quiet\">… and {} more.</p>\n", all - most) : "";
}

std::string in_charts(const std::string& charts) {
  return charts.empty() ? "" : "<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string list(const Facts& facts) {
  if (facts.empty()) return {};
  std::string text = "<dl>\n";
  for (std::size_t i = 0; i < std::min(facts.size(), most_facts); ++i)
    text += fmt::format("<div{}><dt>{}</dt><dd>{}</dd></div>\n",
                        facts[i].second.size() > most_beside ? " class=\"long\"" : "", shown(facts[i].first),
                        shown(facts[i].second));
  return text + "</dl>\n" + more(facts.size(), most_facts);
}

std::vector<double> epochs_of(const ReportData& data) { return {data.epochs.begin(), data.epochs.end()}; }

}  // namespace relume::plot::report
