// What layers and models cost: arithmetic and memory for one sample.
#pragma once

#include <cstdint>
#include <optional>

#include "lamina/nn/layer.h"

namespace lamina {

/// Cost of one layer, or of a whole model, for one sample.
struct LayerCost {
  int64_t parameters = 0;
  /// Floating-point operations of a prediction: a multiply-add counts as two, everything else (an addition, a
  /// maximum, an exponential) as one. A training step costs about three times as much. Absent where an extent
  /// besides the batch is open (a length, the side of an image): the cost then depends on the sample.
  std::optional<int64_t> flops = 0;
  int64_t weight_bytes = 0;  ///< of the parameters
  int64_t output_bytes = 0;  ///< of the outputs, as float32; open extents count as 1
};

/// The cost of a layer that is built; a model is a layer, too. Operations are counted in the traced
/// computation by the records of its ops (Op::flops), before anything is fused: what a layer does in a
/// prediction counts, and what it does only in training (dropout, augmentation) does not. A convolution
/// counts every element of its kernel at each position, those over the padding, too. What a mask costs that
/// travels between layers counts for the model alone. Throws InvalidArgument for a layer that is not built
/// and Unsupported, naming the op, for an op that does not say what it costs.
LayerCost layer_cost(const Layer& layer);

}  // namespace lamina
