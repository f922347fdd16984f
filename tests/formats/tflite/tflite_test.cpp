// Tests of TFLite models as models: asking, training, saving them, and refusing files that are wrong.
#include "lamina/formats/tflite/tflite.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/keras.h"
#include "tests/support/damage.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tflite_bytes.h"

namespace lamina::test {
namespace {

// x W' + b, then softmax: W by rows of outputs.
TfliteGraph classifier(std::vector<int32_t> signature = {-1, 3}) {
  return {.tensors = {{.name = "x", .shape = {1, 3}, .signature = std::move(signature)},
                      {.name = "fc/kernel",
                       .shape = {2, 3},
                       .data = tflite_bytes_of<float>({1, 0, -1, 0.5F, 2, 0})},
                      {.name = "fc/bias", .shape = {2}, .data = tflite_bytes_of<float>({0.25F, -0.25F})},
                      {.name = "logits", .shape = {1, 2}, .signature = {-1, 2}},
                      {.name = "y", .shape = {1, 2}, .signature = {-1, 2}}},
          .operators = {{tfl::BuiltinOperator_FULLY_CONNECTED, {0, 1, 2}, {3}},
                        {tfl::BuiltinOperator_SOFTMAX,
                         {3},
                         {4},
                         tfl::Options_Softmax,
                         [](auto& builder) { return tfl::CreateSoftmaxOptions(builder, 1.0F).Union(); }}},
          .inputs = {0},
          .outputs = {4}};
}

Model load(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "model.tflite", bytes);
  return load_model(folder / "model.tflite");
}

std::string refusal(const std::string& bytes) {
  try {
    load(bytes);
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& bytes, const std::string& part) {
  const std::string said = refusal(bytes);
  EXPECT_NE(said.find(part), std::string::npos) << "said: " << said;
}

TEST(Tflite, GivesWhatItsGraphSays) {
  Model model = load(tflite_model({classifier()}));
  EXPECT_EQ(model.input_names(), std::vector<std::string>{"x"});
  EXPECT_EQ(model.output_names(), std::vector<std::string>{"y"});
  EXPECT_EQ(model.input_shape(), (Shape{-1, 3}));
  const std::vector<float> y = model.predict(Tensor::from<float>({{1, 2, 3}, {0, 0, 0}})).to_vector<float>();
  const float a = std::exp(-1.75F), b = std::exp(4.25F), c = std::exp(0.25F), d = std::exp(-0.25F);
  EXPECT_NEAR(y[0], a / (a + b), 1e-6);
  EXPECT_NEAR(y[2], c / (c + d), 1e-6);
}

TEST(Tflite, ModelOfOneSampleTakesMoreOneByOne) {
  Model one = load(tflite_model({classifier({})})), open = load(tflite_model({classifier()}));
  const Tensor x = Tensor::from<float>({{1, 2, 3}, {3, 1, 0}, {0, 1, 1}});
  const std::vector<float> a = one.predict(x).to_vector<float>(), b = open.predict(x).to_vector<float>();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
}

TEST(Tflite, IsTrainedOnAndKept) {
  Model model = load(tflite_model({classifier()}));
  EXPECT_EQ(model.weight_names(),
            (std::vector<std::string>{"tflite_graph/fc/kernel", "tflite_graph/fc/bias"}));
  model.compile({.optimizer = "sgd", .loss = "categorical_crossentropy"});
  const Tensor x = Tensor::from<float>({{1, 2, 3}, {3, 1, 0}, {0, 1, 1}, {2, 0, 1}});
  const Tensor y = Tensor::from<float>({{1, 0}, {0, 1}, {1, 0}, {0, 1}});
  const double before = model.evaluate(x, y, {.verbose = 0})["loss"];
  model.fit(x, y, {.epochs = 100, .verbose = 0});
  EXPECT_LT(model.evaluate(x, y, {.verbose = 0})["loss"], 0.7 * before);
  const TemporaryFolder folder;
  model.save(folder / "tuned.keras");
  Model again = load_model(folder / "tuned.keras");
  EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(Tflite, KernelsLieAsTheyAreReadAndAreTrained) {
  std::vector<float> kernel(2 * 3 * 3 * 1), values(16);
  for (size_t i = 0; i < kernel.size(); ++i) kernel[i] = 0.1F * static_cast<float>(i) - 0.8F;
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 5);
  const TfliteGraph graph{
      .tensors = {{.name = "x", .shape = {1, 4, 4, 1}},
                  {.name = "kernel", .shape = {2, 3, 3, 1}, .data = tflite_bytes_of(kernel)},
                  {.name = "y", .shape = {1, 2, 2, 2}}},
      .operators = {{tfl::BuiltinOperator_CONV_2D,
                     {0, 1},
                     {2},
                     tfl::Options_Conv2D,
                     [](auto& builder) { return tfl::CreateConv2DOptions(builder, 1, 1, 1).Union(); }}},
      .inputs = {0},
      .outputs = {2}};
  Model model = load(tflite_model({graph}));
  EXPECT_EQ(model.weight("tflite_graph/kernel")->type.shape, (Shape{3, 3, 1, 2}));
  const std::vector<float> y = model.predict(Tensor::from(values, {1, 4, 4, 1})).to_vector<float>();
  float expected = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) expected += kernel[9 + i * 3 + j] * values[i * 4 + j];
  }
  EXPECT_NEAR(y[1], expected, 1e-5);
}

