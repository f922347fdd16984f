// Tests of single ONNX operators where ONNX's own cases do not reach: input that does not fit, numbers
// followed by hand, and gradients.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/random.h"
#include "tests/support/onnx_bytes.h"

namespace lamina::test {
namespace {

using onnx::Value;

Message floats_attribute(const std::string& name, const std::vector<float>& values) {
  Message attribute;
  attribute.bytes(1, name);
  for (const float value : values) attribute.number(7, value);
  return attribute.integer(20, 6);
}

Message text_attribute(const std::string& name, const std::string& value) {
  return Message().bytes(1, name).bytes(4, value).integer(20, 3);
}

Message texts_attribute(const std::string& name, const std::vector<std::string>& values) {
  Message attribute;
  attribute.bytes(1, name);
  for (const std::string& value : values) attribute.bytes(9, value);
  return attribute.integer(20, 8);
}

const auto kRandom = [] { return std::pair(Tensor::from<int64_t>({1, 0}), 0); };

// A graph of one node; inputs are named a, b, c and so on, "" is left out.
onnx::ImportedGraph graph_of(const std::string& type, const std::vector<Value>& inputs,
                             const std::vector<Message>& attributes = {}, int64_t opset = 22,
                             const std::string& domain = "", size_t outputs = 1) {
  OnnxGraphParts parts;
  std::vector<std::string> names, results;
  for (size_t i = 0; i < inputs.size(); ++i) {
    names.push_back(inputs[i].is_nothing() ? "" : std::string(1, static_cast<char>('a' + i)));
    if (inputs[i].is_nothing()) continue;
    std::vector<int64_t> extents =
        inputs[i].is_sequence() ? std::vector<int64_t>() : inputs[i].shape().dims();
    parts.inputs.push_back(onnx_value(names.back(), extents, static_cast<int>(inputs[i].type())));
  }
  for (size_t i = 0; i < outputs; ++i) {
    results.push_back("y" + std::to_string(i));
    parts.outputs.push_back(Message().bytes(1, results.back()));
  }
  parts.nodes.push_back(onnx_node(type, names, results, attributes, domain));
  Message model;
  model.integer(1, 8).message(7, onnx_graph(parts));
  if (!domain.empty()) model.message(8, Message().bytes(1, domain).integer(2, opset));
  model.message(8, Message().integer(2, domain.empty() ? opset : 22));
  return onnx::ImportedGraph::parse(model.str(), "a test", "");
}

std::vector<Value> run(const std::string& type, const std::vector<Value>& inputs,
                       const std::vector<Message>& attributes = {}, int64_t opset = 22,
                       const std::string& domain = "", size_t outputs = 1) {
  std::vector<Value> given;
  for (const Value& each : inputs) {
    if (!each.is_nothing()) given.push_back(each);
  }
  return graph_of(type, inputs, attributes, opset, domain, outputs).run(given, {}, kRandom);
}

// Compares gradients with respect to all floats among the inputs with differences.
void check(const std::string& type, const std::vector<Value>& inputs,
           const std::vector<Message>& attributes = {}, int64_t opset = 22, size_t outputs = 1) {
  const onnx::ImportedGraph graph = graph_of(type, inputs, attributes, opset, "", outputs);
  std::vector<Tensor> floats;
  std::vector<Value> given;
  for (const Value& each : inputs) {
    if (each.is_nothing()) continue;
    given.push_back(each);
    if (onnx::is_floating(each.type())) floats.push_back(each.tensor());
  }
  SCOPED_TRACE(type);
  check_gradients(
      [&](const std::vector<Tensor>& x) {
        std::vector<Value> values = given;
        size_t next = 0;
        for (Value& each : values) {
          if (onnx::is_floating(each.type())) each = Value(x[next++]);
        }
        std::vector<Tensor> results;
        for (const Value& each : graph.run(values, {}, kRandom)) results.push_back(each.tensor());
        return results;
      },
      floats);
}

// Numbers without ties and kinks, in float64.
Value drawn(const Shape& shape, int64_t seed, double scale = 1) {
  return Value(cast(random_normal(random_key(seed), shape), DType::kFloat64) * scale);
}

std::vector<float> numbers(const Value& value) { return value.tensor().to_vector<float>(); }

// What a node says of input that does not fit; empty where it takes it.
std::string refusal(const std::string& type, const std::vector<Value>& inputs,
                    const std::vector<Message>& attributes = {}, int64_t opset = 22,
                    const std::string& domain = "") {
  try {
    for (const Value& value : run(type, inputs, attributes, opset, domain)) {
      if (value.is_tensor()) value.tensor().eval();
    }
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Value rows(const std::vector<float>& values, const Shape& shape) {
  return Value(Tensor::from(values, shape));
}
Value whole(const std::vector<int64_t>& values) { return Value(Tensor::from(values, {values.size()})); }
Value one(int64_t value) { return Value(Tensor::from<int64_t>({value}).reshape({})); }

constexpr const char* kMl = "ai.onnx.ml";

#define EXPECT_REFUSED(text, ...) \
  EXPECT_NE(refusal(__VA_ARGS__).find(text), std::string::npos) << refusal(__VA_ARGS__)

TEST(OnnxOperators, TheLeastIntegerIsDividedLikeOthers) {
  constexpr int32_t kLeast = std::numeric_limits<int32_t>::min();
  const std::vector<int32_t> a = {kLeast, kLeast, kLeast, 7, -7, 7, -7, 6, -6},
                             b = {2, -3, 3, 2, 2, -2, -2, 3, 3};
  std::vector<int32_t> quotients, rests;
  for (size_t i = 0; i < a.size(); ++i) quotients.push_back(a[i] / b[i]), rests.push_back(a[i] % b[i]);
  const std::vector<Value> given = {Tensor::from(a, {9}), Tensor::from(b, {9})};
  EXPECT_EQ(run("Div", given)[0].tensor().to_vector<int32_t>(), quotients);
  const Message c_style = Message().bytes(1, "fmod").integer(3, 1).integer(20, 2);
  EXPECT_EQ(run("Mod", given, {c_style})[0].tensor().to_vector<int32_t>(), rests);
}

TEST(OnnxOperators, QuantizationRefusesScalesThatDoNotFit) {
  const Value x = rows({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_REFUSED("axis 1", "QuantizeLinear", {x, rows({1, 2}, {2})});
  EXPECT_REFUSED("out of range", "QuantizeLinear", {x, rows({1, 2}, {2})}, {onnx_attribute("axis", 5)});
  EXPECT_REFUSED("blocks of 2", "QuantizeLinear", {x, rows({1, 2}, {2})}, {onnx_attribute("block_size", 2)});
  EXPECT_REFUSED("has no attribute 'axes'", "QuantizeLinear", {x, rows({1}, {1})},
                 {onnx_attribute("axes", 1)});
}

TEST(OnnxOperators, RecurrentOnesRefuseWeightsThatDoNotFit) {
  const Value x = rows({1, 2}, {2, 1, 1}), w = rows({1}, {1, 1, 1}), r = rows({1}, {1, 1, 1});
  EXPECT_REFUSED("W has shape", "LSTM", {x, w, r});
  EXPECT_REFUSED("direction", "RNN", {x, w, r}, {text_attribute("direction", "sideways")});
  EXPECT_REFUSED("activation 'Sinus'", "RNN", {x, w, r}, {texts_attribute("activations", {"Sinus"})});
  EXPECT_REFUSED("hidden_size", "RNN", {x, w, r}, {onnx_attribute("hidden_size", 7)});
}

// h = tanh(x + h): the second sample ends after one step.
TEST(OnnxOperators, RecurrentOnesEndWhereASequenceEnds) {
  const std::vector<Value> inputs{rows({1, 2, 3, 4}, {2, 2, 1}), rows({1}, {1, 1, 1}), rows({1}, {1, 1, 1}),
                                  Value(), Value(Tensor::from<int32_t>({2, 1}))};
  const std::vector<Value> got = run("RNN", inputs, {}, 14, "", 2);
  const float first = std::tanh(1.F), second = std::tanh(2.F), third = std::tanh(3 + first);
  const std::vector<float> y = numbers(got[0]), last = numbers(got[1]), expected{first, second, third, 0};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], expected[i], 1e-6);
  EXPECT_NEAR(last[0], third, 1e-6);
  EXPECT_NEAR(last[1], second, 1e-6);
}

TEST(OnnxOperators, ResizeRefusesWhatItCannotMean) {
  const Value x = rows({1, 2, 3, 4}, {1, 1, 2, 2});
  EXPECT_REFUSED("either scales or sizes", "Resize", {x});
  EXPECT_REFUSED("expected a number above 0", "Resize", {x, Value(), rows({1, 1, -1, 1}, {4})});
  EXPECT_REFUSED("an extent of its result", "Resize", {x, Value(), Value(), whole({1, 1, -3, 2})});
  EXPECT_REFUSED("for 4 axes", "Resize", {x, Value(), rows({1, 2}, {2})});
  EXPECT_REFUSED("needs a roi", "Resize", {x, Value(), Value(), whole({1, 1, 3, 3})},
                 {text_attribute("coordinate_transformation_mode", "tf_crop_and_resize")});
}

TEST(OnnxOperators, RegionsOfImagesThatAreNotThereAreErrors) {
  const Value x = rows({1, 2, 3, 4}, {1, 1, 2, 2});
  EXPECT_NE(
      refusal("RoiAlign", {x, rows({0, 0, 1, 1}, {1, 4}), whole({3})}, {onnx_attribute("sampling_ratio", 2)}),
      "");
  EXPECT_NE(refusal("MaxRoiPool", {x, rows({5, 0, 0, 1, 1}, {1, 5})},
                    {onnx_attribute("pooled_shape", std::vector<int64_t>{1, 1})}),
            "");
}

// Rows 0 to 1 and 2 to 3 of a region, columns alike: the largest of each quarter.
TEST(OnnxOperators, MaxRoiPoolTakesTheLargestOfEachBin) {
  std::vector<float> values(16);
  for (size_t i = 0; i < 16; ++i) values[i] = static_cast<float>(i);
  const std::vector<Value> got =
      run("MaxRoiPool", {rows(values, {1, 1, 4, 4}), rows({0, 0, 0, 3, 3, 0, 2, 2, 3, 3}, {2, 5})},
          {onnx_attribute("pooled_shape", std::vector<int64_t>{2, 2})});
  EXPECT_EQ(numbers(got[0]), (std::vector<float>{5, 7, 13, 15, 10, 11, 14, 15}));
}

// Rounded up, a window that reaches less than a stride beyond the image is one; it counts what lies inside.
TEST(OnnxOperators, PoolingTakesWindowsThatReachBeyondTheImage) {
  const Value x = rows({1, 2, 3, 4}, {1, 1, 2, 2});
  const auto attributes = [](int64_t stride) {
    return std::vector<Message>{onnx_attribute("kernel_shape", std::vector<int64_t>{3, 3}),
                                onnx_attribute("strides", std::vector<int64_t>{stride, stride}),
                                onnx_attribute("ceil_mode", 1)};
  };
  EXPECT_EQ(numbers(run("AveragePool", {x}, attributes(3))[0]), std::vector<float>{2.5});
  EXPECT_EQ(numbers(run("MaxPool", {x}, attributes(2))[0]), std::vector<float>{4});
  EXPECT_REFUSED("larger", "MaxPool", {x}, attributes(1));
}

// The operand with fewer elements may be the one with more axes.
TEST(OnnxOperators, AxesOfOneElementStay) {
  const Value few = rows({5}, {1, 1, 1, 1}), more = rows({1, 2}, {2, 1, 1});
  EXPECT_EQ(run("Add", {few, more})[0].shape(), Shape({1, 2, 1, 1}));
  EXPECT_EQ(run("Mul", {more, few})[0].shape(), Shape({1, 2, 1, 1}));
  EXPECT_EQ(numbers(run("Sub", {few, more})[0]), (std::vector<float>{4, 3}));
  EXPECT_EQ(run("Max", {rows({1, 2}, {1, 1, 2}), rows({1, 2, 3}, {3, 1})})[0].shape(), Shape({1, 3, 2}));
}

TEST(OnnxOperators, PlacesBeyondTheOutputAreErrors) {
  EXPECT_NE(
      refusal("MaxUnpool", {rows({1}, {1, 1, 1, 1}), Value(Tensor::from<int64_t>({9}).reshape({1, 1, 1, 1}))},
              {onnx_attribute("kernel_shape", std::vector<int64_t>{2, 2})}),
      "");
  EXPECT_NE(refusal("TensorScatter",
                    {rows({1, 2, 3, 4}, {1, 1, 4, 1}), rows({1, 2}, {1, 1, 2, 1}), whole({3})}, {}, 24),
            "");
  EXPECT_REFUSED("does not fit", "Col2Im", {rows({1, 2, 3}, {1, 1, 3}), whole({2, 2}), whole({1, 1})});
}

TEST(OnnxOperators, AttentionRefusesShapesThatDoNotFit) {
  const Value q = rows({1, 2, 3, 4}, {1, 1, 2, 2}), k = rows({1, 2, 3}, {1, 1, 1, 3});
  EXPECT_REFUSED("do not fit", "Attention", {q, k, k}, {}, 23);
  EXPECT_REFUSED("come together", "Attention", {q, q, q, Value(), q}, {}, 23);
  EXPECT_REFUSED("cannot be broadcast", "Attention", {q, q, q, rows({1, 2, 3}, {3, 1})}, {}, 23);
  EXPECT_REFUSED("does not fit 0 heads", "Attention",
                 {rows({1, 2}, {1, 1, 2}), rows({1, 2}, {1, 1, 2}), rows({1, 2}, {1, 1, 2})}, {}, 23);
}

TEST(OnnxOperators, SequencesHaveBounds) {
  const Value sequence = Value::of_sequence({rows({1}, {1}), rows({2}, {1})});
  const auto in_graph = [&](const char* type, int64_t place) {
    return refusal(type, {sequence, one(place)});
  };
  EXPECT_NE(in_graph("SequenceAt", 2).find("position 2 of a sequence of 2"), std::string::npos);
  EXPECT_NE(in_graph("SequenceAt", -3).find("position -3"), std::string::npos);
  EXPECT_EQ(in_graph("SequenceAt", -2), "");
  EXPECT_NE(in_graph("SequenceErase", 5), "");
  EXPECT_REFUSED("do not fit", "SplitToSequence", {rows({1, 2, 3}, {3}), whole({2, 2})});
  EXPECT_REFUSED("parts of 0", "SplitToSequence", {rows({1, 2, 3}, {3}), one(0)});
}

TEST(OnnxOperators, PatternsAreBounded) {
  const Value text = Value::of_strings({std::string(40, 'a') + "d"}, {1});
  EXPECT_REFUSED("does not compile", "RegexFullMatch", {text}, {text_attribute("pattern", "(")});
  EXPECT_REFUSED("too much work", "RegexFullMatch", {text}, {text_attribute("pattern", "(a|aa)+[bc]")});
  EXPECT_REFUSED("no UTF-8", "StringNormalizer", {Value::of_strings({"\xC3"}, {1})},
                 {text_attribute("case_change_action", "LOWER")});
  // The end of a text is its end, not the line break in front of it.
  EXPECT_EQ(numbers(run("RegexFullMatch", {Value::of_strings({"ab", "ab\n", "xab"}, {3})},
                        {text_attribute("pattern", "ab$")})[0]),
            (std::vector<float>{1, 0, 0}));
}

TEST(OnnxOperators, LossesOfClassesThatAreNoneAreNoNumbers) {
  const Value x = rows({-1, -2, -3, -4}, {2, 2});
  for (const int64_t wrong : {int64_t{-1}, int64_t{2}}) {
    EXPECT_TRUE(std::isnan(numbers(run("NegativeLogLikelihoodLoss", {x, whole({0, wrong})})[0])[0])) << wrong;
  }
  EXPECT_EQ(
      numbers(run("NegativeLogLikelihoodLoss", {x, whole({0, -1})}, {onnx_attribute("ignore_index", -1)})[0]),
      std::vector<float>{1});
  EXPECT_REFUSED("do not fit", "NegativeLogLikelihoodLoss", {x, whole({0, 1, 1})});
}

TEST(OnnxOperators, SeedsDecideAlone) {
  const Message shape = onnx_attribute("shape", std::vector<int64_t>{4}),
                seed = Message().bytes(1, "seed").number(2, 3).integer(20, 1);
  EXPECT_EQ(numbers(run("RandomNormal", {}, {shape, seed})[0]),
            numbers(run("RandomNormal", {}, {shape, seed})[0]));
  EXPECT_NE(numbers(run("RandomNormal", {}, {shape})[0]), numbers(run("RandomNormal", {}, {shape, seed})[0]));
}

std::vector<Message> tree(std::vector<int64_t> yes, std::vector<int64_t> features = {0, 0, 0}) {
  return {onnx_attribute("nodes_treeids", std::vector<int64_t>{0, 0, 0}),
          onnx_attribute("nodes_nodeids", std::vector<int64_t>{0, 1, 2}),
          onnx_attribute("nodes_featureids", features),
          floats_attribute("nodes_values", {1, 0, 0}),
          texts_attribute("nodes_modes", {"BRANCH_LEQ", "LEAF", "LEAF"}),
          onnx_attribute("nodes_truenodeids", yes),
          onnx_attribute("nodes_falsenodeids", std::vector<int64_t>{2, 0, 0}),
          onnx_attribute("target_treeids", std::vector<int64_t>{0, 0}),
          onnx_attribute("target_nodeids", std::vector<int64_t>{1, 2}),
          onnx_attribute("target_ids", std::vector<int64_t>{0, 0}),
          floats_attribute("target_weights", {10, 20}),
          onnx_attribute("n_targets", 1)};
}

TEST(OnnxOperators, TreesAreCheckedBeforeTheyAreWalked) {
  const Value x = rows({1, 2}, {2, 1});
  EXPECT_EQ(numbers(run("TreeEnsembleRegressor", {x}, tree({1, 0, 0}), 3, kMl)[0]),
            (std::vector<float>{10, 20}));
  EXPECT_REFUSED("has no node 7", "TreeEnsembleRegressor", {x}, tree({7, 0, 0}), 3, kMl);
  EXPECT_REFUSED("in circles", "TreeEnsembleRegressor", {x}, tree({0, 0, 0}), 3, kMl);
  EXPECT_REFUSED("asks for feature 4 of 1", "TreeEnsembleRegressor", {x}, tree({1, 0, 0}, {4, 0, 0}), 3, kMl);
}

TEST(OnnxOperators, ClassicModelsRefuseCoefficientsThatDoNotFit) {
  const Value x = rows({1, 2, 3, 4}, {2, 2});
  EXPECT_REFUSED("do not fit 2 features", "LinearRegressor", {x},
                 {floats_attribute("coefficients", {1, 2, 3})}, 3, kMl);
  EXPECT_REFUSED("asks for feature 5 of 2", "ArrayFeatureExtractor", {x, whole({5})}, {}, 3, kMl);
  EXPECT_REFUSED("takes a map", "DictVectorizer", {x}, {}, 3, kMl);
  EXPECT_REFUSED(
      "has its keys twice", "LabelEncoder", {x},
      {floats_attribute("keys_floats", {1}), onnx_attribute("keys_int64s", std::vector<int64_t>{1}),
       floats_attribute("values_floats", {1})},
      3, kMl);
  EXPECT_REFUSED("do not fit", "SVMRegressor", {x},
                 {floats_attribute("coefficients", {1}), floats_attribute("support_vectors", {1, 2, 3}),
                  onnx_attribute("n_supports", 1), floats_attribute("rho", {0})},
                 3, kMl);
}

TEST(OnnxOperators, GradientsAreThoseOfDifferences) {
  const Value lengths(Tensor::from<int32_t>({3, 2}));
  const Message both = text_attribute("direction", "bidirectional");
  const Message clip = Message().bytes(1, "clip").number(2, 0.9F).integer(20, 1);
  const Value x = drawn({3, 2, 2}, 1), h = drawn({2, 2, 3}, 2, 0.3);
  check("LSTM",
        {x, drawn({2, 12, 2}, 3), drawn({2, 12, 3}, 4, 0.4), drawn({2, 24}, 5), lengths, h, h,
         drawn({2, 9}, 6)},
        {both}, 14, 3);
  check("LSTM", {x, drawn({2, 12, 2}, 3, 0.2), drawn({2, 12, 3}, 4, 0.1), Value(), lengths}, {both, clip}, 14,
        3);
  check("GRU", {x, drawn({2, 9, 2}, 3), drawn({2, 9, 3}, 4, 0.4), drawn({2, 18}, 5), lengths, h},
        {both, texts_attribute("activations", {"Sigmoid", "Softsign", "Sigmoid", "Softsign"})}, 14, 2);
  check("RNN", {x, drawn({2, 3, 2}, 3), drawn({2, 3, 3}, 4), drawn({2, 6}, 5), lengths, h}, {both}, 14, 2);
  // The first query sees no key at all.
  const Value mask(Tensor::from<bool>({false, false, false, true, true, false}, {2, 3}));
  check("Attention", {drawn({1, 2, 2, 3}, 1), drawn({1, 1, 3, 3}, 2), drawn({1, 1, 3, 2}, 3), mask},
        {Message().bytes(1, "softcap").number(2, 2).integer(20, 1)}, 23);
  check("Resize", {drawn({1, 2, 3, 4}, 1), Value(), Value(), whole({1, 2, 5, 7})},
        {text_attribute("mode", "cubic")});
  check("GridSample", {drawn({1, 2, 3, 4}, 1), drawn({1, 2, 2, 2}, 2, 0.4)});
  check("GridSample", {drawn({1, 2, 3, 4}, 1), drawn({1, 2, 2, 2}, 2, 0.4)},
        {text_attribute("mode", "cubic"), text_attribute("padding_mode", "reflection")});
  check("DeformConv", {drawn({1, 2, 4, 4}, 1), drawn({2, 2, 2, 2}, 2), drawn({1, 8, 3, 3}, 3, 0.2),
                       drawn({2}, 4), drawn({1, 4, 3, 3}, 5)});
  check("SoftmaxCrossEntropyLoss", {drawn({3, 4}, 1), whole({1, 3, 0})}, {onnx_attribute("ignore_index", 3)},
        22, 2);
}

TEST(OnnxOperators, SignalsRefuseLengthsThatAreNone) {
  const Value x = rows({1, 2, 3, 4}, {1, 4, 1});
  EXPECT_REFUSED("a length of 0", "DFT", {x, one(0)}, {}, 20);
  EXPECT_REFUSED("axis 2 is out of range", "DFT", {x, Value(), one(2)}, {}, 20);
  EXPECT_REFUSED("frames of 9 samples", "STFT", {x, one(1), Value(), one(9)});
  EXPECT_REFUSED("a window of -1", "HannWindow", {one(-1)});
  EXPECT_REFUSED("beyond half of the rate", "MelWeightMatrix",
                 {one(4), one(16), one(8000), Value(Tensor(0.F)), Value(Tensor(9000.F))});
}

}  // namespace
}  // namespace lamina::test
