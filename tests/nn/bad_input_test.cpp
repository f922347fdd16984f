// Bad input, one test for each kind, named for it. What single ops refuse is in tests/ops, what recurrent
// layers refuse in recurrent_errors_test.cpp and custom_layers_test.cpp.
#include <gtest/gtest.h>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

void expect_message(const std::function<void()>& action, const std::vector<std::string>& words) {
  const std::string message = test::message_of<InvalidArgument>(action);
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << message << "\nlacks " << word;
}

Tensor floats(const Shape& shape) { return full(shape, 0.5).eval(); }

// ---- Graphs ----

TEST(BadInput, GraphWithACycle) {
  // Only a file can hold one.
  const Tensor x = Input({3}, {.name = "x"});
  const Tensor y = Dense(3, {.name = "first"})(x);
  std::string json = Model({x}, {Dense(3, {.name = "second"})(y)}, {.name = "net"}).serialize().dump();
  const std::string from_x = "\"keras_history\": [\"x\", 0, 0]",
                    from_second = "\"keras_history\": [\"second\", 0, 0]";
  const size_t at = json.find(from_x);
  ASSERT_NE(at, std::string::npos) << json;
  json.replace(at, from_x.size(), from_second);
  expect_message([&] { Model::from_json(Json::parse(json)); }, {"loop", "'first'", "'second'"});
}

TEST(BadInput, ModelThatHoldsItself) {
  Sequential model({Input({3}), Dense(3)}, {.name = "self"});
  expect_message([&] { model.add(model); }, {"self", "itself"});
}

TEST(BadInput, DisconnectedInput) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  expect_message([&] { Model({a}, {Dense(2)(b)}); }, {"disconnected", "'b'", "'a'"});
  expect_message([&] { Model({a}, {Add()({a, b})}); }, {"disconnected", "'b'"});
}

TEST(BadInput, OutputThatDependsOnNoInput) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  expect_message([&] { Model({a}, {Dense(2)(a), b}); }, {"'b'", "disconnected"});
  expect_message([&] { Model({a}, {floats({2, 3})}); }, {"symbolic", "value"});
}

TEST(BadInput, MismatchedMerge) {
  const Tensor a = Input({3}), b = Input({4});
  expect_message([&] { Add()({a, b}); }, {"add", "(None, 3)", "(None, 4)"});
  expect_message(
      [&] {
        Concatenate(ConcatenateOptions{.axis = 1})({Input({2, 3}), Input({2, 4})});
      },
      {"concatenate", "(None, 2, 3)", "(None, 2, 4)"});
}

TEST(BadInput, MismatchedMergeOfBatches) {
  expect_message([&] { Add()({floats({2, 3}), floats({3, 3})}); }, {"add", "(2, 3)", "(3, 3)"});
}

// ---- Names ----

TEST(BadInput, LayerNameUsedTwice) {
  expect_message(
      [] {
        Sequential({Input({3}), Dense(2, {.name = "a"}), Dense(2, {.name = "a"})});
      },
      {"'a'", "unique"});
  const Tensor x = Input({3});
  expect_message([&] { Model({x}, {Dense(2, {.name = "a"})(Dense(2, {.name = "a"})(x))}); },
                 {"'a'", "unique"});
}

TEST(BadInput, LayerNameThatFilesWouldCut) {
  expect_message(
      [] {
        Sequential({Input({3}), Dense(2, {.name = std::string("a\0b", 3)})});
      },
      {"character of number 0"});
}

TEST(BadInput, InputNameUsedTwice) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "a"});
  expect_message([&] { Model({a, b}, {Add()({a, b})}); }, {"'a'", "unique"});
  expect_message([&] { Model({a, a}, {Dense(2)(a)}); }, {"'a'", "twice"});
}

TEST(BadInput, DataNameUsedTwice) {
  expect_message([] { Tensors({{"a", floats({2, 3})}, {"a", floats({2, 3})}}); }, {"'a'"});
}

