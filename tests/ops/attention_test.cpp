// dot_product_attention against plain loops, and its gradients.
#include "lamina/ops/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/attention.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/nd_array.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

NdArray waves(const Shape& shape, double step) {
  NdArray x(shape);
  for (size_t i = 0; i < x.data.size(); ++i) x.data[i] = 2 * std::sin(static_cast<double>(i + 1) * step);
  return x;
}

Tensor tensor(const NdArray& x) { return Tensor::from(x.data, x.shape); }

/// The record's outputs by plain loops; bias and mask of shape (0,) are absent.
std::vector<NdArray> outputs_of(const std::vector<NdArray>& in, const detail::AttentionAttrs& attrs) {
  const Shape &q = in[0].shape, &k = in[1].shape;
  NdArray y(q), weights({q[0], q[2], q[1], k[1]});
  for_each_index({q[0], q[2], q[1]}, [&](const std::vector<int64_t>& at) {
    const int64_t b = at[0], h = at[1], i = at[2], key_head = h / (q[2] / k[2]);
    std::vector<double> scores;
    for (int64_t s = 0; s < k[1]; ++s) {
      double score = 0;
      for (int64_t j = 0; j < q[3]; ++j)
        score += in[0].at({b, i, h, j}) * attrs.scale * in[1].at({b, s, key_head, j});
      if (in[3].shape != Shape{0}) score += broadcast_at(in[3], {b, h, i, s});
      const bool hidden = in[4].shape != Shape{0} && broadcast_at(in[4], {b, h, i, s}) == 0;
      scores.push_back(hidden || (attrs.is_causal && s > i) ? detail::kMaskedScore : score);
    }
    const double most = scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (const double score : scores) sum += std::exp(score - most);
    for (int64_t s = 0; s < k[1]; ++s) {
      const double weight = std::exp(scores[static_cast<size_t>(s)] - most) / sum;
      weights.at({b, h, i, s}) = weight;
      for (int64_t j = 0; j < q[3]; ++j) y.at({b, i, h, j}) += weight * in[2].at({b, s, key_head, j});
    }
  });
  if (attrs.weights) return {y, weights};
  return {y};
}

struct Given {
  Shape query, key;
  Shape bias = {0}, mask = {0};
  /// Of 1 and 0, in the mask's order; drawn where empty.
  std::vector<double> shown = {};
};

OpRow row(const std::string& label, const Given& given, detail::AttentionAttrs attrs = {.scale = 0.4}) {
  return {.op = "dot_product_attention",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = given.query},
                     {.shape = given.key},
                     {.shape = given.key},
                     {.shape = given.bias, .differentiable = given.bias != Shape{0}},
                     {.shape = given.mask, .lo = 0, .hi = 1, .values = given.shown, .dtype = DType::kBool}},
          .reference = [attrs](const std::vector<NdArray>& in) { return outputs_of(in, attrs); }};
}

OpRow without_weights(OpRow row) {
  row.label += "_without_weights";
  detail::AttentionAttrs attrs = row.attrs.as<detail::AttentionAttrs>();
  attrs.weights = false;
  row.attrs = attrs;
  row.reference = [attrs](const std::vector<NdArray>& in) { return outputs_of(in, attrs); };
  return row;
}

/// The first query of the second sequence sees nothing, keys 0 and 6 are for nobody.
std::vector<double> padding() {
  std::vector<double> shown(2 * 3 * 7, 1);
  for (size_t i = 0; i < 6; ++i) shown[i * 7] = shown[i * 7 + 6] = 0;
  for (size_t i = 0; i < 7; ++i) shown[21 + i] = 0;
  return shown;
}

