// What `lamina train` knows by name, of every kind.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lamina::cli {

/// Names and descriptions, in the order in which help and `lamina list recipes` name them.
std::vector<std::pair<std::string, std::string>> recipe_list();

}  // namespace lamina::cli
