// to_index: whole numbers as integers, everything else an error.
#include "lamina/ops/to_index.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "tests/support/op_rows.h"
#include "tests/support/temporary_folder.h"

namespace lamina::testing {
namespace {

Reference same() {
  return [](const std::vector<NdArray>& in) { return std::vector<NdArray>{in[0]}; };
}

OpRow row(const char* label, RowInput input, DType dtype) {
  return {.op = "to_index",
          .label = label,
          .attrs = ToIndexAttrs{dtype},
          .inputs = {input},
          .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16},
          .out_dtypes = {dtype},
          .reference = same(),
          .gradient = false};
}

const OpRows rows({
    row("vector", {.shape = {5}, .values = {0, 1, 2, 100, 127}}, DType::kInt32),
    row("negative", {.shape = {2, 2}, .values = {-1, -128, 127, 0}}, DType::kInt8),
    row("unsigned", {.shape = {3}, .values = {0, 128, 255}}, DType::kUInt8),
    row("wide", {.shape = {2}, .values = {-256, 256}}, DType::kInt64),
    row("scalar", {.values = {3}}, DType::kInt64),
    row("empty", {.shape = {0, 2}}, DType::kInt32),
});

TEST(ToIndex, NamesValueAndPlace) {
  const auto message = [](double value, DType dtype) {
    return test::message_of<InvalidArgument>([&] {
      to_index(Tensor::from(std::vector<double>{0, value}, {1, 2}), dtype).eval();
    });
  };
  EXPECT_NE(message(0.5, DType::kInt32).find("0.5 at place (0, 1) is no index"), std::string::npos);
  EXPECT_NE(message(std::nan(""), DType::kInt64).find("(0, 1) is no index"), std::string::npos);
  EXPECT_NE(message(INFINITY, DType::kInt64).find("(0, 1) is no index"), std::string::npos);
  EXPECT_NE(message(256, DType::kUInt8).find("fit uint8"), std::string::npos);
  EXPECT_NE(message(-1, DType::kUInt8).find("fit uint8"), std::string::npos);
  EXPECT_NE(message(2147483648.0, DType::kInt32).find("fit int32"), std::string::npos);
  EXPECT_NE(message(9223372036854775808.0, DType::kInt64).find("fit int64"), std::string::npos);
  EXPECT_EQ(
      to_index(Tensor::from(std::vector<double>{-2147483648.0, 2147483647.0}, {2})).to_vector<int32_t>(),
      (std::vector<int32_t>{INT32_MIN, INT32_MAX}));
}

TEST(ToIndex, WantsAnIntegerDtype) {
  EXPECT_THROW(to_index(Tensor(1.0f), DType::kFloat32), InvalidArgument);
  EXPECT_THROW(to_index(Tensor(1.0f), DType::kBool), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
