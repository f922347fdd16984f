// What golden files of adaptive poolings, SpectralNormalization, ConvLSTM, GroupQueryAttention and
// spectrograms do not show: first values, what is refused, training.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/nn/layers/adaptive_pooling.h"
#include "lamina/nn/layers/batch_normalization.h"
#include "lamina/nn/layers/conv_lstm.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/dropout.h"
#include "lamina/nn/layers/group_query_attention.h"
#include "lamina/nn/layers/hashing.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/layers/mel_spectrogram.h"
#include "lamina/nn/layers/pipeline.h"
#include "lamina/nn/layers/spectral_normalization.h"
#include "lamina/nn/layers/stft_spectrogram.h"
#include "lamina/nn/model.h"
#include "lamina/ops/full.h"
#include "lamina/ops/hash_bins.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;

void expect_says(const std::function<void()>& action, const std::string& words) {
  const std::string message = message_of<InvalidArgument>(action);
  EXPECT_NE(message.find(words), std::string::npos) << message;
}

TEST(STFTSpectrogram, BeginsWithKerasKernels) {
  int compared = 0;
  for (const std::string& name : test::golden_cases("nn/layers")) {
    // The golden file of "magnitude" holds drawn weights.
    if (!name.starts_with("stft_spectrogram") || name.ends_with("magnitude")) continue;
    const Golden golden("nn/layers/" + name);
    const std::shared_ptr<Layer> layer = Registry<Layer>::from_json(golden.json("config"));
    layer->build(Shape(golden.at("input").shape()));
    const std::vector<Tensor> expected = golden.numbered("weight");
    for (size_t i = 0; i < expected.size(); ++i, ++compared)
      test::expect_close(layer->weights()[i]->value, expected[i], name + " " + layer->weights()[i]->name);
  }
  EXPECT_GE(compared, 9);
}

TEST(SpectralNormalization, KeepsTheKernelAtNormOneWhileTraining) {
  Sequential model({Input({3}), SpectralNormalization(Dense(4), {.power_iterations = 30})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  for (int i = 0; i < 3; ++i) model.train_on_batch(ones({8, 3}), ones({8, 4}));
  // Weights as Keras lists them: the kernel first, of the wrapper and of the layer inside, and once.
  ASSERT_EQ(model.weights().size(), 3u);
  EXPECT_EQ(model.weights()[0]->name, "kernel");
  EXPECT_EQ(model.weights()[1]->name, "vector_u");
  EXPECT_EQ(model.weights()[2]->name, "bias");
  const std::vector<float> u = model.weights()[1]->value.to_vector<float>();
  double norm = 0;
  for (const float element : u) norm += element * element;
  EXPECT_NEAR(norm, 1, 1e-5);
}

TEST(ConvLSTM, DropsTheSameWhileTraining) {
  const ConvLSTM2D layer(2, 2, {.dropout = 0.5, .recurrent_dropout = 0.5, .seed = 4});
  const Tensor x = ones({2, 5, 4, 4, 1});
  const std::vector<float> a = layer(x, true).to_vector<float>(), b = layer(x, true).to_vector<float>();
  EXPECT_EQ(a, b);
  EXPECT_NE(a, layer(x, false).to_vector<float>());
}

// Keras's .h5 files name the Python class, its other files the public name.
TEST(GroupQueryAttention, HasTwoNames) {
  const GroupQueryAttention layer(4, 2, 1);
  for (const char* name : {"GroupQueryAttention", "GroupedQueryAttention"}) {
    const Json json = Registry<Layer>::make(name, layer.config())->serialize();
    EXPECT_EQ(json.at("class_name"), Json("GroupQueryAttention"));
  }
}

TEST(LaterLayers, SayWhatTheyCannotTake) {
  expect_says([] { AdaptiveMaxPooling1D(0); }, "output_size must be positive");
  expect_says([] { AdaptiveMaxPooling2D(2)(zeros({2, 3, 4})); }, "(batch, height, width, channels)");
  expect_says([] { AdaptiveAveragePooling1D(2)(zeros({2, 0, 4})); }, "nothing to pool");
  expect_says([] { SpectralNormalization(Dense(2), {.power_iterations = 0}); }, "power_iterations");
  expect_says([] { SpectralNormalization(Dropout(0.5))(zeros({2, 3})); }, "must have a kernel or embeddings");
  expect_says([] { ConvLSTM2D(2, 3)(zeros({1, 2, 2, 2, 1})); }, "window does not fit");
  expect_says([] { ConvLSTM1D(2, 3)(zeros({1, 2, 2, 2, 1})); }, "(batch, time, steps, channels)");
  expect_says([] { ConvLSTM2D(2, 3, {.strides = {2}, .dilation_rate = {2}}); }, "cannot both be above 1");
  expect_says([] { ConvLSTM3D(2, 3, {.strides = {1, 2}}); }, "strides must be one number or 3");
  expect_says([] { GroupQueryAttention(4, 6, 4); }, "divide num_query_heads, 6, received 4");
  expect_says([] { STFTSpectrogram({.mode = "logg"}); }, "mode 'logg' is not known");
  expect_says([] { STFTSpectrogram({.frame_length = 8, .fft_length = 4}); }, "fft_length must be at least");
  expect_says([] { STFTSpectrogram({.window = "kaiser"}); }, "window 'kaiser' is not known");
  expect_says([] { MelSpectrogram({.fft_length = 8, .sequence_length = 9}); }, "at least sequence_length, 9");
  expect_says([] { MelSpectrogram()(zeros({1, 100})); }, "needs more than fft_length / 2 = 1024");
  expect_says([] { Hashing(0); }, "num_bins must be positive");
  expect_says([] { Hashing(3, {.salt = {1}}); }, "salt must be two numbers");
  expect_says([] { HashedCrossing(3, {.output_mode = "count"}); }, "int or one_hot");
  expect_says([] { hash_bins(zeros({2}), 3); }, "expected integers");
  expect_says([] { cross_bins({}, 3); }, "at least one tensor");
}

TEST(BatchNormalization, RenormRefusesBoundsThatCannotBe) {
  expect_says([] { BatchNormalization({.renorm = true, .renorm_clipping = {.rmin = 2.0, .rmax = 1.0}}); },
              "rmin of renorm_clipping must not be above rmax");
  expect_says([] { BatchNormalization({.renorm = true, .renorm_clipping = {.dmax = -1.0}}); },
              "dmax of renorm_clipping must not be negative");
}

TEST(Pipeline, IsItsLayersOneAfterTheOther) {
  Sequential model({Input({3}), Pipeline({Dense(4), Dropout(0.5), Dense(2)})}, {.seed = 2});
  ASSERT_EQ(model.weights().size(), 4u);
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor before = model.weights()[0]->value;
  model.train_on_batch(ones({8, 3}), ones({8, 2}));
  EXPECT_NE(before.to_vector<float>(), model.weights()[0]->value.to_vector<float>());
  EXPECT_EQ(model.predict(ones({5, 3})).shape(), (Shape{5, 2}));
  const test::TemporaryFolder folder;
  model.save(folder / "m.keras");
  EXPECT_EQ(load_model(folder / "m.keras").predict(ones({5, 3})).to_vector<float>(),
            model.predict(ones({5, 3})).to_vector<float>());
  expect_says([] { Pipeline({}); }, "at least one layer");
}

}  // namespace
}  // namespace lamina
