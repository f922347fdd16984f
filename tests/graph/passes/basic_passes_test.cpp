// Dead code, common subexpressions, simplification and scheduling: graphs before and after, as text.
#include <gtest/gtest.h>

#include "lamina/graph/constant.h"
#include "lamina/graph/passes/cse.h"
#include "lamina/graph/passes/dce.h"
#include "lamina/graph/passes/schedule.h"
#include "lamina/graph/passes/simplify.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

const TensorType kType{DType::kFloat32, {2}};

ValueId node(Graph& graph, const char* op, std::vector<ValueId> inputs) {
  return graph.add_node(find_op(op), {}, std::move(inputs))[0];
}

ValueId constant(Graph& graph, double value) {
  return graph.add_node(find_op("full"), FullAttrs{{}, value, DType::kFloat32}, {})[0];
}

TEST(Dce, DropsWhatNobodyNeeds) {
  Graph graph;
  const ValueId x = graph.add_input(kType, "x");
  node(graph, "exp", {x});
  graph.outputs = {node(graph, "negative", {x})};
  EXPECT_EQ(passes::dce(graph).str(),
            "%0: float32(2,) = input \"x\"\n"
            "%1: float32(2,) = negative(%0)\n"
            "return %1\n");
}

TEST(Cse, ComputesEqualNodesOnce) {
  Graph graph;
  const ValueId x = graph.add_input(kType, "x");
  const ValueId a = node(graph, "exp", {x});
  const ValueId b = node(graph, "exp", {x});
  graph.outputs = {node(graph, "multiply", {a, b})};
  EXPECT_EQ(passes::cse(graph).str(),
            "%0: float32(2,) = input \"x\"\n"
            "%1: float32(2,) = exp(%0)\n"
            "%2: float32(2,) = multiply(%1, %1)\n"
            "return %2\n");
}

TEST(Cse, TellsAttributesApart) {
  Graph graph;
  const ValueId one = constant(graph, 1);
  const ValueId two = constant(graph, 2);
  graph.outputs = {node(graph, "add", {one, two})};
  EXPECT_EQ(passes::cse(graph).nodes.size(), 3u);
}

TEST(Simplify, RemovesNeutralElementsAndIdentities) {
  Graph graph;
  const ValueId x = graph.add_input(kType, "x");
  const ValueId sum = node(graph, "add", {x, constant(graph, 0)});
  const ValueId product = node(graph, "multiply", {constant(graph, 1), sum});
  const ValueId negated = node(graph, "negative", {node(graph, "negative", {product})});
  graph.outputs = {node(graph, "identity", {negated})};
  EXPECT_EQ(passes::dce(passes::simplify(graph)).str(),
            "%0: float32(2,) = input \"x\"\n"
            "return %0\n");
}

TEST(Simplify, KeepsWhatChangesTheValue) {
  Graph graph;
  const ValueId x = graph.add_input(kType, "x");
  graph.outputs = {node(graph, "subtract", {constant(graph, 0), x}),
                   node(graph, "divide", {constant(graph, 1), x}),
                   node(graph, "multiply", {x, constant(graph, 0)})};
  EXPECT_EQ(passes::simplify(graph).nodes.size(), graph.nodes.size());
}

TEST(Simplify, ComputesWithConstants) {
  Graph graph;
  const ValueId third = node(graph, "divide", {constant(graph, 1), constant(graph, 3)});
  graph.outputs = {node(graph, "square", {third}), node(graph, "greater", {third, constant(graph, 0.25)})};
  // 1/3 is rounded to float32 before it is squared.
  EXPECT_EQ(passes::dce(passes::simplify(graph)).str(),
            "%0: float32() = full() {shape=(), value=0.111111119389534, dtype=float32}\n"
            "%1: bool() = full() {shape=(), value=1, dtype=bool}\n"
            "return %0, %1\n");
}

TEST(Simplify, CastsWhatTheConstantIsNotWhatItWasMeantToBe) {
  Graph graph;
  const auto cast = [&](double value, DType from, DType to) {
    const ValueId number = graph.add_node(find_op("full"), FullAttrs{{}, value, from}, {})[0];
    graph.outputs.push_back(graph.add_node(find_op("cast"), CastAttrs{to}, {number})[0]);
  };
  cast(0.1, DType::kFloat32, DType::kFloat64);
  cast(2.75, DType::kInt32, DType::kFloat32);
  cast(3, DType::kBool, DType::kFloat32);
  EXPECT_EQ(passes::dce(passes::simplify(graph)).str(),
            "%0: float64() = full() {shape=(), value=0.10000000149011612, dtype=float64}\n"
            "%1: float32() = full() {shape=(), value=2, dtype=float32}\n"
            "%2: float32() = full() {shape=(), value=1, dtype=float32}\n"
            "return %0, %1, %2\n");
}

TEST(Schedule, ReadsOldStateBeforeItIsOverwritten) {
  Graph graph;
  const ValueId state = graph.add_input(kType, "state");
  const ValueId updated = node(graph, "exp", {state});
  const ValueId reader = node(graph, "negative", {state});
  graph.updates = {{0, updated}};
  graph.outputs = {reader};
  EXPECT_EQ(passes::schedule(graph).str(),
            "%0: float32(2,) = input \"state\"\n"
            "%1: float32(2,) = negative(%0)\n"
            "%2: float32(2,) = exp(%0)\n"
            "update %0 = %2\n"
            "return %1\n");
}

TEST(Schedule, KeepsTheOrderWhenOldAndNewAreNeededTogether) {
  Graph graph;
  const ValueId state = graph.add_input(kType, "state");
  const ValueId updated = node(graph, "exp", {state});
  graph.outputs = {node(graph, "multiply", {state, updated})};
  graph.updates = {{0, updated}};
  EXPECT_EQ(passes::schedule(graph).str(), graph.str());
}

TEST(Schedule, OneUpdateThatMustBeCopiedLeavesTheOthersInPlace) {
  Graph graph;
  const ValueId a = graph.add_input(kType, "a");
  const ValueId b = graph.add_input(kType, "b");
  const ValueId new_a = node(graph, "exp", {a});
  const ValueId both = node(graph, "multiply", {a, new_a});
  const ValueId new_b = node(graph, "exp", {b});
  const ValueId reader = node(graph, "negative", {b});
  graph.updates = {{0, new_a}, {1, new_b}};
  graph.outputs = {both, reader};
  EXPECT_EQ(passes::schedule(graph).str(),
            "%0: float32(2,) = input \"a\"\n"
            "%1: float32(2,) = input \"b\"\n"
            "%2: float32(2,) = exp(%0)\n"
            "%3: float32(2,) = multiply(%0, %2)\n"
            "%4: float32(2,) = negative(%1)\n"
            "%5: float32(2,) = exp(%1)\n"
            "update %0 = %2\n"
            "update %1 = %5\n"
            "return %3, %4\n");
}

}  // namespace
}  // namespace lamina
