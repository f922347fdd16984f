// Model::clone, weights and gradients by name, freezing of models inside models, and Model::memory.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/unary.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using test::expect_words;

std::vector<std::vector<float>> values(const Model& model) {
  std::vector<std::vector<float>> all;
  for (const Tensor& weight : model.get_weights()) all.push_back(weight.to_vector<float>());
  return all;
}

// A graph around a Sequential: base/dense, base/batch_normalization, head.
struct Transfer {
  Sequential base{{Input({2}), Dense(5, {.activation = "relu"}), BatchNormalization(), Dense(3)},
                  {.name = "base", .seed = 1}};
  Model model = make();

  Model make() {
    const Tensor x = Input({2}, {.name = "x"});
    return Model(x, Dense(4, {.activation = "softmax", .name = "head"})(base(x)), {.name = "net", .seed = 2});
  }
};

TEST(ModelClone, SharesNothingAndPredictsTheSame) {
  const Samples data = test::quadrants(24);
  Sequential model = test::small_cnn(3);
  model.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  model.set_data_info({.class_names = {"a", "b", "c", "d"}});
  Model copy = model.clone();
  EXPECT_EQ(values(copy), values(model));
  EXPECT_EQ(copy.predict(data.x).to_vector<float>(), model.predict(data.x).to_vector<float>());
  EXPECT_EQ(copy.data_info().class_names, model.data_info().class_names);
  EXPECT_EQ(copy.name(), model.name());
  const auto before = values(model);
  ASSERT_TRUE(copy.compiled());
  EXPECT_FALSE(copy.optimizer_built());
  copy.fit(data.x, data.y, {.epochs = 1, .verbose = 0});
  EXPECT_EQ(values(model), before);
  EXPECT_NE(values(copy), before);
}

TEST(ModelClone, GivesNewValuesWhereTheyAreWanted) {
  const Sequential model = test::small_dense(3);
  const Model copy = model.clone({.weights = false, .seed = 4});
  EXPECT_NE(values(copy), values(model));
  EXPECT_EQ(values(copy), values(model.clone({.weights = false, .seed = 4})));
}

TEST(ModelClone, KeepsWhatIsTrainableAndFunctionsAsLosses) {
  Transfer net;
  net.base.set_trainable(false);
  net.base.layer("dense_1").set_trainable(true);
  const auto loss = [](const Tensor& y_true, const Tensor& y_pred) { return square(y_true - y_pred); };
  net.model.compile({.optimizer = SGD(0.1), .loss = loss});
  std::vector<std::string> said;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& text) { said.push_back(text); });
  Model copy = net.model.clone();
  set_log_sink(before);
  EXPECT_EQ(said, std::vector<std::string>());
  EXPECT_EQ(copy.weight_names(true), net.model.weight_names(true));
  EXPECT_EQ(copy.weight_names(true), (std::vector<std::string>{"base/dense_1/kernel", "base/dense_1/bias",
                                                               "head/kernel", "head/bias"}));
  copy.fit(zeros({8, 2}), ones({8, 4}), {.verbose = 0});
}

TEST(ModelClone, WantsToKnowClasses) {
  struct Mine : LayerOf<Mine> {
    std::string class_name() const override { return "NeverRegistered"; }
    Shape compute_output_shape(const Shape& input) const override { return input; }
    Tensor call(const Tensor& x, CallContext&) const override { return x; }
  };
  Sequential model({Input({2}), Mine(), Dense(1)});
  expect_words(test::message_of<InvalidArgument>([&] { model.clone(); }),
               {"NeverRegistered", "register_layer"});
}

TEST(ModelWeights, HaveNames) {
  Transfer net;
  EXPECT_EQ(
      net.model.weight_names(),
      (std::vector<std::string>{"base/dense/kernel", "base/dense/bias", "base/batch_normalization/gamma",
                                "base/batch_normalization/beta", "base/batch_normalization/moving_mean",
                                "base/batch_normalization/moving_variance", "base/dense_1/kernel",
                                "base/dense_1/bias", "head/kernel", "head/bias"}));
  for (size_t i = 0; i < net.model.weights().size(); ++i)
    EXPECT_EQ(net.model.weight(net.model.weight_names()[i]), net.model.weights()[i]);
  const Sequential small = test::small_dense(1);
  EXPECT_EQ(small.weight("dense/kernel"), small.weight("sequential/dense/kernel"));
  expect_words(test::message_of<InvalidArgument>([&] { net.model.weight("head/kernal"); }),
               {"'net'", "no weight 'head/kernal'", "did you mean 'head/kernel'"});
  expect_words(test::message_of<InvalidArgument>([] { Sequential({Dense(1)}).weight("dense/kernel"); }),
               {"no weights yet"});
}

