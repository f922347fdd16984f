// Models that are graphs of layers: several inputs and outputs, shared and nested layers, names, and what is
// refused.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/formats/keras/keras.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/metrics/mean.h"
#include "lamina/nn/model.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/sgd.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/einsum.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/split.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor normal(const Shape& shape, int stream) { return random_normal(random_key(3), shape, stream).eval(); }

void expect_error(const std::function<void()>& action, const std::vector<std::string>& words) {
  try {
    action();
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    for (const std::string& word : words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(GraphModel, ComputesWhatItsLayersCompute) {
  const Tensor x = Input({4}, {.name = "x"});
  const Dense first(3, {.activation = "relu", .name = "first"}), second(2, {.name = "second"});
  Model model({x}, {second(first(x))}, {.seed = 1});
  const Tensor data = normal({5, 4}, 0);
  EXPECT_EQ(model.predict(data).to_vector<float>(), second(first(data)).to_vector<float>());
  EXPECT_EQ(model.count_params(), 4 * 3 + 3 + 3 * 2 + 2);
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"x"});
  EXPECT_EQ(model.output_names(), std::vector<std::string>{"second"});
}

TEST(GraphModel, TwoLayersOfOneShapeBeginWithDifferentWeights) {
  const Tensor x = Input({4});
  const Dense a(4), b(4);
  Model model({x}, {b(a(x))}, {.seed = 1});
  EXPECT_NE(model.weights()[0]->value.to_vector<float>(), model.weights()[2]->value.to_vector<float>());
}

TEST(GraphModel, TheSameSeedGivesTheSameWeights) {
  const auto make = [](uint64_t seed) {
    const Tensor x = Input({4});
    return Model({x}, {Dense(2)(Dense(3)(x))}, {.seed = seed}).get_weights()[2].to_vector<float>();
  };
  EXPECT_EQ(make(5), make(5));
  EXPECT_NE(make(5), make(6));
}

TEST(GraphModel, TakesAndGivesSeveralByPositionAndByName) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({2}, {.name = "b"});
  const Tensor left = Dense(4, {.name = "left"})(a), right = Dense(1, {.name = "right"})(b);
  Model model({a, b}, {left, right}, {.seed = 2});
  model.compile({.optimizer = "sgd",
                 .loss = {{"left", "mse"}, {"right", "mae"}},
                 .metrics = {{"right", {"mse"}}},
                 .loss_weights = {{"left", 0.5}}});
  const Tensor xa = normal({8, 3}, 0), xb = normal({8, 2}, 1), yl = normal({8, 4}, 2), yr = normal({8, 1}, 3);
  const Tensors by_position = model.predict_outputs({xa, xb});
  const Tensors by_name = model.predict_outputs({{"b", xb}, {"a", xa}});
  EXPECT_EQ(by_position["left"].to_vector<float>(), by_name["left"].to_vector<float>());
  EXPECT_EQ(by_position[1].to_vector<float>(), by_name["right"].to_vector<float>());
  const Logs logs = model.evaluate({xa, xb}, {{"left", yl}, {"right", yr}}, {.verbose = 0});
  EXPECT_NEAR(logs["loss"], 0.5 * logs["left_loss"] + logs["right_loss"], 1e-6);
  EXPECT_TRUE(logs.contains("right_mse"));
  const History history = model.fit({xa, xb}, {yl, yr}, {.epochs = 3, .batch_size = 3, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front());
  expect_error([&] { model.predict({xa, xb}); }, {"2 outputs", "predict_outputs"});
  expect_error([&] { model.predict_outputs({xa}); }, {"expected 2 inputs", "received 1"});
  expect_error([&] { model.predict_outputs({{"a", xa}, {"c", xb}}); }, {"no input named 'b'"});
  expect_error(
      [&] {
        model.evaluate({xa, xb}, {{"left", yl}, {"wrong", yr}}, {.verbose = 0});
      },
      {"'wrong'", "does not have"});
}

TEST(GraphModel, ASharedLayerCountsOnce) {
  const Dense shared(4);
  Sequential row({Input({4}), shared, shared}, {.seed = 1});
  EXPECT_EQ(row.count_params(), 20);
  EXPECT_EQ(row.weights().size(), 2u);
  const Tensor a = Input({4}), b = Input({4});
  Model siamese({a, b}, {shared(a) - shared(b)});
  EXPECT_EQ(siamese.count_params(), 20);
  const Tensor x = normal({3, 4}, 0);
  EXPECT_EQ(siamese.predict({x, x}).to_vector<float>(), std::vector<float>(12, 0.0f));
}

TEST(GraphModel, SharedLayersSurviveSaving) {
  const test::TemporaryFolder folder;
  const Dense shared(4);
  Sequential row({Input({4}), shared, shared}, {.seed = 1});
  const std::string path = folder.path() + "/row.keras";
  row.save(path);
  Model loaded = load_model(path);
  const Tensor x = normal({3, 4}, 0);
  EXPECT_EQ(loaded.predict(x).to_vector<float>(), row.predict(x).to_vector<float>());
  EXPECT_EQ(loaded.count_params(), 20);
}

TEST(GraphModel, NestsAndSavesModels) {
  const test::TemporaryFolder folder;
  const Tensor i = Input({4}, {.name = "i"});
  Model inner({i}, {Dense(3, {.activation = "tanh"})(i)}, {.name = "inner", .seed = 1});
  Sequential tail({Input({3}), Dense(3), Dense(1)}, {.name = "tail", .seed = 2});
  const Tensor x = Input({4}, {.name = "x"}), z = Input({4}, {.name = "z"});
  Model outer({x, z}, {tail(inner(x)), tail(inner(z))}, {.seed = 3});
  EXPECT_EQ(outer.count_params(), inner.count_params() + tail.count_params());
  outer.compile({.optimizer = Adam(0.01), .loss = "mse"});
  const Tensor a = normal({6, 4}, 0), b = normal({6, 4}, 1), y = normal({6, 1}, 2);
  outer.fit({a, b}, {y, y}, {.epochs = 2, .verbose = 0});
  outer.save(folder.path() + "/outer.keras");
  Model loaded = load_model(folder.path() + "/outer.keras");
  const Tensors before = outer.predict_outputs({a, b}), after = loaded.predict_outputs({a, b});
  for (size_t output = 0; output < 2; ++output)
    EXPECT_EQ(before[output].to_vector<float>(), after[output].to_vector<float>());
  EXPECT_EQ(loaded.optimizer_variables().size(), outer.optimizer_variables().size());
}

// What a tensor with a value among symbolic ones is: part of the operation, in files too.
// The old code looked twice into each model inside: at 40 levels it never came to an end.
TEST(GraphModel, NestingCostsWhatItHolds) {
  std::shared_ptr<Layer> inner = std::make_shared<Dense>(2);
  for (int level = 0; level < 40; ++level) inner = std::make_shared<Sequential>(std::vector<AnyLayer>{inner});
  Sequential model({Input({3}), inner}, {.seed = 1});
  const Model again = Model::from_json(model.serialize());
  EXPECT_EQ(again.weights().size(), 2u);
  EXPECT_EQ(again.output_shape(), (Shape{-1, 2}));
}

TEST(GraphModel, KeepsConstantsOfOperations) {
  const Tensor x = Input({2, 3});
  const Tensor floats = Tensor::from({{0.1f, 2.0f, -3.5f}, {1.0f, 0.0f, 7.25f}});
  const Tensor integers = Tensor::from(std::vector<int64_t>{0, 1, int64_t{1} << 53}, {3});
  const Tensor y = where(greater(x, floats), floats * x, cast(integers, DType::kFloat32) + 1.0f);
  Model model({x}, {pad(y, {{0, 0}, {1, 0}, {0, 2}}, 0.5)}, {.seed = 1});
  const Tensor data = normal({4, 2, 3}, 0);
  const Tensor expected =
      pad(where(greater(data, floats), floats * data, cast(integers, DType::kFloat32) + 1.0f),
          {{0, 0}, {1, 0}, {0, 2}}, 0.5);
  EXPECT_EQ(model.predict(data).to_vector<float>(), expected.to_vector<float>());
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/constants.keras";
  model.save(path);
  EXPECT_EQ(load_model(path).predict(data).to_vector<float>(), expected.to_vector<float>());
}

// As Keras records them; Take may have a plain list of indices.
TEST(GraphModel, KeepsEinsumSplitAndTake) {
  const Tensor x = Input({4, 6});
  const std::vector<Tensor> parts = split(x, {1, 3}, -1);
  const Tensor y = einsum("bij,bik->bjk", {parts[0], parts[2]});
  Model model({x},
              {y, parts[1], take(x, Tensor::from(std::vector<int32_t>{0, 2}, {2}), 1), split(x, 2, 1)[1]},
              {.seed = 1});
  const Tensor data = normal({3, 4, 6}, 0);
  const std::vector<Tensor> given = split(data, {1, 3}, -1);
  const std::vector<Tensor> expected = {einsum("bij,bik->bjk", {given[0], given[2]}), given[1],
                                        data[{Slice{}, Slice{0, 4, 2}}], data[{Slice{}, Slice{2, 4}}]};
  const auto expect_outputs = [&](Model& of) {
    const Tensors outputs = of.predict_outputs(data);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(outputs[i].to_vector<float>(), expected[i].to_vector<float>()) << i;
  };
  expect_outputs(model);
  Json written = model.serialize();
  Model again = Model::from_json(written);
  expect_outputs(again);
  std::string text = written.dump();
  const std::string constant =
      "{\"class_name\": \"__tensor__\", \"config\": {\"value\": [0, 2], \"dtype\": \"int32\"}}";
  const size_t at = text.find(constant);
  ASSERT_NE(at, std::string::npos) << text;
  Model listed = Model::from_json(Json::parse(text.replace(at, constant.size(), "[0, 2]")));
  expect_outputs(listed);
  const size_t list = text.find("[0, 2]");
  expect_error([&] { Model::from_json(Json::parse(std::string(text).replace(list, 6, "[[0, 2], [1]]"))); },
               {"different lengths"});
  // As many numbers as a table of three rows and two columns has, and no such table.
  expect_error(
      [&] { Model::from_json(Json::parse(std::string(text).replace(list, 6, "[[0, 2], [1], [0, 1, 2]]"))); },
      {"different lengths", "1 and 2"});
}

// As Keras records it: one operation of several outputs.
TEST(GraphModel, WritesSplitAsOneOperation) {
  const Tensor x = Input({4, 6}, {.name = "x"});
  const std::vector<Tensor> parts = split(x, {1, 3}, -1), halves = split(x, 2);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].shape(), (Shape{-1, 4, 3}));
  ASSERT_EQ(halves.size(), 2u);
  EXPECT_EQ(halves[1].shape(), (Shape{-1, 4, 6}));
  EXPECT_EQ(split(x, {3})[0].shape(), (Shape{3, 4, 6}));
  EXPECT_EQ(split(x, {3})[1].shape(), (Shape{-1, 4, 6}));
  Model model({x}, {parts[2], parts[0], halves[1]});
  const std::string text = model.serialize().dump();
  EXPECT_NE(text.find("\"indices_or_sections\": [1, 3], \"axis\": -1"), std::string::npos) << text;
  EXPECT_NE(text.find("\"indices_or_sections\": 2, \"axis\": 0"), std::string::npos) << text;
  EXPECT_EQ(text.find("GetItem"), std::string::npos) << text;
  const Model again = Model::from_json(Json::parse(text));
  const Tensor data = normal({4, 4, 6}, 0);
  const std::vector<Tensor> outputs = again.outputs({data}, {}, false);
  EXPECT_EQ(outputs[0].to_vector<float>(), split(data, {1, 3}, -1)[2].to_vector<float>());
  EXPECT_EQ(outputs[1].to_vector<float>(), split(data, {1, 3}, -1)[0].to_vector<float>());
  EXPECT_EQ(outputs[2].to_vector<float>(), split(data, 2)[1].to_vector<float>());
  expect_error([&] { again.outputs({normal({3, 4, 6}, 0)}, {}, false); }, {"2 parts", "axis 0"});
  expect_error([&] { split(x, 4, 2); }, {"4 parts", "axis 2"});
  expect_error([&] { split(x, {7}, 2); }, {"from 0 to 6"});
  expect_error([&] { split(x, 2, 3); }, {"axis 3"});
  expect_error([&] { split(x, int64_t{1} << 40); }, {"65536"});
}