// (x - 3) * 0.5 times (w) * 0.25, plus a bias, to scale 0.125 and zero -5: 64 bits of a product are rounded
// twice.
TEST(Tflite, IntegersAreScaledAsTheReferenceKernelsDo) {
  const TfliteGraph graph{
      .tensors = {{.name = "x", .shape = {1, 2}, .type = kTfInt8, .scales = {0.5F}, .zeros = {3}},
                  {.name = "w",
                   .shape = {2, 2},
                   .type = kTfInt8,
                   .data = tflite_bytes_of<int8_t>({2, -3, 127, 5}),
                   .scales = {0.3F},
                   .zeros = {0}},
                  {.name = "b",
                   .shape = {2},
                   .type = kTfInt32,
                   .data = tflite_bytes_of<int32_t>({7, -9}),
                   .scales = {0.15F},
                   .zeros = {0}},
                  {.name = "y", .shape = {1, 2}, .type = kTfInt8, .scales = {0.7F}, .zeros = {-5}}},
      .operators = {{tfl::BuiltinOperator_FULLY_CONNECTED, {0, 1, 2}, {3}}},
      .inputs = {0},
      .outputs = {3}};
  Model model = load(tflite_model({graph}));
  const Tensor x = Tensor::from(std::vector<int8_t>{13, -8}, {1, 2});
  const Tensor y = model.predict(x);
  EXPECT_EQ(y.dtype(), DType::kInt8);
  // Sums are 10*2 + (-11)*(-3) + 7 = 60 and 10*127 - 11*5 - 9 = 1206; times 0.15 / 0.7: 12.86 and 258.4.
  EXPECT_EQ(y.to_vector<int8_t>(), (std::vector<int8_t>{8, 127}));
}