TEST(ModelWeights, OfOneNameInAClassAreToldApartByMembers) {
  struct Two : LayerOf<Two> {
    Two() : a(track("left", std::make_shared<Dense>(2))), b(track("right", std::make_shared<Dense>(2))) {}
    std::string class_name() const override { return "Two"; }
    Tensor call(const Tensor& x, CallContext& context) const override {
      return (*a)(x, context) + (*b)(x, context);
    }
    bool has_weights() const override { return true; }
    std::shared_ptr<Layer> a, b;
  };
  const Sequential model({Input({2}), Two()});
  EXPECT_EQ(model.weight_names(), (std::vector<std::string>{"two/left/kernel", "two/left/bias",
                                                            "two/right/kernel", "two/right/bias"}));
}

TEST(ModelGradients, HaveTheNamesOfTheirWeights) {
  const Samples data = test::corners(16);
  Sequential model = test::small_dense(3);
  model.layer("dense").set_trainable(false);
  model.compile({.optimizer = "sgd", .loss = "sparse_categorical_crossentropy"});
  const auto [loss, gradients] = model.value_and_grad(data.x, data.y);
  EXPECT_EQ(gradients.names(), (std::vector<std::string>{"dense_1/kernel", "dense_1/bias"}));
  EXPECT_EQ(gradients["dense_1/kernel"].shape(), (Shape{16, 4}));
  // A bias before softmax and cross-entropy: its gradients sum to nothing.
  double total = 0, size = 0;
  for (const double value : gradients["dense_1/bias"].to_vector<double>()) {
    total += value;
    size += std::abs(value);
  }
  EXPECT_GT(size, 1e-3);
  EXPECT_NEAR(total, 0, 1e-6);
}

// Signs of gradients instead of gradients, in a step of one's own.
TEST(ModelGradients, AreNamedInAStepOfOnesOwn) {
  struct Signs : Model {
    explicit Signs(const ModelOptions& options)
        : Model(options), dense(track("dense", std::make_shared<Dense>(1))) {}
    Tensor call(const Tensor& x, CallContext& context) const override { return (*dense)(x, context); }
    void train_step(TrainStep& step) override {
      const Tensor loss = step.compute_loss(step.forward());
      const Tensors gradients = step.gradients(loss);
      names = gradients.names();
      std::vector<Tensor> signs;
      for (const Tensor& gradient : gradients) signs.push_back(sign(gradient));
      step.apply_gradients(gradients.with_values(signs));
    }
    std::shared_ptr<Layer> dense;
    std::vector<std::string> names;
  };
  Signs model({.seed = 1});
  model.compile({.optimizer = SGD(0.5), .loss = "mse"});
  const Tensor x = Tensor::from<float>({1, 2, -3, 4}, {2, 2}), y = Tensor::from<float>({100, 50}, {2, 1});
  model.build({-1, 2});
  const auto before = model.weight("dense/bias")->read().to_vector<float>();
  model.fit(x, y, {.batch_size = 2, .verbose = 0});
  EXPECT_EQ(model.names, (std::vector<std::string>{"dense/kernel", "dense/bias"}));
  EXPECT_EQ(model.weight("dense/bias")->read().to_vector<float>()[0], before[0] + 0.5f);
}

TEST(ModelTrainable, OfAModelGovernsItsLayers) {
  const Samples data = test::corners(16);
  Transfer net;
  net.base.set_trainable(false);
  net.model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  const auto before = values(net.base);
  net.model.fit(data.x, data.y, {.verbose = 0});
  EXPECT_EQ(values(net.base), before);  // moving statistics, too
  // iteration, learning rate, and two slots of the head's two weights
  EXPECT_EQ(net.model.optimizer_variables().size(), 2u + 2u * 2u);
  const std::string summary =
      net.model.summary_text({.ascii = true, .show_trainable = true, .expand_nested = true});
  expect_words(summary, {"Trainable params: 16", "Non-trainable params: 53"});
  EXPECT_FALSE(net.model.layer("base").trainable());
  // In a file, too.
  Model read = Model::from_json(net.model.serialize(), 1);
  EXPECT_EQ(read.weight_names(true), (std::vector<std::string>{"head/kernel", "head/bias"}));
}

