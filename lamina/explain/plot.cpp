// Plots as SVG, drawn by hand: no script, no font, no library.
#include "lamina/explain/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/version.h"
#include "lamina/explain/detail/axis.h"
#include "lamina/explain/detail/legend.h"
#include "lamina/explain/detail/report_style.h"
#include "lamina/explain/report.h"

namespace lamina {
namespace {

constexpr double kWidth = 560, kHeight = 320, kLeft = 88, kRight = 20, kTop = 12, kBottom = 50;
constexpr const char* kColours[] = {"var(--train)", "var(--val)", "var(--good)", "var(--bad)", "var(--c5)",
                                    "var(--c6)",    "var(--c7)",  "var(--c8)",   "var(--c9)",  "var(--c10)"};

class Drawing {
 public:
  explicit Drawing(const Plot& plot) : plot_(plot) {
    double low_x = INFINITY, high_x = -INFINITY, low_y = INFINITY, high_y = -INFINITY;
    const auto show = [](double value, double& low, double& high) {
      if (!std::isfinite(value)) return;
      low = std::min(low, value);
      high = std::max(high, value);
    };
    for (const Plot::Curve& curve : plot.curves) {
      check(curve.name, curve.x.size(), curve.y.size());
      for (const double x : curve.x) show(x, low_x, high_x);
      for (const double y : curve.y) show(y, low_y, high_y);
    }
    for (const Plot::Band& band : plot.bands) {
      check(band.name, band.x.size(), band.low.size());
      check(band.name, band.x.size(), band.high.size());
      for (const double x : band.x) show(x, low_x, high_x);
      for (const double y : band.low) show(y, low_y, high_y);
      for (const double y : band.high) show(y, low_y, high_y);
    }
    x_ = plot.x_range ? detail::Axis::of(plot.x_range->first, plot.x_range->second)
                      : detail::Axis::around(low_x, high_x);
    if (!plot.x_range && low_x < high_x) {  // as wide as what it shows, with round marks
      x_.low = low_x;
      x_.high = high_x;
    }
    if (plot.whole_x && x_.step < 1) x_.step = 1;
    y_ = plot.y_range ? detail::Axis::of(plot.y_range->first, plot.y_range->second)
                      : detail::Axis::around(low_y, high_y);
  }

  std::string card() const {
    return fmt::format(
        "<section class=\"card\">{}<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}{}{}</svg>"
        "</section>\n",
        detail::chart_head(plot_.heading, plot_.note, legend()), kWidth, kHeight, html_escape(plot_.heading),
        grid(), bands(), curves());
  }

 private:
  static void check(const std::string& name, size_t x, size_t y) {
    if (x == y) return;
    throw InvalidArgument("plot: '" + name + "' has " + std::to_string(x) + " places and " +
                          std::to_string(y) + " values");
  }

  double x(double value) const { return kLeft + (kWidth - kLeft - kRight) * x_.share(value); }
  double y(double value) const { return kTop + (kHeight - kTop - kBottom) * (1 - y_.share(value)); }

  // What a curve is drawn with. When the colours are used up, they come again with dashes.
  struct Pen {
    std::string colour, dashes;
    bool thin = false;
  };

  Pen pen(size_t curve) const {
    if (plot_.curves[curve].look == Look::kDashed) return {"var(--soft)", "4 4", true};
    size_t place = 0;
    for (size_t i = 0; i < curve; ++i) place += plot_.curves[i].look != Look::kDashed;
    return {kColours[place % std::size(kColours)], place < std::size(kColours) ? "" : "9 4", false};
  }

  std::vector<detail::LegendEntry> legend() const {
    std::vector<detail::LegendEntry> entries;
    for (size_t i = 0; i < plot_.curves.size(); ++i) {
      if (plot_.curves[i].name.empty() || plot_.curves[i].x.empty()) continue;
      const Pen with = pen(i);
      entries.push_back({plot_.curves[i].name, with.dashes.empty()
                                                   ? "background:" + with.colour
                                                   : "height:0;border-top:3px dashed " + with.colour});
    }
    for (const Plot::Band& band : plot_.bands) {
      if (!band.name.empty())
        entries.push_back({band.name, "background:var(--train);opacity:.25;height:9px"});
    }
    return entries;
  }

