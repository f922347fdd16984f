// Random numbers as pure functions of a key: the same key, stream and shape give the same bits for any number
// of threads.
//
// The generator is Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11). `key`
// is an int64 tensor of shape (2,): {seed, counter}. `stream`, in [0, 2^32), separates draws that share a
// key, such as two dropout layers of one training step, whose counter goes up by one a step. Element i takes
// word i % 4 of the block with key = seed and counter = (i / 4, stream, counter), low words first. No
// gradient flows to the key.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

struct RandomAttrs {
  Shape shape;
  int64_t stream = 0;
  bool operator==(const RandomAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("shape", self.shape);
    visit("stream", self.stream);
  }
};

/// A key tensor: int64 {seed, counter}.
Tensor random_key(int64_t seed, int64_t counter = 0);
/// 32 random bits an element, as int32.
Tensor random_bits(const Tensor& key, const Shape& shape, int64_t stream = 0);
/// float32, uniform in [0, 1): multiples of 2^-24.
Tensor random_uniform(const Tensor& key, const Shape& shape, int64_t stream = 0);
/// float32, normal with mean 0 and standard deviation 1 (Box and Muller's transform of two words a pair).
Tensor random_normal(const Tensor& key, const Shape& shape, int64_t stream = 0);

}  // namespace lamina
