// The registry and the checks that every op gets for free: what they refuse, and in which words.
#include "lamina/graph/op.h"

#include <gtest/gtest.h>

#include "lamina/graph/constant.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

TEST(Registry, SuggestsTheNearestName) {
  EXPECT_EQ(message_of<InvalidArgument>([] { find_op("sofmax"); }),
            "unknown op 'sofmax'; did you mean 'softmax'?");
}

TEST(Registry, RefusesIncompleteRecordsAndNamesThatAreTaken) {
  Op op = find_op("exp");
  EXPECT_NE(message_of<InternalError>([&] { register_op(op); }).find("'exp' is registered twice"),
            std::string::npos);
  op.name = "test.incomplete";
  op.vjp = nullptr;
  EXPECT_NE(message_of<InternalError>([&] { register_op(op); }).find("neither vjp nor a reason"),
            std::string::npos);
  op.doc = "";
  EXPECT_NE(message_of<InternalError>([&] { register_op(op); }).find("lacks doc or infer"),
            std::string::npos);
}

TEST(Infer, ChecksNumberAndDtypeOfTheInputs) {
  const TensorType x{DType::kFloat32, {2}};
  const TensorType flags{DType::kBool, {2}};
  const auto refusal = [](const char* op, const std::vector<TensorType>& inputs) {
    return message_of<InvalidArgument>([&] { infer(find_op(op), {}, inputs); });
  };
  EXPECT_EQ(refusal("exp", {x, x}), "exp: expected 1 inputs, got 2; got float32(2,), float32(2,)");
  EXPECT_EQ(refusal("exp", {}), "exp: expected 1 inputs, got 0");
  EXPECT_EQ(refusal("exp", {flags}), "exp: argument 'x' must have a floating dtype, not bool; got bool(2,)");
}

TEST(Infer, RefusesOutputsThatNoMemoryHolds) {
  const FullAttrs attrs{{int64_t{1} << 31, int64_t{1} << 31}, 0, DType::kFloat64};
  EXPECT_EQ(message_of<InvalidArgument>([&] { infer(find_op("full"), attrs, {}); }),
            "full: a tensor float64(2147483648, 2147483648) would be larger than any memory");
}

}  // namespace
}  // namespace lamina