// As Keras writes it.
TEST(GraphModel, ReadsSplit) {
  const Tensor x = Input({4, 6}, {.name = "x"});
  std::string text = Model({x}, {Flatten({.name = "cut"})(x)}).serialize().dump();
  const auto replace = [&](const std::string& what, const std::string& with) {
    const size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what << " in " << text;
    text.replace(at, what.size(), with);
  };
  replace("\"module\": \"keras.layers\", \"class_name\": \"Flatten\"",
          "\"module\": \"keras.src.ops.numpy\", \"class_name\": \"Split\"");
  const size_t config = text.find("\"config\": {\"name\": \"cut\"");
  ASSERT_NE(config, std::string::npos) << text;
  const size_t end = text.find("\"registered_name\"", text.find("\"data_format\"", config));
  ASSERT_NE(end, std::string::npos) << text;
  text.replace(config, end - config,
               "\"config\": {\"name\": \"cut\", \"indices_or_sections\": [1, 3], \"axis\": -1}, ");
  replace("\"output_layers\": [\"cut\", 0, 0]", "\"output_layers\": [[\"cut\", 0, 2], [\"cut\", 0, 0]]");
  Model model = Model::from_json(Json::parse(text));
  const Tensor data = normal({3, 4, 6}, 0);
  const std::vector<Tensor> expected = split(data, {1, 3}, -1);
  const auto expect_outputs = [&](Model& of) {
    const Tensors outputs = of.predict_outputs(data);
    EXPECT_EQ(outputs[0].to_vector<float>(), expected[2].to_vector<float>());
    EXPECT_EQ(outputs[1].to_vector<float>(), expected[0].to_vector<float>());
  };
  expect_outputs(model);
  Model again = Model::from_json(model.serialize());
  expect_outputs(again);
  EXPECT_NE(model.serialize().dump().find("\"config\": {\"name\": \"cut\", \"indices_or_sections\": [1, 3], "
                                          "\"axis\": -1}"),
            std::string::npos);
}

