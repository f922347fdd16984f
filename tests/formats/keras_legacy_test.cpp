// Whole models in HDF5 files: those of Keras 1 and 2, of tf_keras, and our own.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/keras/legacy_weights.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/saved_model/saved_model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "tests/support/golden.h"
#include "tests/support/keras_file.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

double largest(const Tensor& x) {
  double most = 0;
  for (const float value : x.to_vector<float>()) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

void expect_output(const Tensor& output, const Tensor& expected, double tolerance = 1e-4) {
  ASSERT_EQ(output.shape(), expected.shape());
  ASSERT_GT(largest(expected), 0);
  EXPECT_LE(largest(output - expected), tolerance * largest(expected));
}

TEST(KerasLegacy, LoadsFilesOfTfKerasWithTheirOutputs) {
  for (const std::string name : {"recurrent", "nested", "lambdas", "trained", "volumes", "steps"}) {
    SCOPED_TRACE(name);
    const test::Golden golden("formats/legacy_" + name);
    LoadReport report;
    Model model = load_keras_h5(test::golden_path("formats/legacy_" + name + ".h5"), &report);
    const std::vector<Tensor> inputs = golden.numbered("input");
    const Tensors x = inputs.size() == 1 ? Tensors(inputs[0]) : Tensors(inputs);
    expect_output(model.predict(x), golden.at("output"), 1e-5);
    EXPECT_TRUE(report.unused.empty());
    EXPECT_FALSE(report.applied.empty());
    // What was read can be written, and is the same again.
    TemporaryFolder folder;
    for (const std::string file : {"again.h5", "again.keras"}) {
      model.save(folder / file);
      expect_output(load_model(folder / file).predict(x), golden.at("output"), 1e-5);
    }
  }
}

TEST(KerasLegacy, TakesTheOptimizersState) {
  LoadReport report;
  Model model = load_keras_h5(test::golden_path("formats/legacy_trained.h5"), &report);
  ASSERT_TRUE(model.compiled());
  EXPECT_TRUE(report.skipped.empty()) << report.skipped[0];
  EXPECT_EQ(model.optimizer_variables()[0]->value.item<int64_t>(), 2);
  double state = 0;
  for (const WeightPtr& variable : model.optimizer_variables()) {
    if (variable->name != "iteration" && variable->name != "learning_rate")
      state += largest(variable->read());
  }
  EXPECT_GT(state, 0);
}

TEST(KerasLegacy, LoadsThirdPartyFilesWithTheirOutputs) {
  const std::string folder = test::shared_file("models/keras-thirdparty");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  for (const std::string name :
       {"gender_mini_XCEPTION.hdf5", "fer2013_mini_XCEPTION.hdf5", "mlperf_tiny_resnet8_cifar10.h5",
        "mlperf_tiny_vww_mobilenet.h5", "mlperf_tiny_anomaly_autoencoder.h5",
        "mlperf_tiny_streaming_wakeword.h5", "audio_cnn_h5_inside.keras", "emg_lstm.keras"}) {
    SCOPED_TRACE(name);
    Model model = load_model(folder + "/" + name);
    const std::string golden = folder + "/golden/" + name.substr(0, name.rfind('.'));
    expect_output(model.predict(read_npy(golden + ".in.npy")), read_npy(golden + ".out.npy"));
  }
  EXPECT_NE(
      message_of<FileError>([&] { load_model(folder + "/nested_container.keras"); }).find("NestedDenseModel"),
      std::string::npos);
}

TEST(KerasLegacy, LoadsWeightsOfCrepeByOrder) {
  const std::string folder = test::shared_file("models/crepe-tiny");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  std::vector<AnyLayer> layers{Input({1024}), Reshape({1024, 1, 1})};
  const int64_t filters[] = {128, 16, 16, 16, 32, 64};
  for (int i = 0; i < 6; ++i) {
    layers.emplace_back(Conv2D(filters[i], {i == 0 ? 512 : 64, 1},
                               {.strides = {i == 0 ? 4 : 1, 1}, .padding = "same", .activation = "relu"}));
    layers.emplace_back(BatchNormalization());
    layers.emplace_back(MaxPooling2D({2, 1}));
  }
  layers.emplace_back(Permute({2, 1, 3}));
  layers.emplace_back(Flatten());
  layers.emplace_back(Dense(360, {.activation = "sigmoid", .name = "classifier"}));
  Sequential model(layers);
  load_weights(model, folder + "/model-tiny.h5");
  expect_output(model.predict(read_npy(folder + "/golden/in.input.npy")),
                read_npy(folder + "/golden/out.classifier.npy"));
}

// Its LSTMs come from cuDNN: other orders, two biases.
TEST(KerasLegacy, LoadsWeightsOfTextgenrnnByName) {
  const std::string folder = test::shared_file("models/textgenrnn");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  const Tensor x = Input({40});
  const Tensor embedded = Embedding(465, 100, {.name = "embedding"})(x);
  const LSTMOptions options{.recurrent_activation = "sigmoid", .return_sequences = true, .name = "rnn_1"};
  const Tensor first = LSTM(128, options)(embedded);
  LSTMOptions more = options;
  more.name = "rnn_2";
  const Tensor second = LSTM(128, more)(first);
  const Tensor all = Concatenate({.name = "rnn_concat"})({embedded, first, second});
  const Tensor scores = Softmax({.axis = 1})(Dense(1, {.use_bias = false, .name = "attention"})(all));
  const Tensor y = Dense(465, {.activation = "softmax", .name = "output"})(sum(all * scores, {1}));
  Model model({x}, {y});
  const std::string file = folder + "/textgenrnn_weights.hdf5";
  for (const bool by_name : {true, false}) {
    load_weights(model, file, {.by_name = by_name});
    expect_output(model.predict(read_npy(folder + "/golden/in.input.npy")),
                  read_npy(folder + "/golden/out.output.npy"));
  }
  Sequential other({Input({3}), Dense(2, {.name = "output"})});
  EXPECT_NE(message_of<FileError>([&] {
              load_weights(other, file, {.by_name = true});
            }).find("expected shape (3, 2)"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { load_weights(other, file); }).find("the model has 1"),
            std::string::npos);
  Sequential stranger({Input({3}), Dense(2, {.name = "stranger"})});
  EXPECT_NE(message_of<FileError>([&] {
              load_weights(stranger, file, {.by_name = true});
            }).find("none of its layers"),
            std::string::npos);
}

TEST(KerasLegacy, LoadsPartsOfDtlnByName) {
  const std::string folder = test::shared_file("models/dtln-denoise");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  const std::string file = folder + "/model.h5";
  Sequential model({Input({1, 257}), LSTM(128, {.return_sequences = true, .name = "lstm"}),
                    LSTM(128, {.return_sequences = true, .name = "lstm_1"}),
                    Dense(257, {.activation = "sigmoid", .name = "dense"})});
  const LoadReport report = load_weights(model, file, {.by_name = true});
  EXPECT_EQ(report.applied.size(), 8u);
  EXPECT_NE(message_of<FileError>([&] { load_model(file); }).find("load_weights"), std::string::npos);
}

TEST(KerasLegacy, ReadsAKeras1ArchitectureAndItsWeights) {
  const std::string folder = test::shared_file("models/keras-thirdparty");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  Model model = load_model(folder + "/keras1_mnist_cnn_arch.json");
  EXPECT_EQ(model.input_shape(), (Shape{-1, 1, 28, 28}));
  EXPECT_EQ(model.output_shape(), (Shape{-1, 10}));
  EXPECT_EQ(load_weights(model, folder + "/keras1_mnist_cnn_weights.h5").applied.size(), 8u);
  EXPECT_EQ(model.weight("convolution2d_2/kernel")->type.shape, (Shape{3, 3, 4, 4}));
}

TEST(KerasLegacy, ReadsASavedModelWithItsOutput) {
  const std::string folder = test::shared_file("models/keras-thirdparty");
  if (folder.empty()) GTEST_SKIP() << "no ../shared";
  Model model = load_model(folder + "/kws_ref_model_savedmodel");
  const Tensor output = model.predict(read_npy(folder + "/golden/kws_ref_model.in.npy"));
  expect_output(output, read_npy(folder + "/golden/kws_ref_savedmodel.out.npy"));
  LoadReport report;
  load_saved_model(folder + "/kws_ref_model_savedmodel", &report);
  EXPECT_EQ(report.applied.size(),
            model.weights().size() + model.optimizer_variables().size() - 1);  // no learning rate
  EXPECT_NE(message_of<Unsupported>([&] { model.save("x/saved_model.pb"); }).find(".keras or .h5"),
            std::string::npos);
}

// Keras 2 makes optimizers of the time before 2.11 of a file of ours, which refuse words that they do not
// know.
TEST(KerasLegacy, WritesOptimizersThatKeras2Takes) {
  const TemporaryFolder folder;
  Sequential model({Input({2}), Dense(1)});
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.save(folder / "a.h5");
  EXPECT_TRUE(load_model(folder / "a.h5").compiled());
  const std::string bytes = read_file(folder / "a.h5");
  const detail::Hdf5Tree tree = detail::read_hdf5(bytes, "a.h5");
  const Json plain = Json::parse(tree.attributes.at("").at("training_config").texts.at(0), "a.h5")
                         .at("optimizer_config")
                         .at("config");
  for (const char* const word : {"use_ema", "ema_momentum", "weight_decay", "clipnorm"})
    EXPECT_FALSE(plain.contains(word)) << word;
  EXPECT_TRUE(plain.contains("beta_1"));
}

TEST(KerasLegacy, RefusesDamagedSavedModels) {
  const std::string from = test::shared_file("models/keras-thirdparty/kws_ref_model_savedmodel");
  if (from.empty()) GTEST_SKIP() << "no ../shared";
  for (const std::string name :
       {"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"}) {
    TemporaryFolder folder;
    std::filesystem::create_directories(folder / "m/variables");
    for (const std::string file :
         {"saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"})
      write_file(folder / ("m/" + file), read_file(from + "/" + file));
    const std::string bytes = read_file(from + "/" + name);
    for (size_t part = 0; part < 64; ++part) {
      // Behind its objects a SavedModel says nothing of Keras; at least every cut before them is refused.
      const bool may_load = name == "saved_model.pb" && part > 8;
      write_file(folder / ("m/" + name), bytes.substr(0, bytes.size() * part / 64));
      try {
        load_model(folder / "m");
        EXPECT_TRUE(may_load) << name << " " << part;
      } catch (const FileError&) {
      }
      if (name == "saved_model.pb") continue;
      std::string flipped = bytes;
      flipped[bytes.size() * part / 64] ^= 4;
      write_file(folder / ("m/" + name), flipped);
      try {
        load_model(folder / "m");
        EXPECT_NE(name, "variables/variables.index") << part;
      } catch (const FileError&) {
      }
    }
  }
}

// ---- Files of our own making ----

void add_layer(detail::Hdf5Tree& tree, const std::string& name, const std::vector<Tensor>& arrays) {
  std::vector<std::string> names;
  for (size_t i = 0; i < arrays.size(); ++i) {
    names.push_back(name + "_" + std::to_string(i));
    tree.arrays["model_weights/" + name + "/" + names.back()] = arrays[i];
  }
  tree.attributes["model_weights"]["layer_names"].list = true;
  tree.attributes["model_weights"]["layer_names"].texts.push_back(name);
  tree.attributes["model_weights/" + name]["weight_names"] = {names, true};
}

Model load_tree(detail::Hdf5Tree tree, const std::string& config, const std::string& version,
                const std::string& backend = "tensorflow") {
  TemporaryFolder folder;
  tree.attributes[""]["model_config"] = {{config}, false};
  tree.attributes[""]["keras_version"] = {{version}, false};
  tree.attributes[""]["backend"] = {{backend}, false};
  write_file(folder / "old.h5", detail::write_hdf5(tree));
  return load_model(folder / "old.h5");
}

Tensor columns(const Tensor& x, int64_t from, int64_t to) {
  return x.rank() == 1 ? slice(x, {from}, {to}) : slice(x, {0, from}, {x.shape()[0], to});
}

TEST(KerasLegacy, JoinsTheTwelveArraysOfAKeras1Lstm) {
  Sequential model({Input({5, 3}), LSTM(4, {.recurrent_activation = "keras2_hard_sigmoid"})}, {.seed = 3});
  detail::Hdf5Tree tree;
  std::vector<Tensor> arrays;
  for (const int gate : {0, 2, 1, 3}) {  // i, c, f, o
    for (const Tensor& whole : model.get_weights()) arrays.push_back(columns(whole, 4 * gate, 4 * gate + 4));
  }
  add_layer(tree, "lstm_1", arrays);
  Model old = load_tree(tree, R"({"class_name": "Sequential", "config": [{"class_name": "LSTM", "config": {
      "name": "lstm_1", "output_dim": 4, "input_dim": 3, "batch_input_shape": [null, 5, 3],
      "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one", "activation": "tanh",
      "inner_activation": "hard_sigmoid", "W_regularizer": {"name": "L1L2Regularizer", "l1": 0, "l2": 0.01},
      "dropout_W": 0.0, "dropout_U": 0.0, "consume_less": "cpu", "input_length": 5, "trainable": true}}]})",
                        "1.2.2");
  const Tensor x = Tensor::from<float>({1, -2, 3, 0.5f, 1, -1, 2, 2, -3, 1, 0, 0, 1, 1, 1}, {1, 5, 3});
  EXPECT_EQ(old.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
}

