// Files of models whose weights are on a device: written by way of the host, and read to where the model is.
#include <gtest/gtest.h>

#include "lamina/base/files.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/npy.h"
#include "tests/support/null_device.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using testing::clear_null_calls;
using testing::count_null_calls;
using testing::kNullDevice;
using What = testing::NullCall::What;

TEST(KerasFiles, OfWeightsOnADevice) {
  const test::TemporaryFolder folder;
  const Samples data = test::quadrants(16);
  {
    const auto scope = device("/NULL:0");
    Sequential model = test::small_cnn(1);
    model.fit(data.x, data.y, {.batch_size = 8, .verbose = 0});
    clear_null_calls();
    model.save(folder / "there.keras");
    save_weights(model, folder / "there.weights.h5");
    EXPECT_GE(count_null_calls(What::kToHost), 2 * model.weights().size());
    load_weights(model, folder / "there.weights.h5");
    for (const WeightPtr& weight : model.weights())
      EXPECT_EQ(weight->value.device(), kNullDevice) << weight->path;
    const Model read = load_keras(folder / "there.keras");
    for (const WeightPtr& weight : read.weights())
      EXPECT_EQ(weight->value.device(), kNullDevice) << weight->path;
  }
  // What the device gave are zeros, of the right shapes; a model of the host reads them there.
  const Model here = load_keras(folder / "there.keras");
  for (const WeightPtr& weight : here.weights()) {
    EXPECT_EQ(weight->value.device().str(), "/CPU:0") << weight->path;
    for (const float value : weight->value.to_vector<float>()) EXPECT_EQ(value, 0) << weight->path;
  }
}

TEST(Npy, OfATensorOnADevice) {
  const Tensor x = Tensor::from<float>({1, 2, 3});
  const std::string there = npy_bytes(x.to(kNullDevice)), zeros = npy_bytes(Tensor::from<float>({0, 0, 0}));
  EXPECT_EQ(there, zeros);
}

}  // namespace
}  // namespace lamina
