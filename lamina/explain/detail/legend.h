// What stands above a chart: its heading, and what its colours mean. Internal header.
#pragma once

#include <string>
#include <vector>

namespace lamina::detail {

/// A log's name as a heading: "Loss", "Validation loss" for "val_loss".
std::string heading_of(const std::string& log);

/// One entry: the text, and the style sheet of the stroke before it.
struct LegendEntry {
  std::string text;
  std::string stroke;
};

/// Heading and legend as HTML, beside each other where there is room. All texts are escaped; `note` may be
/// empty.
std::string chart_head(const std::string& heading, const std::string& note,
                       const std::vector<LegendEntry>& legend);

}  // namespace lamina::detail
