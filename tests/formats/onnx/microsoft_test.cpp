// Operators of ONNX Runtime's own domain, as onnxruntime.quantization writes them: against the same on real numbers.
#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/onnx/onnx.h"
#include "tests/support/onnx_bytes.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

constexpr const char* kOwn = "com.microsoft";

// Float x of shape (2, 3) becomes integers q (scale 0.1, zero point 10), `nodes` make r (scale 0.2, zero point 3) of it,
// which becomes y.
std::vector<float> through(std::vector<Message> nodes, const std::vector<int64_t>& given = {2, 3},
                           const std::vector<Message>& more = {}) {
  const auto zero = [](const std::string& name, char value) {
    return Message().integer(2, 2).bytes(8, name).bytes(9, std::string(1, value));  // a uint8
  };
  OnnxGraphParts parts{.nodes = {onnx_node("QuantizeLinear", {"x", "sq", "zq"}, {"q"}, {}, kOwn)},
                       .initializers = {onnx_floats("sq", {}, {0.1F}), zero("zq", 10), onnx_floats("sr", {}, {0.2F}), zero("zr", 3)},
                       .inputs = {onnx_value("x", given)},
                       .outputs = {onnx_value("y", {-1, -1})}};
  for (const Message& each : more) parts.initializers.push_back(each);
  for (Message& node : nodes) parts.nodes.push_back(std::move(node));
  parts.nodes.push_back(onnx_node("DequantizeLinear", {"r", "sr", "zr"}, {"y"}, {}, kOwn));
  const std::string bytes = Message()
                                .integer(1, 8)
                                .message(7, onnx_graph(parts))
                                .message(8, Message().integer(2, 13))
                                .message(8, Message().bytes(1, kOwn).integer(2, 1))
                                .str();
  const TemporaryFolder folder;
  write_file(folder / "model.onnx", bytes);
  Model model = load_onnx(folder / "model.onnx");
  Shape shape;
  for (const int64_t extent : given) shape.push_back(extent);
  return model.outputs_on_batch(Tensor::from<float>({-0.8F, -0.4F, 0.0F, 0.2F, 1.2F, 2.0F}).reshape(shape))[0].to_vector<float>();
}

void expect_near(const std::vector<float>& given, const std::vector<float>& expected) {
  ASSERT_EQ(given.size(), expected.size());
  for (size_t i = 0; i < given.size(); ++i) EXPECT_NEAR(given[i], expected[i], 1e-5) << i;
}

TEST(OnnxMicrosoft, SumsAndProductsOfIntegers) {
  expect_near(through({onnx_node("QLinearAdd", {"q", "sq", "zq", "q", "sq", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}),
              {-0.6F, -0.6F, 0, 0.4F, 2.4F, 4.0F});  // none is below (0 - 3) * 0.2
  expect_near(through({onnx_node("QLinearMul", {"q", "sq", "zq", "q", "sq", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}),
              {0.6F, 0.2F, 0, 0, 1.4F, 4.0F});  // to the nearest 0.2
}

TEST(OnnxMicrosoft, PartsAreBroughtToOneScale) {
  expect_near(through({onnx_node("QLinearConcat", {"sr", "zr", "q", "sq", "zq", "q", "sq", "zq"}, {"r"}, {onnx_attribute("axis", 0)}, kOwn)}),
              {-0.6F, -0.4F, 0, 0.2F, 1.2F, 2.0F, -0.6F, -0.4F, 0, 0.2F, 1.2F, 2.0F});
}

TEST(OnnxMicrosoft, FunctionsOfIntegers) {
  expect_near(through({onnx_node("QLinearSigmoid", {"q", "sq", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}),
              {0.4F, 0.4F, 0.4F, 0.6F, 0.8F, 0.8F});
  expect_near(through({onnx_node("QLinearLeakyRelu", {"q", "sq", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}),
              {0, 0, 0, 0.2F, 1.2F, 2.0F});
  expect_near(through({onnx_node("QLinearGlobalAveragePool", {"q", "sq", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}, {1, 2, 3}),
              {-0.4F, 1.2F});  // of (-0.8, -0.4, 0) and (0.2, 1.2, 2.0), to the nearest 0.2
}

TEST(OnnxMicrosoft, ProductsOfMatrices) {
  const Message weights = Message().integer(1, 2).integer(1, 3).integer(2, 3).bytes(8, "w").bytes(9, std::string("\x01\x00\x02\x00\x01\xFF", 6));
  const Message zeros = Message().integer(1, 2).integer(2, 3).bytes(8, "zw").bytes(9, std::string(2, '\0'));
  const Message bias = Message().integer(1, 2).integer(2, 6).bytes(8, "b").bytes(9, std::string("\x04\0\0\0\0\0\0\0", 8));
  const Message turned = onnx_attribute("transB", 1);
  expect_near(through({onnx_node("QGemm", {"q", "sq", "zq", "w", "sw", "zw", "b", "sr", "zr"}, {"r"}, {turned}, kOwn)}, {2, 3},
                      {weights, onnx_floats("sw", {2}, {0.5F, 1.0F}), zeros, bias}),
              {-0.2F, -0.4F, 2.4F, -0.6F});  // 0.5 (x0 + 2 x2) + 0.2, and x1 - x2, which ends at -0.6
}

TEST(OnnxMicrosoft, WrongScalesAreRefused) {
  EXPECT_THROW(through({onnx_node("QLinearSigmoid", {"q", "two", "zq", "sr", "zr"}, {"r"}, {}, kOwn)}, {2, 3}, {onnx_floats("two", {2}, {1, 2})}),
               Error);
}

}  // namespace
}  // namespace lamina::test
