// Records of products with weights of 8 and 4 bits, and of bfloat16.
#include "lamina/ops/quantized_matmul.h"

#include <limits>

#include "lamina/base/error.h"
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/bitwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/detail/body.h"
#include "lamina/ops/detail/quantize_weights.h"
#include "lamina/ops/detail/quantized_lines.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

int bits_of(DType integers) { return integers == DType::kUInt8 ? 4 : 8; }

/// The numbers of a line of the weights.
int64_t depth_of(const TensorType& w) { return w.shape[-1] * (8 / bits_of(w.dtype)); }

bool is_group(int64_t group) { return group == 32 || group == 64 || (group > 0 && group % 128 == 0); }

/// Whether scales (..., groups) belong to lines of k numbers.
bool are_groups(const Shape& scales, int64_t k) {
  const int64_t groups = scales[-1];
  return groups == 1 || (groups > 0 && k % groups == 0 && is_group(k / groups));
}

Shape with_columns(const Shape& x, int64_t n) {
  Shape result;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) result.push_back(x[axis]);
  result.push_back(n);
  return result;
}

std::vector<TensorType> infer_quantized(const InferArgs& args) {
  const TensorType &x = args.inputs[0], &w = args.inputs[1], &scales = args.inputs[2];
  if (w.shape.rank() != 2 || (w.dtype != DType::kInt8 && w.dtype != DType::kUInt8))
    args.fail("the weights must be int8 (n, k), or uint8 (n, k / 2) for 4 bits");
  const int64_t k = depth_of(w);
  if (x.shape.rank() < 1 || x.shape[-1] != k)
    args.fail("the last axis of x must have as many elements as a line of the weights, " + std::to_string(k));
  if (k > kLongestQuantizedLine)
    args.fail("sums of more than " + std::to_string(kLongestQuantizedLine) + " products may overflow");
  const Shape& s = scales.shape;
  if (s.rank() < 1 || s[0] != w.shape[0] || (s.rank() != 1 && !are_groups(s, k)))
    args.fail("scales must be (n,) or (n, 1), or (n, k / group) with groups of 32, 64 or a multiple of 128");
  return {{x.dtype, with_columns(x.shape, w.shape[0])}};
}

/// The numbers of the weights, int32 (..., k).
Tensor integers_of(const Tensor& w) {
  const Tensor wide = cast(w, DType::kInt32);
  if (bits_of(w.dtype()) == 8) return wide;
  const auto number = [](int value) { return full({}, value, DType::kInt32); };
  const Tensor low = bitwise_and(wide, number(15)), high = right_shift(wide, number(4));
  return reshape(stack({low, high}, -1), with_columns(w.shape(), w.shape()[-1] * 2)) - 8;
}

/// The rows of x as integers, and the step from one to the next.
struct QuantizedRows {
  Tensor integers, steps;
};

QuantizedRows quantize_rows(const Tensor& x) {
  const Tensor most = max(abs(x), {-1}, true);
  const Tensor finite = less_equal(most, static_cast<double>(std::numeric_limits<float>::max()));
  const Tensor some = logical_and(finite, greater(most, static_cast<double>(detail::QuantizedLines::kTiny)));
  const Tensor factor = where(some, 127.0 / most, 0.0);
  const Tensor none = where(finite, most * 0.0, std::numeric_limits<double>::quiet_NaN());
  const Tensor step = where(some, most / 127.0, none);
  return {cast(round(where(some, x, 0.0) * factor), DType::kInt32), cast(step, x.dtype())};
}

std::vector<Tensor> quantized_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor &x = inputs[0], &scales = inputs[2], w = integers_of(inputs[1]);
  const int64_t k = w.shape()[1], n = w.shape()[0];
  const QuantizedRows rows = quantize_rows(x);
  if (scales.rank() == 1 || scales.shape()[1] == 1) {
    const Tensor sums = cast(matmul(rows.integers, w, false, true), x.dtype());
    return {sums * reshape(cast(scales, x.dtype()), {n}) * rows.steps};
  }
  const int64_t groups = scales.shape()[1];
  const auto by_group = [&](const Tensor& matrix) {
    return transpose(reshape(matrix, {-1, groups, k / groups}), {1, 0, 2});
  };
  const Tensor sums = cast(matmul(by_group(rows.integers), by_group(w), false, true), x.dtype());
  const Tensor weighted = sums * expand_dims(transpose(cast(scales, x.dtype())), 1);
  return {reshape(sum(weighted, {0}), with_columns(x.shape(), n)) * rows.steps};
}

std::vector<Tensor> vjp_quantized(const VjpArgs& args) {
  const Tensor w = cast(dequantize_weights({args.inputs[1], args.inputs[2]}), args.grads[0].dtype());
  return {matmul(args.grads[0], w), Tensor(), Tensor()};
}

double product_flops(const CostArgs& args) {
  return 2.0 * static_cast<double>(args.inputs[0].shape[-1]) *
         static_cast<double>(args.outputs[0].shape.size());
}