TEST(KerasLegacy, TurnsTheKernelsOfTheano) {
  const char* config = R"({"class_name": "Sequential", "config": [{"class_name": "Convolution2D", "config": {
      "name": "c", "nb_filter": 1, "nb_row": 2, "nb_col": 2, "border_mode": "valid", "subsample": [1, 1],
      "dim_ordering": "th", "init": "glorot_uniform", "activation": "linear", "bias": true,
      "batch_input_shape": [null, 1, 2, 2], "trainable": true}}]})";
  detail::Hdf5Tree tree;
  add_layer(tree, "c", {Tensor::from<float>({1, 2, 3, 4}, {1, 1, 2, 2}), Tensor::from<float>({0.5f})});
  const Tensor x = Tensor::from<float>({1, 10, 100, 1000}, {1, 1, 2, 2});
  EXPECT_EQ(load_tree(tree, config, "1.2.2", "theano").predict(x).to_vector<float>(),
            (std::vector<float>{1234.5f}));
  EXPECT_EQ(load_tree(tree, config, "1.2.2").predict(x).to_vector<float>(), (std::vector<float>{4321.5f}));
}

TEST(KerasLegacy, TellsOperationsFromLayersOfTheSameName) {
  Model model = load_tree(
      {},
      R"({"class_name": "Functional", "config": {"name": "m", "layers": [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": [],
         "config": {"name": "x", "batch_shape": [null, 6], "dtype": "float32"}},
        {"class_name": "Reshape", "name": "reshape", "config": {"name": "reshape", "newshape": [-1, 2, 3]},
         "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config":
           {"shape": [null, 6], "dtype": "float32", "keras_history": ["x", 0, 0]}}], "kwargs": {}}]}],
        "input_layers": [["x", 0, 0]], "output_layers": [["reshape", 0, 0]]}})",
      "3.15.1");
  EXPECT_EQ(model.predict(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {1, 6})).shape(), (Shape{1, 2, 3}));
}