// Layers that wait for their first data belong to the model already.
TEST(ModelTrainable, ReachesLayersThatAreNotBuilt) {
  Sequential base({Dense(3), Dense(2)});
  base.set_trainable(false);
  EXPECT_FALSE(base.layers()[0]->trainable());
  base.build({-1, 4});
  EXPECT_TRUE(base.weights(true).empty());
}

// Models have their layers in two lists: both ways at every level would be 2^40 calls.
TEST(ModelTrainable, OfModelsDeepInsideModels) {
  Sequential model({Input({2}), Dense(2)});
  for (int depth = 0; depth < 40; ++depth) model = Sequential({Input({2}), model});
  model.set_trainable(false);
  EXPECT_TRUE(model.weights(true).empty());
  EXPECT_FALSE(model.sublayers()[0].second->trainable());
  Model copy = model.clone();
  EXPECT_EQ(copy.weight_names(), model.weight_names());
}

// keras 3: trainable_variables of a layer that is not trainable is empty, whatever is inside.
TEST(ModelTrainable, OfTheModelThatIsTrainedStopsEverything) {
  Transfer net;
  net.model.set_trainable(false);
  net.model.layer("head").set_trainable(true);
  EXPECT_TRUE(net.model.weights(true).empty());
  EXPECT_EQ(net.model.weights(false).size(), 10u);
  net.model.set_trainable(true);
  net.base.set_trainable(false);
  net.base.layer("dense_1").set_trainable(true);
  EXPECT_EQ(
      net.model.weight_names(true),
      (std::vector<std::string>{"base/dense_1/kernel", "base/dense_1/bias", "head/kernel", "head/bias"}));
}

TEST(ModelMemory, IsThatOfTheProgramsThatRun) {
  const Samples data = test::quadrants(32);
  Sequential model = test::small_cnn(3);
  const MemoryUse use = model.memory(32);
  EXPECT_EQ(use.batch_size, 32);
  EXPECT_EQ(use.weights, 4 * model.count_params());
  EXPECT_EQ(use.gradients, use.weights - 4 * 12);  // moving statistics have none
  EXPECT_EQ(use.optimizer, 8 + 4 + 2 * use.gradients);
  EXPECT_EQ(use.batch, 32 * (64 * 4 + 4));
  const int programs = model.programs_built();
  model.fit(data.x, data.y, {.batch_size = 32, .verbose = 0});
  model.predict(data.x);
  EXPECT_EQ(use.training, static_cast<int64_t>(model.train_statistics().arena_bytes));
  EXPECT_GT(use.training, use.prediction);
  EXPECT_GT(use.prediction, 0);
  EXPECT_EQ(use.while_training(), use.weights + use.optimizer + use.training + use.batch);
  // Bytes of pictures are another signature than the float32 of the model's Input.
  EXPECT_EQ(model.programs_built(), programs + 2);
  const MemoryUse bytes = model.memory(data.x, data.y);
  EXPECT_EQ(bytes.batch, 32 * (64 + 4));
  EXPECT_EQ(model.programs_built(), programs + 2);
  EXPECT_GT(model.memory(64).training, use.training);
}

TEST(ModelMemory, OfPredictionsWhereTheModelIsNotCompiled) {
  Transfer net;
  const MemoryUse use = net.model.memory(8);
  EXPECT_EQ(use.training, 0);
  EXPECT_EQ(use.optimizer, 0);
  EXPECT_EQ(use.batch, 8 * 2 * 4);
  EXPECT_EQ(use.while_predicting(), use.weights + use.prediction + use.batch);
}

TEST(ModelMemory, SaysWhatItNeeds) {
  Transfer net;
  expect_words(test::message_of<InvalidArgument>([&] { net.model.memory(0); }), {"at least 1", "received 0"});
  expect_words(test::message_of<InvalidArgument>([] { Sequential({Dense(1)}).memory(4); }),
               {"no weights yet"});
  Sequential open({Input({-1, 3}), Dense(1)});
  expect_words(test::message_of<InvalidArgument>([&] { open.memory(4); }),
               {"(None, None, 3)", "memory(x, y)"});
}

}  // namespace
}  // namespace lamina
