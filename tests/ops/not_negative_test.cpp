// not_negative: exponents of integers, of which none may be below 0.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"
#include "tests/support/temporary_folder.h"

namespace lamina::testing {
namespace {

OpRow row(const char* label, RowInput input) {
  return {.op = "not_negative",
          .label = label,
          .attrs = {},
          .inputs = {input},
          .dtypes = {DType::kInt8, DType::kInt32, DType::kInt64, DType::kUInt8},
          .reference = [](const std::vector<NdArray>& in) { return std::vector<NdArray>{in[0]}; },
          .gradient = false};
}

const OpRows rows({row("matrix", {.shape = {2, 2}, .values = {0, 1, 2, 127}}), row("scalar", {.values = {3}}),
                   row("empty", {.shape = {0, 2}})});

// As NumPy and TensorFlow: 0 would be a number like any other.
TEST(Power, OfIntegersWithANegativeExponentIsAnError) {
  const Tensor whole = Tensor::from(std::vector<int32_t>{1, 2}, {2});
  const auto message = [](const std::function<void()>& action) {
    return test::message_of<InvalidArgument>(action);
  };
  EXPECT_NE(message([&] { power(whole, -1); }).find("-1"), std::string::npos);
  EXPECT_NE(message([&] { power(whole, -1); }).find("cast them to floats"), std::string::npos);
  const Tensor exponents = Tensor::from(std::vector<int32_t>{2, -3}, {2});
  EXPECT_NE(message([&] { power(whole, exponents).eval(); }).find("exponent -3 at place (1,)"),
            std::string::npos);
  const Function compiled =
      compile([](const std::vector<Tensor>& x) { return std::vector<Tensor>{power(x[0], x[1]) + 1}; });
  EXPECT_NE(message([&] { compiled({whole, exponents})[0].eval(); }).find("place (1,)"), std::string::npos);
  EXPECT_EQ(power(whole, Tensor::from(std::vector<int32_t>{5, 3}, {2})).to_vector<int32_t>(),
            (std::vector<int32_t>{1, 8}));
  EXPECT_EQ(power(whole, -0.5).dtype(), DType::kFloat32);
  EXPECT_EQ(power(whole, Tensor(-1.0f)).to_vector<float>(), (std::vector<float>{1, 0.5f}));
}

}  // namespace
}  // namespace lamina::testing
