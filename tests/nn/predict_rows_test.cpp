// What predict makes of outputs that have no row for each sample: what Keras 3.15 makes of them (its
// TensorFlow backend; numbers and shapes below were seen there).
#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/reduce.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

Tensor counting(int64_t rows, int64_t columns) {
  std::vector<float> values;
  for (int64_t i = 0; i < rows * columns; ++i) values.push_back(static_cast<float>(i));
  return Tensor::from(values, {rows, columns});
}

TEST(PredictRows, WithoutARowPerSampleAreJoinedBatchByBatch) {
  const Tensor x = Input({3});
  Model model({x}, {sum(x, 0)}, {.seed = 1});  // (3,) for each batch
  const Tensor data = counting(5, 3);
  const Tensor result = model.predict(data, {.batch_size = 2});
  EXPECT_EQ(result.shape(), (Shape{9}));
  EXPECT_EQ(result.to_vector<float>(), (std::vector<float>{3, 5, 7, 15, 17, 19, 12, 13, 14}));
  EXPECT_EQ(model.predict_on_batch(data).to_vector<float>(), (std::vector<float>{30, 35, 40}));
}

TEST(PredictRows, ThatOnlySometimesFitAreJoinedInOrder) {
  const Tensor x = Input({3});
  Model model({x}, {sum(x, 0, true)}, {.seed = 1});  // (1, 3): a batch of one sample has a row for it
  const Tensor data = counting(3, 3);
  EXPECT_EQ(model.predict(data, {.batch_size = 1}).to_vector<float>(), data.to_vector<float>());
  const Tensor joined = model.predict(data, {.batch_size = 2});
  EXPECT_EQ(joined.shape(), (Shape{2, 3}));
  EXPECT_EQ(joined.to_vector<float>(), (std::vector<float>{3, 5, 7, 6, 7, 8}));
  EXPECT_EQ(model.predict(data).to_vector<float>(), (std::vector<float>{9, 12, 15}));
}

TEST(PredictRows, BesideOthersThatHaveThemAreJoined) {
  const Tensor x = Input({3});
  Model model({x}, {{"all", x * 2.0}, {"sums", sum(x, 0)}}, {.seed = 1});
  const Tensors results = model.predict_outputs(counting(5, 3), {.batch_size = 2});
  EXPECT_EQ(results.find("all")->shape(), (Shape{5, 3}));
  EXPECT_EQ(results.find("sums")->shape(), (Shape{9}));
}

TEST(PredictRows, ScalarsOfBatchesStandInARow) {
  const Tensor x = Input({3});
  Model model({x}, {mean(x)}, {.seed = 1});
  const Tensor data = counting(4, 3);
  EXPECT_EQ(model.predict(data, {.batch_size = 2}).to_vector<float>(), (std::vector<float>{2.5, 8.5}));
  EXPECT_EQ(model.predict(data, {.batch_size = 3}).to_vector<float>(), (std::vector<float>{4, 10}));
  EXPECT_EQ(model.predict(data).shape(), Shape{});  // as Keras leaves what a single batch gives
  EXPECT_EQ(model.predict(data).item<float>(), 5.5f);
  const std::string message = test::message_of<InvalidArgument>([&] { model.predict(zeros({0, 3}).eval()); });
  EXPECT_NE(message.find("no samples"), std::string::npos) << message;
}

TEST(PredictRows, ThatDoNotFitTogetherAreRefused) {
  const Tensor x = Input({3});
  Model model({x}, {matmul(x, x, false, true)}, {.seed = 1});  // (batch, batch)
  const Tensor data = counting(5, 3);
  EXPECT_EQ(model.predict(data).shape(), (Shape{5, 5}));
  const std::string message =
      test::message_of<InvalidArgument>([&] { model.predict(data, {.batch_size = 2}); });
  EXPECT_NE(message.find("(1, 1)"), std::string::npos) << message;
  EXPECT_NE(message.find("predict_on_batch"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
