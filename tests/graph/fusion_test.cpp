// Patterns of fusions: reading and matching them. What is registered: passes/epilogue_fusion_test.cpp.
#include "lamina/graph/fusion.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/contraction.h"

namespace lamina {
namespace {

const TensorType kMatrix{DType::kFloat32, {2, 2}};

ValueId one(Graph& graph, const char* op, std::vector<ValueId> inputs, Attrs attrs = {}) {
  return graph.add_node(find_op(op), std::move(attrs), std::move(inputs))[0];
}

bool matches(const std::string& pattern, const Graph& graph) {
  const GraphView view(graph);
  FusionMatch match(view);
  return FusionPattern(pattern).matches(view, graph.nodes.back(), match);
}

TEST(FusionPattern, FindsNodesUnderTheirNames) {
  Graph graph;
  const ValueId x = graph.add_input(kMatrix), y = graph.add_input(kMatrix);
  const ValueId product = one(graph, "matmul", {x, y}, MatmulAttrs{});
  graph.outputs = {one(graph, "relu", {one(graph, "add", {product, x})})};
  const GraphView view(graph);
  FusionMatch match(view);
  ASSERT_TRUE(FusionPattern("relu(s:add(!p:matmul(a, b), c))").matches(view, graph.nodes.back(), match));
  EXPECT_EQ(match.node("p").op->name, "matmul");
  EXPECT_EQ(match.value("a"), x);
  EXPECT_EQ(match.value("c"), x);
  EXPECT_EQ(match.type("b"), kMatrix);
  EXPECT_THROW(match.node("q"), InternalError);
  EXPECT_THROW(match.value("d"), InternalError);
  EXPECT_TRUE(matches("relu(add(matmul(a, _), a))", graph));
  EXPECT_FALSE(matches("relu(add(matmul(_, b), b))", graph));  // one name, two values
  EXPECT_FALSE(matches("relu(add(c, matmul(a, b)))", graph));
  EXPECT_FALSE(matches("relu(matmul(a, b))", graph));
}

TEST(FusionPattern, AsksThatNothingElseReads) {
  Graph graph;
  const ValueId x = graph.add_input(kMatrix);
  const ValueId inner = one(graph, "exp", {x});
  graph.outputs = {one(graph, "relu", {inner}), inner};
  EXPECT_TRUE(matches("relu(exp(x))", graph));
  EXPECT_FALSE(matches("relu(!exp(x))", graph));
}

TEST(FusionPattern, KnowsZerosAndOutputsByNumber) {
  Graph graph;
  const ValueId x = graph.add_input({DType::kFloat32, {1, 4, 4, 8}});
  const auto pool = graph.add_node(find_op("max_pool2d_with_index"), Pool2DAttrs{}, {x});
  const ValueId zero = one(graph, "full", {}, FullAttrs{{}, 0, DType::kFloat32});
  graph.outputs = {one(graph, "greater", {pool[0], zero})};
  EXPECT_TRUE(matches("greater(max_pool2d_with_index(x), 0)", graph));
  EXPECT_TRUE(matches("greater(max_pool2d_with_index(x).0, 0)", graph));
  EXPECT_FALSE(matches("greater(max_pool2d_with_index(x).1, 0)", graph));
}

TEST(FusionPattern, TakesReadersOfTheSameValueAlong) {
  Graph graph;
  const ValueId x = graph.add_input(kMatrix);
  const ValueId inner = one(graph, "exp", {x});
  const ValueId other = one(graph, "negative", {inner});
  graph.outputs = {other, one(graph, "relu", {inner})};
  EXPECT_TRUE(matches("relu(e:exp(x)); negative(e.0)", graph));
  EXPECT_TRUE(matches("relu(y); negative(y)", graph));
  EXPECT_FALSE(matches("relu(y); square(y)", graph));
  EXPECT_THROW(matches("relu(y); negative(z)", graph), InternalError);
}

TEST(FusionPattern, SaysWhatIsNoPattern) {
  for (const char* text : {"", "x", "relu(", "relu(x", "relu(x) y", "relu(x);", "!", "relu(x).y"})
    EXPECT_THROW(FusionPattern{text}, InternalError) << text;
}

// Whatever is registered names ops that there are, so that a typing error in a pattern does not go unnoticed.
TEST(Fusions, NameOpsThatThereAre) {
  ASSERT_FALSE(detail::all_fusions().empty());
  for (const detail::ParsedFusion& fusion : detail::all_fusions()) {
    EXPECT_NO_THROW(find_op(fusion.result.name)) << fusion.result.name;
    for (const FusionPattern& pattern : fusion.patterns) {
      for (const std::string& op : pattern.ops()) EXPECT_NO_THROW(find_op(op)) << op;
    }
  }
}

}  // namespace
}  // namespace lamina
