// The layout pass: where reorders go, as text, and that the numbers stay.
#include "lamina/graph/passes/layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/elementwise.h"
#include "lamina/graph/program.h"
#include "lamina/ops/batch_normalization.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

const DType kF32 = DType::kFloat32;

ValueId one(Graph& graph, const char* op, std::vector<ValueId> inputs, Attrs attrs = {}) {
  return graph.add_node(find_op(op), std::move(attrs), std::move(inputs))[0];
}

/// The words that tell which order a value has, and which ops run: "@0312,3x8 reorder".
std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    const Layout& layout = graph.layout(node.outputs[0]);
    names.push_back(node.op->name + (layout.row_major() ? "" : "@blocked"));
  }
  return names;
}

Graph deep_chain() {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {8, 20, 20, 16}}, "x");
  const ValueId k1 = graph.add_input({kF32, {3, 3, 16, 32}}, "k1");
  const ValueId k2 = graph.add_input({kF32, {3, 3, 32, 32}}, "k2");
  const ValueId first = one(graph, "relu", {one(graph, "conv2d", {x, k1}, Conv2DAttrs{})});
  const ValueId pooled = one(graph, "max_pool2d", {first}, Pool2DAttrs{});
  const ValueId second = one(graph, "conv2d", {pooled, k2}, Conv2DAttrs{{1, 1}, "same", {1, 1}, 1});
  graph.outputs = {second};
  return graph;
}

TEST(LayoutPass, LetsOneOrderTravelThroughAChain) {
  const Graph before = deep_chain();
  verify(before);
  const Graph after = passes::layout(before, DeviceKind::kCpu);
  verify(after);
  const std::vector<std::string> ops = ops_of(after);
  // Whether blocks pay is for oneDNN to say on this machine; half-way there is never right.
  const bool blocks_pay = std::find(ops.begin(), ops.end(), "conv2d@blocked") != ops.end();
  const std::vector<std::string> travelling{"reorder@blocked",    "conv2d@blocked", "relu@blocked",
                                            "max_pool2d@blocked", "conv2d@blocked", "reorder"};
  EXPECT_EQ(ops, blocks_pay ? travelling : ops_of(before));
}

TEST(LayoutPass, LeavesSmallAndOddConvolutionsAlone) {
  for (const int64_t channels : {5, 16}) {
    Graph graph;
    const ValueId x = graph.add_input({kF32, {1, 6, 6, channels}}, "x");
    const ValueId k = graph.add_input({kF32, {3, 3, channels, 16}}, "k");
    graph.outputs = {one(graph, "conv2d", {x, k}, Conv2DAttrs{})};
    EXPECT_EQ(passes::layout(graph, DeviceKind::kCpu).str(), graph.str());
  }
}

/// Runs a graph of float32 on numbers of its own.
std::vector<float> run(const Graph& graph) {
  Program program(graph, current_device());
  std::vector<std::vector<float>> storage;
  std::vector<void*> inputs, outputs;
  for (ValueId input : graph.inputs) {
    auto& values = storage.emplace_back(static_cast<size_t>(graph.type(input).shape.size()));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = 0.1f * std::sin(static_cast<float>(i % 9973) * 1.3f);
  }
  for (ValueId output : graph.outputs)
    storage.emplace_back(static_cast<size_t>(graph.type(output).shape.size()));
  for (size_t i = 0; i < storage.size(); ++i)
    (i < graph.inputs.size() ? inputs : outputs).push_back(storage[i].data());
  program.run(inputs, outputs);
  return storage.back();
}

TEST(LayoutPass, KeepsTheNumbers) {
  Graph graph = deep_chain();
  graph.nodes[1].op =
      &find_op("identity");  // elementwise nodes run fused only, which is another pass's matter
  const std::vector<float> before = run(graph);
  const std::vector<float> after = run(passes::layout(graph, DeviceKind::kCpu));
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) ASSERT_NEAR(before[i], after[i], 1e-5) << i;
}

TEST(Reorder, GoesThereAndBack) {
  const std::vector<Layout> layouts = {{{0, 3, 1, 2}, {{3, 8}}},
                                       {{0, 3, 1, 2}, {{3, 16}}},
                                       {{3, 0, 2, 1}, {}},
                                       {{1, 0, 2, 3}, {{2, 3}, {3, 4}}}};
  for (const Layout& layout : layouts) {
    Graph graph;
    const ValueId x = graph.add_input({kF32, {2, 5, 6, 32}}, "x");
    const ValueId there = one(graph, "reorder", {x}, ReorderAttrs{layout});
    graph.values[static_cast<size_t>(there)].layout = layout;
    graph.outputs = {one(graph, "reorder", {there}, ReorderAttrs{{}})};
    verify(graph);
    std::vector<float> expected(2 * 5 * 6 * 32);
    for (size_t i = 0; i < expected.size(); ++i)
      expected[i] = 0.1f * std::sin(static_cast<float>(i % 9973) * 1.3f);
    EXPECT_EQ(run(graph), expected) << layout.str();
  }
}

