// Attention of com.microsoft: Attention and QAttention, which make queries, keys and values themselves, and
// MultiHeadAttention, which is given them.
// https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "lamina/formats/onnx/operators/microsoft.h"
#include "lamina/formats/onnx/operators/quantization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// (batch, length, heads width) as (batch, heads, length, width).
Tensor headed(const Call& call, const Tensor& x, int64_t heads) {
  const Shape& s = x.shape();
  if (s.rank() != 3 || heads < 1 || s[2] % heads != 0)
    call.fail(fmt::format("an input of shape {} does not fit {} heads", s.str(), heads));
  return transpose(reshape(x, {s[0], s[1], heads, s[2] / heads}), {0, 2, 1, 3});
}

Tensor columns(const Tensor& x, int64_t from, int64_t to) { return index(x, {ellipsis, Slice{from, to}}); }

// The number for keys that do not count, where `allowed` is false.
Tensor filtered(const Call& call, const Tensor& allowed, DType dtype) {
  const double hidden = call.number("mask_filter_value", -10000.0);
  return where(allowed, full({}, 0, dtype), full({}, hidden, dtype));
}

// What a mask says of scores (batch, heads, queries, keys): lengths of rows (batch,), their ends and then their starts
// (2 batch,), or ones for keys that count: (batch, keys), (batch, queries, keys), (batch, 1, ...).
Tensor masked(const Call& call, const Tensor& mask, const Shape& scores, DType dtype) {
  const int64_t batch = scores[0], queries = scores[2], keys = scores[3];
  const Shape& s = mask.shape();
  if (s.rank() == 1 && (s[0] == batch || s[0] == 2 * batch)) {
    const Tensor key = reshape(arange(keys), {1, keys});
    const auto limits = [&](int64_t from) {
      return reshape(slice(cast(mask, DType::kInt32), {from}, {from + batch}), {batch, 1});
    };
    Tensor allowed = ops::less(key, limits(0));
    if (s[0] == 2 * batch && batch > 0) allowed = ops::logical_and(allowed, ops::greater_equal(key, limits(batch)));
    return filtered(call, reshape(allowed, {batch, 1, 1, keys}), dtype);
  }
  const Tensor allowed = not_equal(mask, 0.0);
  if (s == Shape{batch, keys}) return filtered(call, reshape(allowed, {batch, 1, 1, keys}), dtype);
  if (s == Shape{batch, queries, keys}) return filtered(call, reshape(allowed, {batch, 1, queries, keys}), dtype);
  throw Unsupported(fmt::format("a mask of shape {} for scores of shape {} is not known here", s.str(), scores.str()));
}

struct Heads {
  Tensor q, k, v;  // (batch, heads, length, width)
  Tensor mask, bias;
};

// (batch, queries, heads width); `past` keys lie before those that queries stand at.
Tensor attend(const Call& call, const Heads& in, int64_t past) {
  call.ignore({"mask_filter_value"});  // where there is no mask
  const DType dtype = in.q.dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const Tensor q = cast(in.q, dtype), k = cast(in.k, dtype), v = cast(in.v, dtype);
  double scale = call.number("scale", 0.0);
  if (scale == 0) scale = 1 / std::sqrt(static_cast<double>(q.shape()[3]));
  Tensor scores = multiply(matmul(q, k, false, true), scale);
  const Shape shape = scores.shape();
  if (call.integer("unidirectional", 0) != 0) {
    const Tensor key = reshape(arange(shape[3]), {1, shape[3]}), query = reshape(arange(shape[2]), {shape[2], 1});
    const Tensor seen = ops::less_equal(key, add(query, static_cast<double>(past)));
    scores = where(reshape(seen, {1, 1, shape[2], shape[3]}), scores,
                   full({}, std::numeric_limits<float>::lowest(), dtype));
  }
  if (in.mask.defined()) scores = add(scores, masked(call, in.mask, shape, dtype));
  if (in.bias.defined()) scores = add(scores, cast(in.bias, dtype));
  if (scores.shape() != shape) call.fail("what is added to its scores does not fit their shape " + shape.str());
  const Tensor y = transpose(matmul(softmax(scores), v), {0, 2, 1, 3});
  const Shape& s = y.shape();
  return cast(reshape(y, {s[0], s[1], s[2] * s[3]}), in.q.dtype());
}

// (2, batch, heads, length, width): keys, then values, before the new ones.
std::vector<Value> attend_with_past(const Call& call, Heads in, const Tensor& past, ElementType type) {
  int64_t before = 0;
  if (past.defined()) {
    if (past.rank() != 5 || past.shape()[0] != 2) call.fail("its past has shape " + past.shape().str());
    before = past.shape()[3];
    in.k = concatenate({past[0], in.k}, 2);
    in.v = concatenate({past[1], in.v}, 2);
  }
  std::vector<Value> outputs{Value(attend(call, in, before), type)};
  if (call.wants(1)) outputs.push_back(Value(concatenate({expand_dims(in.k, 0), expand_dims(in.v, 0)}, 0), type));
  return outputs;
}

