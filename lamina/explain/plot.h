// Plot: curves over numbers, for reports and pages of their own.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// How a curve is drawn.
enum class Look {
  kLine,    ///< through all points
  kDashed,  ///< likewise, thin and grey: what others are compared with
  kDots,    ///< a dot at each point
  kMarked   ///< through all points, with a dot at each
};

/// Curves and bands in one pair of axes. Points that are not finite leave gaps.
struct Plot {
  struct Curve {
    std::string name;
    std::vector<double> x, y;  ///< of one length
    Look look = Look::kLine;
  };
  /// What lies between two curves.
  struct Band {
    std::string name;
    std::vector<double> x, low, high;  ///< of one length
  };

  std::string heading;
  std::string note;  ///< beside the heading, in small print; may be empty
  std::string x_label, y_label;
  std::vector<Band> bands = {};
  std::vector<Curve> curves = {};
  /// Ends of the axes; absent: those of the points.
  std::optional<std::pair<double, double>> x_range = {}, y_range = {};
  bool whole_x = false;  ///< places are whole numbers: no marks between them
};

/// The plot as a card of a report: an inline SVG with a legend of the curves that have points and names, in
/// the colours of the page (report_page). All text is escaped. Throws InvalidArgument for a curve whose
/// coordinates are not of one length.
std::string plot_card(const Plot& plot);

/// A page of HTML in the style of reports: light or dark as the reader's system asks, with nothing to load.
/// @param title  of the page; escaped.
/// @param cards  HTML of its parts, as plot_card gives it.
std::string report_page(const std::string& title, const std::string& subtitle, const std::string& cards);

}  // namespace lamina