TEST(LayoutPass, HandsOutWholeTensorsInRowMajorOrder) {
  Op peek;
  peek.name = "peek";
  peek.inputs = {{"x"}, {"whole", DTypeClass::kAny, true}};
  peek.infer = [](const InferArgs& args) { return std::vector{args.inputs[0]}; };
  peek.elementwise = true;
  Graph graph;
  const ValueId x = graph.add_input({kF32, {8, 20, 20, 16}}, "x");
  const ValueId k = graph.add_input({kF32, {3, 3, 16, 32}}, "k");
  const ValueId image = one(graph, "conv2d", {x, k}, Conv2DAttrs{});
  const FusedElementwiseAttrs attrs{
      .shape = {8, 18, 18, 32}, .num_inputs = 2, .code = {{&peek, {}, {0, 1}, kF32}}, .results = {2}};
  graph.outputs = {one(graph, "fused_elementwise", {image, image}, attrs)};
  const Graph after = passes::layout(graph, DeviceKind::kCpu);
  verify(after);
  for (ValueId input : after.nodes.back().inputs) EXPECT_TRUE(after.layout(input).row_major()) << after.str();
}

using Results = std::vector<std::vector<double>>;

/// Within a share of the largest number of each result.
void expect_alike(const Results& exact, const Results& fast) {
  ASSERT_EQ(exact.size(), fast.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    double largest = 0;
    for (double value : exact[i]) largest = std::max(largest, std::abs(value));
    EXPECT_GT(largest, 0) << "result " << i << " says nothing";
    for (size_t k = 0; k < exact[i].size(); ++k)
      ASSERT_NEAR(exact[i][k], fast[i][k], 5e-5 * largest) << i << ", " << k;
  }
}

Tensor waves(const Shape& shape, double scale, DType dtype) {
  std::vector<double> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = scale * std::sin(static_cast<double>(i * 7 % 2003) * 1.1);
  return dtype == DType::kFloat64 ? Tensor::from(values, shape)
                                  : Tensor::from(std::vector<float>(values.begin(), values.end()), shape);
}

/// Gradients of three convolutions whose work is worth blocked orders.
Results deep(DType dtype) {
  const auto f = [](const std::vector<Tensor>& in) {
    const Conv2DAttrs same{{1, 1}, "same", {1, 1}, 1};
    Tensor h = relu(conv2d(in[0], in[1], same) + in[2]);
    h = max_pool2d(relu(conv2d(h, in[3], same) + in[2]), {2, 2}, {2, 2});
    h = avg_pool2d(conv2d(h, in[4], same), {2, 2}, {2, 2});
    const Tensor loss = sum(square(h));
    std::vector<Tensor> results = gradients(loss, in);
    results.push_back(loss);
    return results;
  };
  Results results;
  const auto make = [&](const Shape& shape, double scale) { return waves(shape, scale, dtype); };
  const std::vector<Tensor> args = {make({2, 20, 20, 16}, 1), make({3, 3, 16, 32}, 0.1), make({32}, 0.1),
                                    make({3, 3, 32, 32}, 0.1), make({3, 3, 32, 32}, 0.1)};
  for (const Tensor& result : compile(f)(args)) results.push_back(result.to_vector<double>());
  return results;
}

TEST(LayoutPass, KeepsGradientsOfDeepConvolutions) { expect_alike(deep(DType::kFloat64), deep(kF32)); }

/// A block with normalisation, a gate for each channel of each image, a shift for each channel, an input that
/// is repeated along the batch, and reductions over space.
std::vector<Tensor> gated(const std::vector<Tensor>& in) {
  const Conv2DAttrs same{{1, 1}, "same", {1, 1}, 1};
  Tensor h = relu(normalize_batch(conv2d(in[0], in[1], same), in[2], in[3]).y);
  h = h * sigmoid(mean(h, {1, 2}, true)) + in[3];
  h = conv2d(h, in[4], same) * in[5];
  return {sum(h, {1, 2}), max(h, {1, 2}), mean(square(h), {2, 1})};
}

std::vector<Tensor> gated_arguments(DType dtype) {
  const auto make = [&](const Shape& shape, double scale) { return waves(shape, scale, dtype); };
  return {make({2, 20, 20, 32}, 1), make({3, 3, 32, 32}, 0.1), make({32}, 1),
          make({32}, 0.3),          make({3, 3, 32, 32}, 0.1), make({20, 20, 32}, 1)};
}

Results gated_gradients(DType dtype) {
  const auto f = [](const std::vector<Tensor>& in) {
    const std::vector<Tensor> parts = gated(in);
    // Not through the maxima: rounding may choose other ones.
    std::vector<Tensor> results = gradients(sum(square(parts[0])) + sum(parts[2]), in);
    results.insert(results.end(), parts.begin(), parts.end());
    return results;
  };
  Results results;
  for (const Tensor& result : compile(f)(gated_arguments(dtype)))
    results.push_back(result.to_vector<double>());
  return results;
}

TEST(LayoutPass, KeepsTheNumbersOfGatesAndReductions) {
  expect_alike(gated_gradients(DType::kFloat64), gated_gradients(kF32));
}

TEST(LayoutPass, GatesAndReductionsOverSpaceGoAlong) {
  const std::string graph = compile(gated).graph(gated_arguments(kF32));
  size_t reorders = 0;
  for (size_t at = graph.find("= reorder("); at != std::string::npos; at = graph.find("= reorder(", at + 1))
    ++reorders;
  EXPECT_LE(reorders, 1u) << graph;  // of the image that comes in
}

}  // namespace
}  // namespace lamina
