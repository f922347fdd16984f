// The finite numbers of a dtype. Internal header.
#pragma once

#include <limits>
#include <utility>

#include "lamina/base/dtype.h"

namespace lamina::detail {

/// The lowest and the largest of them, as double.
inline std::pair<double, double> finite_range(DType dtype) {
  if (dtype == DType::kFloat16) return {-65504, 65504};
  if (dtype == DType::kBFloat16) return {-3.3895313892515355e38, 3.3895313892515355e38};
  return dispatch(dtype, [](auto zero) -> std::pair<double, double> {
    using Limits = std::numeric_limits<decltype(zero)>;
    if constexpr (Limits::is_specialized)
      return {static_cast<double>(Limits::lowest()), static_cast<double>(Limits::max())};
    else
      return {0, 0};
  });
}

}  // namespace lamina::detail
