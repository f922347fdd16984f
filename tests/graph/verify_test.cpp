// The executable specification: each rule, broken once.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/graph/graph.h"

namespace lamina {
namespace {

const TensorType kType{DType::kFloat32, {2, 3}};

Graph valid() {
  Graph graph;
  const ValueId x = graph.add_input(kType, "x");
  const ValueId y = graph.add_node(find_op("negative"), {}, {x})[0];
  graph.outputs = {y};
  return graph;
}

void expect_rejected(const Graph& graph, const std::string& words) {
  try {
    verify(graph);
    FAIL() << "accepted:\n" << graph.str();
  } catch (const InternalError& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Verify, AcceptsAValidGraph) { EXPECT_NO_THROW(verify(valid())); }

TEST(Verify, RejectsIdsOutOfRange) {
  Graph graph = valid();
  graph.outputs = {99};
  expect_rejected(graph, "names value 99");
}

TEST(Verify, RejectsUseBeforeTheValueIsMade) {
  Graph graph = valid();
  graph.nodes[0].inputs = {graph.nodes[0].outputs[0]};
  expect_rejected(graph, "before it is made");
}

TEST(Verify, RejectsAValueMadeTwice) {
  Graph graph = valid();
  graph.nodes.push_back(graph.nodes[0]);
  expect_rejected(graph, "made twice");
}

TEST(Verify, RejectsTypesThatInferDoesNotGive) {
  Graph graph = valid();
  graph.values[static_cast<size_t>(graph.outputs[0])].type.shape = Shape{3, 2};
  expect_rejected(graph, "negative makes float32(2, 3)");
}

TEST(Verify, RejectsUpdatesOfAnotherType) {
  Graph graph = valid();
  graph.add_input({DType::kInt32, {2, 3}}, "state");
  graph.updates = {{1, graph.outputs[0]}};
  expect_rejected(graph, "changes the type");
}

TEST(Verify, RejectsTwoUpdatesOfOneInput) {
  Graph graph = valid();
  graph.updates = {{0, graph.outputs[0]}, {0, graph.outputs[0]}};
  expect_rejected(graph, "updated twice");
}

TEST(Verify, RejectsBlocksThatDoNotDivide) {
  Graph graph = valid();
  const ValueId y = graph.outputs[0];
  const ValueId z = graph.add_node(find_op("negative"), {}, {y})[0];
  graph.outputs = {z};
  graph.values[static_cast<size_t>(y)].layout = {{0, 1}, {{1, 8}}};
  expect_rejected(graph, "does not divide");
}

TEST(Verify, RejectsOutputsInASpecialLayout) {
  Graph graph = valid();
  graph.values[static_cast<size_t>(graph.outputs[0])].layout = {{1, 0}, {}};
  expect_rejected(graph, "not row-major");
}

}  // namespace
}  // namespace lamina
