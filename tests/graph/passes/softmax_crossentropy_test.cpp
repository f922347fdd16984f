// The pass that lets cross-entropies of a softmax work on the logits.
#include "lamina/graph/passes/softmax_crossentropy.h"

#include <gtest/gtest.h>

#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

constexpr DType kFloat = DType::kFloat32;

/// softmax(x) with the loss of target `t` on it and the whole way back, as traced.
struct Chain {
  Graph graph;
  ValueId x, t, y, loss, g, dy, dx;

  explicit Chain(const std::string& family, TensorType target) {
    x = graph.add_input({kFloat, {4, 3}}, "x");
    t = graph.add_input(std::move(target), "t");
    g = graph.add_input({kFloat, {4}}, "g");
    y = graph.add_node(find_op("softmax"), SoftmaxAttrs{1}, {x})[0];
    loss = graph.add_node(find_op(family), {}, {t, y})[0];
    dy = graph.add_node(find_op(family + "_grad"), {}, {t, y, g})[0];
    dx = graph.add_node(find_op("softmax_grad"), SoftmaxAttrs{1}, {y, dy})[0];
  }

  std::string fused() {
    verify(graph);
    const Graph after = passes::softmax_crossentropy(graph);
    verify(after);
    return after.str();
  }
};

TEST(SoftmaxCrossentropyPass, ForwardAndBackward) {
  Chain chain("categorical_crossentropy", {kFloat, {4, 3}});
  chain.graph.outputs = {chain.loss, chain.dx};
  EXPECT_EQ(chain.graph.str(),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(4, 3) = input \"t\"\n"
            "%2: float32(4,) = input \"g\"\n"
            "%3: float32(4, 3) = softmax(%0) {axis=1}\n"
            "%4: float32(4,) = categorical_crossentropy(%1, %3)\n"
            "%5: float32(4, 3) = categorical_crossentropy_grad(%1, %3, %2)\n"
            "%6: float32(4, 3) = softmax_grad(%3, %5) {axis=1}\n"
            "return %4, %6\n");
  EXPECT_EQ(chain.fused(),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: float32(4, 3) = input \"t\"\n"
            "%2: float32(4,) = input \"g\"\n"
            "%3: float32(4,), %4: float32(4, 3) = softmax_cross_entropy(%0, %1)\n"
            "%5: float32(4, 3) = softmax_cross_entropy_grad(%4, %1, %2)\n"
            "return %3, %5\n");
}

TEST(SoftmaxCrossentropyPass, ClassesAndOtherReadersOfTheProbabilities) {
  Chain chain("sparse_categorical_crossentropy", {DType::kInt32, {4}});
  const ValueId best = chain.graph.add_node(find_op("max"), ReduceAttrs{{1}}, {chain.y})[0];
  chain.graph.outputs = {best, chain.loss, chain.dx};
  EXPECT_EQ(chain.fused(),
            "%0: float32(4, 3) = input \"x\"\n"
            "%1: int32(4,) = input \"t\"\n"
            "%2: float32(4,) = input \"g\"\n"
            "%3: float32(4,), %4: float32(4, 3) = sparse_softmax_cross_entropy(%0, %1)\n"
            "%5: float32(4, 3) = sparse_softmax_cross_entropy_grad(%4, %1, %2)\n"
            "%6: float32(4,) = max(%4) {axes=[1], keepdims=false}\n"
            "return %6, %3, %5\n");
}

TEST(SoftmaxCrossentropyPass, SigmoidAndBinaryCrossentropy) {
  Graph graph;
  const ValueId x = graph.add_input({kFloat, {4, 1}}, "x"), t = graph.add_input({kFloat, {4, 1}}, "t");
  const ValueId g = graph.add_input({kFloat, {4, 1}}, "g");
  const ValueId y = graph.add_node(find_op("sigmoid"), {}, {x})[0];
  const ValueId loss = graph.add_node(find_op("binary_crossentropy"), {}, {t, y})[0];
  const ValueId dy = graph.add_node(find_op("binary_crossentropy_grad"), {}, {t, y, g})[0];
  graph.outputs = {loss, graph.add_node(find_op("sigmoid_grad"), {}, {y, dy})[0]};
  const Graph after = passes::softmax_crossentropy(graph);
  verify(after);
  EXPECT_EQ(after.str(),
            "%0: float32(4, 1) = input \"x\"\n"
            "%1: float32(4, 1) = input \"t\"\n"
            "%2: float32(4, 1) = input \"g\"\n"
            "%3: float32(4, 1), %4: float32(4, 1) = sigmoid_cross_entropy(%0, %1)\n"
            "%5: float32(4, 1) = sigmoid_cross_entropy_grad(%4, %1, %2)\n"
            "return %3, %5\n");
}

TEST(SoftmaxCrossentropyPass, SigmoidIsSeenThroughItsGradient) {
  const Tensor x = Tensor::from<float>({-50}), target = Tensor::from<float>({1});
  const auto f = compile(value_and_grad(
      [&](const std::vector<Tensor>& args) { return mean(binary_crossentropy(target, sigmoid(args[0]))); }));
  const std::vector<Tensor> results = f({x});
  EXPECT_NEAR(results[0].item(), 50, 1e-4);
  EXPECT_NEAR(results[1].item(), -1, 1e-6);
}

