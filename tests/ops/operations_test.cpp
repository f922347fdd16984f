// Operations as files give them: the places of arguments that came by name, and what is refused.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/core/operation.h"
#include "lamina/core/symbol.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"

namespace lamina {
namespace {

using Named = std::vector<std::pair<std::string, OperationArgument>>;

// What place_arguments says of arguments in order and by name, or nothing.
std::string refusal(const std::string& class_name, size_t in_order, Named by_name) {
  OperationCall call{.class_name = class_name, .args = {}};
  call.args.resize(in_order, ones({2}));
  try {
    place_arguments(*find_operation(class_name), call, std::move(by_name));
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

TEST(PlaceArguments, UnknownName) {
  const std::string says = refusal("Subtract", 1, {{"x3", ones({2})}});
  EXPECT_NE(says.find("operation Subtract: it takes no argument 'x3'"), std::string::npos) << says;
}

TEST(PlaceArguments, GivenTwice) {
  const std::string says = refusal("Subtract", 1, {{"x1", ones({2})}});
  EXPECT_NE(says.find("operation Subtract: the argument 'x1' is given twice"), std::string::npos) << says;
}

TEST(PlaceArguments, TooMany) {
  const std::string says = refusal("Subtract", 3, {});
  EXPECT_NE(says.find("operation Subtract: expected 2 arguments at most, received 3"), std::string::npos)
      << says;
}

TEST(PlaceArguments, ByNameInAnyOrder) {
  OperationCall call{.class_name = "Subtract", .args = {}};
  place_arguments(*find_operation("Subtract"), call, {{"x2", Json(1)}, {"x1", Json(2)}});
  ASSERT_EQ(call.args.size(), 2u);
  EXPECT_EQ(call.number(0), 2);
  EXPECT_EQ(call.number(1), 1);
}

// As numpy.rot90 of a matrix that is not square, which Keras with TensorFlow mixes up.
TEST(Operations, HalfATurnReversesRowsAndColumns) {
  const Json config = Json::object({{"k", 2}, {"axes", Json::list({0, 1})}});
  const Tensor turned = find_operation("Rot90")->run({"Rot90", config, {reshape(arange(6), {2, 3})}});
  EXPECT_EQ(turned.shape(), Shape({2, 3}));
  EXPECT_EQ(turned.to_vector<int32_t>(), (std::vector<int32_t>{5, 4, 3, 2, 1, 0}));
}

TEST(Operations, DiagonalsBeyondEveryMatrixAreEmpty) {
  for (const int64_t offset : {int64_t{-2147483648}, int64_t{-3}, int64_t{3}, int64_t{2147483647}}) {
    const Json config = Json::object({{"offset", offset}});
    EXPECT_EQ(find_operation("Diagonal")->run({"Diagonal", config, {ones({2, 3})}}).shape(), Shape({0}))
        << offset;
  }
}

// Calls that no operation computes, with a word of what is said.
struct Refused {
  std::string class_name;
  Json config;
  std::string word;
};

TEST(Operations, RefuseWhatTheyDoNotCompute) {
  const std::vector<Refused> calls = {
      {"Glu", Json::object({{"axis", 1}}), "axis 1"},
      {"SoftShrink", Json::object({{"threshold", -1.0}}), "must not be negative"},
      {"Normalize", Json::object({{"axis", 1}, {"order", 0}}), "whole number from 1"},
      {"Normalize", Json::object({{"axis", nullptr}, {"order", 3}}), "expected one axis"},
      {"Rot90", Json::object({{"k", 1}, {"axes", Json::list({1, -1})}}), "named twice"},
      {"Ldexp", Json::object(), "integer dtype"},
  };
  for (const Refused& refused : calls) {
    const OperationCall call{refused.class_name, refused.config, {ones({2, 3}), ones({2, 3})}};
    try {
      find_operation(refused.class_name)->run(call);
      ADD_FAILURE() << refused.class_name << " " << refused.config.dump();
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(refused.word), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace lamina
