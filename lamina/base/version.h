// The version of Lamina and of the libraries it stands on.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// "0.1.0"
const char* version();

/// Name and version of each library that Lamina uses ("oneDNN", "2.6.3"), in a fixed order.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace lamina