TEST(KerasLegacy, KnowsWhenGrusResetAfter) {
  const std::string config = R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
      {"class_name": "GRU", "config": {"name": "g", "units": 2, "batch_input_shape": [null, 3, 2],
      "recurrent_activation": "sigmoid", "implementation": 1}}]}})";
  const auto biases = [&](const std::string& version, const Shape& shape) {
    detail::Hdf5Tree tree;
    add_layer(tree, "g",
              {Tensor::from<float>(std::vector<float>(12, 1), {2, 6}),
               Tensor::from<float>(std::vector<float>(12, 1), {2, 6}),
               Tensor::from<float>(std::vector<float>(static_cast<size_t>(shape.size()), 1), shape)});
    return load_tree(tree, config, version).weights()[2]->type.shape;
  };
  EXPECT_EQ(biases("2.2.4", {6}), (Shape{6}));
  EXPECT_EQ(biases("2.2.4-tf", {2, 6}), (Shape{2, 6}));
  EXPECT_EQ(biases("2.12.0", {2, 6}), (Shape{2, 6}));
}

TEST(KerasLegacy, HardSigmoidsAreThoseOfTheirTime) {
  const char* config = R"({"class_name": "Sequential", "config": [{"class_name": "Activation", "config": {
      "name": "a", "activation": "hard_sigmoid", "batch_input_shape": [null, 2]}}]})";
  const Tensor x = Tensor::from<float>({1, -2}, {1, 2});
  EXPECT_EQ(load_tree({}, config, "2.1.0").predict(x).to_vector<float>(),
            (std::vector<float>{0.7f, 0.5f - 0.4f}));
  Model newer =
      model_from_json(R"({"class_name": "Sequential", "keras_version": "3.1.0", "config": {"name": "s",
      "layers": [{"class_name": "InputLayer", "config": {"batch_shape": [null, 2], "name": "i"}},
      {"class_name": "Activation", "config": {"name": "a", "activation": "hard_sigmoid"}}]}})");
  EXPECT_NEAR(newer.predict(x).to_vector<float>()[0], 4.0 / 6, 1e-6);
}

