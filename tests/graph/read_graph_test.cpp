// Graphs are read back from their text: whole programs with all that passes put into them, and text that is
// none. The attributes of every op are read back in tests/ops/registry_test.cpp.
#include <gtest/gtest.h>

#include <limits>

#include "lamina/core/compile.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/graph.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/conv2d.h"
#include "lamina/ops/full.h"
#include "lamina/ops/pool2d.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

void expect_read_back(const Graph& graph) {
  const std::string text = graph.str();
  EXPECT_EQ(Graph::parse(text).str(), text);
  EXPECT_TRUE(Graph::parse(text) == graph) << text;
}

TEST(ReadGraph, NumbersToTheBit) {
  for (const double value :
       {0.0, -0.0, 0.1, 1e300, 5e-324, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::signaling_NaN()}) {
    Graph graph;
    graph.outputs = graph.add_node(find_op("full"), FullAttrs{{2, 3}, value, DType::kFloat64}, {});
    expect_read_back(graph);
  }
}

// What passes make: fused chains with constants of several dtypes, blocked layouts, updates of state.
TEST(ReadGraph, WholePrograms) {
  const Tensor key = random_key(3);
  const Function network = compile([&](const std::vector<Tensor>& a) {
    const auto loss = [&](const std::vector<Tensor>& w) {
      const Tensor y =
          max_pool2d(relu(conv2d(a[0], w[0], {.padding = "same"}) + 0.5), {2, 2}, {2, 2}, "valid");
      const Tensor z = conv2d(y, ones({3, 3, 16, 16}) * sum(w[0]), {.padding = "same"});
      return sum(log_softmax(reshape(z, {2, -1}) * random_uniform(key, {2, 1}) * 2.0, -1));
    };
    return grad(loss)({a[1]});
  });
  const std::string text = network.graph({ones({2, 8, 8, 8}), ones({3, 3, 8, 16})});
  EXPECT_EQ(Graph::parse(text).str(), text);
  EXPECT_NE(text.find("code=["), std::string::npos) << text;

  const Function integers = compile([](const std::vector<Tensor>& a) {
    return std::vector{a[0] * int64_t{3} - int64_t{3}, exp(cast(a[0], DType::kFloat64)) * 0.25};
  });
  const std::string typed = integers.graph({full({4}, 2, DType::kInt64)});
  EXPECT_NE(typed.find("int64(3)"), std::string::npos) << typed;
  EXPECT_EQ(Graph::parse(typed).str(), typed);
}

TEST(ReadGraph, GraphsWithinGraphs) {
  const Function loop = compile([](const std::vector<Tensor>& a) {
    const auto more = [](const std::vector<Tensor>& s) { return s[0] < 100.0; };
    const auto body = [&](const std::vector<Tensor>& s) {
      return cond(
          sum(s[0]) > 3.0, [](const std::vector<Tensor>& t) { return std::vector{t[0] * 2.0}; },
          [](const std::vector<Tensor>& t) { return std::vector{t[0] + 1.0}; }, {s[0]});
    };
    return while_loop(more, body, {a[0]});
  });
  const std::string text = loop.graph({full({}, 1, DType::kFloat32)});
  EXPECT_NE(text.find("cond("), std::string::npos) << text;
  EXPECT_EQ(Graph::parse(text).str(), text);
}

TEST(ReadGraph, UpdatesAndLayouts) {
  Graph graph;
  const ValueId state = graph.add_input({DType::kFloat32, {2, 4, 4, 8}}, "conv2d/kernel");
  const ValueId sum = graph.add_node(find_op("add"), {}, {state, state})[0];
  graph.updates.push_back({0, sum});
  expect_read_back(graph);
  const std::string blocked =
      "%0: float32(2, 4, 4, 8) = input \"x\"\n"
      "%1: float32(2, 4, 4, 8)@0312,3x8 = reorder(%0) {target=0312,3x8}\n"
      "%2: float32(2, 4, 4, 8) = reorder(%1) {target=row_major}\n"
      "return %2\n";
  EXPECT_EQ(Graph::parse(blocked).str(), blocked);
  EXPECT_EQ(Graph::parse(blocked).values[1].layout, (Layout{{0, 3, 1, 2}, {{3, 8}}}));
}

