// Adapting data to a model, sources with ranges, recipes and tutorial models.
#include "lamina/zoo/samples.h"

#include <gtest/gtest.h>

#include <limits>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/zoo/recipes.h"
#include "lamina/zoo/tutorial_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

TEST(ParseSource, ReadsRanges) {
  EXPECT_FALSE(parse_source("fashion-mnist:test").given);
  SourceRange one = parse_source("a[7]");
  EXPECT_EQ(one.source, "a");
  EXPECT_EQ(one.begin, 7);
  EXPECT_EQ(one.end, 8);
  SourceRange some = parse_source("a:test[2:5]");
  EXPECT_EQ(some.source, "a:test");
  EXPECT_EQ(some.begin, 2);
  EXPECT_EQ(some.end, 5);
  EXPECT_EQ(parse_source("a[:5]").begin, 0);
  EXPECT_EQ(parse_source("a[5:]").end, -1);
  for (const char* bad : {"a[]", "a[x]", "a[1:x]", "a[-1]", "a[5:2]", "a[1 :2]", "a[99999999999999999999]",
                          "a[9223372036854775807]"}) {
    EXPECT_THROW(parse_source(bad), InvalidArgument) << bad;
  }
}

TEST(PartOf, TakesRowsAndChecksThem) {
  LabelledData data{Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5}, Shape{3, 2}),
                    Tensor::from(std::vector<int32_t>{7, 8, 9}, Shape{3}),
                    {}};
  LabelledData part = part_of(data, 1, 2);
  EXPECT_EQ(part.x.to_vector<float>(), (std::vector<float>{2, 3, 4, 5}));
  EXPECT_EQ(part.y.to_vector<int32_t>(), (std::vector<int32_t>{8, 9}));
  EXPECT_THROW(part_of(data, 2, 2), InvalidArgument);
  EXPECT_THROW(part_of(data, -1, 2), InvalidArgument);
  EXPECT_THROW(part_of(data, 2, std::numeric_limits<int64_t>::max()), InvalidArgument);
}

Sequential grey_model(bool rescaling, const char* loss, int outputs) {
  std::vector<AnyLayer> layers{Input({2, 2, 1})};
  if (rescaling) layers.push_back(Rescaling(1.0 / 255));
  layers.push_back(Flatten());
  layers.push_back(Dense(outputs, {.activation = outputs == 1 ? "sigmoid" : "softmax"}));
  Sequential model(layers, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = loss});
  return model;
}

TEST(ModelInput, ScalesBytesAsTheTutorialDoes) {
  Tensor pixels = Tensor::from(std::vector<uint8_t>{0, 51, 102, 255}, Shape{1, 2, 2});
  Tensor x = model_input(grey_model(false, "categorical_crossentropy", 3), pixels);
  EXPECT_EQ(x.shape(), (Shape{1, 2, 2, 1}));
  ASSERT_EQ(x.dtype(), DType::kFloat32);
  const std::vector<float> values = x.to_vector<float>();
  for (size_t i = 0; i < 4; ++i)
    EXPECT_FLOAT_EQ(values[i], static_cast<float>(pixels.to_vector<uint8_t>()[i]) / 255.0f);
  EXPECT_EQ(model_input(grey_model(true, "categorical_crossentropy", 3), pixels).dtype(), DType::kUInt8);
}

// The same bytes in NumPy's default dtype are the same pictures; other integers are none.
TEST(ModelInput, ScalesWiderIntegersThatAreBytes) {
  const Sequential model = grey_model(false, "categorical_crossentropy", 3);
  const Tensor wide = Tensor::from(std::vector<int64_t>{0, 51, 102, 255}, Shape{1, 2, 2, 1});
  EXPECT_FLOAT_EQ(model_input(model, wide).to_vector<float>()[1], 0.2f);
  const Tensor deep = Tensor::from(std::vector<int32_t>{0, 51, 102, 256}, Shape{1, 2, 2, 1});
  EXPECT_EQ(model_input(model, deep).dtype(), DType::kInt32);
}

