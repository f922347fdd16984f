// The drawing of a card, taken out and given what the page around it had.
#include "lamina/explain/plot_svg.h"

#include <fmt/format.h>

#include "lamina/base/error.h"
#include "lamina/explain/detail/report_style.h"
#include "lamina/explain/report.h"

namespace lamina {
namespace {

constexpr int kWidth = 560, kHeight = 320, kMargin = 16, kRow = 18;

// The colours of reports, light and dark: what their style begins with.
std::string style() {
  const std::string report = detail::kReportStyle;
  return report.substr(0, report.find("* {")) +
         "text { fill: var(--soft); font: 12px system-ui, \"Noto Sans\", \"DejaVu Sans\", sans-serif; }\n"
         ".h { fill: var(--ink); font-size: 15px; font-weight: 600; }";
}

// The legend of the card, "<i style="...var(--COLOUR)..."></i>NAME", as rows of marks and texts; `y` is where
// the next row would stand.
std::string legend(const std::string& card, int& y) {
  std::string out;
  double x = kMargin;
  for (size_t at = card.find("<i style="); at != std::string::npos; at = card.find("<i style=", at + 1)) {
    const size_t end = card.find("</i>", at), colour = card.find("var(--", at);
    if (end == std::string::npos || colour == std::string::npos || colour > end)
      throw InternalError("plot_svg: the card's legend is of another kind");
    const std::string name = card.substr(end + 4, card.find('<', end + 4) - end - 4);
    const double width = 36 + 7 * static_cast<double>(name.size());
    if (x > kMargin && x + width > kWidth) {
      x = kMargin;
      y += kRow;
    }
    out += fmt::format(
        "<rect x=\"{:.0f}\" y=\"{}\" width=\"16\" height=\"3\" fill=\"{}\"/><text x=\"{:.0f}\" "
        "y=\"{}\">{}</text>\n",
        x, y - 6, card.substr(colour, card.find(')', colour) + 1 - colour), x + 20, y, name);
    x += width;
  }
  if (!out.empty()) y += kRow;
  return out;
}

}  // namespace

std::string plot_svg(const Plot& plot) {
  const std::string card = plot_card(plot);
  const size_t begin = card.find('>', card.find("<svg ")), end = card.find("</svg>");
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    throw InternalError("plot_svg: the card has no drawing");
  int top = 44;
  const std::string names = legend(card, top);
  top -= kRow / 2;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n<rect width=\"{0}\" height=\"{1}\" "
             "rx=\"10\" "
             "fill=\"var(--card)\"/>\n<text class=\"h\" x=\"{4}\" y=\"24\">{2}<tspan fill=\"var(--soft)\" "
             "font-size=\"12\" font-weight=\"400\" dx=\"8\">{5}</tspan></text>\n",
             kWidth, top + kHeight, html_escape(plot.heading), style(), kMargin, html_escape(plot.note)) +
         names + fmt::format("<g transform=\"translate(0 {})\">", top) +
         card.substr(begin + 1, end - begin - 1) + "</g>\n</svg>\n";
}

}  // namespace lamina