// Queries, keys and values of `sums` (batch, length, all columns).
Heads divided(const Call& call, const Tensor& sums) {
  const int64_t heads = call.integer("num_heads"), all = sums.shape()[2];
  std::vector<int64_t> sizes = call.integer_list("qkv_hidden_sizes").value_or(std::vector<int64_t>(3, all / 3));
  if (sizes.size() != 3 || sizes[0] < 0 || sizes[1] != sizes[0] || sizes[2] < 0 || sizes[0] + sizes[1] + sizes[2] != all)
    call.fail(fmt::format("its {} columns are not queries, keys and values", all));
  return {headed(call, columns(sums, 0, sizes[0]), heads), headed(call, columns(sums, sizes[0], 2 * sizes[0]), heads),
          headed(call, columns(sums, 2 * sizes[0], all), heads), {}, {}};
}

void require_plain(const Call& call) {
  for (const char* const name : {"do_rotary", "past_present_share_buffer"}) {
    if (call.integer(name, 0) != 0) throw Unsupported(fmt::format("{} = 1 is not known here", name));
  }
  call.ignore({"rotary_embedding_dim"});
}

std::vector<Value> attention_with_weights(Call& call) {
  require_plain(call);
  if (call[0].rank() != 3 || call[1].rank() != 2)
    call.fail("takes (batch, length, width) and a matrix, received " + call[0].shape().str() + " and " + call[1].shape().str());
  Tensor sums = matmul(call[0], call[1]);
  if (call.has(2)) sums = add(sums, call[2]);
  Heads heads = divided(call, sums);
  heads.mask = call.optional(3);
  heads.bias = call.optional(5);
  return attend_with_past(call, heads, call.optional(4), call.element());
}

// Inputs x, weights, bias, their scales, mask, their zero points, past. Scales and zero points of weights may be of columns.
std::vector<Value> attention_of_integers(Call& call) {
  require_plain(call);
  const Shape x_shape = call.value(0).shape(), w_shape = call.value(1).shape();
  if (x_shape.rank() != 3 || w_shape.rank() != 2)
    call.fail("takes (batch, length, width) and a matrix, received " + x_shape.str() + " and " + w_shape.str());
  const auto of_columns = [&](size_t i) { return call.has(i) ? spread(call[i], w_shape, 1, 0) : Tensor(); };
  const Tensor x = cast(centred(call.value(0), call.has(6) ? reshape(call[6], Shape{}) : Tensor()), DType::kFloat64);
  const Tensor w = cast(centred(call.value(1), of_columns(7)), DType::kFloat64);
  const Tensor scale = multiply(cast(reshape(call[3], Shape{}), DType::kFloat64), cast(of_columns(4), DType::kFloat64));
  Tensor sums = cast(multiply(matmul(x, w), scale), DType::kFloat32);
  if (call.has(2)) sums = add(sums, call[2]);
  Heads heads = divided(call, sums);
  heads.mask = call.optional(5);
  return attend_with_past(call, heads, call.optional(8), ElementType::kFloat);
}

std::vector<Value> multi_head_attention(Call& call) {
  const int64_t heads = call.integer("num_heads");
  for (size_t i = 8; i < call.size(); ++i) {
    if (call.has(i)) throw Unsupported("shares a buffer with its past, which is not known here");
  }
  if (call[0].rank() != 3 || !call.has(1) || !call.has(2))
    throw Unsupported("takes queries, keys and values apart here; received queries of shape " + call[0].shape().str());
  Tensor q = call[0], k = call[1], v = call[2];
  if (call.has(3)) {
    const int64_t width = q.shape()[2], all = call[3].shape()[-1];
    q = add(q, columns(call[3], 0, width));
    if (k.rank() == 3) k = add(k, columns(call[3], width, 2 * width));
    if (v.rank() == 3) v = add(v, columns(call[3], 2 * width, all));
  }
  // Keys and values of another sequence may come by heads already.
  const auto by_heads = [&](const Tensor& x) { return x.rank() == 4 ? x : headed(call, x, heads); };
  Heads in{headed(call, q, heads), by_heads(k), by_heads(v), call.optional(4), call.optional(5)};
  int64_t past = 0;
  if (call.has(6) != call.has(7)) call.fail("past_key and past_value come together");
  if (call.has(6)) {
    past = call[6].shape()[2];
    in.k = concatenate({call[6], in.k}, 2);
    in.v = concatenate({call[7], in.v}, 2);
  }
  if (call.wants(3)) throw Unsupported("gives its scores, which is not known here");
  return {Value(attend(call, in, past), call.element()), Value(in.k, call.element()), Value(in.v, call.element())};
}

const bool kMicrosoftAttentionRegistered[] = {
    register_operator("Attention", 1, attention_with_weights, {.trained = {1, 2}}, kMicrosoft),
    register_operator("QAttention", 1, attention_of_integers, {}, kMicrosoft),
    register_operator("MultiHeadAttention", 1, multi_head_attention, {.trained = {3}}, kMicrosoft)};

}  // namespace
}  // namespace lamina::onnx
