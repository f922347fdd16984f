// normalize_batch and its gradient: rows against plain formulas, threads, memory orders, numbers far from 0.
#include "lamina/ops/batch_normalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/program.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// Calls f(element, its channel) for each element of x.
template <class F>
void for_elements(const Shape& x, int axis, F f) {
  size_t inner = 1;
  for (int i = axis + 1; i < x.rank(); ++i) inner *= static_cast<size_t>(x[i]);
  for (size_t i = 0; i < static_cast<size_t>(x.size()); ++i) f(i, i / inner % static_cast<size_t>(x[axis]));
}

Reference forward(const NormalizeBatchAttrs& attrs) {
  return [attrs](const std::vector<NdArray>& in) {
    const Shape& x = in[0].shape;
    const Shape vector{x[attrs.axis]};
    NdArray y(x), mean(vector), variance(vector);
    const double n = static_cast<double>(x.size()) / static_cast<double>(x[attrs.axis]);
    for_elements(x, attrs.axis, [&](size_t i, size_t c) { mean.data[c] += in[0].data[i] / n; });
    for_elements(x, attrs.axis, [&](size_t i, size_t c) {
      variance.data[c] += std::pow(in[0].data[i] - mean.data[c], 2) / n;
    });
    for_elements(x, attrs.axis, [&](size_t i, size_t c) {
      const double v = (in[0].data[i] - mean.data[c]) / std::sqrt(variance.data[c] + attrs.epsilon);
      y.data[i] = v * in[1].data[c] + in[2].data[c];
      if (attrs.activation.starts_with("relu")) y.data[i] = std::max(y.data[i], 0.0);
      if (attrs.activation == "relu6") y.data[i] = std::min(y.data[i], 6.0);
      if (attrs.activation == "silu") y.data[i] /= 1 + std::exp(-y.data[i]);
    });
    return std::vector<NdArray>{y, mean, variance};
  };
}

Reference backward(const NormalizeBatchAttrs& attrs) {
  return [attrs](const std::vector<NdArray>& in) {
    const Shape& x = in[0].shape;
    const Shape vector{x[attrs.axis]};
    NdArray dx(x), dgamma(vector), dbeta(vector);
    const double n = static_cast<double>(x.size()) / static_cast<double>(x[attrs.axis]);
    const auto inverse = [&](size_t c) { return 1 / std::sqrt(in[4].data[c] + attrs.epsilon); };
    const auto normal = [&](size_t i, size_t c) { return (in[0].data[i] - in[3].data[c]) * inverse(c); };
    const auto g = [&](size_t i, size_t c) {
      const double y = normal(i, c) * in[1].data[c] + in[2].data[c], s = 1 / (1 + std::exp(-y));
      if (attrs.activation == "silu") return in[5].data[i] * s * (1 + y * (1 - s));
      const bool cut = (attrs.activation.starts_with("relu") && y <= 0) || (attrs.activation == "relu6" && y >= 6);
      return cut ? 0 : in[5].data[i];
    };
    for_elements(x, attrs.axis, [&](size_t i, size_t c) {
      dgamma.data[c] += g(i, c) * normal(i, c);
      dbeta.data[c] += g(i, c);
    });
    for_elements(x, attrs.axis, [&](size_t i, size_t c) {
      dx.data[i] =
          in[1].data[c] * inverse(c) * (g(i, c) - dbeta.data[c] / n - normal(i, c) * dgamma.data[c] / n);
    });
    return std::vector<NdArray>{dx, dgamma, dbeta};
  };
}

const OpRows rows([] {
  std::vector<OpRow> all;
  const auto add = [&](const std::string& label, const NormalizeBatchAttrs& attrs, const Shape& x) {
    const Shape vector{x[attrs.axis]};
    // Behind relu every other channel is cut off as a whole: no element is near the kink.
    std::vector<double> shifts;
    const bool six = attrs.activation == "relu6";  // some lie beyond that, too
    for (int64_t c = 0; c < vector[0]; ++c) shifts.push_back(c % 2 == 0 ? -8 : !six ? 8 : c % 4 == 1 ? 3 : 20);
    const bool relu = attrs.activation.starts_with("relu");
    const RowInput gamma{.shape = vector, .lo = 0.5, .hi = 1.5};
    const RowInput beta = relu ? RowInput{.shape = vector, .values = shifts} : RowInput{.shape = vector};
    all.push_back({.op = "normalize_batch",
                   .label = label,
                   .attrs = attrs,
                   .inputs = {{.shape = x}, gamma, beta},
                   .reference = forward(attrs)});
    all.push_back({.op = "normalize_batch_grad",
                   .label = label,
                   .attrs = attrs,
                   .inputs = {{.shape = x},
                              gamma,
                              beta,
                              {.shape = vector, .lo = -0.2, .hi = 0.2},
                              {.shape = vector, .lo = 0.5, .hi = 2},
                              {.shape = x}},
                   .reference = backward(attrs)});
  };
  add("channels_last", {3, 1e-3, "linear"}, {2, 3, 2, 9});
  add("whole_vectors", {1, 1e-3, "linear"}, {5, 16});
  add("relu", {3, 1e-3, "relu"}, {2, 2, 3, 8});
  add("relu6", {3, 1e-3, "relu6"}, {2, 2, 3, 9});
  add("silu", {3, 1e-3, "silu"}, {2, 2, 3, 9});
  add("few_channels", {2, 1e-3, "linear"}, {2, 3, 3});
  add("channels_first", {1, 1e-5, "linear"}, {3, 4, 2});
  add("one_row", {1, 1e-3, "linear"}, {1, 8});
  return all;
}());