TEST(KerasLegacy, NamesWhatItCannotRead) {
  const auto refusal = [](const std::string& layer, const std::string& version = "1.2.2") {
    return message_of<FileError>(
        [&] { load_tree({}, R"({"class_name": "Sequential", "config": [)" + layer + "]}", version); });
  };
  EXPECT_NE(
      refusal(R"({"class_name": "Highway", "config": {"name": "h"}})").find("layer 'h' (Highway of Keras 1)"),
      std::string::npos);
  EXPECT_NE(
      refusal(R"({"class_name": "BatchNormalization", "config": {"name": "b", "mode": 2}})").find("mode 2"),
      std::string::npos);
  EXPECT_NE(refusal(R"({"class_name": "Merge", "config": {"name": "m", "mode": "cos"}})")
                .find("sum, mul, ave, max"),
            std::string::npos);
  EXPECT_NE(
      refusal(R"({"class_name": "Embedding", "config": {"name": "e", "dropout": 0.5}})").find("dropout"),
      std::string::npos);
  EXPECT_NE(
      refusal(R"({"class_name": "SpaceToDepth", "config": {"name": "s"}})", "2.3.1").find("SpaceToDepth"),
      std::string::npos);
  EXPECT_NE(refusal(R"({"class_name": "TFOpLambda", "config": {"name": "t", "function": "signal.stft"},
                       "inbound_nodes": []})",
                    "2.4.0")
                .find("the function 'signal.stft'"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([] { load_tree({}, "{}", "2.4.0"); }).find("class_name"),
            std::string::npos);
}

