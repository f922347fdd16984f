// The epilogue fusion pass: graphs before and after, as text, and that the numbers stay.
#include "lamina/graph/passes/epilogue_fusion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/contraction.h"
#include "lamina/ops/batch_normalization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

const DType kF32 = DType::kFloat32;

ValueId one(Graph& graph, const char* op, std::vector<ValueId> inputs, Attrs attrs = {}) {
  return graph.add_node(find_op(op), std::move(attrs), std::move(inputs))[0];
}

std::string fused(const Graph& graph) {
  verify(graph);
  const Graph result = passes::epilogue_fusion(graph, DeviceKind::kCpu);
  verify(result);
  return result.str();
}

std::vector<double> numbers(size_t count, double scale) {
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = scale * std::sin(static_cast<double>(i * i % 1009) * 1.7 + 0.3);
  return values;
}

Tensor tensor(const Shape& shape, double scale, DType dtype) {
  const std::vector<double> values = numbers(static_cast<size_t>(shape.size()), scale);
  if (dtype == DType::kFloat64) return Tensor::from(values, shape);
  return Tensor::from(std::vector<float>(values.begin(), values.end()), shape);
}

TEST(EpilogueFusion, TakesBiasAndReluIntoTheProduct) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {4, 3}}, "x");
  const ValueId w = graph.add_input({kF32, {3, 2}}, "w");
  const ValueId b = graph.add_input({kF32, {2}}, "b");
  graph.outputs = {one(graph, "relu", {one(graph, "add", {one(graph, "matmul", {x, w}, MatmulAttrs{}), b})})};
  EXPECT_EQ(graph.str(),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(3, 2) = input \"w\"\n"
            "%2: float32(2,) = input \"b\"\n"
            "%3: float32(4, 2) = matmul(%0, %1) {transpose_a=false, transpose_b=false}\n"
            "%4: float32(4, 2) = add(%3, %2)\n"
            "%5: float32(4, 2) = relu(%4)\n"
            "return %5\n");
  EXPECT_EQ(fused(graph),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(3, 2) = input \"w\"\n"
            "%2: float32(2,) = input \"b\"\n"
            "%3: float32(4, 2) = matmul_bias_act(%0, %1, %2) "
            "{transpose_a=false, transpose_b=false, activation=\"relu\"}\n"
            "return %3\n");
}

TEST(EpilogueFusion, TakesReluIntoTheNormalisationAndItsGradient) {
  const auto f = [](const std::vector<Tensor>& in) {
    const NormalizedBatch batch = normalize_batch(in[0], in[1], in[2]);
    std::vector<Tensor> results = gradients(sum(relu(batch.y) * in[0]), {in[0], in[1], in[2]});
    results.push_back(batch.mean);
    return results;
  };
  const auto arguments = [](DType dtype) {
    return std::vector{tensor({4, 5, 16}, 1, dtype), tensor({16}, 1, dtype), tensor({16}, 0.3, dtype)};
  };
  const std::string graph = compile(f).graph(arguments(kF32));
  EXPECT_EQ(graph.find("where"), std::string::npos) << graph;
  EXPECT_EQ(graph.find("linear"), std::string::npos) << graph;
  const auto exact = compile(f)(arguments(DType::kFloat64)), fast = compile(f)(arguments(kF32));
  for (size_t i = 0; i < exact.size(); ++i) {
    const auto a = exact[i].to_vector<double>(), b = fast[i].to_vector<double>();
    for (size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-4) << i << ", " << k;
  }
}

// What `f` gives in float32 is what it gives in float64, whose kernels fuse less.
void expect_alike(const TensorFunction& f, const std::function<std::vector<Tensor>(DType)>& arguments) {
  const auto exact = compile(f)(arguments(DType::kFloat64)), fast = compile(f)(arguments(kF32));
  for (size_t i = 0; i < exact.size(); ++i) {
    const auto a = exact[i].to_vector<double>(), b = fast[i].to_vector<double>();
    ASSERT_EQ(a.size(), b.size());
    for (size_t k = 0; k < a.size(); ++k)
      EXPECT_NEAR(a[k], b[k], 2e-4 * (1 + std::abs(a[k]))) << i << ", " << k;
  }
}

