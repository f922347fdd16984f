// Operators of com.microsoft, which ONNX Runtime's optimisations write: against ONNX Runtime, on values and compiled.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/formats/onnx/onnx.h"
#include "tests/support/golden.h"

namespace lamina::test {
namespace {

class OnnxRuntimeOperators : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxRuntimeOperators, GivesWhatOnnxRuntimeGives) {
  const std::string name = "formats/onnx_microsoft/" + GetParam();
  const Golden golden(name);
  const std::vector<Tensor> x = golden.numbered("x"), expected = golden.numbered("y");
  ASSERT_FALSE(expected.empty());
  Model model = load_onnx(golden_path(name + ".onnx"));
  const Tensors y = model.outputs_on_batch(Tensors(x));
  ASSERT_EQ(y.size(), expected.size());
  // Sums of products of numbers around 1, some of them of integers up to 255.
  for (size_t i = 0; i < y.size(); ++i) expect_close(y[i], expected[i], "output " + std::to_string(i), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(OnnxRuntime, OnnxRuntimeOperators, ::testing::ValuesIn(golden_cases("formats/onnx_microsoft")),
                         CaseName());

TEST(OnnxRuntimeOperatorFiles, AreAllThere) { EXPECT_GE(golden_cases("formats/onnx_microsoft").size(), 34U); }

}  // namespace
}  // namespace lamina::test
