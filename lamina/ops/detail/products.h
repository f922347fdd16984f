// What the kernels of matmul and matmul_bias_act are prepared for. Internal header.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/graph/contraction.h"
#include "lamina/graph/kernel.h"

namespace lamina::detail {

/// A batch of products as the kernels see it: sizes, and where each product's operands start.
struct Products {
  MatmulAttrs attrs;
  bool relu = false;
  bool bias = false;
  int64_t m = 0, n = 0, k = 0;
  std::vector<int64_t> a, b;  // offsets of each product's operands, in elements; the results are dense

  int64_t count() const { return static_cast<int64_t>(a.size()); }
};

Products products(const KernelDesc& desc);

}  // namespace lamina::detail