TEST(BadInput, OutputNameUsedTwice) {
  const Tensor a = Input({3});
  const Tensor y = Dense(2)(a), z = Dense(1)(a);
  expect_message([&] { Model({a}, {{"out", y}, {"out", z}}); }, {"'out'"});
}

// ---- Losses ----

Model two_headed() {
  const Tensor a = Input({3});
  return Model({a}, {Dense(2, {.name = "main"})(a), Dense(1, {.name = "aux"})(a)}, {.seed = 1});
}

TEST(BadInput, LossForAnOutputThatDoesNotExist) {
  Model model = two_headed();
  expect_message([&] { model.compile({.loss = {{"main", "mse"}, {"auxx", "mse"}}}); }, {"'auxx'", "aux"});
  expect_message([&] { model.compile({.loss = {"mse", "mse", "mse"}}); }, {"3 values", "2 outputs"});
}

TEST(BadInput, TargetForAnOutputThatDoesNotExist) {
  Model model = two_headed();
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensors y({{"main", floats({4, 2})}, {"auxx", floats({4, 1})}});
  expect_message([&] { model.fit(floats({4, 3}), y, {.verbose = 0}); }, {"'auxx'", "aux"});
}

TEST(BadInput, TargetOfAnotherShape) {
  Sequential model({Input({3}), Dense(2)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  expect_message(
      [&] {
        model.fit(floats({4, 3}), floats({4, 5}), {.verbose = 0});
      },
      {"mean_squared_error", "5"});
}

// ---- Masks ----

TEST(BadInput, MaskOfAnotherLength) {
  const Tensor x = floats({3, 4, 5}), mask = full({3, 5}, 1, DType::kBool);
  const auto masked = [&](const Layer& layer) {
    return [&] { layer(Tensors{x}, {.tensors = {{"mask", {mask}}}}); };
  };
  expect_message(masked(LSTM(2)), {"lstm", "mask", "(3, 4)", "(3, 5)"});
  expect_message(masked(GRU(2)), {"gru", "mask", "(3, 4)", "(3, 5)"});
  expect_message(masked(SimpleRNN(2)), {"simple_rnn", "mask", "(3, 4)", "(3, 5)"});
  expect_message(masked(Bidirectional(GRU(2))), {"mask", "(3, 4)", "(3, 5)"});
  expect_message(masked(TimeDistributed(Dense(2))), {"mask", "(3, 4)", "(3, 5)"});
  expect_message(masked(GlobalAveragePooling1D()), {"mask", "(3, 5)"});
  expect_message(masked(BatchNormalization()), {"mask", "(3, 5)"});
}

TEST(BadInput, AttentionMaskOfAnotherLength) {
  const Tensor x = floats({3, 4, 6});
  const MultiHeadAttention attention(2, 3);
  expect_message(
      [&] {
        attention(Tensors{x, x}, {.tensors = {{"attention_mask", {full({3, 4, 7}, 1, DType::kBool)}}}})
            .eval();
      },
      {"mask", "7"});
}

TEST(BadInput, TravellingMaskOfAnotherLength) {
  const Tensor x = floats({3, 4, 5});
  set_mask(x, full({3, 7}, 1, DType::kBool));
  expect_message([&] { LSTM(2)(x); }, {"mask", "(3, 4)", "(3, 7)"});
}

// ---- Sharing ----

TEST(BadInput, SublayerSharedBetweenModelsOfDifferentDtypes) {
  const Dense shared(2, {.name = "shared"});
  Sequential single({Input({3}), shared}, {.seed = 1});
  // The layer keeps its policy: what comes in another dtype is cast to it, whoever calls.
  const Tensor doubles = Input({3}, {.dtype = DType::kFloat64});
  Model second({doubles}, {shared(doubles)}, {.seed = 2});
  EXPECT_EQ(second.output().dtype(), DType::kFloat32);
  EXPECT_EQ(second.predict(full({2, 3}, 0.5, DType::kFloat64)).to_vector<float>(),
            single.predict(floats({2, 3})).to_vector<float>());
  EXPECT_EQ(shared.weights()[0]->type.dtype, DType::kFloat32);
  // A layer that would force another policy on it is refused.
  struct Wide : LayerOf<Wide> {
    explicit Wide(const Dense& inner) : LayerOf<Wide>("wide", true, "float64") {
      track("inner", inner.share());
    }
    std::string class_name() const override { return "Wide"; }
  };
  expect_message([&] { const Wide wide(shared); }, {"shared", "float32", "float64"});
}

// ---- State ----

TEST(BadInput, StatefulRecurrenceWithAnotherBatchSize) {
  Sequential model({Input({4, 5}, {.batch_size = 3}), LSTM(2, {.stateful = true}), Dense(1)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_NO_THROW(model.predict(floats({6, 4, 5}), {.batch_size = 3}));
  expect_message([&] { model.predict(floats({2, 4, 5})); }, {"3", "2"});
  expect_message([&] { model.predict(floats({5, 4, 5}), {.batch_size = 3}); }, {"3", "2"});
  expect_message([&] { model.fit(floats({2, 4, 5}), floats({2, 1}), {.verbose = 0}); }, {"3", "2"});
  const GRU layer(2, {.stateful = true});
  layer.build(Shape{3, 4, 5});
  expect_message([&] { layer(floats({2, 4, 5})); }, {"gru", "stateful", "3 samples", "2"});
}

TEST(BadInput, InitialStateOfTheWrongWidth) {
  const Tensor x = floats({3, 4, 5});
  expect_message(
      [&] {
        LSTM(2, {.return_state = true}).call_with_state(x, {floats({3, 2}), floats({3, 7})});
      },
      {"lstm", "initial_state 1", "(3, 2)", "(3, 7)"});
  expect_message(
      [&] {
        GRU(2)(x, CallArguments{.tensors = {{"initial_state", {floats({2, 2})}}}});
      },
      {"gru", "initial_state 0", "(3, 2)", "(2, 2)"});
}

TEST(BadInput, ScanWhoseCarryChangesItsShape) {
  const Tensor x = floats({4, 2}), first = floats({2});
  const auto wider = [](const std::vector<Tensor>& c, const std::vector<Tensor>&) {
    return ScanResult{{full({3}, 0) * sum(c[0])}, {}};
  };
  expect_message([&] { scan(wider, {first}, {x}); }, {"carry 0", "float32(2,)", "float32(3,)"});
}

TEST(BadInput, ScanWhoseCarryChangesItsDtype) {
  const Tensor x = floats({4, 2}), first = floats({2});
  const auto integers = [](const std::vector<Tensor>& c, const std::vector<Tensor>&) {
    return ScanResult{{cast(c[0], DType::kInt32)}, {}};
  };
  expect_message([&] { scan(integers, {first}, {x}); }, {"carry 0", "float32(2,)", "int32(2,)"});
}

TEST(BadInput, WhileLoopPastItsBound) {
  const Tensor x = Tensor::from<float>({1});
  const auto loop = [&] {
    return while_loop([](const std::vector<Tensor>& v) { return sum(v[0]) < 100.0; },
                      [](const std::vector<Tensor>& v) { return std::vector<Tensor>{v[0] * 2.0}; }, {x},
                      {.max_iterations = 6})[0];
  };
  expect_message([&] { loop().eval(); }, {"while_loop", "max_iterations = 6"});
}

// ---- Ids ----

TEST(BadInput, IndexBeyondTheEmbedding) {
  Sequential model({Input({2}, {.dtype = DType::kInt32}), Embedding(4, 2)}, {.seed = 1});
  for (const int32_t id : {4, -1}) {
    expect_message(
        [&] {
          model.predict(Tensor::from(std::vector<int32_t>{1, id}, {1, 2}));
        },
        {"id " + std::to_string(id), "(0, 1)", "0 to 3"});
  }
}

}  // namespace
}  // namespace lamina