// ---- Checksums, damage ----

TEST(KerasLegacy, RoundTripsWithTheOptimizersState) {
  TemporaryFolder folder;
  Sequential model = test::small_model();
  const Tensor x = Tensor::from<float>({1, 2, 3, 4, 4, 3, 2, 1}, {2, 4}),
               y = Tensor::from<float>({1, 0, 0, 1}, {2, 2});
  model.fit(x, y, {.epochs = 2, .verbose = 0});
  for (const std::string name : {"a.h5", "a.hdf5"}) {
    model.save(folder / name);
    Model again = load_model(folder / name);
    EXPECT_EQ(again.predict(x).to_vector<float>(), model.predict(x).to_vector<float>());
    ASSERT_EQ(again.optimizer_variables().size(), model.optimizer_variables().size());
    EXPECT_EQ(again.optimizer_variables()[0]->value.item<int64_t>(), 2);
    EXPECT_EQ(again.optimizer_variables().back()->read().to_vector<float>(),
              model.optimizer_variables().back()->read().to_vector<float>());
  }
}

TEST(KerasLegacy, NoticesEveryFlippedBitThatMatters) {
  TemporaryFolder folder;
  Sequential model = test::small_model();
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {1, 4});
  model.save(folder / "a.h5");
  save_weights(model, folder / "a.weights.h5");
  const std::vector<float> expected = model.predict(x).to_vector<float>();
  for (const std::string name : {"a.h5", "a.weights.h5"}) {
    const std::string bytes = read_file(folder / name);
    size_t noticed = 0;
    for (size_t part = 0; part < 256; ++part) {
      std::string damaged = bytes;
      damaged[(bytes.size() - 1) * part / 255] ^= static_cast<char>(1 << (part % 8));
      write_file(folder / ("b" + name.substr(1)), damaged);
      try {
        Sequential other = test::small_model(false);
        if (name == "a.h5") {
          EXPECT_EQ(load_model(folder / "b.h5").predict(x).to_vector<float>(), expected) << part;
        } else {
          load_weights(other, folder / "b.weights.h5");
          EXPECT_EQ(other.predict(x).to_vector<float>(), expected) << part;
        }
      } catch (const FileError&) {
        ++noticed;
      }
    }
    EXPECT_GT(noticed, 20u);
  }
}