TEST(GraphModel, SaysOnceWhichLayersAreKnown) {
  const Tensor x = Input({2});
  std::string text = Model({x}, {Dense(2)(Dense(2)(x))}).serialize().dump();
  for (const char* name : {"\"Qwertzuiop\"", "\"Asdfghjkloe\""}) {
    const size_t at = text.find("\"Dense\"");
    text.replace(at, 7, name);
  }
  try {
    Model::from_json(Json::parse(text));
    FAIL() << "it was read";
  } catch (const InvalidArgument& error) {
    const std::string message = error.what();
    for (const char* name : {"'Qwertzuiop'", "'Asdfghjkloe'", "register_layer"})
      EXPECT_NE(message.find(name), std::string::npos) << message;
    const size_t first = message.find("LayerNormalization");
    EXPECT_NE(first, std::string::npos) << message;
    EXPECT_EQ(message.find("LayerNormalization", first + 1), std::string::npos) << message;
  }
}

TEST(GraphModel, KeepsTheDtypeOfACast) {
  const Tensor x = Input({3});
  Model model({x}, {cast(greater(x, 0.0), DType::kFloat32) * x}, {.seed = 1});
  const test::TemporaryFolder folder;
  model.save(folder.path() + "/cast.keras");
  const Tensor data = normal({4, 3}, 0);
  EXPECT_EQ(load_model(folder.path() + "/cast.keras").predict(data).to_vector<float>(),
            model.predict(data).to_vector<float>());
}

