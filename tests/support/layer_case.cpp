// Golden calls of layers.
#include "tests/support/layer_case.h"

#include "lamina/core/grad.h"
#include "lamina/nn/layer.h"
#include "tests/support/golden.h"

namespace lamina::test {
namespace {

struct LayerCase {
  explicit LayerCase(const std::string& name)
      : golden("nn/layers_multi/" + name), layer(Registry<Layer>::from_json(golden.json("config"))) {
    call.inputs = golden.numbered("input");
    const Json how = golden.json("call");
    call.list = how.at("list").as_bool();
    give_masks();
    for (size_t i = 0; i < how.at("tensors").size(); ++i)
      call.set(how.at("tensors").at(i).as_string(), {golden.at("keyword_" + std::to_string(i))});
    call.arguments.flags = how.at("flags");

    TensorSpecs specs;
    for (const Tensor& input : call.inputs) {
      specs.push_back({input.shape(), input.dtype()});
      specs.back().shape.set(0, -1);
    }
    int stream = 0;
    layer->build(specs, 1, stream);
  }

  // Before each call: attention takes them away.
  void give_masks() const {
    const Json inputs = golden.json("call").at("masks");
    for (size_t i = 0; i < inputs.size(); ++i) {
      const auto input = static_cast<size_t>(inputs.at(i).as_int());
      set_mask(call.inputs.at(input), golden.at("mask_" + std::to_string(i)));
    }
  }

  Golden golden;
  std::shared_ptr<Layer> layer;
  LayerCall call;
};

}  // namespace

std::vector<std::string> layer_cases(const std::string& prefix, bool with) {
  std::vector<std::string> names;
  for (const std::string& name : golden_cases("nn/layers_multi")) {
    if (name.starts_with(prefix) == with) names.push_back(name);
  }
  return names;
}

void expect_computes_as_keras(const std::string& name) {
  const LayerCase given(name);
  const Golden& golden = given.golden;
  const std::vector<Tensor> values = golden.numbered("weight");
  const Json names = golden.json("weight_names");
  const std::vector<WeightPtr> weights = given.layer->weights();
  ASSERT_EQ(weights.size(), values.size());
  std::vector<Tensor> watched = given.call.inputs;
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(weights[i]->name, names.at(i).at("name").as_string());
    ASSERT_EQ(weights[i]->type.str(), values[i].type().str()) << weights[i]->path;
    weights[i]->assign(values[i]);
    if (names.at(i).at("trainable").as_bool()) watched.push_back(weights[i]->value);
  }

  CallContext inference(false);
  const std::vector<Tensor> outputs = given.layer->outputs(given.call, inference);
  const std::vector<Tensor> expected = golden.numbered("output");
  ASSERT_EQ(outputs.size(), expected.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    expect_close(outputs[i], expected[i], "output " + std::to_string(i));
  Shape shape = outputs[0].shape();
  shape.set(0, -1);
  // What a flag of the call changes is none of the layer's own shape.
  if (!given.call.flag("reverse")) {
    EXPECT_EQ(given.layer->output_shape().str(), shape.str());
  }
  const Tensor mask = mask_of(outputs[0]);
  ASSERT_EQ(mask.defined(), golden.contains("output_mask"));
  if (mask.defined()) expect_close(mask, golden.at("output_mask"), "mask of the output");

  given.give_masks();
  CallContext training(true);
  const Tensor trained = given.layer->outputs(given.call, training).at(0);
  const std::vector<Tensor> gradients =
      vjp({trained}, watched, {golden.at("upstream")});  // before looking at values
  expect_close(trained, golden.at("output_training"), "output in training");
  std::vector<Tensor> wanted = golden.numbered("input_gradient");
  for (const Tensor& gradient : golden.numbered("gradient")) wanted.push_back(gradient);
  ASSERT_EQ(gradients.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    // A sum over batch and positions of terms of size 1, of which much cancels.
    expect_close(gradients[i], wanted[i], "gradient " + std::to_string(i), kFloat32Tolerance, 1.0);
  }
  const std::vector<Tensor> after = golden.numbered("weight_after");
  for (size_t i = 0; i < after.size(); ++i)
    expect_close(training.value(*weights[i]), after[i], weights[i]->path + " after training");
}

void expect_writes_as_keras(const std::string& name) {
  const LayerCase given(name);
  const Json expected = given.golden.json("config");
  const Json written = given.layer->serialize();
  expect_same_object(written, expected, "layer");
  EXPECT_EQ(written.at("class_name"), expected.at("class_name"));
  ASSERT_EQ(written.contains("build_config"), expected.contains("build_config"));
  if (!expected.contains("build_config")) return;
  // Keras saw the batch size.
  const auto without_batch = [](Json json) {
    std::string text = json.dump();
    for (const std::string open : {"[null", "[2", "[3"}) {
      for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1))
        text.replace(at, open.size(), "[batch");
    }
    return text;
  };
  EXPECT_EQ(without_batch(written.at("build_config")), without_batch(expected.at("build_config")));
}

}  // namespace lamina::test
