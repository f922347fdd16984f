// A Transformer's encoder, in layers that Keras has.
#include "lamina/zoo/text_networks.h"

#include <cmath>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

// Embeddings begin small, and the places should not drown them.
constexpr double kPlacesCount = 0.1;

// Sines and cosines of each place, of wavelengths from 2 pi to 10000 * 2 pi: (length, features), as in
// Vaswani et al., "Attention Is All You Need" (2017), 3.5.
Tensor positions(int64_t length, int features) {
  std::vector<float> values;
  for (int64_t place = 0; place < length; ++place) {
    for (int i = 0; i < features; ++i) {
      const double angle =
          static_cast<double>(place) / std::pow(10000.0, (i - i % 2) / static_cast<double>(features));
      values.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  }
  return Tensor::from(values, {length, features});
}

}  // namespace

Model transformer_encoder(int64_t length, int features, const TransformerEncoderOptions& options) {
  if (length < 1 || features < 1 || options.num_heads < 1 || features % options.num_heads != 0) {
    throw InvalidArgument(
        "transformer_encoder: expected length and num_heads of at least 1 and features in equal parts for "
        "each head, received length " +
        std::to_string(length) + ", features " + std::to_string(features) + ", num_heads " +
        std::to_string(options.num_heads));
  }
  const Tensor words = Input({length, features});
  // Less a mean of minus the places: masks go through this layer, and not through an operator.
  const Tensor placed = Normalization({.axis = {1, 2},
                                       .mean = positions(length, features) * -kPlacesCount,
                                       .variance = ones({length, features}),
                                       .name = "places"})(words);
  const Tensor heard = MultiHeadAttention(options.num_heads, features / options.num_heads,
                                          {.dropout = options.dropout})({placed, placed});
  const Tensor x = LayerNormalization()(Add()({placed, Dropout(options.dropout)(heard)}));
  const Tensor thought = Dense(features)(Dense(2 * features, {.activation = "relu"})(x));
  return Model({words}, {LayerNormalization()(Add()({x, Dropout(options.dropout)(thought)}))},
               {.name = "encoder", .seed = options.seed});
}

}  // namespace lamina
