// Programs against a naive interpreter: random graphs with views, in-place chances and donated state.
#include "lamina/graph/program.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>

#include "lamina/core/lower.h"
#include "lamina/graph/storage.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

const Device kCpu{};
const Shape kShapes[] = {{6}, {2, 3}};

// One value per entry; only the ops that random_graph makes.
using Contents = std::vector<float>;

Contents interpret(const Node& node, const std::vector<Contents>& values) {
  const auto& a = values[static_cast<size_t>(node.inputs[0])];
  const auto& b = values[static_cast<size_t>(node.inputs.back())];
  Contents result = a;
  for (size_t i = 0; i < a.size(); ++i) {
    if (node.op->name == "add") result[i] = a[i] + b[i];
    if (node.op->name == "multiply") result[i] = a[i] * b[i];
    if (node.op->name == "negative") result[i] = -a[i];
    if (node.op->name == "abs") result[i] = std::abs(a[i]);
  }
  return result;
}

Graph random_graph() {
  Graph graph;
  const int inputs = *rc::gen::inRange(1, 4);
  for (int i = 0; i < inputs; ++i) graph.add_input({DType::kFloat32, kShapes[0]}, "x");
  std::vector<ValueId> pool = graph.inputs;
  const auto pick = [&](const Shape& shape) {
    std::vector<ValueId> fitting;
    for (ValueId value : pool) {
      if (graph.type(value).shape == shape) fitting.push_back(value);
    }
    return fitting.empty()
               ? ValueId{-1}
               : fitting[static_cast<size_t>(*rc::gen::inRange<int>(0, static_cast<int>(fitting.size())))];
  };
  const int nodes = *rc::gen::inRange(1, 14);
  for (int n = 0; n < nodes; ++n) {
    const Shape& shape = kShapes[*rc::gen::inRange(0, 2)];
    const ValueId a = pick(shape), b = pick(shape);
    if (a < 0) continue;
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        pool.push_back(graph.add_node(find_op("add"), {}, {a, b})[0]);
        break;
      case 1:
        pool.push_back(graph.add_node(find_op("multiply"), {}, {a, b})[0]);
        break;
      case 2:
        pool.push_back(graph.add_node(find_op("negative"), {}, {a})[0]);
        break;
      case 3:
        pool.push_back(graph.add_node(find_op("abs"), {}, {a})[0]);
        break;
      default: {
        const Shape& other = kShapes[shape == kShapes[0] ? 1 : 0];
        pool.push_back(graph.add_node(find_op("reshape"), ReshapeAttrs{other}, {a})[0]);
      }
    }
  }
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    const ValueId value = pick(kShapes[0]);
    if (*rc::gen::inRange(0, 2)) graph.updates.push_back({static_cast<int>(i), value});
  }
  const int outputs = *rc::gen::inRange(0, 3);
  for (int i = 0; i < outputs; ++i) graph.outputs.push_back(pick(kShapes[0]));
  return graph;
}

RC_GTEST_PROP(Program, ComputesWhatTheGraphSays, ()) {
  const Graph graph = random_graph();
  std::vector<Contents> values(graph.values.size());
  std::vector<Contents> inputs;
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    Contents contents(6);
    for (size_t j = 0; j < 6; ++j) contents[j] = static_cast<float>(static_cast<int>(i * 5 + j) - 4);
    values[static_cast<size_t>(graph.inputs[i])] = contents;
    inputs.push_back(contents);
  }
  for (const Node& node : graph.nodes) values[static_cast<size_t>(node.outputs[0])] = interpret(node, values);

  Program program(detail::lower(graph, kCpu), kCpu);
  std::vector<Contents> outputs(graph.outputs.size(), Contents(6));
  std::vector<void*> input_addresses, output_addresses;
  for (Contents& contents : inputs) input_addresses.push_back(contents.data());
  for (Contents& contents : outputs) output_addresses.push_back(contents.data());
  program.run(input_addresses, output_addresses);

  for (size_t i = 0; i < outputs.size(); ++i) {
    RC_ASSERT(outputs[i] == values[static_cast<size_t>(graph.outputs[i])]);
  }
  std::vector<ValueId> now = graph.inputs;
  for (const Update& update : graph.updates) now[static_cast<size_t>(update.input)] = update.value;
  for (size_t i = 0; i < inputs.size(); ++i) RC_ASSERT(inputs[i] == values[static_cast<size_t>(now[i])]);
}

RC_GTEST_PROP(Storage, NeverWritesAValueThatIsStillToBeRead, ()) {
  const Graph graph = random_graph();
  const detail::StoragePlan plan = detail::plan_storage(graph);
  // Replay: each storage holds the value last written to it; every read must find the value it wants.
  const auto key = [](const detail::Storage& s) { return static_cast<int>(s.kind) * 1000 + s.index; };
  std::vector<ValueId> root(graph.values.size());
  std::iota(root.begin(), root.end(), 0);
  std::vector<ValueId> holds(3000, -1);
  for (ValueId input : graph.inputs)
    holds[static_cast<size_t>(key(plan.values[static_cast<size_t>(input)]))] = input;
  for (const Node& node : graph.nodes) {
    for (ValueId input : node.inputs) {
      const auto place = static_cast<size_t>(key(plan.values[static_cast<size_t>(input)]));
      RC_ASSERT(holds[place] == root[static_cast<size_t>(input)]);
    }
    if (node.op->view) {
      root[static_cast<size_t>(node.outputs[0])] = root[static_cast<size_t>(node.inputs[0])];
    } else {
      holds[static_cast<size_t>(key(plan.values[static_cast<size_t>(node.outputs[0])]))] = node.outputs[0];
    }
  }
}

TEST(Program, WritesStateInPlaceWithoutCopies) {
  Graph graph;
  const ValueId state = graph.add_input({DType::kFloat32, {4}}, "state");
  const ValueId step = graph.add_input({DType::kFloat32, {4}}, "step");
  const ValueId updated = graph.add_node(find_op("add"), {}, {state, step})[0];
  graph.updates = {{0, updated}};
  Program program(detail::lower(graph, kCpu), kCpu);
  EXPECT_EQ(program.state_copies(), 0);
  Contents state_now{1, 2, 3, 4}, by{10, 20, 30, 40};
  const std::vector<void*> addresses{state_now.data(), by.data()};
  program.run(addresses, {});
  EXPECT_EQ(state_now, (Contents{11, 22, 33, 44}));
}

TEST(Program, SwapsTwoStates) {
  Graph graph;
  const ValueId a = graph.add_input({DType::kFloat32, {2}}, "a");
  const ValueId b = graph.add_input({DType::kFloat32, {2}}, "b");
  graph.updates = {{0, b}, {1, a}};
  Program program(graph, kCpu);
  Contents x{1, 2}, y{3, 4};
  const std::vector<void*> addresses{x.data(), y.data()};
  program.run(addresses, {});
  EXPECT_EQ(x, (Contents{3, 4}));
  EXPECT_EQ(y, (Contents{1, 2}));
}

}  // namespace
}  // namespace lamina
