// Models without their heads: where a head begins, and what a model says of its pictures.
#include "lamina/zoo/without_head.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Sequential network() {
  return Sequential({Input({8, 8, 3}), Rescaling(1 / 255.0, {.name = "scaled"}), Conv2D(4, 3, {.name = "conv"}),
                     BatchNormalization(), GlobalAveragePooling2D({.name = "pool"}), Dropout(0.5, {.name = "drop"}),
                     Dense(5, {.name = "head"}), Softmax()},
                    {.seed = 1});
}

TEST(WithoutHead, EndsBeforeTheLastLayerWithAMatrix) {
  Sequential model = network();
  Features features = without_head(model);
  EXPECT_EQ(features.name, "drop");
  EXPECT_EQ(features.model.output_shape(), (Shape{-1, 4}));
  EXPECT_FALSE(features.channels_first);
  ASSERT_TRUE(features.scale.has_value());
  EXPECT_EQ(features.scale->name, "none");
  EXPECT_EQ(features.said_by, "its layer 'scaled', which scales them");
  EXPECT_EQ(without_head(model, "conv").model.output_shape(), (Shape{-1, 6, 6, 4}));
}

TEST(WithoutHead, LooksIntoModelsInside) {
  const Sequential inner = network();
  const Tensor input = Input({8, 8, 3});
  Model outer({input}, {Activation("softmax")(inner(input))});
  Features features = without_head(outer);
  EXPECT_EQ(features.name, "drop");
  EXPECT_EQ(features.model.output_shape(), (Shape{-1, 4}));
}

TEST(WithoutHead, ReadsWhatTheModelKnowsOfItsData) {
  Sequential model({Input({8, 8, 1}), Flatten({.name = "flat"}), Dense(3)});
  EXPECT_FALSE(without_head(model).scale.has_value());
  model.set_data_info({.scale = PixelScale::kUnit});
  EXPECT_EQ(without_head(model).scale->name, "0..1");
  const test::TemporaryFolder folder;
  model.save(folder / "m.keras");
  EXPECT_EQ(load_without_head(folder / "m.keras").scale->name, "0..1");
}

TEST(WithoutHead, SaysWhatItCannotFind) {
  const auto says = [](const auto& action, const std::string& part) {
    try {
      action();
      ADD_FAILURE() << "nothing was thrown: " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  says([] { without_head(network(), "pol"); }, "did you mean 'pool'?");
  says([] { without_head(Sequential({Input({3}), ReLU()})); }, "nobody can say where its head begins");
  says([] {
    const Tensor a = Input({3}), b = Input({3});
    without_head(Model({a, b}, {Dense(2)(Concatenate()(Tensors{a, b}))}));
  }, "takes 2 inputs");
  says([] { without_head(Sequential({Input({3}), Dense(2)})); }, "there are no features before it");
  says([] { picture_scale("torch"); }, "unknown scale of pictures 'torch'");
  says([] { load_without_head("nothing.keras"); }, "nothing.keras");
}

}  // namespace
}  // namespace lamina
