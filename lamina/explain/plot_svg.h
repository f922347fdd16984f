// Plots as files of their own, for pages that are no reports.
#pragma once

#include <string>

#include "lamina/explain/plot.h"

namespace lamina {

/// The plot as an SVG file, heading and legend included: light or dark as the reader's system asks, with
/// nothing to load. Throws InvalidArgument as plot_card.
std::string plot_svg(const Plot& plot);

}  // namespace lamina
