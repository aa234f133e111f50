#include "relume/plot/page.h"

#include <fmt/core.h>

#include "relume/plot/embedded.h"
#include "relume/plot/html.h"

namespace relume::plot {

std::string page(std::string_view title, std::string_view content) {
  // The policy is a second lock: the page asks for nothing, and may not either.
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<main>\n",
      escape_html(title), unpack(page_style));
  text += content;
  text += "</main>\n";
  if (content.find("<figure class=\"chart\">") != std::string_view::npos && !chart_js.bytes.empty())
    text += "<script>" + unpack(chart_js) + "</script>\n";
  if (content.find("<figure") != std::string_view::npos) text += "<script>" + unpack(page_script) + "</script>\n";
  return text + "</body>\n</html>\n";
}

}  // namespace relume::plot