const Given kFew{.query = {2, 3, 4, 5}, .key = {2, 7, 2, 5}, .bias = {1, 4, 3, 7}};
const Given kHidden{.query = {2, 3, 4, 5}, .key = {2, 7, 4, 5}, .mask = {2, 1, 3, 7}, .shown = padding()};
const Given kOne{.query = {2, 1, 6, 17},
                 .key = {2, 9, 2, 17},
                 .bias = {9},
                 .mask = {2, 1, 1, 9},
                 .shown = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1}};
const Given kMany{.query = {1, 29, 4, 16}, .key = {1, 37, 2, 16}, .bias = {4, 1, 1}, .mask = {4, 1, 37}};

const OpRows rows({
    row("plain", {{2, 3, 2, 5}, {2, 6, 2, 5}}),
    row("bias_and_groups", kFew),
    row("causal", {{1, 5, 2, 3}, {1, 4, 2, 3}}, {.scale = 1, .is_causal = true}),
    row("hidden", kHidden),
    row("hidden_and_causal", kHidden, {.scale = 1, .is_causal = true}),
    row("one_query", kOne),
    row("many_queries", kMany),
    row("many_causal", {{1, 40, 1, 8}, {1, 41, 1, 8}}, {.scale = 0.3, .is_causal = true}),
    without_weights(row("bias_and_groups", kFew)),
    without_weights(row("hidden", kHidden)),
    without_weights(row("hidden_and_causal", kHidden, {.scale = 1, .is_causal = true})),
    without_weights(row("one_query", kOne)),
    without_weights(row("many_queries", kMany)),
    without_weights(row("many_causal", {{1, 40, 1, 8}, {1, 41, 1, 8}}, {.scale = 0.3, .is_causal = true})),
    without_weights(row("no_keys", {{1, 2, 1, 3}, {1, 0, 1, 3}})),
});

/// The same with keys and values of integers, between scales.
OpRow of_integers(const std::string& label, const Given& given, bool causal = false) {
  const detail::AttentionAttrs attrs{.scale = 0.02, .is_causal = causal, .weights = false};
  Shape scales = given.key;
  scales.set(3, 1);
  const auto integers = RowInput{.shape = given.key, .lo = -127, .hi = 127, .dtype = DType::kInt8};
  const auto factors = RowInput{.shape = scales, .lo = 0.005, .hi = 0.02};
  return {.op = "attention_of_integers",
          .label = label,
          .attrs = attrs,
          .inputs = {{.shape = given.query},
                     integers,
                     factors,
                     integers,
                     factors,
                     {.shape = given.bias, .differentiable = given.bias != Shape{0}},
                     {.shape = given.mask, .lo = 0, .hi = 1, .values = given.shown, .dtype = DType::kBool}},
          .reference = [attrs](const std::vector<NdArray>& in) {
            const auto floats = [&](size_t i) {
              NdArray x = in[i];
              for_each_index({x.shape[0], x.shape[1], x.shape[2], x.shape[3]},
                             [&](const std::vector<int64_t>& at) {
                               x.at(at) *= in[i + 1].at({at[0], at[1], at[2], 0});
                             });
              return x;
            };
            return outputs_of({in[0], floats(1), floats(3), in[5], in[6]}, attrs);
          }};
}

const OpRows integer_rows({
    of_integers("plain", {{2, 3, 2, 5}, {2, 6, 2, 5}}),
    of_integers("bias_and_groups", kFew),
    of_integers("hidden", kHidden),
    of_integers("hidden_and_causal", kHidden, true),
    of_integers("one_query", kOne),
    of_integers("many_queries", kMany),
});

struct Case {
  NdArray query = waves({2, 3, 4, 5}, 0.7), key = waves({2, 6, 4, 5}, 0.3), value = waves({2, 6, 4, 5}, 1.1);
};

using Allowed = std::function<bool(int64_t batch, int64_t head, int64_t query, int64_t key)>;