TEST(EpilogueFusion, TakesABoundAndSigmoidGatesIntoTheNormalisationAndItsGradient) {
  using Activation = Tensor (*)(const Tensor&);
  const std::pair<const char*, Activation> cases[] = {
      {"relu6", [](const Tensor& x) { return minimum(full({}, 6, x.dtype()), relu(x)); }},
      {"silu", [](const Tensor& x) { return x * sigmoid(x); }}};
  for (const auto& [name, activation] : cases) {
    SCOPED_TRACE(name);
    const auto f = [activation = activation](const std::vector<Tensor>& in) {
      const NormalizedBatch batch = normalize_batch(in[0], in[1], in[2]);
      const Tensor y = activation(batch.y);
      std::vector<Tensor> results = gradients(sum(y * in[0]), {in[0], in[1], in[2]});
      results.push_back(y);
      return results;
    };
    const auto arguments = [](DType dtype) {
      return std::vector{tensor({4, 5, 16}, 1, dtype), tensor({16}, 4, dtype), tensor({16}, 5, dtype)};
    };
    const std::string graph = compile(f).graph(arguments(kF32));
    EXPECT_EQ(graph.find("where"), std::string::npos) << graph;
    EXPECT_EQ(graph.find("sigmoid"), std::string::npos) << graph;
    EXPECT_EQ(graph.find("linear"), std::string::npos) << graph;
    expect_alike(f, arguments);
  }
}

TEST(EpilogueFusion, LeavesTheNormalisationAloneWhereItsResultIsUsedElsewhere) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor n = normalize_batch(in[0], in[1], in[2]).y;
    return std::vector{minimum(full({}, 6, n.dtype()), relu(n)), n * sigmoid(n), n};
  };
  const auto arguments = [](DType dtype) {
    return std::vector{tensor({4, 5, 16}, 1, dtype), tensor({16}, 4, dtype), tensor({16}, 5, dtype)};
  };
  EXPECT_NE(compile(f).graph(arguments(kF32)).find("activation=\"linear\""), std::string::npos);
  expect_alike(f, arguments);
}

// A padded image is never written: forwards, and in both gradients.
TEST(EpilogueFusion, TakesPaddingIntoTheConvolution) {
  struct Case {
    std::vector<std::pair<int64_t, int64_t>> padding;
    Conv2DAttrs conv;
  };
  const std::vector<Case> cases = {
      {{{0, 0}, {0, 1}, {0, 1}, {0, 0}}, {.strides = {2, 2}}},
      {{{0, 0}, {3, 3}, {3, 3}, {0, 0}}, {.strides = {2, 2}}},
      {{{0, 0}, {1, 2}, {0, 4}, {0, 0}}, {.padding = "same"}},
      {{{0, 0}, {2, 0}, {1, 1}, {0, 0}}, {.strides = {2, 1}, .padding = "1,0,2,1"}},
      {{{0, 0}, {1, 1}, {1, 1}, {0, 0}}, {.strides = {2, 2}, .groups = 8}}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.conv.padding + std::to_string(c.conv.groups));
    const auto f = [&](const std::vector<Tensor>& in) {
      const Tensor y = conv2d(pad(in[0], c.padding), in[1], c.conv);
      std::vector<Tensor> results = gradients(sum(square(y)), {in[0], in[1]});
      results.push_back(y);
      return results;
    };
    const auto arguments = [&](DType dtype) {
      return std::vector{tensor({2, 9, 8, 8}, 1, dtype), tensor({3, 3, 8 / c.conv.groups, 8}, 1, dtype)};
    };
    const std::string graph = compile(f).graph(arguments(kF32));
    EXPECT_EQ(graph.find("= pad("), std::string::npos) << graph;
    EXPECT_EQ(graph.find("= slice("), std::string::npos) << graph;
    // Beside the definition: an image that is padded before it comes.
    const Tensor padded = pad(tensor({2, 9, 8, 8}, 1, kF32), c.padding).eval();
    const Tensor apart = conv2d(padded, arguments(kF32)[1], c.conv);
    const auto a = apart.to_vector<float>(), b = compile(f)(arguments(kF32))[2].to_vector<float>();
    ASSERT_EQ(a.size(), b.size());
    for (size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-4);
    expect_alike(f, arguments);
  }
}

// Ones around it, channels more, or a part of the image: none of that is a convolution's padding.
TEST(EpilogueFusion, LeavesOtherPaddingAlone) {
  const auto graph = [](const std::vector<std::pair<int64_t, int64_t>>& padding, double value,
                        int64_t channels) {
    const auto f = [&](const std::vector<Tensor>& in) {
      return std::vector{conv2d(pad(in[0], padding, value), in[1])};
    };
    return compile(f).graph({tensor({2, 5, 5, 8}, 1, kF32), tensor({3, 3, channels, 8}, 1, kF32)});
  };
  EXPECT_NE(graph({{0, 0}, {1, 1}, {1, 1}, {0, 0}}, 1, 8).find("= pad("), std::string::npos);
  EXPECT_NE(graph({{0, 0}, {1, 1}, {1, 1}, {0, 1}}, 0, 9).find("= pad("), std::string::npos);
  EXPECT_NE(graph({{1, 0}, {1, 1}, {1, 1}, {0, 0}}, 0, 8).find("= pad("), std::string::npos);
}

