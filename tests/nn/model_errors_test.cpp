// Bad input to models: each message says where, what was expected, and what came.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/callbacks/callbacks.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

template <class E = InvalidArgument, class F>
void expect_message(F&& action, const std::vector<std::string>& words) {
  const std::string message = test::message_of<E>(action);
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
}

Tensor floats(const Shape& shape) {
  return Tensor::from(std::vector<float>(static_cast<size_t>(shape.size()), 0.5f), shape);
}

TEST(ModelErrors, XAndYOfDifferentLengths) {
  Sequential model = test::small_dense(1);
  expect_message(
      [&] {
        model.fit(floats({10, 2}), Tensor::from(std::vector<int32_t>(9), {9}), {.verbose = 0});
      },
      {"x has 10", "y has 9"});
  expect_message([&] { model.evaluate(floats({10, 2}), Tensor(), {}); }, {"y is no tensor"});
  expect_message(
      [&] {
        model.fit(floats({0, 2}), Tensor::from(std::vector<int32_t>(), {0}), {.verbose = 0});
      },
      {"no samples"});
}

TEST(ModelErrors, WrongRankOrChannelsNameTheLayerAndBothShapes) {
  Sequential model = test::small_cnn(1);
  const Tensor y = Tensor::from(std::vector<int32_t>(2), {2});
  expect_message(
      [&] {
        model.fit(floats({2, 8, 8, 3}), y, {.verbose = 0});
      },
      {"sequential/input_layer", "(None, 8, 8, 1)", "(None, 8, 8, 3)"});
  expect_message([&] { model.predict(floats({2, 64})); }, {"input_layer", "(None, 8, 8, 1)", "(None, 64)"});
  EXPECT_EQ(model.predict(floats({2, 8, 8})).shape(), (Shape{2, 4}));  // Keras adds the axis of one channel

  Sequential late({Conv2D(4, {3, 3}, {.name = "first"}), Flatten(), Dense(2)}, {.seed = 1});
  expect_message(
      [&] {
        late.predict(floats({2, 64}));
      },
      {"sequential/first", "Conv2D", "rank 4", "(None, 64)"});
  late.build({-1, 8, 8, 3});
  expect_message(
      [&] {
        late.predict(floats({2, 8, 8, 1}));
      },
      {"sequential/first", "3 channels", "(None, 8, 8, 1)"});
}

TEST(ModelErrors, LayersThatDoNotFitSaySoWhenTheModelIsMade) {
  expect_message(
      [] {
        Sequential({Input({4, 4, 1}), Conv2D(2, {5, 5})});
      },
      {"sequential/conv2d", "(5, 5)", "(None, 4, 4, 1)", "same"});
  expect_message(
      [] {
        Sequential({Input({10}), MaxPooling2D()});
      },
      {"sequential/max_pooling2d", "rank 4", "(None, 10)"});
  expect_message([] { Sequential({Input({10}), Reshape({3, 4})}); }, {"sequential/reshape", "10", "(3, 4)"});
  expect_message([] { Sequential({Input({3}), Input({3})}); }, {"Input must be the first"});
  expect_message(
      [] {
        Sequential({Input({3}), Dense(1, {.name = "a"}), Dense(1, {.name = "a"})});
      },
      {"'a' already"});
  expect_message([] { Sequential({Input({0})}); }, {"positive", "(None, 0)"});
}

TEST(ModelErrors, ArgumentsOfLayers) {
  expect_message([] { Dense(0); }, {"units", "0"});
  expect_message([] { Dense(3, {.activation = "rellu"}); }, {"rellu", "relu"});
  expect_message([] { Conv2D(0, 3); }, {"filters"});
  expect_message([] { Conv2D(3, 3, {.groups = 2}); }, {"groups"});
  expect_message([] { Conv2D(3, 3, {.padding = "sam"}); }, {"padding", "sam"});
  expect_message([] { Conv2D(3, 3, {.strides = 2, .dilation_rate = 2}); }, {"dilation_rate"});
  expect_message([] { MaxPooling2D(0); }, {"pool_size"});
  expect_message([] { Dropout(1.5); }, {"rate", "1.5"});
  expect_message([] { Reshape({-1, -1}); }, {"-1"});
  expect_message([] { ReLU({.max_value = -1}); }, {"max_value"});
  expect_message(
      [] {
        Rescaling r({1.0, 2.0});
        r.build({-1, 4, 4, 3});
      },
      {"2 channels", "(None, 4, 4, 3)"});
}