TEST(SettleScale, DecidesOnceAndTellsIt) {
  Sequential model = grey_model(false, "categorical_crossentropy", 3);
  LabelledData bytes, floats, unit;
  bytes.x = Tensor::from(std::vector<uint8_t>{0, 51, 102, 255}, Shape{1, 2, 2, 1});
  floats.x = Tensor::from(std::vector<float>{0, 51, 102, 255}, Shape{1, 2, 2, 1});
  unit.x = Tensor::from(std::vector<float>{0, 0.5f, 1, 1}, Shape{1, 2, 2, 1});
  const auto told = [&](const LabelledData& data) {
    const test::Told log;
    settle_scale(model, data);
    return log.text();
  };
  EXPECT_EQ(told(floats), "");
  EXPECT_NE(told(bytes).find("divided by 255"), std::string::npos);
  EXPECT_EQ(model.data_info().scale, PixelScale::kUnit);
  EXPECT_EQ(told(bytes), "");
  EXPECT_EQ(told(unit), "");
  EXPECT_NE(told(floats).find("numbers up to 255 of the dtype float32"), std::string::npos);
  model.set_data_info({.scale = PixelScale::kNone});
  EXPECT_EQ(told(floats), "");
  EXPECT_EQ(model_input(model, bytes.x).dtype(), DType::kUInt8);
  Sequential rescaling = grey_model(true, "categorical_crossentropy", 3);
  {
    const test::Told log;
    settle_scale(rescaling, bytes);
    EXPECT_EQ(log.text(), "");  // its first layer says it
  }
  EXPECT_EQ(rescaling.data_info().scale, PixelScale::kNone);
}

// Models for phones take integers that stand for reals: bytes as they are, or with a sign.
TEST(SettleScale, LeavesBytesToModelsOfIntegers) {
  LabelledData bytes;
  bytes.x = Tensor::from(std::vector<uint8_t>{0, 51, 102, 255}, Shape{1, 2, 2, 1});
  for (const DType dtype : {DType::kUInt8, DType::kInt8}) {
    const Tensor x = Input({2, 2, 1}, {.dtype = dtype});
    Model model({x}, {Flatten()(x)});
    const test::Told log;
    settle_scale(model, bytes);
    EXPECT_EQ(log.text().find("less 128") != std::string::npos, dtype == DType::kInt8) << log.text();
    const Tensor input = model_input(model, bytes.x);
    EXPECT_EQ(input.dtype(), dtype);
    const std::vector<int> expected =
        dtype == DType::kInt8 ? std::vector<int>{-128, -77, -26, 127} : std::vector<int>{0, 51, 102, 255};
    EXPECT_EQ(input.to_vector<int>(), expected);
  }
}

