// Attributes and shapes that nobody should give: infer says so before anything is computed or allocated.
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/elementwise.h"
#include "lamina/graph/op.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/detail/strided_copy.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/softmax.h"

namespace lamina {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int kMostInt = std::numeric_limits<int>::max();

struct Hostile {
  std::string op;
  Attrs attrs;
  std::vector<TensorType> inputs;
  std::string words;  // of the message
};

TensorType f32(const Shape& shape) { return {DType::kFloat32, shape}; }
TensorType i32(const Shape& shape) { return {DType::kInt32, shape}; }
TensorType u8(const Shape& shape) { return {DType::kUInt8, shape}; }

void expect_refused(const std::vector<Hostile>& cases) {
  for (const Hostile& c : cases) {
    try {
      infer(find_op(c.op), c.attrs, c.inputs);
      ADD_FAILURE() << c.op << " accepts what it should refuse: " << c.words;
    } catch (const InvalidArgument& error) {
      const std::string message = error.what();
      EXPECT_TRUE(message.starts_with(c.op + ": ")) << message;
      EXPECT_NE(message.find(c.words), std::string::npos) << message << "; expected: " << c.words;
    }
  }
}

TEST(HostileArguments, OfConvolutions) {
  const std::vector<TensorType> small{f32({2, 5, 5, 3}), f32({3, 3, 3, 4})};
  const auto conv = [&](Conv2DAttrs attrs, const char* words) {
    return Hostile{"conv2d", attrs, small, words};
  };
  expect_refused({
      conv({.strides = {0, 1}}, "strides must be two numbers >= 1, not [0, 1]"),
      conv({.strides = {1, -1}}, "strides must be two numbers >= 1"),
      conv({.strides = {1, kMost}, .padding = "same"}, "strides must be at most 2147483647"),
      conv({.dilations = {0, 1}}, "dilations must be two numbers >= 1"),
      conv({.dilations = {kHuge, 1}}, "dilations must be at most 2147483647"),
      conv({.padding = "same", .dilations = {1, kMost}}, "dilations must be at most 2147483647"),
      conv({.dilations = {kMostInt, kMostInt}}, "larger than the image"),
      conv({.groups = 0}, "groups must divide channels and filters, not 0"),
      conv({.groups = -1}, "groups must divide channels and filters, not -1"),
      conv({.groups = kLeast}, "groups must divide"),
      conv({.padding = ""}, "padding must be"),
      {"conv2d",
       Conv2DAttrs{.padding = "same"},
       {f32({1, 5, 5, 0}), f32({kHuge, 3, 0, 2})},
       "must be at most"},
      {"conv2d",
       Conv2DAttrs{.dilations = {2, 2}},
       {f32({1, 5, 5, 0}), f32({3, kHuge, 0, 2})},
       "must be at most"},
      {"conv2d_bias_act", Conv2DBiasActAttrs{{}, "softmax"}, {small[0], small[1], f32({4})}, "\"softmax\""},
      {"conv2d_grad_input", Conv2DGradAttrs{{}, {2, 5, 5}}, {f32({2, 3, 3, 4}), small[1]}, "not (2, 5, 5)"},
      // Of such an image, strides over it leave no output to give it away.
      {"conv2d_grad_input",
       Conv2DGradAttrs{{.strides = {10, 10}, .padding = "same"}, {2, -5, -5, 3}},
       {f32({2, 0, 0, 4}), small[1]},
       "must not be negative"},
      {"conv2d_grad_kernel",
       Conv2DGradAttrs{{}, {3, 3, -3, -4}},
       {small[0], f32({2, 3, 3, 4})},
       "must not be negative"},
      {"conv2d_grad_kernel", Conv2DGradAttrs{{}, {3, 3, 4}}, {small[0], f32({2, 3, 3, 4})}, "not (3, 3, 4)"},
  });
}

TEST(HostileArguments, OfPoolings) {
  const TensorType image = f32({2, 5, 5, 3});
  const auto pool = [&](Pool2DAttrs attrs, const char* words) {
    return Hostile{"max_pool2d_with_index", attrs, {image}, words};
  };
  const Conv2DAttrs conv{.padding = "same"};
  const std::vector<TensorType> block{image, f32({3, 3, 3, 4}), f32({4})};
  const auto fused = [&](Pool2DAttrs window, const char* words) {
    return Hostile{"conv2d_bias_act_max_pool2d", ConvPoolAttrs{conv, "relu", window}, block, words};
  };
  expect_refused({
      pool({.pool = {0, 2}}, "pool must be two numbers >= 1, not [0, 2]"),
      pool({.pool = {2, -2}}, "pool must be two numbers >= 1"),
      pool({.pool = {}}, "pool must be two numbers >= 1"),
      pool({.pool = {6, 1}}, "larger than the image"),
      pool({.pool = {kMost, kMost}}, "pool must be at most 2147483647"),
      pool({.pool = {kHuge, 4}, .padding = "same"}, "pool must be at most 2147483647"),
      // 2^32 pixels: their number is 0 in 32 bits.
      pool({.pool = {65536, 65536}, .padding = "same"}, "must have at most 2147483647 pixels"),
      pool({.strides = {0, 0}}, "strides must be two numbers >= 1"),
      pool({.strides = {kMost, 1}, .padding = "same"}, "strides must be at most 2147483647"),
      fused({.pool = {16, 16}, .padding = "same"}, "at most 255 pixels"),
      fused({.pool = {int64_t{1} << 32, int64_t{1} << 32}, .padding = "same"}, "pool must be at most"),
      {"avg_pool2d_grad",
       Pool2DGradAttrs{{.strides = {9, 9}, .padding = "same"}, {2, -4, -4, 3}},
       {f32({2, 0, 0, 3})},
       "must not be negative"},
      {"avg_pool2d_grad", Pool2DGradAttrs{{}, {2, 4}}, {f32({2, 2, 2, 3})}, "not (2, 4)"},
      {"max_pool2d_grad",
       Pool2DGradAttrs{{}, {2, 4, 4, 3}},
       {f32({2, 2, 2, 3}), i32({2, 2, 2, 3})},
       "index must be uint8(2, 2, 2, 3)"},
      {"max_pool2d_gather", Pool2DAttrs{}, {f32({2, 4, 4, 3}), u8({2, 2, 2, 4})}, "index must be"},
  });
}

TEST(HostileArguments, OfPartsAndPlaces) {
  const TensorType x = f32({5});
  const auto slice = [&](SliceAttrs attrs) { return Hostile{"slice", attrs, {x}, "lies outside axis 0"}; };
  const auto pad = [&](PadAttrs attrs) { return Hostile{"pad", attrs, {x}, "does not fit into"}; };
  expect_refused({
      slice({{0}, {6}, {1}}),
      slice({{-1}, {1}, {1}}),
      slice({{5}, {1}, {1}}),
      slice({{0}, {-1}, {1}}),
      slice({{0}, {2}, {0}}),
      slice({{4}, {6}, {-1}}),
      slice({{0}, {5}, {kHuge}}),  // 4 * 2^62 is 0 in 64 bits
      slice({{4}, {5}, {kLeast}}),
      slice({{kMost}, {2}, {1}}),
      {"slice", SliceAttrs{{0, 0}, {1, 1}, {1, 1}}, {x}, "one entry per axis"},
      pad({{5}, {0}, {0}}),
      pad({{4}, {0}, {1}}),
      pad({{-1}, {0}, {1}}),
      pad({{9}, {-1}, {1}}),
      pad({{9}, {5}, {1}}),
      pad({{9}, {0}, {kHuge}}),
      pad({{9}, {8}, {kLeast}}),
      {"pad", PadAttrs{{9, 9}, {0, 0}, {1, 1}}, {x}, "one entry per axis"},
  });
  EXPECT_TRUE(detail::places_inside(0, kMost, 2, kMost) == false);
  EXPECT_TRUE(detail::places_inside(0, kMost - 1, 2, kMost));
  EXPECT_TRUE(detail::places_inside(kMost - 1, -1, kMost, kMost));
  EXPECT_TRUE(detail::places_inside(7, 3, 0, 5));
}

TEST(HostileArguments, OfAxesAndExtents) {
  const TensorType x = f32({2, 3});
  const TensorType key{DType::kInt64, {2}};
  expect_refused({
      {"softmax", SoftmaxAttrs{-1}, {x}, "axis -1 is out of range"},
      {"softmax", SoftmaxAttrs{kMostInt}, {x}, "is out of range"},
      {"argmax", ArgReduceAttrs{2}, {x}, "axis 2 is out of range"},
      {"argmin", ArgReduceAttrs{1}, {f32({2, 0})}, "no elements to choose from"},
      {"sum", ReduceAttrs{{-1}}, {x}, "axis -1 is out of range"},
      {"mean", ReduceAttrs{{2}}, {x}, "axis 2 is out of range"},
      {"prod", ReduceAttrs{{1, 0}}, {x}, "axes must ascend"},
      {"max", ReduceAttrs{{0, 0}}, {x}, "axes must ascend"},
      {"transpose", TransposeAttrs{{0, -1}}, {x}, "axis -1, which is out of range"},
      {"transpose", TransposeAttrs{{1, 1}}, {x}, "axis 1 twice"},
      {"concatenate", ConcatenateAttrs{2}, {x, x}, "axis 2 is out of range"},
      {"take", TakeAttrs{-1}, {x, i32({2})}, "axis -1 is out of range"},
      {"scatter_add", ScatterAddAttrs{kMostInt, 3}, {x, i32({2})}, "updates must have the indices' shape"},
      {"scatter_add", ScatterAddAttrs{0, -1}, {x, i32({2})}, "size must not be negative"},
      {"one_hot", OneHotAttrs{-1}, {i32({2})}, "depth must not be negative"},
      {"full", FullAttrs{{2, -1}}, {}, "must not be negative"},
      {"random_uniform", RandomAttrs{{-2, -3}}, {key}, "must not be negative"},
      {"random_bits", RandomAttrs{{3}, -1}, {key}, "stream must lie in"},
      {"fused_elementwise", FusedElementwiseAttrs{{-1, -1}, 0, {}, {}}, {}, "must not be negative"},
      {"fused_elementwise", FusedElementwiseAttrs{{1}, -1, {}, {}}, {}, "expected -1 inputs"},
      {"fused_elementwise", FusedElementwiseAttrs{{1}, 0, {}, {0}}, {}, "result 0 is no register"},
      {"concatenate", ConcatenateAttrs{0}, {f32({kHuge, 0}), f32({kHuge, 0})}, "would be too long"},
      {"arange", ArangeAttrs{-1}, {}, "must not be negative"},
      {"broadcast_to", BroadcastToAttrs{{-2, 3}}, {f32({1, 3})}, "cannot be broadcast"},
      {"reshape", ReshapeAttrs{{-2, -3}}, {x}, "cannot reshape"},
  });
}

TEST(HostileArguments, OfPublicFunctions) {
  const Tensor x = Tensor::from<float>({1, 2, 3});
  const std::vector<std::pair<std::string, std::function<void(int)>>> with_axis = {
      {"argmax", [&](int axis) { argmax(x, axis); }},
      {"argmin", [&](int axis) { argmin(x, axis); }},
      {"concatenate",
       [&](int axis) {
         concatenate({x, x}, axis);
       }},
      {"flip", [&](int axis) { flip(x, {axis}); }},
      {"log_softmax", [&](int axis) { log_softmax(x, axis); }},
      {"softmax", [&](int axis) { softmax(x, axis); }},
      {"squeeze", [&](int axis) { squeeze(x, {axis}); }},
      {"sum", [&](int axis) { sum(x, {axis}); }},
      {"take", [&](int axis) { take(x, Tensor::from<int>({0}), axis); }},
      {"transpose", [&](int axis) { transpose(x, {axis}); }},
  };
  for (const auto& [name, call] : with_axis) {
    for (const int axis : {1, -2, kMostInt, std::numeric_limits<int>::min()}) {
      try {
        call(axis);
        ADD_FAILURE() << name << " took axis " << axis;
      } catch (const InvalidArgument& error) {
        EXPECT_EQ(std::string(error.what()),
                  name + ": axis " + std::to_string(axis) + " is out of range: float32(3,) has axes -1 to 0");
      }
    }
  }
  EXPECT_THROW(softmax(Tensor(1.0f), 0), InvalidArgument);
  EXPECT_THROW(pad(x, {{kMost, kMost}}), InvalidArgument);
  EXPECT_THROW(pad(x, {{kHuge, kHuge}}), InvalidArgument);
  EXPECT_THROW(pad(x, {{kMost, 0}}), InvalidArgument);
  EXPECT_THROW(tile(x, {kHuge}), InvalidArgument);
  EXPECT_THROW(expand_dims(x, kMostInt), InvalidArgument);
  EXPECT_THROW(index(x, {kLeast}), InvalidArgument);
  EXPECT_THROW(index(x, {kMost}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
