// Vectorised inner loops of the poolings. Internal header.
#pragma once

#include <cstdint>

#include "lamina/ops/detail/window.h"

namespace lamina::detail {

/// Images as (outer, rows, columns, channels), channels contiguous: channels-last images have outer = batch,
/// blocked ones (nChw8c) outer = batch * blocks and as many channels as a block.
struct PoolView {
  int64_t outer, channels;
  Window rows, columns;
};

/// Below, `begin` and `end` bound rows of the output: windows (outer * rows.output of them) for pooling
/// forward, image rows (outer * rows.input) for the gradients. `index` may be null.
void max_pool_rows(const PoolView& view, const float* x, float* out, uint8_t* index, int64_t begin,
                   int64_t end);
void max_pool_grad_rows(const PoolView& view, const float* g, const uint8_t* index, float* grad,
                        int64_t begin, int64_t end);
void avg_pool_rows(const PoolView& view, const float* x, float* out, int64_t begin, int64_t end);
void avg_pool_grad_rows(const PoolView& view, const float* g, float* grad, int64_t begin, int64_t end);

}  // namespace lamina::detail
