// RotaryEmbedding: pairs of features turned by angles of their positions.
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

// Features from `first` up to `last`, every `step`.
Tensor features(const Tensor& x, int64_t first, int64_t last, int64_t step = 1) {
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims(),
                                                                 steps(starts.size(), 1);
  starts.back() = first;
  stops.back() = last;
  steps.back() = step;
  return slice(x, starts, stops, steps);
}

std::vector<Value> rotary_embedding(Call& call) {
  const Tensor& given = call[0];
  const bool interleaved = call.integer("interleaved", 0) != 0;
  const int64_t heads = call.integer("num_heads", 0);
  if (given.rank() != 3 && given.rank() != 4) call.fail("takes inputs of three or four axes");
  Tensor x = given;
  if (given.rank() == 4) {
    x = transpose(given, {0, 2, 1, 3});
  } else {
    if (heads < 1 || given.shape()[2] % heads != 0)
      call.fail(fmt::format("an input of shape {} does not fit {} heads", given.shape().str(), heads));
    x = reshape(given, {given.shape()[0], given.shape()[1], heads, given.shape()[2] / heads});
  }
  const int64_t batch = x.shape()[0], length = x.shape()[1], width = x.shape()[3];
  int64_t turned = call.integer("rotary_embedding_dim", 0);
  if (turned == 0) turned = width;
  if (turned < 0 || turned > width || turned % 2 != 0)
    call.fail(fmt::format("cannot turn {} of {} features", turned, width));
  // (batch, length, 1, half of the turned features).
  const auto angles = [&](size_t input) {
    Tensor cache = call[input];
    if (call.has(3)) {
      if (cache.rank() != 2 || call[3].shape() != Shape{batch, length})
        call.fail(fmt::format("a cache of shape {} and positions of {} do not fit", cache.shape().str(),
                              call[3].shape().str()));
      cache = embedding_lookup(cache, call[3]);
    }
    if (cache.shape() != Shape{batch, length, turned / 2})
      call.fail(fmt::format("a cache of shape {} does not fit; expected {}", cache.shape().str(),
                            Shape{batch, length, turned / 2}.str()));
    return expand_dims(cache, 2);
  };
  const Tensor cosine = angles(1), sine = angles(2);
  const Tensor a = interleaved ? features(x, 0, turned, 2) : features(x, 0, turned / 2);
  const Tensor b = interleaved ? features(x, 1, turned, 2) : features(x, turned / 2, turned);
  const Tensor real = subtract(multiply(cosine, a), multiply(sine, b));
  const Tensor imag = add(multiply(sine, a), multiply(cosine, b));
  Tensor y = interleaved ? reshape(stack({real, imag}, 4), {batch, length, x.shape()[2], turned})
                         : concatenate({real, imag}, 3);
  if (turned < width) y = concatenate({y, features(x, turned, width)}, 3);
  return {Value(given.rank() == 4 ? transpose(y, {0, 2, 1, 3}) : reshape(y, given.shape()), call.element())};
}

const bool kRotaryEmbeddingRegistered = register_operator("RotaryEmbedding", 23, rotary_embedding);

}  // namespace
}  // namespace lamina::onnx
