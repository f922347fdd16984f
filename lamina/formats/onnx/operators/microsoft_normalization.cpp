// Normalisations that ONNX Runtime joined with sums before them: SkipLayerNormalization, SkipSimplifiedLayerNormalization,
// EmbedLayerNormalization; and SimplifiedLayerNormalization, which it counts as ONNX's own.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include <fmt/format.h>

#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

// What a normalisation over the last axes gives, with what its statistics were.
struct Normal {
  Tensor y, middle, inverse;
};

// In float32 at least; without `centre` only the size is brought to 1.
Normal normal(const Tensor& x, const Axes& axes, double epsilon, bool centre) {
  const Tensor wide = cast(x, x.dtype() == DType::kFloat64 ? x.dtype() : DType::kFloat32);
  Normal result;
  if (centre) result.middle = mean(wide, axes, true);
  const Tensor moved = centre ? subtract(wide, result.middle) : wide;
  result.inverse = rsqrt(add(mean(square(moved), axes, true), epsilon));
  result.y = cast(multiply(moved, result.inverse), x.dtype());
  return result;
}

// Input + skip + bias, normalised over the last axis, scaled by gamma and shifted by beta where it is there.
std::vector<Value> skip_normalization(Call& call, bool centre) {
  const double epsilon = call.number("epsilon", 1e-12);
  const size_t bias = centre ? 4 : 3;
  Tensor sum = add(call[0], call[1]);
  if (sum.shape() != call[0].shape()) call.fail("its skip " + call[1].shape().str() + " does not fit its input " + call[0].shape().str());
  if (call.has(bias)) sum = add(sum, call[bias]);
  const Normal result = normal(sum, {-1}, epsilon, centre);
  Tensor y = multiply(result.y, call[2]);
  if (centre && call.has(3)) y = add(y, call[3]);
  std::vector<Value> outputs{Value(y, call.element()), Value(), Value(result.inverse), Value(sum, call.element())};
  if (centre) outputs[1] = Value(result.middle);
  return outputs;
}

std::vector<Value> simplified(Call& call) {
  const Tensor& x = call[0];
  const int axis = axis_of(call.integer("axis", -1), x.rank());
  call.ignore({"stash_type"});
  std::vector<int> axes;
  for (int i = axis; i < x.rank(); ++i) axes.push_back(i);
  const Normal result = normal(x, axes, call.number("epsilon", 1e-5), false);
  return {Value(multiply(cast(result.y, call[1].dtype()), call[1]), call.element(1)), Value(result.inverse)};
}

// The rows of tables for words, places and segments, added and normalised.
std::vector<Value> embed_normalization(Call& call) {
  const Tensor& ids = call[0];
  if (ids.rank() != 2) call.fail("takes ids (batch, length), received " + ids.shape().str());
  const int64_t batch = ids.shape()[0], length = ids.shape()[1];
  if (call.integer("mask_index_type", 1) > 1) call.fail("attribute 'mask_index_type' must be 0 or 1");
  Tensor sum = take(call[2], ids, 0);
  const Tensor places = call.has(8) ? call[8] : reshape(arange(length), {1, length});
  sum = add(sum, take(call[3], places, 0));
  if (call.has(1) != call.has(4)) call.fail("segment ids and their table come together");
  if (call.has(1)) sum = add(sum, take(call[4], call[1], 0));
  const Normal result = normal(sum, {-1}, call.number("epsilon", 1e-12), true);
  // How many ids count in each row; without a mask ONNX Runtime leaves zeros.
  const Tensor counts = call.has(7) ? lamina::sum(cast(call[7], DType::kInt32), {1}) : zeros(Shape{batch}, DType::kInt32);
  return {Value(add(multiply(result.y, call[5]), call[6]), call.element(2)), Value(cast(counts, DType::kInt32), ElementType::kInt32),
          Value(sum, call.element(2))};
}

const bool kMicrosoftNormalizationRegistered[] = {
    register_operator("SkipLayerNormalization", 1, [](Call& call) { return skip_normalization(call, true); },
                      {.trained = {2, 3, 4}}, kMicrosoft),
    register_operator("SkipSimplifiedLayerNormalization", 1, [](Call& call) { return skip_normalization(call, false); },
                      {.trained = {2, 3}}, kMicrosoft),
    register_operator("SimplifiedLayerNormalization", 1, simplified, {.trained = {1}}),
    register_operator("EmbedLayerNormalization", 1, embed_normalization, {.trained = {2, 3, 4, 5, 6}}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
