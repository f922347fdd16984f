// Counting pairs of classes: the one loop behind every confusion matrix.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lamina::classic::detail {

/// [expected][predicted]: numbers of samples; both sides hold classes 0 ... classes - 1.
std::vector<std::vector<int64_t>> count_pairs(std::span<const int32_t> expected,
                                              std::span<const int32_t> predicted, size_t classes);

}  // namespace lamina::classic::detail
