// The report's page, part by part.
#include "lamina/explain/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "lamina/base/detail/text.h"
#include "lamina/explain/detail/legend.h"

namespace lamina {
namespace {

std::string tiles(const TrainingReport& report) {
  if (report.headlines.empty()) return "";
  std::string out = "<div class=\"tiles\">\n";
  for (const auto& h : report.headlines) {
    out += fmt::format(
        "<div class=\"tile\"><div class=\"label\">{}</div><div class=\"value\">{}</div><div "
        "class=\"note\">{}</div></div>\n",
        html_escape(h.label), html_escape(h.value), html_escape(h.note));
  }
  return out + "</div>\n";
}

std::string charts(const TrainingReport& report) {
  std::string out;
  for (const auto& series : report.history) {
    if (series.name.rfind("val_", 0) == 0) continue;
    std::vector<TrainingReport::Series> pair{series};
    for (const auto& other : report.history) {
      if (other.name == "val_" + series.name) pair.push_back(other);
    }
    out += line_chart(detail::heading_of(series.name), pair);
  }
  return out.empty() ? "" : "<div class=\"columns\">\n" + out + "</div>\n";
}

std::string plots(const TrainingReport& report) {
  std::string out;
  for (const Plot& plot : report.plots) out += plot_card(plot);
  return out.empty() ? "" : "<div class=\"columns\">\n" + out + "</div>\n";
}

std::string epochs_table(const TrainingReport& report) {
  size_t epochs = 0;
  std::string out =
      "<section class=\"card\"><details><summary>All epochs as a "
      "table</summary><table><thead><tr><th>epoch</th>";
  for (const auto& series : report.history) {
    epochs = std::max(epochs, series.values.size());
    out += "<th class=\"number\">" + html_escape(detail::spaced(series.name)) + "</th>";
  }
  if (epochs == 0) return "";
  out += "</tr></thead><tbody>\n";
  for (size_t i = 0; i < epochs; ++i) {
    out += fmt::format("<tr><td>{}</td>", i + 1);
    for (const auto& series : report.history) {
      out += i < series.values.size() ? fmt::format("<td class=\"number\">{:.5g}</td>", series.values[i])
                                      : "<td></td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></details></section>\n";
}

// A name that may break behind its underlines and before its capitals.
std::string breakable(const std::string& name) {
  std::string out;
  char before = 0;
  for (const char c : html_escape(name)) {
    const auto is = [](int (*kind)(int), char of) { return kind(static_cast<unsigned char>(of)) != 0; };
    if (is(std::isupper, c) && is(std::islower, before)) out += "<wbr>";
    out += c;
    if (c == '_') out += "<wbr>";
    before = c;
  }
  return out;
}

std::string layers_table(const TrainingReport& report) {
  if (report.layers.empty()) return "";
  int64_t total = 0;
  std::string out =
      "<section class=\"card\"><h2>Model</h2><table class=\"layers\"><thead><tr><th>layer</th><th "
      "class=\"type\">type</th><th>output "
      "shape</th>"
      "<th class=\"number\">parameters</th></tr></thead><tbody>\n";
  for (const auto& layer : report.layers) {
    total += layer.parameters;
    out += fmt::format(
        "<tr><td class=\"name\">{0}<div class=\"below\">{1}</div></td><td class=\"type\">{1}</td>"
        "<td class=\"shape\">{2}</td><td class=\"number\">{3}</td></tr>\n",
        breakable(layer.name), breakable(layer.type), html_escape(layer.output_shape),
        detail::grouped(layer.parameters));
  }
  return out + fmt::format(
                   "</tbody><tfoot><tr><td>total</td><td class=\"type\"></td><td></td><td "
                   "class=\"number\">{}</td></tr></tfoot></table></section>\n",
                   detail::grouped(total));
}

std::string section_table(const TrainingReport::Section& section) {
  std::string out = "<section class=\"card\"><h2>" + html_escape(section.heading) + "</h2><table><tbody>\n";
  for (const auto& [key, value] : section.rows) {
    out += "<tr><td class=\"key\">" + html_escape(key) + "</td><td class=\"text\">" + html_escape(value) +
           "</td></tr>\n";
  }
  return out + "</tbody></table></section>\n";
}

std::string confusion_table(const TrainingReport& report) {
  constexpr size_t kRoomy = 20;  // classes that a page is wide enough for
  if (report.confusion.empty()) return "";
  auto class_name = [&](size_t i) {
    return html_escape(i < report.classes.size() ? report.classes[i] : std::to_string(i));
  };
  std::string out = fmt::format(
      "<section class=\"card\"><h2>Confusion matrix <small>{}; rows: true class, columns: "
      "predicted</small></h2>"
      "<div class=\"wide\"><table class=\"matrix{}\"><tbody><tr><th class=\"row\"></th>",
      html_escape(report.evaluated_on), report.confusion.size() > kRoomy ? " dense" : "");
  for (size_t j = 0; j < report.confusion.front().size(); ++j) {
    out += "<th class=\"column\"><span>" + class_name(j) + "</span></th>";
  }
  out += "<th class=\"column recall\"><span>recall</span></th></tr>\n";
  for (size_t i = 0; i < report.confusion.size(); ++i) {
    const auto& row = report.confusion[i];
    int64_t sum = 0;
    for (int64_t count : row) sum += count;
    out += "<tr><th class=\"row\">" + class_name(i) + "</th>";
    for (size_t j = 0; j < row.size(); ++j) {
      double share = sum > 0 ? static_cast<double>(row[j]) / static_cast<double>(sum) : 0;
      // Errors are small shares: a square root keeps them visible.
      double strength = share > 0 ? 0.06 + 0.94 * std::sqrt(share) : 0.025;
      const char* kind = row[j] == 0 ? " class=\"zero\"" : strength > 0.6 ? " class=\"strong\"" : "";
      out += fmt::format(
          "<td{} style=\"background:rgba(var(--heat),{:.3f})\" title=\"{} taken for {}: {}\">{}</td>", kind,
          strength, class_name(i), class_name(j), row[j], row[j]);
    }
    double recall = sum > 0 && i < row.size() ? static_cast<double>(row[i]) / static_cast<double>(sum) : 0;
    out += fmt::format("<th class=\"recall\">{:.1f}%</th></tr>\n", recall * 100);
  }
  return out + "</tbody></table></div></section>\n";
}

// What spoke for the answer, beside the picture.
std::string map_of(const TrainingReport::Mistake& mistake) {
  if (mistake.map.pixels.empty()) return "";
  return fmt::format(
      "<img alt=\"what speaks for {}\" title=\"red: what speaks for {}\" src=\"data:image/png;base64,{}\">",
      html_escape(mistake.predicted), html_escape(mistake.predicted), base64(encode_png(mistake.map)));
}

// The first of them; one click shows the others, which would be many screens of a telephone.
std::string mistakes_grid(const TrainingReport& report) {
  constexpr size_t kShown = 16;
  const size_t all = report.mistakes.size();
  if (all == 0) return "";
  std::string out = fmt::format(
      "<section class=\"card\"><h2>What it still gets wrong <small>{}, most confident mistakes "
      "first</small></h2>"
      "<div class=\"pictures\">\n",
      html_escape(report.evaluated_on));
  for (size_t i = 0; i < all; ++i) {
    if (i == kShown) {
      out += fmt::format("</div><details><summary>{} more</summary><div class=\"pictures\">\n", all - kShown);
    }
    const auto& m = report.mistakes[i];
    out += fmt::format(
        "<figure title=\"example {}\"><img alt=\"{}\" src=\"data:image/png;base64,{}\">{}<figcaption>"
        "<span class=\"wrong\">{}</span> {:.0f}%<br><span class=\"right\">is: "
        "{}</span></figcaption></figure>\n",
        m.index, html_escape(m.expected), base64(encode_png(m.picture)), map_of(m), html_escape(m.predicted),
        m.confidence * 100, html_escape(m.expected));
  }
  return out + (all > kShown ? "</div></details></section>\n" : "</div></section>\n");
}

// As large as they are, at most: what is drawn into them is thin.
std::string shown_pictures(const TrainingReport& report) {
  if (report.shown.empty()) return "";
  std::string out = "<section class=\"card\"><h2>What it finds <small>" + html_escape(report.shown_how) +
                    "</small></h2><div class=\"pictures large\">\n";
  for (const auto& [picture, name] : report.shown) {
    const std::string escaped = html_escape(name);
    out += fmt::format(
        "<figure><img alt=\"{0}\" src=\"data:image/png;base64,{1}\"><figcaption>{0}</figcaption></figure>\n",
        escaped, base64(encode_png(picture)));
  }
  return out + "</div></section>\n";
}

// With the line breaks that they have; what the model was given stands out.
std::string passages(const TrainingReport& report) {
  if (report.passages.empty()) return "";
  std::string out = "<section class=\"card\"><h2>What it writes <small>" + html_escape(report.written_how) +
                    "</small></h2>\n";
  for (const auto& passage : report.passages) {
    out += "<pre style=\"white-space:pre-wrap\"><b>" + html_escape(passage.prompt) + "</b>" +
           html_escape(passage.text) + "</pre>\n";
  }
  return out + "</section>\n";
}

std::string attention_maps(const TrainingReport& report) {
  if (report.attention.empty()) return "";
  std::string out =
      "<section class=\"card\"><h2>Where it looks <small>rows: what was written; columns: what was read; the "
      "mean over all heads</small></h2>\n";
  for (const auto& map : report.attention) {
    out += "<p>" + html_escape(map.heading) +
           "</p><div class=\"wide\"><table class=\"matrix small\"><tbody><tr><th class=\"row\"></th>";
    for (const std::string& column : map.columns)
      out += "<th class=\"column\"><span>" + html_escape(column) + "</span></th>";
    out += "</tr>\n";
    for (size_t i = 0; i < map.rows.size() && i < map.values.size(); ++i) {
      out += "<tr><th class=\"row\">" + html_escape(map.rows[i]) + "</th>";
      for (size_t j = 0; j < map.columns.size() && j < map.values[i].size(); ++j) {
        out += fmt::format(
            "<td style=\"background:rgba(var(--heat),{:.3f})\" title=\"{} sees {:.0f}% of {}\"></td>",
            0.025 + 0.975 * map.values[i][j], html_escape(map.rows[i]), map.values[i][j] * 100,
            html_escape(map.columns[j]));
      }
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
  return out + "</section>\n";
}

}  // namespace

std::string html_escape(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string to_html(const TrainingReport& report) {
  std::string sections;
  for (const auto& section : report.sections) sections += section_table(section);
  std::string out;
  out += tiles(report) + charts(report) + confusion_table(report) + shown_pictures(report) + plots(report) +
         passages(report) + attention_maps(report) + mistakes_grid(report);
  out += "<div class=\"flow\">\n" + layers_table(report) + sections + "</div>\n" + epochs_table(report);
  if (!report.command.empty()) {
    out += "<section class=\"card\"><h2>Run it again</h2><pre>" + html_escape(report.command) +
           "</pre></section>\n";
  }
  return report_page(report.title, report.subtitle, out);
}

}  // namespace lamina