TEST(SoftmaxCrossentropyPass, GradientAlone) {
  Chain chain("categorical_crossentropy", {kFloat, {4, 3}});
  chain.graph.nodes.erase(chain.graph.nodes.begin() + 1);  // the loss itself was not asked for
  chain.graph.outputs = {chain.dx};
  const std::string after = passes::softmax_crossentropy(chain.graph).str();
  EXPECT_NE(after.find("= softmax(%0)"), std::string::npos) << after;
  EXPECT_NE(after.find("softmax_cross_entropy_grad("), std::string::npos) << after;
  EXPECT_EQ(after.find("= softmax_grad("), std::string::npos) << after;
}

TEST(SoftmaxCrossentropyPass, SplitsASumOfGradients) {
  Chain chain("categorical_crossentropy", {kFloat, {4, 3}});
  const ValueId more = chain.graph.add_input({kFloat, {4, 3}}, "more");
  const ValueId sum = chain.graph.add_node(find_op("add"), {}, {more, chain.dy})[0];
  chain.graph.outputs = {chain.graph.add_node(find_op("softmax_grad"), SoftmaxAttrs{1}, {chain.y, sum})[0]};
  const std::string after = chain.fused();
  EXPECT_NE(after.find("= softmax_grad("), std::string::npos) << after;
  EXPECT_NE(after.find("softmax_cross_entropy_grad("), std::string::npos) << after;
  EXPECT_EQ(after.find("= categorical_crossentropy_grad("), std::string::npos) << after;
}

// Terms that sums share are looked at once: else the work would double with each sum.
TEST(SoftmaxCrossentropyPass, SharedSumsCostNothing) {
  Chain chain("categorical_crossentropy", {kFloat, {4, 3}});
  constexpr int kSums = 60;
  ValueId sum = chain.dy;
  for (int i = 0; i < kSums; ++i) sum = chain.graph.add_node(find_op("add"), {}, {sum, sum})[0];
  chain.graph.outputs = chain.graph.add_node(find_op("softmax_grad"), SoftmaxAttrs{1}, {chain.y, sum});
  const Graph after = passes::softmax_crossentropy(chain.graph);
  verify(after);
  EXPECT_EQ(after.nodes.size(), 2u + kSums) << after.str();
}

TEST(SoftmaxCrossentropyPass, LeavesOtherAxesAlone) {
  Graph graph;
  const ValueId x = graph.add_input({kFloat, {4, 3}}, "x"), t = graph.add_input({kFloat, {4, 3}}, "t");
  const ValueId y = graph.add_node(find_op("softmax"), SoftmaxAttrs{0}, {x})[0];
  graph.outputs = graph.add_node(find_op("categorical_crossentropy"), {}, {t, y});
  EXPECT_EQ(passes::softmax_crossentropy(graph).str(), graph.str());
}

// Two networks that learn from each other: each loss's target is the other's output.
TEST(SoftmaxCrossentropyPass, TargetsMadeOfTheProbabilities) {
  Graph graph;
  const ValueId a = graph.add_input({kFloat, {4, 3}}, "a"), b = graph.add_input({kFloat, {4, 3}}, "b");
  const ValueId p = graph.add_node(find_op("softmax"), SoftmaxAttrs{1}, {a})[0];
  const ValueId q = graph.add_node(find_op("softmax"), SoftmaxAttrs{1}, {b})[0];
  const Op& loss = find_op("categorical_crossentropy");
  graph.outputs = {graph.add_node(loss, {}, {p, q})[0], graph.add_node(loss, {}, {q, p})[0],
                   graph.add_node(loss, {}, {p, p})[0]};
  const Graph after = passes::softmax_crossentropy(graph);
  verify(after);
  EXPECT_NE(after.str().find("= softmax_cross_entropy("), std::string::npos) << after.str();
}

// Where a probability falls below the clipping of 1e-7, only the loss from logits goes on growing.
TEST(SoftmaxCrossentropyPass, CompiledLossIsUnclipped) {
  const Tensor x = Tensor::from<float>(std::vector<float>{0, 50, 0}, {1, 3});
  const Tensor target = Tensor::from<float>(std::vector<float>{1, 0, 0}, {1, 3});
  const auto f = compile(value_and_grad([&](const std::vector<Tensor>& args) {
    return mean(categorical_crossentropy(target, softmax(args[0])));
  }));
  const std::vector<Tensor> results = f({x});
  EXPECT_NEAR(results[0].item(), 50, 1e-4);
  EXPECT_NEAR(results[1].to_vector<float>()[0], -1, 1e-6);
  EXPECT_NEAR(results[1].to_vector<float>()[1], 1, 1e-6);
  EXPECT_NE(f.graph({x}).find("softmax_cross_entropy_grad"), std::string::npos);
}

}  // namespace
}  // namespace lamina
