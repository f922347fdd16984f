// The option --shape of lamina convert, for files whose inputs say their extents. Internal header.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "command.h"
#include "lamina/base/shape.h"

namespace lamina::cli {

/// Shapes of inputs by name, the batch first; -1 for what stays open.
using InputShapes = std::vector<std::pair<std::string, Shape>>;

void add_shape_choices(Command& command, std::vector<std::string>& shapes);
/// Of words as "images=None,28,28,1". Throws UsageError for others.
InputShapes input_shapes(const std::vector<std::string>& words);

}  // namespace lamina::cli
