// The head of a chart.
#include "lamina/explain/detail/legend.h"

#include "lamina/base/detail/text.h"
#include "lamina/explain/report.h"

namespace lamina::detail {

std::string heading_of(const std::string& log) {
  std::string text = spaced(log.rfind("val_", 0) == 0 ? "validation_" + log.substr(4) : log);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string chart_head(const std::string& heading, const std::string& note,
                       const std::vector<LegendEntry>& legend) {
  std::string out = "<div class=\"head\"><h2>" + html_escape(heading);
  if (!note.empty()) out += " <small>" + html_escape(note) + "</small>";
  out += "</h2>";
  if (!legend.empty()) {
    out += "<div class=\"legend\">";
    for (const LegendEntry& entry : legend)
      out += "<span><i style=\"" + entry.stroke + "\"></i>" + html_escape(entry.text) + "</span>";
    out += "</div>";
  }
  return out + "</div>";
}

}  // namespace lamina::detail
