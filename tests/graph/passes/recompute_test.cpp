// Recomputation: what an activation has in between is computed again by its gradient, to the same bits.
#include "lamina/graph/passes/recompute.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/compile.h"
#include "lamina/core/grad.h"
#include "lamina/graph/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/unary.h"

namespace lamina {
namespace {

using Activation = Tensor (*)(const Tensor&);

Tensor six(const Tensor& x) { return full({}, 6, x.dtype()); }

const std::pair<const char*, Activation> kActivations[] = {
    {"hard_silu", [](const Tensor& x) { return x * minimum(six(x), relu(x + 3.0)) / 6.0; }},
    {"silu", [](const Tensor& x) { return x * sigmoid(x); }},
    {"gelu", [](const Tensor& x) { return x * 0.5 * (1.0 + erf(x / std::sqrt(2.0))); }},
    {"mixed", [](const Tensor& x) { return relu(x) * abs(x) + maximum(x, -1.0) * square(x); }}};

Tensor waves(int64_t rows) {
  std::vector<float> values(static_cast<size_t>(rows) * 512);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(5 * std::sin(static_cast<double>(i) * 0.37));
  return Tensor::from(values, {rows, 512}).eval();
}

// Turning rows around keeps forward and backward pass apart.
TensorFunction gradient_through(Activation activation) {
  return [activation](const std::vector<Tensor>& in) {
    const Tensor y = flip(activation(in[0]), {1});
    std::vector<Tensor> results = gradients(sum(square(y) * y), in);
    results.push_back(y);
    return results;
  };
}

constexpr int64_t kLarge = 600, kSmall = 300;  // rows of 2 KiB: beyond and below a mebibyte

TEST(Recompute, KeepsNothingOfAnActivationButWhatGoesIn) {
  for (const auto& [name, activation] : kActivations) {
    SCOPED_TRACE(name);
    const std::string graph = compile(gradient_through(activation)).graph({waves(kLarge)});
    EXPECT_EQ(graph.find("float32(600, 512), %"), std::string::npos) << graph;  // one result a node
    EXPECT_EQ(graph.find("bool(600, 512)"), std::string::npos) << graph;
  }
  // Small ones lie in caches.
  const std::string small = compile(gradient_through(kActivations[0].second)).graph({waves(kSmall)});
  EXPECT_NE(small.find("float32(300, 512), %"), std::string::npos) << small;
}

TEST(Recompute, ChangesNoBits) {
  for (const auto& [name, activation] : kActivations) {
    SCOPED_TRACE(name);
    const Function f = compile(gradient_through(activation));
    const Tensor x = waves(kLarge);
    const std::vector<Tensor> whole = f({x}), above = f({slice(x, {0}, {kSmall}).eval()}),
                              below = f({slice(x, {kSmall}, {kLarge}).eval()});
    for (size_t i = 0; i < whole.size(); ++i) {
      std::vector<float> parts = above[i].to_vector<float>();
      const std::vector<float> rest = below[i].to_vector<float>();
      parts.insert(parts.end(), rest.begin(), rest.end());
      EXPECT_EQ(whole[i].to_vector<float>(), parts) << i;
    }
  }
}

/// x -> (a, b), between which something stands that is not elementwise, and c of all of them.
Graph two_parts(bool escapes) {
  const TensorType type{DType::kFloat32, {kLarge, 512}};
  Graph graph;
  const ValueId x = graph.add_input(type, "x");
  const auto add = [&](const char* op, std::vector<ValueId> inputs) {
    return graph.add_node(find_op(op), {}, std::move(inputs))[0];
  };
  const auto fused = [&](std::vector<ValueId> inputs, std::vector<TileInstruction> code,
                         std::vector<int> results) {
    FusedElementwiseAttrs attrs;
    attrs.shape = type.shape;
    attrs.num_inputs = static_cast<int>(inputs.size());
    attrs.code = std::move(code);
    attrs.results = std::move(results);
    return graph.add_node(find_op("fused_elementwise"), attrs, std::move(inputs));
  };
  // t0 = abs x, t1 = exp t0, of which nobody but the second one reads t0
  const std::vector<ValueId> made =
      fused({x}, {{&find_op("abs"), {}, {0}}, {&find_op("exp"), {}, {1}}}, {1, 2});
  const ValueId between = add("identity", {made[1]});
  const std::vector<ValueId> last =
      fused({made[0], between, x}, {{&find_op("multiply"), {}, {0, 1}}, {&find_op("add"), {}, {3, 2}}}, {4});
  graph.outputs = {last[0]};
  if (escapes) graph.outputs.push_back(made[0]);
  verify(graph);
  return graph;
}

TEST(Recompute, DropsWhatNothingReadsAnyMore) {
  const Graph graph = passes::recompute(two_parts(false));
  verify(graph);
  EXPECT_EQ(graph.str(),
            "%0: float32(600, 512) = input \"x\"\n"
            "%1: float32(600, 512) = fused_elementwise(%0) {shape=(600, 512), code=[t0 = abs(a0); t1 = "
            "exp(t0)], results=[t1]}\n"
            "%2: float32(600, 512) = identity(%1)\n"
            "%3: float32(600, 512) = fused_elementwise(%2, %0) {shape=(600, 512), code=[t0 = abs(a1); t1 = "
            "multiply(t0, a0); "
            "t2 = add(t1, a1)], results=[t2]}\n"
            "return %3\n");
}

TEST(Recompute, WritesWhatLeavesTheGraph) {
  const Graph graph = passes::recompute(two_parts(true));
  verify(graph);
  EXPECT_NE(graph.str().find("results=[t0, t1]"), std::string::npos) << graph.str();
  EXPECT_NE(graph.str().find("t0 = abs(a1); t1 = multiply(t0, a0)"), std::string::npos) << graph.str();
}

}  // namespace
}  // namespace lamina