// What brings pictures to its own scale is found behind what only moves them, and in models inside.
TEST(SettleScale, FollowsPicturesToTheLayerThatComputes) {
  const Sequential inside({Input({2, 2, 1}), Rescaling(1 / 255.0)});
  const auto unit = [](std::vector<AnyLayer> layers) {
    layers.insert(layers.begin(), AnyLayer(Input({2, 2, 1})));
    const Tensor pixels = Tensor::from(std::vector<uint8_t>{0, 51, 102, 255}, Shape{1, 2, 2, 1});
    return model_input(Sequential(layers), pixels).dtype() == DType::kFloat32;
  };
  EXPECT_FALSE(unit({ZeroPadding2D(1), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({Reshape({4}), Rescaling(1 / 127.5), Dense(1)}));
  EXPECT_FALSE(unit({Permute({2, 1, 3}), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({ZeroPadding2D(1), BatchNormalization(), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({Dropout(0.2), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({UpSampling2D(2), Cropping2D(1), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({RandomFlip(), RandomTranslation(0.1, 0.1), RandomRotation(0.1), RandomZoom(0.1),
                     RandomContrast(0.1), RandomBrightness(0.1), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(
      unit({Resizing(4, 4), RandomCrop(3, 3), CenterCrop(2, 2), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({Masking(), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({Flatten(), RepeatVector(2), Rescaling(1 / 255.0), Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({inside, Flatten(), Dense(1)}));
  EXPECT_FALSE(unit({Sequential({Input({2, 2, 1}), Flatten()}), Rescaling(1 / 255.0), Dense(1)}));
  EXPECT_TRUE(unit({Flatten(), Dense(4), Rescaling(2), Dense(1)}));
  const auto normalization = [](double mean, double variance) {
    return Normalization({.mean = Tensor::from(std::vector<float>{static_cast<float>(mean)}),
                          .variance = Tensor::from(std::vector<float>{static_cast<float>(variance)})});
  };
  EXPECT_FALSE(unit({normalization(120, 900), Flatten(), Dense(1)}));
  EXPECT_TRUE(unit({normalization(0.4, 0.1), Flatten(), Dense(1)}));
  EXPECT_TRUE(unit({Normalization(), Flatten(), Dense(1)}));  // which has learned nothing
}

TEST(ModelTargets, FollowTheLoss) {
  Tensor labels = Tensor::from(std::vector<int32_t>{2, 0}, Shape{2});
  Tensor rows = model_targets(grey_model(false, "categorical_crossentropy", 3), labels);
  EXPECT_EQ(rows.to_vector<float>(), (std::vector<float>{0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(model_targets(grey_model(false, "sparse_categorical_crossentropy", 3), labels).shape(),
            (Shape{2}));
  Tensor bits = Tensor::from(std::vector<int32_t>{1, 0}, Shape{2});
  Tensor column = model_targets(grey_model(false, "binary_crossentropy", 1), bits);
  EXPECT_EQ(column.shape(), (Shape{2, 1}));
  EXPECT_EQ(column.to_vector<float>(), (std::vector<float>{1, 0}));
  EXPECT_THROW(model_targets(grey_model(false, "categorical_crossentropy", 2), labels), InvalidArgument);
}

TEST(ModelTargets, TakeAColumnOfClassNumbers) {
  Tensor column = Tensor::from(std::vector<int64_t>{2, 0}, Shape{2, 1});
  Tensor rows = model_targets(grey_model(false, "categorical_crossentropy", 3), column);
  EXPECT_EQ(rows.to_vector<float>(), (std::vector<float>{0, 0, 1, 1, 0, 0}));
}

TEST(ModelTargets, RefuseClassesBeyondYesAndNo) {
  Sequential model = grey_model(false, "binary_crossentropy", 1);
  const std::string message = test::message_of<InvalidArgument>([&] {
    model_targets(model, Tensor::from(std::vector<int32_t>{1, 0, 7}, Shape{3}));
  });
  EXPECT_NE(message.find("label 7 of sample 2 is out of range 0..1"), std::string::npos) << message;
}

TEST(Recipes, NameModelsThatExist) {
  ASSERT_FALSE(recipes().empty());
  for (const Recipe& recipe : recipes()) {
    if (recipe.network.empty()) continue;
    EXPECT_NO_THROW(tutorial_model(recipe.network)) << recipe.name;
  }
  EXPECT_EQ(find_recipe("nothing"), nullptr);
  try {
    recipe("fashion-mnits");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'fashion-mnist'?"), std::string::npos);
  }
}

TEST(TutorialModels, HaveTheTutorialsSizes) {
  EXPECT_EQ(tutorial_model("cnn28").build(0).count_params(), 693962);
  EXPECT_EQ(tutorial_model("mlp").build(0).count_params(), 11274);
  EXPECT_EQ(tutorial_model("cnn64").build(0).count_params(), 3937409);
  EXPECT_EQ(tutorial_model("lstm").build(0).count_params(), 1411713);
  EXPECT_EQ(tutorial_model("lstm_mask").build(0).count_params(), 1411713);
  EXPECT_EQ(tutorial_model("lstm_bidirectional").build(0).count_params(), 1543425);
  EXPECT_THROW(tutorial_model("resnet50"), Unsupported);
  EXPECT_THROW(tutorial_model("cnn29"), InvalidArgument);
}

TEST(SyntheticSamples, FitTheModel) {
  for (const char* name : {"mlp", "cnn28", "cnn64"}) {
    Sequential model = tutorial_model(name).build(0);
    Samples samples = synthetic_samples(model, 5);
    EXPECT_EQ(samples.x.shape()[0], 5);
    EXPECT_EQ(samples.y.shape()[-1], model.output_shape()[-1]);
    float total = 0;
    for (float value : samples.y.to_vector<float>()) total += value;
    if (model.output_shape()[-1] > 1) {
      EXPECT_EQ(total, 5) << name;
    }
    EXPECT_EQ(samples.x.to_vector<float>(), synthetic_samples(model, 5).x.to_vector<float>());
  }
}

TEST(SyntheticSamples, WantKnownOutputs) {
  Sequential model({Input({-1, -1, 3}), Conv2D(2, {3, 3}, {.padding = "same"})}, {.seed = 1});
  const std::string message = test::message_of<Unsupported>([&] { synthetic_samples(model, 4); });
  EXPECT_NE(message.find("(None, None, None, 2)"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