TEST(ModelErrors, NothingWhereSomethingIsNeeded) {
  expect_message([] { Dense(3, {.kernel_initializer = {}}); }, {"Dense", "kernel_initializer is empty"});
  expect_message([] { Conv2D(3, 3, {.bias_initializer = ""}); }, {"Conv2D", "bias_initializer is empty"});
  expect_message([] { BatchNormalization({.gamma_initializer = {}}); }, {"gamma_initializer is empty"});
  expect_message([] { Sequential({Input({2}), std::shared_ptr<Dense>()}); }, {"layer is a null pointer"});
  Sequential model({Input({2}), Dense(4)}, {.seed = 1});
  expect_message(
      [&] {
        model.compile({.loss = "mse", .metrics = {"mae", ""}});
      },
      {"metric number 1 is empty"});
}

TEST(ModelErrors, ALayerThatCannotBeAddedLeavesTheModel) {
  Sequential model = test::small_dense(1);
  expect_message([&] { model.add(Conv2D(2, {3, 3})); }, {"sequential/conv2d", "rank 4"});
  expect_message([&] { model.add(Dense(2, {.name = "a/b"})); }, {"'a/b'", "cannot hold '/'"});
  EXPECT_EQ(model.layers().size(), 2u);
  model.add(Dense(3));
  EXPECT_EQ(model.layers().back()->name(), "dense_2");
  EXPECT_EQ(model.predict(floats({2, 2})).shape(), (Shape{2, 3}));
}

TEST(ModelErrors, NamesCannotDriveTheTerminal) {
  const Sequential model({Input({2}), Dense(1, {.name = "d\x1b[31m"})}, {.name = "m\x1b]0;x\x07", .seed = 1});
  const std::string text = model.summary_text({.ascii = true});
  EXPECT_EQ(text.find_first_of("\x1b\x07"), std::string::npos) << text;
  EXPECT_NE(text.find("d?[31m (Dense)"), std::string::npos) << text;
}

TEST(ModelErrors, ShapesBeyondAnyMemory) {
  constexpr int64_t kHuge = int64_t{1} << 40;
  expect_message([] { Sequential({Input({kHuge, kHuge, 1}), Flatten()}); }, {"input_layer", "too large"});
  expect_message([] { Reshape({kHuge, kHuge}); }, {"too large"});
  expect_message([] { Conv2D(1, Size2(kHuge)); }, {"kernel_size", "2^31"});
  expect_message(
      [] {
        Sequential({Input({784}), Dense(int64_t{1} << 62)});
      },
      {"sequential/dense", "too large"});
}

TEST(ModelErrors, UnknownNamesSuggestTheNearest) {
  Sequential model({Input({2}), Dense(4)}, {.seed = 1});
  expect_message([&] { model.compile({.optimizer = "adm", .loss = "mse"}); },
                 {"unknown optimizer 'adm'", "Adam"});
  expect_message([&] { model.compile({.optimizer = "adam", .loss = "categorical_crosentropy"}); },
                 {"unknown loss", "categorical_crossentropy"});
  expect_message([&] { model.compile({.optimizer = "adam", .loss = "mse", .metrics = {"acuracy"}}); },
                 {"unknown metric", "Accuracy"});
  expect_message([&] { model.layer("dence"); }, {"dence", "dense"});
  expect_message([&] { load_model("model.keraz"); }, {"model.keraz", "extension"});
}

TEST(ModelErrors, OptionsOfFit) {
  const Samples data = test::corners(10);
  Sequential model = test::small_dense(1);
  expect_message([&] { model.fit(data.x, data.y, {.batch_size = 0}); }, {"batch_size", "0"});
  expect_message([&] { model.fit(data.x, data.y, {.validation_split = 1}); }, {"validation_split"});
  expect_message([&] { model.fit(data.x, data.y, {.validation_split = 0.95}); }, {"validation_split", "10"});
  expect_message([&] { model.predict(data.x, {.batch_size = -1}); }, {"batch_size"});
  Sequential raw({Input({2}), Dense(4)});
  expect_message([&] { raw.fit(data.x, data.y, {}); }, {"not compiled"});
  raw.compile({.optimizer = "adam"});
  expect_message([&] { raw.fit(data.x, data.y, {}); }, {"without a loss"});
  Sequential unbuilt({Dense(4)});
  expect_message([&] { unbuilt.input_shape(); }, {"no weights yet"});
}

