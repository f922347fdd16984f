// Every layer against Keras: configuration, outputs in both modes, gradients, and weights after a training
// call.
#include <gtest/gtest.h>

#include "lamina/core/grad.h"
#include "lamina/nn/layer.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;

class LayerGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(LayerGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/layers/" + GetParam());
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(golden.json("config"));
  const Tensor x = golden.at("input");
  Shape input = x.shape();
  input.set(0, -1);
  layer->build(input);

  const std::vector<Tensor> values = golden.numbered("weight");
  const Json names = golden.json("weight_names");
  ASSERT_EQ(layer->weights().size(), values.size());
  std::vector<Tensor> watched = {x};
  for (size_t i = 0; i < values.size(); ++i) {
    Weight& weight = *layer->weights()[i];
    EXPECT_EQ(weight.name, names.at(i).at("name").as_string());
    ASSERT_EQ(weight.type.str(), values[i].type().str()) << weight.name;
    weight.assign(values[i]);
    if (names.at(i).at("trainable").as_bool()) watched.push_back(weight.value);
  }

  CallContext inference(false);
  const Tensor output = layer->call(x, inference);
  expect_close(output, golden.at("output"), "output");
  Shape expected_shape = output.shape();
  expected_shape.set(0, -1);
  EXPECT_EQ(layer->output_shape().str(), expected_shape.str());

  CallContext training(true);
  const Tensor trained = layer->call(x, training);
  const std::vector<Tensor> gradients =
      vjp({trained}, watched, {golden.at("upstream")});  // before looking at values
  expect_close(trained, golden.at("output_training"), "output in training");
  if (golden.contains("input_gradient"))  // TensorFlow's is exact
    expect_close(gradients[0], golden.at("input_gradient"), "gradient of the input");
  const std::vector<Tensor> expected = golden.numbered("gradient");
  ASSERT_EQ(gradients.size(), expected.size() + 1);
  for (size_t i = 0; i < expected.size(); ++i) {
    // A sum over batch and positions of terms of size 1, of which much cancels.
    expect_close(gradients[i + 1], expected[i], "gradient of trainable weight " + std::to_string(i),
                 test::kFloat32Tolerance, 1.0);
  }
  const std::vector<Tensor> after = golden.numbered("weight_after");
  for (size_t i = 0; i < after.size(); ++i) {
    expect_close(training.value(*layer->weights()[i]), after[i],
                 layer->weights()[i]->name + " after training");
  }
}

TEST_P(LayerGolden, WritesWhatKerasWrites) {
  const Golden golden("nn/layers/" + GetParam());
  const Json expected = golden.json("config");
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(expected);
  layer->build(Shape(golden.at("input").shape()));
  const Json written = layer->serialize();
  test::expect_same_object(written, expected, "layer");
  EXPECT_EQ(written.at("module"), expected.at("module"));
  EXPECT_EQ(written.at("class_name"), expected.at("class_name"));
  EXPECT_EQ(written.contains("build_config"), expected.contains("build_config"));
}

INSTANTIATE_TEST_SUITE_P(Keras, LayerGolden, ::testing::ValuesIn(test::golden_cases("nn/layers")),
                         test::CaseName());

TEST(LayerGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/layers").size(), 50u); }

}  // namespace
}  // namespace lamina
