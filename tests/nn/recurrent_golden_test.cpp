// Calls of recurrent layers with masks, first states and several outputs, against Keras.
#include <gtest/gtest.h>

#include "lamina/core/grad.h"
#include "lamina/nn/layer.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

class RecurrentGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(RecurrentGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/recurrent/" + GetParam());
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(golden.json("config"));
  const Tensor x = golden.at("input");
  layer->build(Shape(x.shape()));

  // Keras does not count the states of a stateful layer among its weights.
  std::vector<WeightPtr> trained;
  for (const WeightPtr& weight : layer->weights()) {
    if (!weight->stateful) trained.push_back(weight);
  }
  const std::vector<Tensor> values = golden.numbered("weight");
  ASSERT_EQ(trained.size(), values.size());
  std::vector<Tensor> watched = {x};
  for (size_t i = 0; i < values.size(); ++i) {
    trained[i]->assign(values[i]);
    watched.push_back(trained[i]->value);
  }
  LayerCall call{{x}};
  if (golden.contains("mask")) call.set("mask", {golden.at("mask")});
  if (golden.contains("state_0")) call.set("initial_state", golden.numbered("state"));

  CallContext context(false);
  const std::vector<Tensor> outputs = layer->outputs(call, context);
  const std::vector<Tensor> gradients = vjp({outputs[0]}, watched, {golden.at("upstream")});
  const auto compare = [&](const std::vector<Tensor>& actual, const char* prefix) {
    const std::vector<Tensor> expected = golden.numbered(prefix);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
      expect_close(actual[i], expected[i], prefix + std::string(" ") + std::to_string(i));
  };
  compare(outputs, "output");
  if (golden.contains("again_0")) compare(layer->outputs(call, context), "again");

  ASSERT_EQ(layer->output_specs().size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(layer->output_specs()[i].shape, outputs[i].shape());

  expect_close(gradients[0], golden.at("gradient_input"), "gradient of the input", test::kFloat32Tolerance,
               1);
  const std::vector<Tensor> expected = golden.numbered("gradient");
  ASSERT_EQ(gradients.size(), expected.size() + 1);
  for (size_t i = 0; i < expected.size(); ++i) {
    expect_close(gradients[i + 1], expected[i], "gradient of " + trained[i]->path, test::kFloat32Tolerance,
                 1);
  }
}

TEST_P(RecurrentGolden, WritesWhatKerasWrites) {
  const Golden golden("nn/recurrent/" + GetParam());
  const Json expected = golden.json("config");
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(expected);
  layer->build(Shape(golden.at("input").shape()));
  test::expect_same_object(layer->serialize(), expected, "layer");
}

INSTANTIATE_TEST_SUITE_P(Keras, RecurrentGolden, ::testing::ValuesIn(test::golden_cases("nn/recurrent")),
                         test::CaseName());

}  // namespace
}  // namespace lamina
