// The elementwise fusion pass: graphs before and after, as text.
#include "lamina/graph/passes/elementwise_fusion.h"

#include <gtest/gtest.h>

#include "lamina/graph/constant.h"
#include "lamina/graph/elementwise.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/random.h"

namespace lamina {
namespace {

const DType kF32 = DType::kFloat32;

ValueId one(Graph& graph, const char* op, std::vector<ValueId> inputs, Attrs attrs = {}) {
  return graph.add_node(find_op(op), std::move(attrs), std::move(inputs))[0];
}

ValueId constant(Graph& graph, double value, const Shape& shape = {}) {
  return one(graph, "full", {}, FullAttrs{shape, value, kF32});
}

std::string fused(const Graph& graph) {
  verify(graph);
  const Graph result = passes::elementwise_fusion(graph);
  verify(result);
  return result.str();
}

TEST(ElementwiseFusion, MakesOneNodeOfAChain) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {4, 3}}, "x");
  const ValueId bias = graph.add_input({kF32, {3}}, "bias");
  const ValueId doubled = one(graph, "multiply", {x, constant(graph, 2)});
  graph.outputs = {one(graph, "relu", {one(graph, "add", {doubled, bias})})};
  EXPECT_EQ(graph.str(),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(3,) = input \"bias\"\n"
            "%2: float32() = full() {shape=(), value=2, dtype=float32}\n"
            "%3: float32(4, 3) = multiply(%0, %2)\n"
            "%4: float32(4, 3) = add(%3, %1)\n"
            "%5: float32(4, 3) = relu(%4)\n"
            "return %5\n");
  EXPECT_EQ(fused(graph),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(3,) = input \"bias\"\n"
            "%2: float32(4, 3) = fused_elementwise(%0, %1) {shape=(4, 3), "
            "code=[t0 = multiply(a0, 2); t1 = add(t0, a1); t2 = relu(t1)], results=[t2]}\n"
            "return %2\n");
}

TEST(ElementwiseFusion, UpdatesOfOneParameterShareANode) {
  Graph graph;
  const ValueId p = graph.add_input({kF32, {8}}, "p");
  const ValueId v = graph.add_input({kF32, {8}}, "v");
  const ValueId g = graph.add_input({kF32, {8}}, "g");
  const ValueId velocity = one(graph, "subtract", {one(graph, "multiply", {v, constant(graph, 0.5)}), g});
  graph.updates = {{0, one(graph, "add", {p, velocity})}, {1, velocity}};
  EXPECT_EQ(fused(graph),
            "%0: float32(8,) = input \"p\"\n"
            "%1: float32(8,) = input \"v\"\n"
            "%2: float32(8,) = input \"g\"\n"
            "%3: float32(8,), %4: float32(8,) = fused_elementwise(%1, %2, %0) {shape=(8,), "
            "code=[t0 = multiply(a0, 0.5); t1 = subtract(t0, a1); t2 = add(a2, t1)], results=[t1, t2]}\n"
            "update %0 = %4\n"
            "update %1 = %3\n"
            "return\n");
}

TEST(ElementwiseFusion, KeepsApartWhatWouldMakeACycle) {
  // exp and add have one shape, but between them lies a node that no tile can run.
  Graph graph;
  const ValueId x = graph.add_input({kF32, {2, 2}}, "x");
  const ValueId y = one(graph, "exp", {x});
  const ValueId other =
      one(graph, "fused_elementwise", {y},
          FusedElementwiseAttrs{
              .shape = {2, 2}, .num_inputs = 1, .code = {{&find_op("relu"), {}, {0}, kF32}}, .results = {1}});
  graph.outputs = {one(graph, "add", {y, other})};
  EXPECT_EQ(
      fused(graph),
      "%0: float32(2, 2) = input \"x\"\n"
      "%1: float32(2, 2) = fused_elementwise(%0) {shape=(2, 2), code=[t0 = exp(a0)], results=[t0]}\n"
      "%2: float32(2, 2) = fused_elementwise(%1) {shape=(2, 2), code=[t0 = relu(a0)], results=[t0]}\n"
      "%3: float32(2, 2) = fused_elementwise(%1, %2) {shape=(2, 2), code=[t0 = add(a0, a1)], results=[t0]}\n"
      "return %3\n");
}

TEST(ElementwiseFusion, StoresAConstantThatLeavesTheGraph) {
  Graph graph;
  graph.outputs = {constant(graph, 3, {2})};
  EXPECT_EQ(fused(graph),
            "%0: float32(2,) = fused_elementwise() {shape=(2,), code=[], results=[3]}\n"
            "return %0\n");
}

TEST(ElementwiseFusion, TellsZerosApart) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {2}}, "x");
  graph.outputs = {one(
      graph, "add",
      {one(graph, "multiply", {x, constant(graph, 0)}), one(graph, "multiply", {x, constant(graph, -0.0)})})};
  const std::string text = fused(graph);
  EXPECT_NE(text.find("t0 = multiply(a0, 0); t1 = multiply(a0, -0); t2 = add(t0, t1)"), std::string::npos)
      << text;
}

// A random op reads its key as a whole, whatever tile it is at.
TEST(ElementwiseFusion, KeepsApartWhoeverReadsTheWholeAndWhoMakesIt) {
  Graph graph;
  const ValueId seed = graph.add_input({DType::kInt64, {2}}, "seed");
  const ValueId key = one(graph, "negative", {seed});
  const ValueId random = one(graph, "random_uniform", {key}, RandomAttrs{{2}, 0});
  const ValueId plain = one(graph, "cast", {key}, CastAttrs{kF32});
  graph.outputs = {one(graph, "add", {random, plain})};
  EXPECT_EQ(
      fused(graph),
      "%0: int64(2,) = input \"seed\"\n"
      "%1: int64(2,) = fused_elementwise(%0) {shape=(2,), code=[t0: int64 = negative(a0)], results=[t0]}\n"
      "%2: float32(2,) = fused_elementwise(%1, %1) {shape=(2,), code=[t0 = random_uniform(a0, shape=(2,), "
      "stream=0); t1 = cast(a1, dtype=float32); t2 = add(t0, t1)], results=[t2]}\n"
      "return %2\n");
}

TEST(ElementwiseFusion, DoesNotMixShapes) {
  Graph graph;
  const ValueId x = graph.add_input({kF32, {4, 3}}, "x");
  const ValueId row = graph.add_input({kF32, {3}}, "row");
  graph.outputs = {one(graph, "multiply", {x, one(graph, "exp", {row})})};
  EXPECT_EQ(fused(graph),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(3,) = input \"row\"\n"
            "%2: float32(3,) = fused_elementwise(%1) {shape=(3,), code=[t0 = exp(a0)], results=[t0]}\n"
            "%3: float32(4, 3) = fused_elementwise(%0, %2) {shape=(4, 3), code=[t0 = multiply(a0, a1)], "
            "results=[t0]}\n"
            "return %3\n");
}

}  // namespace
}  // namespace lamina
