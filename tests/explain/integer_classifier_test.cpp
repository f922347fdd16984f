// Confidences of models that give integers (tests/golden/formats/tflite_int8.tflite ends with a softmax in int8).
#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "lamina/explain/classification.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/npz.h"
#include "tests/support/golden.h"

namespace lamina::test {
namespace {

TEST(IntegerClassifier, SaysHowSureItIs) {
  Model model = load_model(golden_path("formats/tflite_int8.tflite"));
  const auto arrays = read_npz(golden_path("formats/tflite_int8.npz"));
  const Tensor outputs = model.predict(arrays.at("input_0"));
  ASSERT_TRUE(is_integer(outputs.dtype()));
  ASSERT_EQ(output_kind(model), OutputKind::kClasses);
  const auto rows = class_probabilities(real_outputs(model, outputs), OutputKind::kClasses);
  ASSERT_EQ(rows.size(), 1u);
  const std::vector<float> integers = outputs.to_vector<float>();
  for (size_t i = 0; i < integers.size(); ++i) EXPECT_FLOAT_EQ(rows[0][i], (integers[i] + 128) / 256);
  EXPECT_NEAR(std::accumulate(rows[0].begin(), rows[0].end(), 0.0F), 1, 0.02);
}

TEST(IntegerClassifier, OthersAreAsTheyAre) {
  Model model = load_model(golden_path("formats/tflite_float.tflite"));
  const Tensor outputs = model.predict(read_npz(golden_path("formats/tflite_float.npz")).at("input_0"));
  EXPECT_EQ(real_outputs(model, outputs).to_vector<float>(), outputs.to_vector<float>());
  EXPECT_EQ(output_kind(model), OutputKind::kClasses);
}

}  // namespace
}  // namespace lamina::test
