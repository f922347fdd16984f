// NaN in the weights of a file is told once, with the weight's name, whatever the format.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/formats/keras/keras.h"
#include "lamina/formats/onnx/onnx.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

Sequential broken() {
  Sequential model({Input({3}, {.name = "x"}), Dense(2, {.name = "body"}), Dense(3, {.name = "head"})});
  model.weights()[1]->assign(Tensor::from<float>({1, std::numeric_limits<float>::quiet_NaN()}));
  return model;
}

TEST(NanWeights, AreToldByEveryFormatOfModels) {
  const test::TemporaryFolder folder;
  for (const std::string name : {"a.keras", "a.h5", "a.onnx", "a.tflite"}) {
    broken().save(folder / name);
    const test::Told told;
    load_model(folder / name);
    EXPECT_TRUE(told.holds("weights are NaN (not a number): '")) << name << told.text();
    EXPECT_TRUE(told.holds("body/bias' (1 of 2)")) << name << told.text();
  }
  const test::Told told;
  load_onnx_features(folder / "a.onnx");
  EXPECT_TRUE(told.holds("body/bias' (1 of 2)")) << told.text();
}

TEST(NanWeights, AreToldByEveryFormatOfArrays) {
  const test::TemporaryFolder folder;
  const WeightSnapshot snapshot = snapshot_of(broken());
  for (const std::string name : {"a.safetensors", "a.npz", "a.gguf"}) {
    {
      const test::Told told;
      write_weights(folder / name, snapshot);
      EXPECT_TRUE(told.holds("has weights that are NaN: 'body/bias'")) << name << told.text();
    }
    {
      const test::Told told;
      model_of(open_weights(folder / name));
      EXPECT_TRUE(told.holds("has weights that are NaN: 'body/bias'")) << name << told.text();
    }
    const test::Told told;
    write_weights(folder / "b.safetensors", open_weights(folder / name), "float16");
    EXPECT_TRUE(told.holds("has weights that are NaN: 'body/bias'")) << name << told.text();
  }
  save_weights(broken(), folder / "a.weights.h5");
  Sequential other({Input({3}), Dense(2), Dense(3)});
  const test::Told told;
  load_weights(other, folder / "a.weights.h5");
  EXPECT_TRUE(told.holds("weights are NaN")) << told.text();
}

}  // namespace
}  // namespace lamina