TEST(Tflite, BranchesAndLoopsAreGraphsOfTheFile) {
  // while (n < 4) { n = n + 1; x = x + x; }
  const auto constant = tflite_bytes_of<int32_t>({4});
  const TfliteGraph main{
      .tensors = {{.name = "n", .shape = {1}, .type = kTfInt32},
                  {.name = "x", .shape = {1, 2}},
                  {.name = "m", .shape = {1}, .type = kTfInt32},
                  {.name = "y", .shape = {1, 2}}},
      .operators = {{tfl::BuiltinOperator_WHILE,
                     {0, 1},
                     {2, 3},
                     tfl::Options_While,
                     [](auto& builder) { return tfl::CreateWhileOptions(builder, 1, 2).Union(); }}},
      .inputs = {0, 1},
      .outputs = {3}};
  const TfliteGraph condition{.tensors = {{.name = "n", .shape = {1}, .type = kTfInt32},
                                          {.name = "x", .shape = {1, 2}},
                                          {.name = "four", .shape = {1}, .type = kTfInt32, .data = constant},
                                          {.name = "go", .shape = {1}, .type = 6}},
                              .operators = {{tfl::BuiltinOperator_LESS, {0, 2}, {3}}},
                              .inputs = {0, 1},
                              .outputs = {3}};
  const TfliteGraph body{
      .tensors = {{.name = "n", .shape = {1}, .type = kTfInt32},
                  {.name = "x", .shape = {1, 2}},
                  {.name = "one", .shape = {1}, .type = kTfInt32, .data = tflite_bytes_of<int32_t>({1})},
                  {.name = "next", .shape = {1}, .type = kTfInt32},
                  {.name = "twice", .shape = {1, 2}}},
      .operators = {{tfl::BuiltinOperator_ADD, {0, 2}, {3}}, {tfl::BuiltinOperator_ADD, {1, 1}, {4}}},
      .inputs = {0, 1},
      .outputs = {3, 4}};
  Model model = load(tflite_model({main, condition, body}));
  const Tensors y =
      model.outputs_on_batch({{"n", Tensor::from<int32_t>({1})}, {"x", Tensor::from<float>({{1, 3}})}});
  EXPECT_EQ(y[size_t{0}].to_vector<float>(), (std::vector<float>{8, 24}));
}

TEST(Tflite, OperatorsThatAreNotKnownAreAllNamed) {
  TfliteGraph graph = classifier();
  graph.operators[1].code = tfl::BuiltinOperator_SKIP_GRAM;
  graph.operators.push_back(
      {.code = tfl::BuiltinOperator_CUSTOM, .inputs = {3}, .outputs = {}, .custom = "TheirOwn"});
  graph.tensors.push_back({.name = "theirs", .shape = {1}});
  graph.operators[2].outputs = {5};
  const std::string said = refusal(tflite_model({graph}));
  EXPECT_NE(said.find("SKIP_GRAM"), std::string::npos) << said;
  EXPECT_NE(said.find("TheirOwn"), std::string::npos) << said;
  EXPECT_NE(said.find("'theirs'"), std::string::npos) << said;
}

TEST(Tflite, WhatCannotBeIsRefused) {
  expect_refused("", "is no TFLite file");
  expect_refused("not at all a model of any kind", "is no TFLite file");
  expect_refused(tflite_model({classifier()}, 4), "is of version 4");
  expect_refused(tflite_model({}), "holds no graph");
  TfliteGraph graph = classifier();
  graph.operators[0].inputs[0] = 77;
  expect_refused(tflite_model({graph}), "name tensor 77, of 5");
  graph = classifier();
  graph.operators[0].inputs[0] = 4;  // its own result
  expect_refused(tflite_model({graph}), "cycle");
  graph = classifier();
  graph.operators.erase(graph.operators.begin());
  expect_refused(tflite_model({graph}), "which no node, input or initializer gives");
  graph = classifier();
  graph.tensors[1].buffer = 12;
  graph.tensors[1].data.clear();
  expect_refused(tflite_model({graph}), "names buffer 12");
  graph = classifier();
  graph.tensors[1].data.resize(8);
  expect_refused(tflite_model({graph}), "tensor 'fc/kernel' has 8 bytes");
  graph = classifier();
  graph.tensors[1].shape = {2147483647, 2147483647};
  expect_refused(tflite_model({graph}), "a shape that no tensor can have");
  graph = classifier();
  graph.tensors[1].type = 99;
  expect_refused(tflite_model({graph}), "elements of type 99");
  graph = classifier();
  graph.tensors[0].type = kTfString;
  EXPECT_NE(refusal(tflite_model({graph})), "") << "texts in a product";
}

TEST(Tflite, DataMayLieBehindTheTables) {
  const std::string bytes = tflite_model({classifier()}, 3, 4096);
  Model inside = load(tflite_model({classifier()})), behind = load(bytes);
  const Tensor x = Tensor::from<float>({{1, 2, 3}});
  EXPECT_EQ(behind.predict(x).to_vector<float>(), inside.predict(x).to_vector<float>());
  expect_refused(bytes.substr(0, bytes.size() - 4), "was cut off");
}

