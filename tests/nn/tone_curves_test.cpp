// Layers that change how bright images are, and those that only pass them on outside of training, against
// Keras.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/tone_curves.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;
using test::message_of;

class AugmentationGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(AugmentationGolden, ComputesWhatKerasComputes) {
  const Golden golden("nn/augmentations/" + GetParam());
  const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(golden.json("config"));
  const Tensor x = golden.at("input");
  EXPECT_EQ(layer->compute_output_shape(x.shape()), x.shape());
  expect_close((*layer)(x, false), golden.at("output"), "output");
  if (golden.contains("output_training"))
    expect_close((*layer)(x, true), golden.at("output_training"), "output in training");
}

TEST_P(AugmentationGolden, WritesWhatKerasWrites) {
  const Json expected = Golden("nn/augmentations/" + GetParam()).json("config");
  const Json written = Registry<Layer>::from_json(expected)->serialize();
  EXPECT_EQ(written.at("class_name"), expected.at("class_name"));
  test::expect_same_object(written, expected, "layer");
}

INSTANTIATE_TEST_SUITE_P(Keras, AugmentationGolden,
                         ::testing::ValuesIn(test::golden_cases("nn/augmentations")), test::CaseName());

TEST(AugmentationGoldenFiles, AreAllThere) { EXPECT_GE(test::golden_cases("nn/augmentations").size(), 28u); }

TEST(ToneCurves, RefuseWhatCannotBe) {
  EXPECT_THROW(AutoContrast({.value_range = {1, 1}}), InvalidArgument);
  EXPECT_THROW(Equalization({.bins = 0}), InvalidArgument);
  EXPECT_THROW(Solarization(1.5), InvalidArgument);
  EXPECT_THROW(Solarization(0, {-0.1, 0.5}), InvalidArgument);
  EXPECT_THROW(AutoContrast()(zeros({2, 3})), InvalidArgument);
}

}  // namespace
}  // namespace lamina