NdArray plain(const Case& c, double scale, const Allowed& allowed) {
  NdArray out(c.query.shape);
  const int64_t keys = c.key.shape[1], width = c.query.shape[3], group = c.query.shape[2] / c.key.shape[2];
  for_each_index({c.query.shape[0], c.query.shape[1], c.query.shape[2]}, [&](const std::vector<int64_t>& at) {
    std::vector<double> weights;
    double sum = 0;
    for (int64_t s = 0; s < keys; ++s) {
      double score = 0;
      for (int64_t i = 0; i < width; ++i)
        score += c.query.at({at[0], at[1], at[2], i}) * c.key.at({at[0], s, at[2] / group, i}) * scale;
      weights.push_back(allowed(at[0], at[2], at[1], s) ? std::exp(score) : 0);
      sum += weights.back();
    }
    for (int64_t s = 0; s < keys; ++s) {
      const double w = sum > 0 ? weights[static_cast<size_t>(s)] / sum : 1 / static_cast<double>(keys);
      for (int64_t i = 0; i < width; ++i)
        out.at({at[0], at[1], at[2], i}) += w * c.value.at({at[0], s, at[2] / group, i});
    }
  });
  return out;
}

void check(const Case& c, const AttentionOptions& options, double scale, const Allowed& allowed) {
  const Tensor y = dot_product_attention(tensor(c.query), tensor(c.key), tensor(c.value), options);
  expect_close({y.shape(), y.to_vector<double>()}, plain(c, scale, allowed), 1e-12, "attention");
}

const Allowed kAll = [](int64_t, int64_t, int64_t, int64_t) { return true; };

TEST(Attention, AsPlainLoops) {
  const double usual = 1 / std::sqrt(5.0);
  check({}, {}, usual, kAll);
  check({}, {.scale = 0.3}, 0.3, kAll);
  check({}, {.is_causal = true}, usual, [](int64_t, int64_t, int64_t q, int64_t k) { return k <= q; });
  // One mask per sequence, of which the second hides everything from the first query.
  std::vector<double> mask(2 * 3 * 6, 1);
  for (size_t i = 0; i < 6; ++i) mask[18 + i] = 0;
  mask[4] = mask[29] = 0;
  const Tensor shown = not_equal(Tensor::from(mask, {2, 1, 3, 6}), 0.0);
  check({}, {.mask = shown}, usual, [&](int64_t b, int64_t, int64_t q, int64_t k) {
    return mask[static_cast<size_t>((b * 3 + q) * 6 + k)] != 0;
  });
}

TEST(Attention, GroupsOfQueriesShareAHeadOfKeys) {
  check({.key = waves({2, 6, 2, 5}, 0.3), .value = waves({2, 6, 2, 5}, 1.1)}, {}, 1 / std::sqrt(5.0), kAll);
}

TEST(Attention, BiasIsAddedToTheScores) {
  const Case c;
  const Tensor q = tensor(c.query), k = tensor(c.key), v = tensor(c.value);
  const Tensor hidden = tensor(waves({4, 3, 6}, 0.9));
  // A bias that is the same for all keys changes nothing; one of minus infinity hides a key.
  const auto values = [&](const AttentionOptions& o) {
    return NdArray(q.shape(), dot_product_attention(q, k, v, o).to_vector<double>());
  };
  expect_close(values({.bias = full({1, 1, 3, 1}, 7, DType::kFloat64)}), values({}), 1e-12, "constant bias");
  const Tensor mask = greater(hidden, 0.0);
  const Tensor low = (1.0 - cast(mask, DType::kFloat64)) * -1e9;
  expect_close(values({.bias = low}), values({.mask = mask}), 1e-12, "bias as a mask");
}