TEST(EpilogueFusion, LeavesReluWhereTheSumIsUsedElsewhere) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {1, 5, 5, 2}}, "x");
  const ValueId k = graph.add_input({kF32, {3, 3, 2, 4}}, "k");
  const ValueId b = graph.add_input({kF32, {4}}, "b");
  const ValueId sum = one(graph, "add", {b, one(graph, "conv2d", {x, k}, Conv2DAttrs{})});
  graph.outputs = {one(graph, "relu", {sum}), sum};
  EXPECT_EQ(fused(graph),
            "%0: float32(1, 5, 5, 2) = input \"x\"\n"
            "%1: float32(3, 3, 2, 4) = input \"k\"\n"
            "%2: float32(4,) = input \"b\"\n"
            "%3: float32(1, 3, 3, 4) = conv2d_bias_act(%0, %1, %2) "
            "{strides=[1, 1], padding=\"valid\", dilations=[1, 1], groups=1, activation=\"linear\"}\n"
            "%4: float32(1, 3, 3, 4) = relu(%3)\n"
            "return %4, %3\n");
}

TEST(EpilogueFusion, KeepsAProductThatSomethingElseReads) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {4, 3}}, "x");
  const ValueId w = graph.add_input({kF32, {3, 2}}, "w");
  const ValueId b = graph.add_input({kF32, {2}}, "b");
  const ValueId product = one(graph, "matmul", {x, w}, MatmulAttrs{});
  graph.outputs = {one(graph, "add", {product, b}), product};
  EXPECT_EQ(fused(graph), graph.str());
}

TEST(EpilogueFusion, DropsPlacesThatNothingReads) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {1, 4, 4, 2}}, "x");
  graph.outputs = {one(graph, "max_pool2d_with_index", {x}, Pool2DAttrs{})};
  EXPECT_EQ(fused(graph),
            "%0: float32(1, 4, 4, 2) = input \"x\"\n"
            "%1: float32(1, 2, 2, 2) = max_pool2d(%0) {pool=[2, 2], strides=[2, 2], padding=\"valid\"}\n"
            "return %1\n");
}

// The fused op is for floats; what asks for it must not fail either.
TEST(EpilogueFusion, LeavesIntegersAlone) {
  const Tensor x = Tensor::from(std::vector<int32_t>{1, -2, 3, 4}, {2, 2});
  const Function f =
      compile([](const std::vector<Tensor>& in) { return std::vector{relu(matmul(in[0], in[0]) + in[1])}; });
  const std::vector<int32_t> result = f({x, Tensor::from<int32_t>({10, -100})})[0].to_vector<int32_t>();
  EXPECT_EQ(result, (std::vector<int32_t>{5, 0, 25, 0}));
}

/// The first block of a classifier with its way back, as the derivative writes it. Its zeros may have any
/// shape that broadcasts to the map before pooling.
Graph block_with_gradient(const Shape& zeros = {}) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {2, 8, 8, 1}}, "x");
  const ValueId k = graph.add_input({kF32, {3, 3, 1, 8}}, "k");
  const ValueId b = graph.add_input({kF32, {8}}, "b");
  const ValueId g = graph.add_input({kF32, {2, 3, 3, 8}}, "g");
  const ValueId y = one(graph, "relu", {one(graph, "add", {one(graph, "conv2d", {x, k}, Conv2DAttrs{}), b})});
  const std::vector<ValueId> pool = graph.add_node(find_op("max_pool2d_with_index"), Pool2DAttrs{}, {y});
  const ValueId zero = one(graph, "full", {}, FullAttrs{zeros, 0, kF32});
  const ValueId spread = one(graph, "max_pool2d_grad", {g, pool[1]}, Pool2DGradAttrs{{}, {2, 6, 6, 8}});
  const ValueId masked = one(graph, "where", {one(graph, "greater", {y, zero}), spread, zero});
  const ValueId grad_kernel =
      one(graph, "conv2d_grad_kernel", {x, masked}, Conv2DGradAttrs{{}, {3, 3, 1, 8}});
  const ValueId grad_bias = one(graph, "sum", {masked}, ReduceAttrs{{0, 1, 2}, false});
  graph.outputs = {pool[0], grad_kernel, grad_bias};
  return graph;
}

class BlockWithZeros : public ::testing::TestWithParam<Shape> {};

