// FULLY_CONNECTED, BATCH_MATMUL, EMBEDDING_LOOKUP.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/tflite/operators/integer_sums.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/transpose.h"

namespace lamina::tflite {
namespace {

std::vector<Value> fully_connected(Call& call) {
  const Tensor &x = call[0], &w = call[1];
  if (option(call, "weights_format") != 0)
    throw Unsupported("has weights in an order for one kind of processor");
  call.ignore({"quantized_bias_type", "asymmetric_quantize_inputs"});
  if (w.rank() != 2) call.fail("its weights have shape " + w.shape().str() + "; expected two axes");
  const int64_t in = w.shape()[1], out = w.shape()[0];
  if (in < 1 || x.size() % in != 0)
    call.fail(fmt::format("its weights {} do not fit its input {}", w.shape().str(), x.shape().str()));
  Shape result{x.size() / in};
  if (option(call, "keep_num_dims") != 0) {
    if (x.rank() < 1 || x.shape()[-1] != in) call.fail("its weights do not fit the last axis of its input");
    result = x.shape();
    result.set(x.rank() - 1, out);
  } else {
    result.push_back(out);
  }
  const Tensor rows = reshape(x, {x.size() / in, in});
  const auto shaped = [&](const Value& value) {
    return Value(reshape(value.tensor(), result), value.type());
  };
  const auto product = [&](const Tensor& a, const Tensor& b) { return matmul(a, transpose(b, {1, 0})); };
  if (quantized(call)) {
    const IntegerWeights weights = integer_weights(call, 1, 0, onnx::bits(call.element(0)) + 1);
    std::vector<double> reals = products(call, weights.scales);
    const Quantization q = input_quantization(call, 1);
    // Without a bias the kernels multiply these scales as float32.
    if (!call.has(2) && q.scales.size() == 1)
      reals = {static_cast<double>(input_quantization(call, 0).scale() * q.scales[0])};
    const Tensor integers = reshape(centred(call, 0, weights.dtype()), rows.shape());
    return {shaped(scaled_sums(call, product(integers, weights.values), reals, 2, scaled_once))};
  }
  Tensor y;
  if (quantized(call, 1)) {
    const IntegerWeights weights = integer_weights(call, 1, 0, 9);
    y = hybrid_sums(rows_in_steps(rows), weights,
                    [&](const Tensor& integers) { return product(integers, weights.values); });
  } else {
    y = product(rows, cast(w, x.dtype()));
  }
  if (call.has(2)) y = add(y, cast(call[2], y.dtype()));
  return {shaped(output(call, activated(call, y)))};
}

Tensor turned(const Tensor& x, bool turns) {
  if (!turns) return x;
  if (x.rank() < 2) throw InvalidArgument("a factor has less than two axes");
  std::vector<int> order = onnx::plain_order(x.rank());
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return transpose(x, order);
}

std::vector<Value> batch_matmul(Call& call) {
  const bool turn_a = option(call, "adj_x") != 0, turn_b = option(call, "adj_y") != 0;
  call.ignore({"asymmetric_quantize_inputs"});
  if (!quantized(call) && !quantized(call, 1)) {
    return {output(call, matmul(turned(call[0], turn_a), turned(call[1], turn_b)))};
  }
  const Shape& a = call[0].shape();
  if (a.rank() < 2 || call[1].rank() < 2) call.fail("its factors have less than two axes");
  const int64_t length = a[turn_a ? -2 : -1];
  if (!quantized(call)) {
    // Rows of x become integers for themselves.
    const IntegerWeights weights = integer_weights(call, 1, turn_b ? -2 : -1, 9);
    const Tensor x = turned(call[0], turn_a), w = turned(weights.values, turn_b);
    const Tensor rows = reshape(x, {x.size() / std::max<int64_t>(length, 1), length});
    const Tensor y = hybrid_sums(rows_in_steps(rows), weights, [&](const Tensor& integers) {
      return reshape(matmul(reshape(integers, x.shape()), w), {rows.shape()[0], w.shape()[-1]});
    });
    Shape shape = x.shape();
    shape.set(x.rank() - 1, w.shape()[-1]);
    return {output(call, reshape(y, shape))};
  }
  const int bits = onnx::bits(call.element(0)) + onnx::bits(call.element(1)) + 2;
  const double most = std::ldexp(static_cast<double>(length), bits);
  if (most > std::ldexp(1.0, 53)) throw Unsupported("its sums have more than 53 bits");
  const DType dtype = most > std::ldexp(1.0, 24) ? DType::kFloat64 : DType::kFloat32;
  const Tensor y = matmul(turned(centred(call, 0, dtype), turn_a), turned(centred(call, 1, dtype), turn_b));
  const float real = input_quantization(call, 0).scale() * input_quantization(call, 1).scale();
  return {scaled_sums(call, y, {static_cast<double>(real)}, 99,
                      onnx::bits(call.element(0)) > 8 ? scaled_wide : static_cast<Scaling>(scaled))};
}

std::vector<Value> embedding_lookup(Call& call) {
  const Tensor& table = call[1];
  if (quantized(call, 1) && output_type(call) == ElementType::kFloat) {
    const Quantization q = input_quantization(call, 1);
    if (q.scales.size() != 1) throw Unsupported("its table has a scale for each row");
    const Tensor rows = cast(take(table, call[0], 0), DType::kFloat32);
    return {output(call,
                   multiply(subtract(rows, static_cast<double>(q.zero())), static_cast<double>(q.scale())))};
  }
  return {output(call, take(table, call[0], 0))};
}

const bool kProductsRegistered[] = {builtin<fully_connected>("FULLY_CONNECTED", {{1, 2}}),
                            builtin<batch_matmul>("BATCH_MATMUL", {{0, 1}}),
                            builtin<embedding_lookup>("EMBEDDING_LOOKUP", {{1}})};

}  // namespace
}  // namespace lamina::tflite