TEST(GraphModel, RefusesConstantsThatAreNone) {
  const Tensor x = Input({2});
  const Json written = Model({x}, {x + Tensor::from({1.0f, 2.0f})}, {.name = "sum", .seed = 1}).serialize();
  const std::string good = "\"value\": [1.0, 2.0], \"dtype\": \"float32\"";
  const auto read = [&](const std::string& constant) {
    std::string text = written.dump();
    const size_t at = text.find(good);
    ASSERT_NE(at, std::string::npos) << text;
    Model::from_json(Json::parse(text.replace(at, good.size(), constant)));
  };
  read(good);
  expect_error([&] { read("\"value\": [[1,2],[1]], \"dtype\": \"float32\""); },
               {"different lengths", "1 and 2"});
  expect_error([&] { read("\"value\": [1.5,2], \"dtype\": \"int32\""); }, {"int"});
  expect_error([&] { read("\"value\": [1,2], \"dtype\": \"float31\""); }, {"float31"});
}

// As Keras: the layers of a model, and so their places in files, follow from the outputs in the order of
// their names.
TEST(GraphModel, OrdersNamedOutputsAsKeras) {
  const Tensor x = Input({3}, {.name = "x"});
  const Dense score(1, {.name = "score"}), amount(2, {.name = "amount"});
  const Model model({{"x", x}}, {{"score", score(x)}, {"amount", amount(x)}}, {.seed = 1});
  EXPECT_EQ(model.output_names(), (std::vector<std::string>{"amount", "score"}));
  EXPECT_EQ(model.layers()[1]->name(), "amount");
  EXPECT_EQ(model.layers()[2]->name(), "score");
}