TEST_P(BlockWithZeros, BecomesOneNodeAndItsGradientAnother) {
  EXPECT_EQ(
      fused(block_with_gradient(GetParam())),
      "%0: float32(2, 8, 8, 1) = input \"x\"\n"
      "%1: float32(3, 3, 1, 8) = input \"k\"\n"
      "%2: float32(8,) = input \"b\"\n"
      "%3: float32(2, 3, 3, 8) = input \"g\"\n"
      "%4: float32(2, 3, 3, 8), %5: uint8(2, 3, 3, 8) = conv2d_bias_act_max_pool2d_with_index(%0, %1, %2) "
      "{strides=[1, 1], padding=\"valid\", dilations=[1, 1], groups=1, activation=\"relu\", pool=[2, 2], "
      "pool_strides=[2, 2], pool_padding=\"valid\"}\n"
      "%6: float32(3, 3, 1, 8), %7: float32(8,) = conv2d_grad_kernel_pooled(%0, %3, %5) "
      "{strides=[1, 1], padding=\"valid\", dilations=[1, 1], groups=1, pool=[2, 2], pool_strides=[2, 2], "
      "pool_padding=\"valid\", shape=(3, 3, 1, 8)}\n"
      "return %4, %6, %7\n");
}

INSTANTIATE_TEST_SUITE_P(EpilogueFusion, BlockWithZeros,
                         ::testing::Values(Shape{}, Shape{8}, Shape{2, 6, 6, 8}));

TEST(EpilogueFusion, KeepsAMaskThatAddsAnAxis) {
  Graph graph;
  const ValueId y = graph.add_input({kF32, {2, 6, 6, 8}}, "y");
  const ValueId g = graph.add_input({kF32, {2, 3, 3, 8}}, "g");
  const ValueId index = graph.add_node(find_op("max_pool2d_with_index"), Pool2DAttrs{}, {y})[1];
  const ValueId zeros = one(graph, "full", {}, FullAttrs{{3, 2, 6, 6, 8}, 0, kF32});
  const ValueId spread = one(graph, "max_pool2d_grad", {g, index}, Pool2DGradAttrs{{}, {2, 6, 6, 8}});
  graph.outputs = {one(graph, "where", {one(graph, "greater", {y, zeros}), spread, zeros})};
  EXPECT_EQ(fused(graph), graph.str());
}

TEST(EpilogueFusion, KeepsPlacesThatMoreThanTheGradientReads) {
  Graph graph = block_with_gradient();
  graph.outputs.push_back(
      graph.nodes[3].outputs[1]);  // the places themselves, which the fused op gives otherwise
  const std::string text = fused(graph);
  EXPECT_EQ(text.find("conv2d_bias_act_max_pool2d"), std::string::npos) << text;
  EXPECT_NE(text.find("max_pool2d_with_index"), std::string::npos) << text;
}

/// Loss and gradients of a small classifier. float64 has none of the fused kernels: its bodies are what
/// float32 must equal.
std::vector<std::vector<double>> classifier(DType dtype, int64_t channels, int64_t deep) {
  const auto f = [&](const std::vector<Tensor>& in) {
    Tensor h = max_pool2d(relu(conv2d(in[0], in[1]) + in[2]), {2, 2}, {2, 2});
    h = max_pool2d(relu(conv2d(h, in[3], {.padding = "same"}) + in[4]), {2, 2}, {2, 2});
    h = relu(matmul(flatten(h), in[5]) + in[6]);
    const Tensor loss = sum(square(h));
    std::vector<Tensor> results = gradients(loss, {in.begin() + 1, in.end()});
    results.push_back(loss);
    return results;
  };
  const std::vector<Tensor> args = {tensor({4, 20, 18, channels}, 1, dtype),
                                    tensor({3, 3, channels, 16}, 0.3, dtype),
                                    tensor({16}, 0.1, dtype),
                                    tensor({3, 3, 16, deep}, 0.1, dtype),
                                    tensor({deep}, 0.1, dtype),
                                    tensor({16 * deep, 10}, 0.1, dtype),
                                    tensor({10}, 0.1, dtype)};
  std::vector<std::vector<double>> results;
  for (const Tensor& result : compile(f)(args)) results.push_back(result.to_vector<double>());
  return results;
}

class Classifier : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(Classifier, KeepsItsNumbersThroughAllPasses) {
  const auto [channels, deep] = GetParam();
  const auto exact = classifier(DType::kFloat64, channels, deep);
  const auto fast = classifier(kF32, channels, deep);
  ASSERT_EQ(exact.size(), fast.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    ASSERT_EQ(exact[i].size(), fast[i].size());
    double largest = 0;
    for (double value : exact[i]) largest = std::max(largest, std::abs(value));
    EXPECT_GT(largest, 0) << "result " << i << " says nothing";
    for (size_t k = 0; k < exact[i].size(); ++k)
      EXPECT_NEAR(exact[i][k], fast[i][k], 2e-5 * largest) << i << ", " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Channels, Classifier,
                         ::testing::Values(std::pair<int64_t, int64_t>{1, 8},
                                           std::pair<int64_t, int64_t>{3, 32},
                                           std::pair<int64_t, int64_t>{5, 12}));

}  // namespace
}  // namespace lamina
