// What ops cost that look at each element of their input. Internal header.
#pragma once

#include "lamina/graph/op.h"

namespace lamina::detail {

/// Op::flops of `each` operations for every element of the first input.
template <int each>
double flops_per_input_element(const CostArgs& args) {
  return static_cast<double>(each) * static_cast<double>(args.inputs[0].shape.size());
}

}  // namespace lamina::detail