// Compressed rows: 2 x 3 with 5 at (0, 2) and 7 at (1, 0).
TEST(Tflite, SparseWeightsAreSpreadOut) {
  flatbuffers::FlatBufferBuilder builder;
  const auto ints = [&](const std::vector<int32_t>& values) {
    return tfl::CreateInts(builder, builder.CreateVector(values)).Union();
  };
  const auto segments = ints({0, 1, 2}), indices = ints({2, 0});
  const auto rows = tfl::CreateSparseAxis(builder, 0, 2);
  const auto columns =
      tfl::CreateSparseAxis(builder, 1, 0, tfl::Indices_Ints, segments, tfl::Indices_Ints, indices);
  const auto axes = builder.CreateVector(std::vector{rows, columns});
  const auto order = builder.CreateVector(std::vector<int32_t>{0, 1});
  const auto sparsity = tfl::CreateSparsity(builder, order, 0, axes);
  const std::string data = tflite_bytes_of<float>({5, 7});
  const auto bytes = builder.CreateVector(reinterpret_cast<const uint8_t*>(data.data()), data.size());
  const auto buffers =
      builder.CreateVector(std::vector{tfl::CreateBuffer(builder), tfl::CreateBuffer(builder, bytes)});
  const auto tensor = [&](const char* name, const std::vector<int32_t>& extents, uint32_t buffer,
                          flatbuffers::Offset<tfl::Sparsity> how = 0) {
    const auto shape = builder.CreateVector(extents);
    const auto text = builder.CreateString(name);
    return tfl::CreateTensor(builder, shape, 0, buffer, text, 0, false, how);
  };
  const auto tensors =
      builder.CreateVector(std::vector{tensor("x", {1, 3}, 0), tensor("w", {2, 3}, 1, sparsity),
                                       tensor("d", {2, 3}, 0), tensor("y", {1, 2}, 0)});
  const auto list = [&](const std::vector<int32_t>& values) { return builder.CreateVector(values); };
  const auto spread = tfl::CreateOperator(builder, 0, list({1}), list({2}));
  const auto product = tfl::CreateOperator(builder, 1, list({0, 2}), list({3}));
  const auto operators = builder.CreateVector(std::vector{spread, product});
  const auto graph = tfl::CreateSubGraph(builder, tensors, list({0}), list({3}), operators);
  const auto graphs = builder.CreateVector(std::vector{graph});
  const auto codes = builder.CreateVector(
      std::vector{tfl::CreateOperatorCode(builder, 124, 0, 1, tfl::BuiltinOperator_DENSIFY),
                  tfl::CreateOperatorCode(builder, 9, 0, 1, tfl::BuiltinOperator_FULLY_CONNECTED)});
  tfl::FinishModelBuffer(builder, tfl::CreateModel(builder, 3, codes, graphs, 0, buffers));
  Model model = load({reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()});
  EXPECT_EQ(model.predict(Tensor::from<float>({{1, 2, 3}})).to_vector<float>(), (std::vector<float>{15, 7}));
}

TEST(Tflite, GraphsThatCallThemselvesAreRefused) {
  const TfliteGraph graph{
      .tensors = {{.name = "x", .shape = {1}}, {.name = "y", .shape = {1}}},
      .operators = {{tfl::BuiltinOperator_CALL,
                     {0},
                     {1},
                     tfl::Options_Call,
                     [](auto& builder) { return tfl::CreateCallOptions(builder, 0).Union(); }}},
      .inputs = {0},
      .outputs = {1}};
  expect_refused(tflite_model({graph}), "nested more than 16 deep");
}

TEST(Tflite, DamagedFilesAreRefusedOrRead) {
  const std::string bytes = tflite_model({classifier()});
  const TemporaryFolder folder;
  const auto read = [](const std::string& path) { load_model(path); };
  expect_cut_files_refused(bytes, folder / "cut.tflite", read);
  expect_flipped_bytes_survived(bytes, folder / "flipped.tflite", read);
}

}  // namespace
}  // namespace lamina::test