TEST(Attention, Gradients) {
  const Case c;
  const std::vector<Tensor> at{tensor(c.query), tensor(c.key), tensor(c.value)};
  const auto f = [&](const std::vector<Tensor>& in) {
    const Tensor y = dot_product_attention(in[0], in[1], in[2], {.is_causal = true});
    return sum(y * y);
  };
  const std::vector<Tensor> g = grad(f)(at);
  const double step = 1e-5;
  for (size_t i = 0; i < 3; ++i) {
    const Tensor direction = tensor(waves(at[i].shape(), 0.23));
    const auto moved = [&](double by) {
      std::vector<Tensor> in = at;
      in[i] = in[i] + direction * by;
      return f(in).item<double>();
    };
    EXPECT_NEAR(sum(g[i] * direction).item<double>(), (moved(step) - moved(-step)) / (2 * step), 1e-5) << i;
  }
}

TEST(Attention, HalfPrecisionKeepsItsDtype) {
  const Case c;
  const auto half = [](const NdArray& x) { return cast(tensor(x), DType::kFloat16); };
  const Tensor y = dot_product_attention(half(c.query), half(c.key), half(c.value));
  EXPECT_EQ(y.dtype(), DType::kFloat16);
  expect_close({y.shape(), y.to_vector<double>()}, plain(c, 1 / std::sqrt(5.0), kAll), 1e-2, "float16");
}

TEST(Attention, GivesTheSameBitsWithAnyThreads) {
  for (const int64_t queries : {1, 5, 40}) {
    const auto of = [&](const Shape& shape, double step) {
      return cast(tensor(waves(shape, step)), DType::kFloat32);
    };
    const Tensor q = of({2, queries, 4, 40}, 0.7), k = of({2, 50, 2, 40}, 0.3), v = of({2, 50, 2, 40}, 1.1);
    const int before = num_threads();
    set_num_threads(1);
    const std::vector<float> one = dot_product_attention(q, k, v).to_vector<float>();
    for (const int threads : {2, 3, 7}) {
      set_num_threads(threads);
      EXPECT_EQ(dot_product_attention(q, k, v).to_vector<float>(), one) << queries << ", " << threads;
    }
    set_num_threads(before);
  }
}

TEST(Attention, GradientsOfAGraphThatDroppedTheWeights) {
  const Case c;
  const std::vector<Tensor> at{tensor(c.query), tensor(c.key), tensor(c.value)};
  const Function f = compile(
      [](const std::vector<Tensor>& in) { return std::vector{dot_product_attention(in[0], in[1], in[2])}; });
  const std::vector<Tensor> plain = grad([](const std::vector<Tensor>& in) {
    return sum(square(dot_product_attention(in[0], in[1], in[2])));
  })(at);
  const std::vector<Tensor> late = gradients(sum(square(f(at)[0])), at);
  for (size_t i = 0; i < 3; ++i) {
    expect_close({plain[i].shape(), late[i].to_vector<double>()},
                 {plain[i].shape(), plain[i].to_vector<double>()}, 1e-12, "gradient");
  }
}

TEST(Attention, Errors) {
  const Tensor q = zeros({2, 3, 4, 5}), k = zeros({2, 6, 4, 5});
  const auto message = [](const Tensor& query, const Tensor& key, const Tensor& value,
                          const AttentionOptions& options) -> std::string {
    try {
      dot_product_attention(query, key, value, options);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no error";
  };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(message(q, k, k, {}), "no error");
  expect(message(zeros({3, 4, 5}), k, k, {}), "must be (batch, length, heads, width)");
  expect(message(q, k, zeros({2, 6, 4, 5}, DType::kFloat64), {}), "of one floating dtype");
  expect(message(q, k, zeros({2, 7, 4, 5}), {}), "key and value must have one shape");
  expect(message(q, zeros({2, 6, 3, 5}), zeros({2, 6, 3, 5}), {}), "heads of key must divide");
  expect(message(q, k, k, {.mask = zeros({3, 6})}), "the mask must be bool, not float32");
  expect(message(q, k, k, {.bias = zeros({3, 4, 3, 6})}), "bias must broadcast to the scores, (2, 4, 3, 6)");
  EXPECT_THROW(dot_product_attention(q, k, k, {.mask = zeros({3, 7}, DType::kBool)}), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
