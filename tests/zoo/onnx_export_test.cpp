// The networks of the house, written as ONNX and read back.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lamina/formats/onnx/onnx.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/zoo/photo_networks.h"
#include "lamina/zoo/text_networks.h"
#include "lamina/zoo/transformers/t5.h"
#include "lamina/zoo/tutorial_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

void expect_same(const Tensor& a, const Tensor& b) {
  ASSERT_EQ(a.shape(), b.shape());
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  double largest = 1;
  for (const double value : x) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 2e-5 * largest) << "element " << i;
}

Model written_and_read(const Model& model, const OnnxOptions& options = {}) {
  const TemporaryFolder folder;
  export_onnx(model, folder / "model.onnx", options);
  return load_model(folder / "model.onnx");
}

TEST(ZooOnnxExport, TutorialNetworks) {
  for (const TutorialModel& tutorial : tutorial_models()) {
    SCOPED_TRACE(tutorial.name);
    Model model = tutorial.build(7);
    Model again = written_and_read(model);
    const Tensor x = synthetic_samples(model, 2).x;
    expect_same(model.predict(x), again.predict(x));
  }
}

TEST(ZooOnnxExport, PhotosAndTexts) {
  Model photos = photo_network(3, 64, 5), texts = transformer_encoder(12, 16);
  EXPECT_EQ(written_and_read(photos).output_shape(), photos.output_shape());
  EXPECT_EQ(written_and_read(texts).output_shape(), texts.output_shape());
}

TEST(ZooOnnxExport, AnEncoderOfYourOwnClass) {
  T5Config config;
  config.vocab_size = 20;
  config.d_model = 8;
  config.d_kv = 4;
  config.d_ff = 16;
  config.num_layers = 2;
  config.num_heads = 2;
  T5EncoderModel model(config);
  const auto ids = [](int64_t rows, int64_t length) {
    std::vector<int32_t> all(static_cast<size_t>(rows * length));
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>((i * 7 + 3) % 20);
    return Tensor::from(all, {rows, length});
  };
  model(ids(1, 6));
  Model fixed = written_and_read(model);
  expect_same(model(ids(3, 6)), fixed.predict(ids(3, 6)));
  Model open = written_and_read(model, {.shapes = {{"input_0", {-1, -1}}}});
  for (const int64_t length : {5, 40}) expect_same(model(ids(2, length)), open.predict(ids(2, length)));
}

TEST(ZooOnnxExport, LanguageModelsThatWriteTexts) {
  for (const Json& config : {small_gpt2(), small_llama(), small_lstm()}) {
    SCOPED_TRACE(config.at("model_type").as_string());
    const auto model = small(config);
    const auto ids = [](int64_t rows, int64_t length) {
      std::vector<int32_t> all(static_cast<size_t>(rows * length));
      for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>((i * 7 + 3) % 19 + 1);
      return Tensor::from(all, {rows, length});
    };
    (*model)(ids(1, 6));
    Model open = written_and_read(*model, {.shapes = {{"input_0", {-1, -1}}}});
    for (const int64_t length : {5, 20}) expect_same((*model)(ids(2, length)), open.predict(ids(2, length)));
  }
}

}  // namespace
}  // namespace lamina::test