  std::string grid() const {
    std::string out;
    const auto marks = [](const detail::Axis& axis, auto&& at) {
      const double first = std::ceil(axis.low / axis.step - 1e-9) * axis.step;
      for (double v = first; v <= axis.high + axis.step * 1e-6; v += axis.step) at(v);
    };
    marks(y_, [&](double v) {
      out += fmt::format(
          "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"var(--grid)\"/>"
          "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
          kLeft, kWidth - kRight, y(v), y(v), kLeft - 8, y(v) + 4, y_.text(v));
    });
    marks(x_, [&](double v) {
      out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", x(v),
                         kHeight - kBottom + 18, x_.text(v));
    });
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                       (kLeft + kWidth - kRight) / 2, kHeight - 6, html_escape(plot_.x_label));
    out +=
        fmt::format("<text transform=\"translate(13 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
                    (kTop + kHeight - kBottom) / 2, html_escape(plot_.y_label));
    return out;
  }

  std::string bands() const {
    std::string out;
    for (const Plot::Band& band : plot_.bands) {
      std::string there, back;
      for (size_t i = 0; i < band.x.size(); ++i) {
        if (!std::isfinite(band.x[i]) || !std::isfinite(band.low[i]) || !std::isfinite(band.high[i]))
          continue;
        there += fmt::format("{}{:.1f} {:.1f}", there.empty() ? "M" : "L", x(band.x[i]), y(band.high[i]));
        back = fmt::format("L{:.1f} {:.1f}", x(band.x[i]), y(band.low[i])) + back;
      }
      if (!there.empty())
        out += "<path d=\"" + there + back + "Z\" fill=\"var(--train)\" fill-opacity=\".18\"/>\n";
    }
    return out;
  }

  std::string curves() const {
    std::string out;
    for (size_t i = 0; i < plot_.curves.size(); ++i) out += curve(plot_.curves[i], pen(i));
    return out;
  }

  std::string curve(const Plot::Curve& curve, const Pen& with) const {
    std::string path, dots;
    bool pen_down = false;
    for (size_t i = 0; i < curve.x.size(); ++i) {
      if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) {
        pen_down = false;
        continue;
      }
      const double at_x = x(curve.x[i]), at_y = y(curve.y[i]);
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", at_x, at_y);
      pen_down = true;
      if (curve.look != Look::kDots && curve.look != Look::kMarked) continue;
      dots += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"><title>{}{:.5g}: {:.5g}</title></circle>",
          at_x, at_y, with.colour, curve.name.empty() ? "" : html_escape(curve.name) + ", ", curve.x[i],
          curve.y[i]);
    }
    if (curve.look == Look::kDots) return dots + "\n";
    if (path.empty()) return "";
    return fmt::format(
               "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\"{}/>",
               path, with.colour, with.thin ? "1.25" : "2",
               with.dashes.empty() ? "" : " stroke-dasharray=\"" + with.dashes + "\"") +
           dots + "\n";
  }

  const Plot& plot_;
  detail::Axis x_, y_;
};

}  // namespace

std::string plot_card(const Plot& plot) { return Drawing(plot).card(); }

std::string report_page(const std::string& title, const std::string& subtitle, const std::string& cards) {
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>{0} · Lamina</title>\n<style>{1}</style>\n</head>\n<body>\n<main>\n"
             "<header><div class=\"brand\">Lamina report</div><h1>{0}</h1><p>{2}</p></header>\n",
             html_escape(title), detail::kReportStyle, html_escape(subtitle)) +
         cards + "<footer>Written by Lamina " + html_escape(version()) +
         "</footer>\n</main>\n</body>\n</html>\n";
}

}  // namespace lamina
