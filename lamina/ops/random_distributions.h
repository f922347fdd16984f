// Random numbers of further distributions, and random orders. As keras.random, in the words of
// lamina/ops/random.h: pure functions of a key. keras.random.gamma(shape, alpha, seed=seed) is
// random_gamma(random_key(seed), shape, alpha).
//
// Common to all: an element follows from key, stream and its place alone, for any number of threads; numbers
// differ from Keras's, whose distributions they have. `stream`, in [0, 2^32), separates draws that share a
// key. Parameters broadcast to `shape`; those that no distribution has (NaN among them) throw InvalidArgument
// when the result is computed, on the CPU. No gradient flows to key or parameters.
#pragma once

#include "lamina/core/tensor.h"

namespace lamina {

/// Integers from minval up to but not with maxval.
struct RandomIntegersAttrs {
  Shape shape;
  int64_t stream = 0;
  int64_t minval = 0, maxval = 1;
  DType dtype = DType::kInt32;
  bool operator==(const RandomIntegersAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("shape", self.shape);
    visit("stream", self.stream);
    visit("minval", self.minval);
    visit("maxval", self.maxval);
    visit("dtype", self.dtype);
  }
};

/// Integers from minval up to but not with maxval, each as likely as the other to 2^-32 of its share. Throws
/// InvalidArgument unless minval < maxval, both in the range of `dtype`, an integer one. As
/// keras.random.randint.
Tensor random_randint(const Tensor& key, const Shape& shape, int64_t minval, int64_t maxval,
                      DType dtype = DType::kInt32, int64_t stream = 0);

/// float32: normal with this mean and deviation, of which only what lies within two deviations is drawn
/// (`stddev` is that before). As keras.random.truncated_normal.
Tensor random_truncated_normal(const Tensor& key, const Shape& shape, double mean = 0, double stddev = 1,
                               int64_t stream = 0);

/// float32: gamma with shape parameter alpha > 0 and scale 1 (G. Marsaglia and W. W. Tsang, A simple method
/// for generating gamma variables, 2000). As keras.random.gamma.
Tensor random_gamma(const Tensor& key, const Shape& shape, const Tensor& alpha, int64_t stream = 0);

/// float32: beta with parameters alpha, beta > 0, in [0, 1]. As keras.random.beta.
Tensor random_beta(const Tensor& key, const Shape& shape, const Tensor& alpha, const Tensor& beta,
                   int64_t stream = 0);

/// float32: successes in `counts` trials (whole numbers from 0 to 2^24, which float32 can tell apart) of
/// which each succeeds with probability `probabilities` (W. Hörmann, The generation of binomial random
/// variates, 1993; geometric gaps where few succeed). As keras.random.binomial.
Tensor random_binomial(const Tensor& key, const Shape& shape, const Tensor& counts,
                       const Tensor& probabilities, int64_t stream = 0);

/// int64 (rows, num_samples): for each row of `logits` (rows, classes) classes that are drawn with
/// probabilities softmax(logits). -inf is never drawn; a row of nothing else throws. As
/// keras.random.categorical.
Tensor random_categorical(const Tensor& key, const Tensor& logits, int64_t num_samples, int64_t stream = 0);

/// int32 (n,): 0 to n - 1 in random order, all orders as likely (to 2^-63 n^2). Throws InvalidArgument for a
/// negative n.
Tensor random_permutation(const Tensor& key, int64_t n, int64_t stream = 0);

/// The slices of x along `axis` in random order. As keras.random.shuffle.
Tensor random_shuffle(const Tensor& key, const Tensor& x, int axis = 0, int64_t stream = 0);

}  // namespace lamina
