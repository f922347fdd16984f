// The drawing of a card, taken out and given what the page around it had.
#include "lamina/explain/plot_svg.h"

#include <fmt/format.h>

#include "lamina/base/error.h"
#include "lamina/explain/report.h"

namespace lamina {
namespace {

// The report's colours (report_style.h), with a ground, since a file has no page behind it.
constexpr const char* kStyle =
    "svg{--card:#fff;--ink:#1a2230;--soft:#5c6878;--grid:#e3e7ed;--train:#2f6fde;--val:#e8793a;--good:#"
    "16966a;"
    "--bad:#d2413f}"
    "@media(prefers-color-scheme:dark){svg{--card:#181e27;--ink:#e7ecf3;--soft:#97a3b4;--grid:#2b3440;"
    "--train:#6ea2ff;--val:#ff9d61;--good:#45c997;--bad:#ff7d77}}"
    "text{fill:var(--soft);font:12px system-ui,\"Noto Sans\",\"DejaVu Sans\",sans-serif}"
    ".h{fill:var(--ink);font-size:15px;font-weight:600}";
constexpr int kWidth = 560, kHead = 58, kHeight = 320;

std::string part(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  const size_t to = from == std::string::npos ? from : text.find(end, from + begin.size());
  if (to == std::string::npos) throw InternalError("plot_svg: the card has no " + begin);
  return text.substr(from + begin.size(), to - from - begin.size());
}

// The card's entries "<i style="background:COLOUR"></i>NAME" as a row of marks and texts.
std::string legend(const std::string& entries) {
  std::string out;
  double x = 60;
  for (size_t at = entries.find("background:"); at != std::string::npos;
       at = entries.find("background:", at + 1)) {
    const std::string colour = entries.substr(at + 11, entries.find_first_of(";\"", at + 11) - at - 11);
    const size_t name = entries.find("</i>", at) + 4;
    const std::string text = entries.substr(name, entries.find("<i", name) - name);
    out += fmt::format(
        "<rect x=\"{:.0f}\" y=\"38\" width=\"16\" height=\"3\" fill=\"{}\"/><text x=\"{:.0f}\" "
        "y=\"44\">{}</text>\n",
        x, colour, x + 20, text);
    x += 34 + 6.6 * static_cast<double>(text.size());
  }
  return out;
}

}  // namespace

std::string plot_svg(const Plot& plot) {
  const std::string card = plot_card(plot);
  const std::string drawing = part(card, "<svg ", "</svg>");
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
             "role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n<rect width=\"{0}\" height=\"{1}\" "
             "rx=\"10\" "
             "fill=\"var(--card)\"/>\n<text class=\"h\" x=\"16\" y=\"24\">{2}<tspan fill=\"var(--soft)\" "
             "font-size=\"12\" font-weight=\"400\" dx=\"8\">{4}</tspan></text>\n",
             kWidth, kHead + kHeight, html_escape(plot.heading), kStyle, html_escape(plot.note)) +
         legend(part(card, "<div class=\"legend\">", "</div>")) +
         fmt::format("<g transform=\"translate(0 {})\">", kHead) + drawing.substr(drawing.find('>') + 1) +
         "</g>\n</svg>\n";
}

}  // namespace lamina
