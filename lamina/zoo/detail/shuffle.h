// A shuffle that is the same with each standard library, whose own is not. Internal header.
#pragma once

#include <cstddef>
#include <random>
#include <utility>

namespace lamina::detail {

void shuffle(auto& values, std::mt19937_64& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random() % i]);
}

}  // namespace lamina::detail
