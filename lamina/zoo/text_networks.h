// Networks that read words.
#pragma once

#include <cstdint>

#include "lamina/nn/model.h"

namespace lamina {

/// Options of transformer_encoder.
struct TransformerEncoderOptions {
  int num_heads = 4;     ///< of the attention; they share the features in equal parts
  double dropout = 0.1;  ///< of the attention's weights and of what each half adds, while training, in [0, 1)
  uint64_t seed = 0;     ///< of the initial weights
};

/// One block of a Transformer's encoder for embedded words (batch, length, features), as in Vaswani et al.,
/// "Attention Is All You Need" (2017): sines and cosines say each word's place; attention, and then two dense
/// layers for each word (twice the features in between), add to what they were given, normalised after each.
/// Attention keeps away from places that a mask leaves out; layers behind see no mask, as in Keras. Gives
/// (batch, length, features); to be used as a layer:
///
///   Sequential model({Input({40}, {.dtype = DType::kInt32}), Embedding(10000, 64, {.mask_zero = true}),
///                     transformer_encoder(40, 64), GlobalAveragePooling1D(), Dense(3)});
///
/// Throws InvalidArgument for sizes below 1, and features that the heads cannot share.
Model transformer_encoder(int64_t length, int features, const TransformerEncoderOptions& options = {});

}  // namespace lamina
