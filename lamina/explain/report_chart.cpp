// The report's line charts, drawn as SVG by hand: no script, no font, no library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/explain/detail/axis.h"
#include "lamina/explain/detail/legend.h"
#include "lamina/explain/report.h"

namespace lamina {
namespace {

constexpr double kWidth = 560, kHeight = 270, kLeft = 84, kRight = 80, kTop = 12, kBottom = 30;

struct Scale : detail::Axis {
  size_t epochs = 1;

  double x(size_t epoch) const {
    double inner = kWidth - kLeft - kRight;
    if (epochs < 2) return kLeft + inner / 2;
    return kLeft + inner * static_cast<double>(epoch) / static_cast<double>(epochs - 1);
  }
  double y(double value) const { return kTop + (kHeight - kTop - kBottom) * (high - value) / (high - low); }
};

Scale scale_of(const std::vector<TrainingReport::Series>& series) {
  double low = INFINITY, high = -INFINITY;
  Scale scale;
  for (const auto& s : series) {
    scale.epochs = std::max(scale.epochs, s.values.size());
    for (double v : s.values) {
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  static_cast<detail::Axis&>(scale) = detail::Axis::around(low, high);
  return scale;
}

std::string grid(const Scale& scale) {
  std::string out;
  for (double v = scale.low; v <= scale.high + scale.step * 1e-6; v += scale.step) {
    out += fmt::format(
        "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"var(--grid)\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
        kLeft, kWidth - kRight, scale.y(v), scale.y(v), kLeft - 8, scale.y(v) + 4, scale.text(v));
  }
  size_t stride = 1;
  for (size_t candidate : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}) {
    stride = candidate;
    if (scale.epochs <= candidate * 12) break;
  }
  for (size_t epoch = 1; epoch <= scale.epochs; ++epoch) {
    if (epoch % stride != 0) continue;
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                       scale.x(epoch - 1), kHeight - 10, epoch);
  }
  return out;
}

std::string curve(const TrainingReport::Series& series, const Scale& scale, const char* colour) {
  std::string path, dots;
  bool pen_down = false;
  const bool show_dots = scale.epochs <= 60;
  for (size_t i = 0; i < series.values.size(); ++i) {
    double value = series.values[i];
    if (!std::isfinite(value)) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", scale.x(i), scale.y(value));
    pen_down = true;
    // The wide transparent circle is the target of the mouse; its title is the tooltip.
    if (show_dots) {
      dots += fmt::format(
          "<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"3\" fill=\"{2}\"/>"
          "<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"9\" fill=\"transparent\"><title>epoch {3}: {4} "
          "{5:.5g}</title></circle>",
          scale.x(i), scale.y(value), colour, i + 1, html_escape(series.name), value);
    }
  }
  if (path.empty()) return "";
  return fmt::format(
             "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.25\" stroke-linejoin=\"round\" "
             "stroke-linecap=\"round\"/>",
             path, colour) +
         dots + "\n";
}

}  // namespace

std::string line_chart(const std::string& heading, const std::vector<TrainingReport::Series>& series) {
  static constexpr const char* kColours[] = {"var(--train)", "var(--val)"};
  const Scale scale = scale_of(series);
  std::vector<detail::LegendEntry> legend;
  std::string curves;
  std::vector<double> ends;
  for (size_t i = 0; i < series.size() && i < 2; ++i) {
    if (series.size() > 1)  // a curve alone is what the heading says
      legend.push_back({series[i].name.rfind("val_", 0) == 0 ? "validation" : "training",
                        std::string("background:") + kColours[i]});
    curves += curve(series[i], scale, kColours[i]);
    if (series[i].values.empty() || !std::isfinite(series[i].values.back())) continue;
    double y = scale.y(series[i].values.back());
    for (double other : ends) {  // labels of two ends must not overlap
      if (std::fabs(other - y) < 19) y = other + (y < other ? -19 : 19);
    }
    ends.push_back(y);
    curves +=
        fmt::format("<text class=\"end\" x=\"{:.1f}\" y=\"{:.1f}\" style=\"fill:{}\">{:.4g}</text>\n",
                    scale.x(series[i].values.size() - 1) + 10, y + 4, kColours[i], series[i].values.back());
  }
  return fmt::format(
      "<section class=\"card\">{}<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{} by "
      "epoch\">\n{}{}</svg>"
      "</section>\n",
      detail::chart_head(heading, "", legend), kWidth, kHeight, html_escape(heading), grid(scale), curves);
}

}  // namespace lamina
