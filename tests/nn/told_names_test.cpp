// Messages and graphs call things by the user's names: inputs of graphs, layers, and what to do instead.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/nn/callbacks/lambda_callback.h"
#include "lamina/nn/callbacks/progress_line.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/losses/regression.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/unary.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/words.h"

namespace lamina {
namespace {

using test::expect_words;

TEST(GraphInputs, HaveTheNamesOfWhatTheyStandFor) {
  const Samples data = test::corners(8);
  Sequential model = test::small_dense(1);
  const std::string graph = model.train_graph(data.x, data.y);
  expect_words(graph, {"input \"sequential/dense/kernel\"", "input \"sequential/dense_1/bias\"",
                       "input \"adam/iteration\"", "input \"log loss/0\"", "input \"random key\"",
                       "input \"input_layer\"", "input \"y\""});
  EXPECT_EQ(graph.find("\"arg"), std::string::npos) << graph;
}

TEST(GraphInputs, OfAFunctionOfTheUsersAreNumbered) {
  const Function f =
      compile([](const std::vector<Tensor>& args) { return std::vector<Tensor>{exp(args[0])}; });
  expect_words(f.graph({zeros({2})}), {"input \"arg0\""});
}

TEST(LayerErrors, OfNamesThatAreUnknownNameTheLayer) {
  expect_words(test::message_of<InvalidArgument>([] { Dense(3, {.activation = "rleu", .name = "hidden"}); }),
               {"layer 'hidden' (Dense)", "unknown activation 'rleu'", "did you mean 'relu'"});
  expect_words(test::message_of<InvalidArgument>([] { LSTM(3, {.activation = "tahn"}); }),
               {"layer 'lstm_cell' (LSTMCell)", "unknown activation 'tahn'", "did you mean 'tanh'"});
  expect_words(test::message_of<InvalidArgument>([] { Activation("sofmax"); }),
               {"layer 'activation' (Activation)", "'softmax'"});
  expect_words(test::message_of<InvalidArgument>([] {
                 Conv2D(3, {3, 3}, {.kernel_initializer = "he_norml"});
               }),
               {"layer 'conv2d' (Conv2D)", "kernel_initializer", "'he_norml'", "he_normal"});
}

TEST(ModelErrors, OfferABatchAxisToOneSample) {
  Sequential model({Input({8, 8, 1}), Flatten(), Dense(2)});
  for (const std::string& message : {test::message_of<InvalidArgument>([&] {
                                       model.predict(zeros({8, 8, 1}));
                                     }),
                                     test::message_of<InvalidArgument>([&] {
                                       model.predict_on_batch(zeros({8, 8, 1}));
                                     }),
                                     test::message_of<InvalidArgument>([&] {
                                       model(zeros({8, 8, 1}));
                                     })}) {
    expect_words(message, {"(None, 8, 8, 1)", "(8, 8, 1)", "expand_dims(x, 0)"});
  }
  const std::string other = test::message_of<InvalidArgument>([&] { model.predict(zeros({7, 8, 1})); });
  EXPECT_EQ(other.find("expand_dims"), std::string::npos) << other;
  // A last axis of extent 1 may be missing, as in Keras.
  EXPECT_EQ(model.predict(zeros({3, 8, 8})).shape(), (Shape{3, 2}));
}

TEST(MatmulErrors, OfferTheTransposeThatFits) {
  expect_words(test::message_of<InvalidArgument>([] {
                 matmul(zeros({2, 3}), zeros({4, 3}));
               }),
               {"transpose_b = true"});
  expect_words(test::message_of<InvalidArgument>([] {
                 matmul(zeros({3, 2}), zeros({3, 4}));
               }),
               {"transpose_a = true"});
  expect_words(test::message_of<InvalidArgument>([] {
                 matmul(zeros({2, 3}), zeros({3, 4}), false, true);
               }),
               {"transpose_b = false"});
  const std::string none = test::message_of<InvalidArgument>([] { matmul(zeros({2, 3}), zeros({4, 5})); });
  expect_words(none, {"3 of a", "4 of b"});
  EXPECT_EQ(none.find("transpose"), std::string::npos) << none;
}

TEST(LossErrors, OfferRowsToNumbersOfClasses) {
  const Tensor labels = zeros({6}, DType::kInt32), rows = ones({6, 10});
  for (const std::string& message :
       {test::message_of<InvalidArgument>([&] { CategoricalCrossentropy()(labels, rows); }),
        test::message_of<InvalidArgument>([&] { BinaryCrossentropy()(labels, rows); }),
        test::message_of<InvalidArgument>([&] {
          MeanSquaredError()(zeros({6, 1}), rows);
        })}) {
    expect_words(message, {"to_categorical(y, 10)", "sparse_categorical_crossentropy"});
  }
  const std::string other = test::message_of<InvalidArgument>([&] {
    MeanSquaredError()(zeros({6, 3}), rows);
  });
  EXPECT_EQ(other.find("to_categorical"), std::string::npos) << other;
}

// Whatever the sign of the NaN, which says nothing.
TEST(NotANumber, IsPrintedOneWay) {
  EXPECT_NE(Tensor(-std::numeric_limits<float>::quiet_NaN()).str().find("nan"), std::string::npos);
  EXPECT_EQ(Tensor(-std::numeric_limits<float>::quiet_NaN()).str().find("-nan"), std::string::npos);
  std::vector<std::string> said;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& text) { said.push_back(text); });
  Sequential model({Input({1}), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = ones({4, 1}), y = full({4, 1}, -std::numeric_limits<double>::quiet_NaN());
  const History history = model.fit(x, y, {.verbose = 2});
  model.fit(x, y, {.callbacks = {TerminateOnNaN()}, .verbose = 2});
  set_log_sink(before);
  EXPECT_FALSE(std::signbit(history["loss"].at(0)));
  EXPECT_TRUE(std::isnan(history["loss"].at(0)));
  int told = 0;
  for (const std::string& text : said)
    told += text.find("the loss is not finite since step 1 of epoch 1") == 0;
  EXPECT_EQ(told, 3) << said.size();
}

}  // namespace
}  // namespace lamina
