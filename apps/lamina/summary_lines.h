// What summary says of networks and of estimators alike.
#pragma once

#include <string>

#include "lamina/nn/data_info.h"

namespace lamina::cli {

/// A line for each thing that a model knows of its data.
std::string known_data(const DataInfo& info);

}  // namespace lamina::cli
