// The registry of initialisers and what random ones share.
#include "lamina/nn/initializers/initializer.h"

#include "lamina/nn/detail/registry-inl.h"
#include "lamina/nn/initializers/detail/draw.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/random.h"
#include "lamina/ops/unary.h"

namespace lamina {

template class Registry<Initializer>;

namespace detail {

void require_floating(const std::string& class_name, const TensorType& type) {
  if (is_floating(type.dtype)) return;
  throw InvalidArgument(class_name + ": random values must be floating, not " + type.str());
}

Draw::Draw(const std::optional<int64_t>& own_seed, uint64_t seed, int stream)
    : key_(random_key(own_seed.value_or(static_cast<int64_t>(seed)))), stream_(own_seed ? 0 : stream) {}

Tensor Draw::uniform(const TensorType& type, double low, double high) const {
  return cast(random_uniform(key_, type.shape, stream_) * (high - low) + low, type.dtype);
}

Tensor Draw::normal(const TensorType& type, double mean, double stddev) const {
  return cast(random_normal(key_, type.shape, stream_) * stddev + mean, type.dtype);
}

// By inversion: sqrt(2) * erfinv(y) with y uniform within +-erf(2 / sqrt(2)). There w = -log(1 - y * y) stays
// below 2.5, so one branch of the single-precision polynomial of M. Giles, "Approximating the erfinv
// function" (GPU Computing Gems, 2011), covers all of it.
Tensor Draw::truncated_normal(const TensorType& type, double mean, double stddev) const {
  constexpr double kWithinTwo = 0.95449973610364158;
  constexpr double kCoefficients[] = {3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                                      -0.00125372503, -0.00417768164, 0.246640727,     1.50140941};
  const Tensor y = random_uniform(key_, type.shape, stream_) * (2 * kWithinTwo) - kWithinTwo;
  const Tensor w = -log1p(-square(y)) - 2.5;
  Tensor polynomial = w * 2.81022636e-08 + kCoefficients[0];
  for (int i = 1; i < 8; ++i) polynomial = polynomial * w + kCoefficients[i];
  constexpr double kSqrt2 = 1.4142135623730951;
  return cast(clip(polynomial * y * kSqrt2, -2, 2) * stddev + mean, type.dtype);
}

}  // namespace detail
}  // namespace lamina