TEST(KerasLegacy, NamesTheArrayWhoseChecksumDiffers) {
  TemporaryFolder folder;
  Sequential model = test::small_model(false);
  model.layers()[1]->own_weights()[0]->assign(Tensor::from<float>({1234.5f, 1, 1, 1, 1, 1}, {3, 2}));
  model.save(folder / "a.h5");
  std::string bytes = read_file(folder / "a.h5");
  const float value = 1234.5f;
  const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&value), sizeof value));
  ASSERT_NE(at, std::string::npos);
  bytes[at] ^= 1;
  write_file(folder / "a.h5", bytes);
  const std::string message = message_of<FileError>([&] { load_model(folder / "a.h5"); });
  EXPECT_NE(message.find("kernel"), std::string::npos) << message;
  EXPECT_NE(message.find("its checksum differs"), std::string::npos) << message;
}

// The type of an array stands outside of what its checksum covers: a flipped bit there makes it unreadable.
TEST(KerasLegacy, NoticesADamagedTypeOfAnOptimizersArray) {
  TemporaryFolder folder;
  Sequential model = test::small_model(false);
  model.compile({.optimizer = "adam", .loss = "mse"});
  model.train_on_batch(Tensor::from<float>({1, 2, 3, 4}, {1, 4}), Tensor::from<float>({1, 2}, {1, 2}));
  model.save(folder / "a.h5");
  const std::string whole = read_file(folder / "a.h5");
  const std::string type("\x11\x20\x1f\x00\x04\x00\x00\x00\x00\x00\x20\x00\x17\x08\x00\x17\x7f\x00\x00\x00",
                         20);
  int seen = 0;
  for (size_t at = whole.find(type); at != std::string::npos; at = whole.find(type, at + 1), ++seen) {
    std::string bytes = whole;
    bytes[at + 17] ^= 0x20;  // the exponent's bias
    write_file(folder / "b.h5", bytes);
    const std::string message = message_of<FileError>([&] { load_model(folder / "b.h5"); });
    EXPECT_NE(message.find("it is damaged"), std::string::npos) << at << ": " << message;
  }
  EXPECT_GT(seen, 6);
}

TEST(KerasLegacy, RefusesEveryTruncation) {
  TemporaryFolder folder;
  for (const std::string name : {"recurrent", "trained"}) {
    const std::string bytes = read_file(test::golden_path("formats/legacy_" + name + ".h5"));
    for (size_t part = 0; part < 64; ++part) {
      write_file(folder / "a.h5", bytes.substr(0, bytes.size() * part / 64));
      EXPECT_THROW(load_model(folder / "a.h5"), FileError) << part;
    }
  }
}

}  // namespace
}  // namespace lamina
