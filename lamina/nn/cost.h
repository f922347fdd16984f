// What a layer costs: arithmetic and memory for one sample.
#pragma once

#include <cstdint>

#include "lamina/nn/layer.h"

namespace lamina {

/// Cost of one layer for one sample.
struct LayerCost {
  int64_t parameters = 0;
  int64_t flops = 0;         ///< floating-point operations; a multiply-add counts as two
  int64_t weight_bytes = 0;  ///< of the parameters
  int64_t output_bytes = 0;  ///< of the output, as float32
};

/// The cost of a built layer. Products count exactly (every kernel element is used once per output position);
/// other layers count one operation for each element that they read or write, whichever is more. Throws
/// InvalidArgument for a layer that is not built.
LayerCost layer_cost(const Layer& layer);

}  // namespace lamina
