// Gradients of layers against central differences in float64, by inputs and by weights. The cases are those
// of the golden files, whose gradients Keras computed in float32: here each is held to its own equation.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lamina/core/check_gradients.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/cast.h"
#include "tests/support/golden.h"

namespace lamina {
namespace {

using test::Golden;

// Classes that came last. Angles of spectrograms jump, and so does what limits their loudness from below.
const std::set<std::string> kLater = {"AdaptiveAveragePooling1D",
                                      "AdaptiveAveragePooling2D",
                                      "AdaptiveAveragePooling3D",
                                      "AdaptiveMaxPooling1D",
                                      "AdaptiveMaxPooling2D",
                                      "AdaptiveMaxPooling3D",
                                      "ConvLSTM1D",
                                      "ConvLSTM2D",
                                      "ConvLSTM3D",
                                      "MelSpectrogram",
                                      "STFTSpectrogram",
                                      "SpectralNormalization"};
const std::set<std::string> kWithoutDerivative = {"stft_spectrogram_angle", "mel_spectrogram",
                                                  "mel_spectrogram_loud"};

std::vector<std::string> later_cases() {
  std::vector<std::string> cases;
  for (const std::string& name : test::golden_cases("nn/layers")) {
    if (kWithoutDerivative.contains(name)) continue;
    if (kLater.contains(Golden("nn/layers/" + name).json("config").at("class_name").as_string()))
      cases.push_back(name);
  }
  return cases;
}

// The configuration of a layer, and of layers inside, in float64.
Json in_float64(const Json& config) {
  Json result = config;
  result["config"]["dtype"] = "float64";
  if (config.at("config").contains("layer"))
    result["config"]["layer"] = in_float64(config.at("config").at("layer"));
  return result;
}

class LayerGradients : public ::testing::TestWithParam<std::string> {};

TEST_P(LayerGradients, AgreeWithDifferences) {
  const Golden golden("nn/layers/" + GetParam());
  const Tensor input = cast(golden.at("input"), DType::kFloat64);
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(in_float64(golden.json("config")));
  std::vector<int64_t> sample;
  for (int axis = 1; axis < input.rank(); ++axis) sample.push_back(input.shape()[axis]);
  Sequential model({Input(Shape(sample), {.dtype = DType::kFloat64})}, {.seed = 1});
  model.add(layer);
  // A few elements of each tensor: the golden files have all of the gradient, in less digits.
  const GradientCheckOptions options{.tolerance = 1e-5, .elements = 12};
  check_gradients(
      [&](const std::vector<Tensor>& in) { return model.call_with_weights(model.get_weights(), in[0]); },
      {input}, options);
  std::vector<Tensor> weights;
  for (const Tensor& weight : golden.numbered("weight")) weights.push_back(cast(weight, DType::kFloat64));
  if (weights.size() != model.get_weights().size()) weights = model.get_weights();
  if (!weights.empty())
    check_gradients([&](const std::vector<Tensor>& in) { return model.call_with_weights(in, input); },
                    weights, options);
}

INSTANTIATE_TEST_SUITE_P(Keras, LayerGradients, ::testing::ValuesIn(later_cases()), test::CaseName());

TEST(LayerGradientCases, AreThere) { EXPECT_GE(later_cases().size(), 20u); }

}  // namespace
}  // namespace lamina