TEST(ModelErrors, ValidationThatDoesNotFitIsFoundBeforeTraining) {
  const Samples data = test::corners(10);
  Sequential model = test::small_dense(1);
  const auto trained = [&] { return model.optimizer_variables()[0]->value.item<int64_t>(); };
  expect_message([&] { model.fit(data.x, data.y, {.validation_data = {.y = data.y}, .verbose = 0}); },
                 {"validation_data", "no samples x"});
  expect_message(
      [&] {
        model.fit(data.x, data.y, {.validation_data = {floats({6, 2}), floats({6, 4})}, .verbose = 0});
      },
      {"sparse_categorical_crossentropy", "one-hot"});
  expect_message([&] { model.fit(data.x, data.y, {.verbose = 0, .initial_epoch = -1}); },
                 {"initial_epoch", "-1"});
  EXPECT_EQ(trained(), 0);
}

TEST(ModelErrors, LabelsOutOfRangeAreFoundBeforeTraining) {
  const Samples data = test::corners(10);
  std::vector<int32_t> labels = data.y.to_vector<int32_t>();
  labels[7] = 4;
  Sequential model = test::small_dense(1);
  const std::vector<std::vector<float>> before = test::bits(model);
  expect_message([&] { model.fit(data.x, Tensor::from(labels, {10}), {.verbose = 0}); }, {"4", "7"});
  labels[7] = -1;
  expect_message([&] { model.evaluate(data.x, Tensor::from(labels, {10}), {.verbose = 0}); }, {"-1", "7"});
  EXPECT_EQ(test::bits(model)[0], before[0]);
}

TEST(ModelErrors, WeightsOfTheWrongNumberOrShape) {
  Sequential model = test::small_dense(1);
  std::vector<Tensor> weights = model.get_weights();
  weights[2] = floats({16, 5});
  expect_message([&] { model.set_weights(weights); }, {"sequential/dense_1/kernel", "(16, 4)", "(16, 5)"});
  weights.pop_back();
  expect_message([&] { model.set_weights(weights); }, {"4 weights", "3"});
}

TEST(ModelErrors, ConfigurationsNameClassAndArgument) {
  const auto layer = [](const char* text) {
    return [text] { Registry<Layer>::from_json(Json::parse(text)); };
  };
  expect_message(layer(R"({"class_name": "Dens", "config": {}})"), {"unknown layer 'Dens'", "Dense"});
  expect_message(layer(R"({"class_name": "Dense", "config": {"name": "d"}})"),
                 {"Dense 'd'", "units", "missing"});
  expect_message(layer(R"({"class_name": "Dense", "config": {"units": "x"}})"),
                 {"units", "integer", "\"x\""});
  expect_message(layer(R"({"class_name": "Dense", "config": {"units": 3, "unitz": 3}})"),
                 {"unknown argument 'unitz'", "units"});
  expect_message(
      layer(
          R"({"class_name": "Dense", "config": {"units": 3, "kernel_regularizer": {"class_name": "L22"}}})"),
      {"unknown regularizer 'L22'", "L2"});
  expect_message<Unsupported>(layer(R"({"class_name": "Conv2D", "config": {"filters": 3, "kernel_size": 3,
      "data_format": "channels_first"}})"),
                              {"channels_first"});
  expect_message(layer(R"({"class_name": "Dense", "config": {"units": 3, "dtype": "float17"}})"),
                 {"'float17'", "float16"});
  expect_message(
      [] {
        Sequential::from_json(Json::parse(R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
          {"class_name": "LSTN", "config": {}}, {"class_name": "Dense", "config": {"units": 1}},
          {"class_name": "Convd", "config": {}}]}})"));
      },
      {"'LSTN'", "LSTM", "'Convd'", "Conv1D"});
}

}  // namespace
}  // namespace lamina