TEST(ReadGraph, SaysWhereTextIsNoGraph) {
  const auto refusal = [](const std::string& text) {
    return message_of<InvalidArgument>([&] { Graph::parse(text); });
  };
  const std::string x = "%0: float32(2, 3) = input \"x\"\n";
  EXPECT_EQ(refusal(""), "text of a graph, line 1, column 1: expected '%', not the end");
  EXPECT_EQ(refusal("hello\nworld"), "text of a graph, line 1, column 1: expected '%', not 'hello'");
  EXPECT_EQ(refusal(x + "%1: float32(2, 3) = relu(%0"),
            "text of a graph, line 2, column 28: expected ')', not the end");
  EXPECT_EQ(refusal(x + "return %0 %1"), "text of a graph, line 2, column 11: expected the end, not '%1'");
  EXPECT_EQ(refusal(x + "%1: float33(2, 3) = relu(%0)\nreturn").substr(0, 26), "unknown dtype 'float33'; d");
  EXPECT_EQ(refusal(x + "%1: float32(2, 3) = rellu(%0)\nreturn"), "unknown op 'rellu'; did you mean 'relu'?");
  EXPECT_EQ(refusal(x + "%1: float32(2, 3) = relu(%0) {axis=1}\nreturn"),
            "text of a graph, line 2, column 31: expected no attributes of op 'relu', not 'axis=1}'");
  EXPECT_EQ(refusal(x + "%1: float32(2, 3) = softmax(%0) {axes=1}\nreturn"),
            "text of a graph, line 2, column 34: expected 'axis', not 'axes=1}'");
  EXPECT_EQ(refusal(x + "%1: float32(2, 3) = softmax(%0) {axis=9999999999}\nreturn"),
            "text of a graph, line 2, column 39: expected an integer from -2147483648 to 2147483647, not "
            "'9999999999}'");
  EXPECT_EQ(
      refusal(x + x + "return"),
      "text of a graph, line 3, column 7: expected the values %0 to %1, once each, before this, not the end");
  for (const std::string& broken : {
           x + "%1: float32(3, 2) = relu(%0)\nreturn %1",     // another shape than inferred
           x + "%1: float32(2, 3) = add(%0)\nreturn %1",      // too few inputs
           x + "%1: float32(2, 3) = relu(%2)\nreturn %1",     // no such value
           x + "%1: float32(2, 3) = softmax(%0)\nreturn %1",  // no attributes
           x + "update %0 = %4\nreturn",                      // no such value
           x + "%1: float32(2, 3)@01,1x2 = reorder(%0) {target=01,1x2}\nreturn",  // blocks that do not divide
           x + "%1: float32(2, 3)@01,4x1 = reorder(%0) {target=01,4x1}\nreturn",  // blocks of no axis
           std::string("%0: float32(None, 3) = input \"x\"\nreturn"),
           std::string("%0: float32(2, 3) = input \"x\nreturn"),
           std::string("%0: float32(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) = input \"x\"\nreturn"),
           std::string("%99999999999: float32() = input \"x\"\nreturn"),
       }) {
    EXPECT_THROW(Graph::parse(broken), InvalidArgument) << broken;
  }
}

// A chain is checked as single nodes are; a kernel would take its word for what lies in memory.
TEST(ReadGraph, ChainsDoWhatTheirOpsSay) {
  const auto text_of = [](const std::string& input, const std::string& code) {
    return "%0: " + input + "(3, 4) = input \"x\"\n" +
           "%1: float32(3, 4) = fused_elementwise(%0) {shape=(3, 4), code=[" + code + "], results=[t0]}\n" +
           "return %1";
  };
  const auto says = [&](const std::string& input, const std::string& code) {
    return message_of<InvalidArgument>([&] { Graph::parse(text_of(input, code)); });
  };
  EXPECT_NO_THROW(Graph::parse(text_of("float32", "t0 = sign(a0)")));
  EXPECT_NE(says("int64", "t0 = sign(a0)").find("sign does not make float32"), std::string::npos);
  EXPECT_NE(says("float32", "t0 = multiply(a0)").find("multiply"), std::string::npos);
  EXPECT_NE(says("bool", "t0 = exp(a0)").find("exp"), std::string::npos);
  EXPECT_NE(says("float32", "t0 = random_uniform(a0, shape=(3, 5), stream=0)").find("random_uniform"),
            std::string::npos);
}

TEST(ReadGraph, RefusesGraphsThatAreTooDeep) {
  std::string text = "%0: bool() = input \"p\"\nreturn";
  for (int i = 0; i < 100; ++i)
    text = "%0: bool() = input \"p\"\n= cond(%0) {true_fn={" + text +
           "}, false_fn={%0: bool() = input \"p\"\nreturn}}\nreturn";
  EXPECT_NE(message_of<InvalidArgument>([&] { Graph::parse(text); }).find("expected"), std::string::npos);
}

// Every text that differs in one place from that of a graph is a graph or refused.
TEST(ReadGraph, SurvivesEverySlip) {
  const Function f = compile([](const std::vector<Tensor>& a) {
    const auto step = [](const std::vector<Tensor>& carry, const std::vector<Tensor>& x) {
      return ScanResult{{carry[0] * 2.0 + x[0]}, {carry[0]}};
    };
    return scan(step, {a[0]}, {a[1]}).carry;
  });
  const std::string text = f.graph({ones({2}), ones({3, 2})});
  ASSERT_EQ(Graph::parse(text).str(), text);
  int refused = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '9', '-', '(', '}', '%', '"', 'a'}) {
      std::string slip = text;
      c ? slip[i] = c : slip.erase(i, 1).size();
      try {
        const Graph graph = Graph::parse(slip);
        EXPECT_TRUE(Graph::parse(graph.str()) == graph);
      } catch (const InvalidArgument&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, static_cast<int>(text.size()));
}

}  // namespace
}  // namespace lamina