TEST(GraphModel, TakesAModelApart) {
  Sequential whole({Input({4}), Dense(3, {.name = "features"}), Dense(2)}, {.seed = 1});
  Model features({whole.input()}, {whole.layer("features").output()});
  const Tensor x = normal({2, 4}, 0);
  EXPECT_EQ(features.predict(x).to_vector<float>(), whole.layer("features")(x).to_vector<float>());
  Model rest({whole.layer("features").output()}, {whole.output()});
  EXPECT_EQ(rest.predict(features.predict(x)).to_vector<float>(), whole.predict(x).to_vector<float>());
}

TEST(GraphModel, RefusesGraphsThatAreNone) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  const Tensor y = Dense(2, {.name = "y"})(a), z = Dense(2, {.name = "z"})(b);
  expect_error([&] { Model({a}, {z}); }, {"disconnected", "'b'", "'a'"});
  expect_error([&] { Model({a, a}, {y}); }, {"'a'", "twice"});
  expect_error([&] { Model({a}, {normal({2, 3}, 0)}); }, {"symbolic"});
  expect_error([&] { Model({normal({2, 3}, 0)}, {y}); }, {"symbolic"});
  expect_error([&] { Model({a}, Tensors()); }, {"at least one output"});
  expect_error([&] { Model({a, b}, {Dense(2, {.name = "y"})(b), y}); }, {"'y'", "unique"});
  expect_error([&] { y.to_vector<float>(); }, {"symbolic", "Model"});
  expect_error([&] { Dense(2)(Tensors({y, normal({2, 2}, 0)})); }, {"symbolic", "value"});
}

TEST(GraphModel, AnInputThatNothingUsesIsThere) {
  const Tensor a = Input({3}, {.name = "a"}), b = Input({3}, {.name = "b"});
  Model model({a, b}, {Dense(2)(a)}, {.seed = 1});
  const Tensor x = normal({2, 3}, 0);
  EXPECT_EQ(model.predict({x, x}).shape(), (Shape{2, 2}));
}

TEST(GraphModel, CompileNamesOutputsThatAreNotThere) {
  const Tensor a = Input({3});
  Model model({a}, {Dense(2, {.name = "main"})(a), Dense(1, {.name = "aux"})(a)});
  expect_error([&] { model.compile({.loss = {{"mian", "mse"}}}); }, {"'mian'", "main"});
  expect_error([&] { model.compile({.loss = {"mse", "mse", "mse"}}); }, {"3 values", "2 outputs"});
  expect_error([&] { model.compile({.loss = "mse", .metrics = {{"auxx", {"mae"}}}}); }, {"'auxx'"});
}

// As models of ONNX files have them: the order is that of the file, and whoever reads them by their number relies on it.
TEST(GraphModel, OutputsWithNamesKeepTheirOrder) {
  const Tensor x = Input({3});
  const Model inner =
      detail::model_with_outputs({x}, {{"late", Dense(1)(x)}, {"early", Dense(2)(x)}, {"mid", Dense(3)(x)}}, {.name = "inner"});
  const Model again = Model::from_json(inner.serialize());
  EXPECT_EQ(again.output_names(), (std::vector<std::string>{"late", "early", "mid"}));
  const Tensor y = Input({3});
  const std::vector<Tensor> parts = inner.outputs(Tensors(std::vector<Tensor>{y}));
  Model outer({y}, {Dense(4)(parts[2]), parts[0], parts[1]});
  Model outer_again = Model::from_json(outer.serialize());
  const std::vector<float> numbers{1, 2, 3};
  const Tensors before = outer.outputs_on_batch(Tensor::from(numbers, {1, 3}));
  const Tensors after = outer_again.outputs_on_batch(Tensor::from(numbers, {1, 3}));
  ASSERT_EQ(after.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(after[i].shape(), before[i].shape()) << i;

  Json json = inner.serialize();
  for (const auto& names : std::vector<std::vector<const char*>>{{"late", "early"}, {"late", "early", "late"}, {"late", "early", "other"}}) {
    Json order = Json::list();
    for (const char* name : names) order.push_back(name);
    json["config"]["output_order"] = order;
    EXPECT_THROW(Model::from_json(json), InvalidArgument);
  }
  json["config"]["output_order"] = 3;
  EXPECT_THROW(Model::from_json(json), InvalidArgument);
}

}  // namespace
}  // namespace lamina
