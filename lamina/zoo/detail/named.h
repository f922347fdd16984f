// The member of a list that has a name. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/error.h"

namespace lamina::detail {

/// Throws InvalidArgument, suggesting the nearest.
/// @param what  "network"
template <class T>
const T& named(const std::vector<T>& all, const std::string& name, const char* what) {
  std::vector<std::string> names;
  for (const T& one : all) {
    if (one.name == name) return one;
    names.push_back(one.name);
  }
  throw InvalidArgument(std::string("unknown ") + what + " '" + name + "'" + suggest(name, names));
}

}  // namespace lamina::detail