Tensor waves(const Shape& shape, double scale = 1) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(scale * std::sin(static_cast<double>(i % 9973) * 1.3));
  return Tensor::from(values, shape);
}

TEST(NormalizeBatch, ThreadsDoNotChangeIt) {
  const Tensor x = waves({7, 19, 13, 24}), gamma = ones({24}), beta = zeros({24});
  const auto now = [&] {
    std::vector<std::vector<float>> result;
    const auto f = [&](const std::vector<Tensor>& in) {
      const NormalizedBatch batch = normalize_batch(in[0], in[1], in[2]);
      return sum(batch.y * x) + sum(batch.mean) + sum(batch.variance);
    };
    for (const Tensor& g : grad(f)({x, gamma, beta})) result.push_back(g.to_vector<float>());
    return result;
  };
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = now();
  set_num_threads(4);
  EXPECT_EQ(now(), alone);
  set_num_threads(before);
}

// The mean is far from 0 and the spread small: what a variance by squares of the elements would lose.
TEST(NormalizeBatch, KeepsDigitsFarFromZero) {
  std::vector<float> values(64 * 8);
  for (size_t i = 0; i < values.size(); ++i) values[i] = 10000.0f + static_cast<float>(i / 8 % 4);
  const NormalizedBatch batch = normalize_batch(Tensor::from(values, {64, 8}), ones({8}), zeros({8}));
  EXPECT_NEAR(batch.mean.to_vector<float>()[0], 10001.5, 1e-3);
  EXPECT_NEAR(batch.variance.to_vector<float>()[0], 1.25, 1e-5);
  EXPECT_NEAR(batch.y.to_vector<float>()[0], -1.5 / std::sqrt(1.25 + 1e-3), 1e-4);
}

TEST(NormalizeBatch, NaNReachesTheResult) {
  std::vector<float> values(16 * 8, 1.0f);
  values[3] = NAN;
  const Tensor y = normalize_batch(Tensor::from(values, {16, 8}), ones({8}), zeros({8})).y;
  EXPECT_TRUE(std::isnan(y.to_vector<float>()[3]));
  EXPECT_FALSE(std::isnan(y.to_vector<float>()[2]));
}

/// What the op gives for images in that order, back in row-major order.
std::vector<std::vector<float>> in_order(const Layout& layout, const char* name,
                                         const NormalizeBatchAttrs& attrs) {
  const Shape shape{3, 5, 6, 32};
  Graph graph;
  std::vector<ValueId> inputs;
  const Op& op = find_op(name);
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const bool image = i == 0 || i == 5;
    ValueId value = graph.add_input({DType::kFloat32, image ? shape : Shape{32}});
    if (image && !layout.row_major()) {
      value = graph.add_node(find_op("reorder"), ReorderAttrs{layout}, {value})[0];
      graph.values[static_cast<size_t>(value)].layout = layout;
    }
    inputs.push_back(value);
  }
  std::vector<ValueId> outputs = graph.add_node(op, attrs, inputs);
  if (!layout.row_major()) {
    graph.values[static_cast<size_t>(outputs[0])].layout = layout;
    outputs[0] = graph.add_node(find_op("reorder"), ReorderAttrs{{}}, {outputs[0]})[0];
  }
  graph.outputs = outputs;
  verify(graph);
  const Program program(graph, current_device());
  std::vector<std::vector<float>> arguments, results;
  std::vector<void*> in, out;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    arguments.push_back(waves(graph.type(graph.inputs[i]).shape, i == 0 ? 2 : 1).to_vector<float>());
    if (i == 4) {
      for (float& variance : arguments.back()) variance = std::abs(variance) + 0.5f;
    }
  }
  for (ValueId output : outputs) results.emplace_back(static_cast<size_t>(graph.type(output).shape.size()));
  for (auto& values : arguments) in.push_back(values.data());
  for (auto& values : results) out.push_back(values.data());
  program.run(in, out);
  return results;
}

TEST(NormalizeBatch, IsTheSameInBlocksOfChannels) {
  for (const char* op : {"normalize_batch", "normalize_batch_grad"}) {
    for (const char* activation : {"linear", "relu"}) {
      const NormalizeBatchAttrs attrs{3, 1e-3, activation};
      const auto plain = in_order({}, op, attrs);
      for (const int block : {8, 16}) {
        const auto blocked = in_order({{0, 3, 1, 2}, {{3, block}}}, op, attrs);
        for (size_t k = 0; k < plain.size(); ++k) {
          for (size_t i = 0; i < plain[k].size(); ++i)
            ASSERT_NEAR(blocked[k][i], plain[k][i], 1e-5 * (1 + std::abs(plain[k][i])))
                << op << " " << k << " " << i;
        }
      }
    }
  }
}

TEST(NormalizeBatch, Errors) {
  const Tensor x = zeros({2, 3}), vector = zeros({3});
  EXPECT_THROW(normalize_batch(x, vector, vector, 2), InvalidArgument);
  EXPECT_THROW(normalize_batch(x, vector, vector, -1, -1.0), InvalidArgument);
  EXPECT_THROW(normalize_batch(x, zeros({3}, DType::kFloat64), vector), InvalidArgument);
  EXPECT_THROW(normalize_batch(zeros({2, 3}, DType::kInt32), vector, vector), InvalidArgument);
  try {
    normalize_batch(x, zeros({2}), vector);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("gamma must have the shape of the channels, (3,)"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lamina::testing