const Op& quantized_op = register_op({
    .name = "quantized_matmul",
    .doc =
        "y[i, j] = step[i] sum over g of scales[j, g] sum over k in g of round(x[i, k] / step[i]) w[j, k], "
        "step = max |x[i]| / 127",
    .inputs = {{"x", DTypeClass::kFloating}, {"w", DTypeClass::kInteger}, {"scales", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_quantized,
    .flops = product_flops,
    .vjp = vjp_quantized,
    .body = quantized_body,
});

// ---- The integers of weights

/// What is wrong with weights of that type for so many bits; empty where nothing is.
std::string unquantizable(const TensorType& w, int64_t bits, int64_t group) {
  if (w.shape.rank() != 2 || !is_floating(w.dtype)) return "weights must be floating (n, k)";
  if (bits != 8 && bits != 4) return "bits must be 8 or 4";
  if (bits == 4 && w.shape[1] % 2 != 0) return "4 bits are packed two a byte: k must be even";
  if (group != 0 && (!is_group(group) || w.shape[1] % group != 0))
    return "group must be 0, 32, 64 or a multiple of 128, and divide k";
  return "";
}

std::vector<TensorType> infer_quantize(const InferArgs& args) {
  const auto& attrs = args.attrs.as<detail::QuantizeWeightsAttrs>();
  const TensorType& w = args.inputs[0];
  const std::string what = unquantizable(w, attrs.bits, attrs.group);
  if (!what.empty()) args.fail(what);
  const int64_t n = w.shape[0], k = w.shape[1];
  return {{attrs.bits == 8 ? DType::kInt8 : DType::kUInt8, {n, attrs.bits == 8 ? k : k / 2}},
          {w.dtype, {n, attrs.group == 0 ? 1 : k / attrs.group}}};
}

std::vector<Tensor> quantize_body(const Attrs& given, std::span<const Tensor> inputs) {
  const auto& attrs = given.as<detail::QuantizeWeightsAttrs>();
  const int64_t n = inputs[0].shape()[0], k = inputs[0].shape()[1];
  const int64_t groups = attrs.group == 0 ? 1 : k / attrs.group, group = attrs.group == 0 ? k : attrs.group;
  const double largest = attrs.largest();
  const Tensor x = reshape(inputs[0], {n, groups, group});
  const Tensor scales = max(abs(x), {2}, true) / largest;
  const Tensor nearest = round(x / where(greater(scales, 0.0), scales, 1.0));
  const Tensor numbers = reshape(clip(nearest, -largest, largest), {n, k});
  const Tensor by_line = reshape(scales, {n, groups});
  if (attrs.bits == 8) return {cast(numbers, DType::kInt8), by_line};
  const Tensor pairs = cast(reshape(numbers + 8.0, {n, k / 2, 2}), DType::kInt32);
  const Tensor places = where(equal(arange(2, DType::kInt32), 0.0), full({}, 1, DType::kInt32), 16);
  return {cast(sum(pairs * places, {2}), DType::kUInt8), by_line};
}

const Op& quantize_op = register_op<detail::QuantizeWeightsAttrs>({
    .name = "quantize_weights",
    .doc = "integers = round(w / scales), scales = max |w| of each group / 127, of 4 bits / 7",
    .inputs = {{"w", DTypeClass::kFloating}},
    .outputs = {"integers", "scales"},
    .infer = infer_quantize,
    .no_gradient = "the integers are data",
    .body = quantize_body,
});

// ---- What the integers stand for

std::vector<TensorType> infer_dequantize(const InferArgs& args) {
  const TensorType &w = args.inputs[0], &scales = args.inputs[1];
  if (w.shape.rank() < 1 || (w.dtype != DType::kInt8 && w.dtype != DType::kUInt8))
    args.fail("the integers must be int8 (..., k), or uint8 (..., k / 2) for 4 bits");
  const int64_t k = depth_of(w);
  const Shape& s = scales.shape;
  if (s.rank() != w.shape.rank() || with_columns(s, 1) != with_columns(w.shape, 1) || !are_groups(s, k))
    args.fail("scales must be (..., 1) or (..., k / group), one or more for each line of k = " +
              std::to_string(k));
  return {{scales.dtype, with_columns(w.shape, k)}};
}

std::vector<Tensor> dequantize_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor &scales = inputs[1], numbers = cast(integers_of(inputs[0]), scales.dtype());
  const int64_t k = numbers.shape()[-1], groups = scales.shape()[-1];
  Shape apart = scales.shape();
  apart.push_back(k / groups);
  return {reshape(reshape(numbers, apart) * expand_dims(scales, -1), numbers.shape())};
}

const Op& dequantize_op = register_op({
    .name = "dequantize_weights",
    .doc = "y[..., i] = integers[..., i] * scales[..., i / group]",
    .inputs = {{"w", DTypeClass::kInteger}, {"scales", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_dequantize,
    .vjp = detail::vjp_of_body<dequantize_body>,
    .body = dequantize_body,
});

// ---- bfloat16

std::vector<TensorType> infer_bfloat16(const InferArgs& args) {
  const TensorType &x = args.inputs[0], &w = args.inputs[1];
  if (w.shape.rank() != 2 || w.dtype != DType::kBFloat16) args.fail("the weights must be bfloat16 (n, k)");
  if (x.dtype != DType::kFloat32 && x.dtype != DType::kFloat64) args.fail("x must be float32 or float64");
  if (x.shape.rank() < 1 || x.shape[-1] != w.shape[1])
    args.fail("the last axis of x must have as many elements as a line of the weights, " +
              std::to_string(w.shape[1]));
  return {{x.dtype, with_columns(x.shape, w.shape[0])}};
}

std::vector<Tensor> bfloat16_body(const Attrs&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor rows = x.rank() == 1 ? expand_dims(x, 0) : x;
  return {reshape(matmul(rows, cast(inputs[1], x.dtype()), false, true),
                  with_columns(x.shape(), inputs[1].shape()[0]))};
}

const Op& bfloat16_op = register_op({
    .name = "bfloat16_matmul",
    .doc = "matmul(x, cast(w, dtype of x), transpose_b): weights of half the bytes",
    .inputs = {{"x", DTypeClass::kFloating}, {"w", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = infer_bfloat16,
    .flops = product_flops,
    .vjp = detail::vjp_of_body<bfloat16_body>,
    .body = bfloat16_body,
});

// ---- Weights that a product takes as they are stored

/// Whether x, float32, is multiplied by lines of what "m" reads.
bool by_lines(const FusionMatch& match) {
  const auto& attrs = match.attrs<MatmulAttrs>("m");
  return attrs.transpose_b && !attrs.transpose_a && match.type("x").dtype == DType::kFloat32 &&
         match.type("w").shape.rank() == 2;
}

/// The same where columns of the matrix are the lines that are stored.
bool by_columns(const FusionMatch& match) {
  const auto& attrs = match.attrs<MatmulAttrs>("m");
  return !attrs.transpose_b && !attrs.transpose_a && match.type("x").dtype == DType::kFloat32 &&
         match.attrs<TransposeAttrs>("t").perm == std::vector<int>{1, 0};
}

template <bool (*fits)(const FusionMatch&)>
bool of_bfloat16(const FusionMatch& match) {
  return match.type("w").dtype == DType::kBFloat16 && fits(match);
}

bool is_short_lookup(const FusionMatch& match) {
  return match.type("w").dtype == DType::kBFloat16 &&
         match.type_of("e").shape.size() <= match.type("w").shape.size();
}

const FusionRegistration stored({
    {.stage = kStoredWeights,
     .patterns = {"m:matmul(x, dequantize_weights(w, scales))"},
     .result = "m = quantized_matmul(x, w, scales)",
     .fits = by_lines},
    {.stage = kStoredWeights,
     .patterns = {"m:matmul(x, t:transpose(dequantize_weights(w, scales)))"},
     .result = "m = quantized_matmul(x, w, scales)",
     .fits = by_columns},
    {.stage = kStoredWeights,
     .patterns = {"e:embedding_lookup(dequantize_weights(w, scales), ids)"},
     .result = "e = dequantize_weights(embedding_lookup(w, ids), embedding_lookup(scales, ids))"},
    {.stage = kStoredWeights,
     .patterns = {"m:matmul(x, cast(w))"},
     .result = "m = bfloat16_matmul(x, w)",
     .fits = of_bfloat16<by_lines>},
    {.stage = kStoredWeights,
     .patterns = {"m:matmul(x, t:transpose(cast(w)))"},
     .result = "m = bfloat16_matmul(x, w)",
     .fits = of_bfloat16<by_columns>},
    {.stage = kStoredWeights,
     .patterns = {"e:embedding_lookup(c:cast(w), ids)"},
     .result = "e = c:cast(embedding_lookup(w, ids))",
     .fits = is_short_lookup},
});

}  // namespace

QuantizedWeights quantize_weights(const Tensor& w, int bits, int64_t group) {
  const std::string what = unquantizable(w.type(), bits, group);
  if (!what.empty())
    throw InvalidArgument("quantize_weights: " + what + "; got weights " + w.type().str() + ", bits " +
                          std::to_string(bits) + ", group " + std::to_string(group));
  const std::vector<Tensor> made =
      apply(quantize_op, detail::QuantizeWeightsAttrs{bits, group}, {cast(w, DType::kFloat32)});
  return {made[0], group == 0 ? reshape(made[1], {w.shape()[0]}) : made[1]};
}

Tensor dequantize_weights(const QuantizedWeights& weights) {
  const Tensor scales = weights.scales.rank() == 1 ? expand_dims(weights.scales, 1) : weights.scales;
  return apply(dequantize_op, {}, {weights.integers, cast(scales, DType::kFloat32)})[0];
}

Tensor quantized_matmul(const Tensor& x, const QuantizedWeights& weights) {
  const bool half = x.dtype() == DType::kFloat16 || x.dtype() == DType::kBFloat16;
  const Tensor y =
      apply(quantized_op, {}, {half ? cast(x, DType::kFloat32) : x, weights.integers, weights.scales})[0];
  return half ? cast(y, x.dtype()) : y;
}

Tensor bfloat16_matmul(const Tensor& x, const Tensor& w) { return apply(bfloat16_op, {}, {x, w})[0]; }

}  // namespace lamina
