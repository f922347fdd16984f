// roll, repeat, tril, triu, pad by modes, isinf: values as NumPy has them, gradients, what does not fit.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/core/compile.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/rearrange.h"
#include "lamina/ops/shape_ops.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using Ints = std::vector<int>;

Ints values(const Tensor& x) { return x.to_vector<int32_t>(); }

TEST(Rearrange, RollMovesRound) {
  const Tensor x = reshape(arange(6), {2, 3});
  EXPECT_EQ(values(roll(x, 1)), (Ints{5, 0, 1, 2, 3, 4}));
  EXPECT_EQ(values(roll(x, 1, 1)), (Ints{2, 0, 1, 5, 3, 4}));
  EXPECT_EQ(values(roll(x, -7, -1)), (Ints{1, 2, 0, 4, 5, 3}));
  EXPECT_EQ(values(roll(x, {1, 2}, {0, 1})), (Ints{4, 5, 3, 1, 2, 0}));
  EXPECT_EQ(values(roll(x, 1, {0, 1})), (Ints{5, 3, 4, 2, 0, 1}));
  EXPECT_EQ(values(roll(x, {2, 3})), values(roll(x, 5)));
  EXPECT_EQ(roll(zeros({0, 3}), 2, 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(roll(Tensor(3), 2).item<int>(), 3);
  EXPECT_EQ(values(roll(x, std::numeric_limits<int64_t>::min(), 1)), values(roll(x, -2, 1)));
  EXPECT_EQ(test::message_of<InvalidArgument>([&] {
              roll(x, {1, 2, 3}, {0, 1});
            }),
            "roll: expected one shift for all axes, or one for each of 2, received 3");
  EXPECT_THROW(roll(x, 1, 2), InvalidArgument);
}

TEST(Rearrange, RepeatRepeatsElements) {
  const Tensor x = reshape(arange(4), {2, 2});
  EXPECT_EQ(values(repeat(x, 2)), (Ints{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(values(repeat(x, 2, 0)), (Ints{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(values(repeat(x, {1, 2}, 0)), (Ints{0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(values(repeat(x, {0, 2}, -1)), (Ints{1, 1, 3, 3}));
  EXPECT_EQ(repeat(x, 0, 1).shape(), (Shape{2, 0}));
  EXPECT_EQ(values(repeat(Tensor(7), 3)), (Ints{7, 7, 7}));
  EXPECT_EQ(test::message_of<InvalidArgument>([&] { repeat(x, -1); }),
            "repeat: expected no negative number, received -1");
  EXPECT_EQ(test::message_of<InvalidArgument>([&] {
              repeat(x, {1, 2, 3}, 0);
            }),
            "repeat: expected one number, or 2, one for each place of axis 0, received 3");
  EXPECT_THROW(repeat(x, std::numeric_limits<int64_t>::max()), InvalidArgument);
}

TEST(Rearrange, Triangles) {
  const Tensor x = reshape(arange(6) + 1.0, {2, 3});
  EXPECT_EQ(values(tril(x)), (Ints{1, 0, 0, 4, 5, 0}));
  EXPECT_EQ(values(tril(x, 1)), (Ints{1, 2, 0, 4, 5, 6}));
  EXPECT_EQ(values(triu(x)), (Ints{1, 2, 3, 0, 5, 6}));
  EXPECT_EQ(values(triu(x, 2)), (Ints{0, 0, 3, 0, 0, 0}));
  EXPECT_EQ(values(triu(x, -1)), values(x));
  EXPECT_EQ(values(tril(x, std::numeric_limits<int64_t>::max())), values(x));
  EXPECT_EQ(values(triu(x, std::numeric_limits<int64_t>::min())), values(x));
  EXPECT_EQ(tril(ones({2, 0, 3})).shape(), (Shape{2, 0, 3}));
  // What is cut off leaves no NaN.
  const Tensor bad = full({2, 2}, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(tril(bad).to_vector<float>()[1], 0);
  EXPECT_EQ(test::message_of<InvalidArgument>([&] { triu(arange(3)); }),
            "triu: expected two axes at least, received int32(3,)");
}

TEST(Rearrange, PaddingModes) {
  const Tensor x = arange(3);
  EXPECT_EQ(values(pad(x, {{2, 1}}, "reflect")), (Ints{2, 1, 0, 1, 2, 1}));
  EXPECT_EQ(values(pad(x, {{5, 0}}, "reflect")), (Ints{1, 0, 1, 2, 1, 0, 1, 2}));
  EXPECT_EQ(values(pad(x, {{2, 4}}, "symmetric")), (Ints{1, 0, 0, 1, 2, 2, 1, 0, 0}));
  EXPECT_EQ(values(pad(x, {{1, 2}}, "edge")), (Ints{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(values(pad(x, {{1, 4}}, "wrap")), (Ints{2, 0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(values(pad(x, {{1, 1}}, "constant")), (Ints{0, 0, 1, 2, 0}));
  EXPECT_EQ(values(pad(reshape(arange(4), {2, 2}), {{1, 0}, {0, 1}}, "reflect")),
            (Ints{2, 3, 2, 0, 1, 0, 2, 3, 2}));
  EXPECT_EQ(values(pad(ones({1}, DType::kInt32), {{2, 1}}, "reflect")), (Ints{1, 1, 1, 1}));
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              pad(x, {{1, 1}}, "mirror");
            }).find("'mirror'"),
            std::string::npos);
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              pad(zeros({0}), {{1, 1}}, "edge");
            }).find("finds no elements along axis 0 of (0,)"),
            std::string::npos);
  EXPECT_THROW(pad(x, {{-1, 1}}, "edge"), InvalidArgument);
  EXPECT_THROW(pad(x, {}, "edge"), InvalidArgument);
}

TEST(Rearrange, GradientsFlowBack) {
  const Tensor x = Tensor::from<double>({0.3, -1, 2, 0.7, 1.5, -0.2}, {2, 3});
  const GradientCheckOptions twice{.order = 2};
  check_gradients(
      [](const std::vector<Tensor>& a) {
        return std::vector{roll(a[0], {1, -1}, {0, 1})};
      },
      {x}, twice);
  check_gradients(
      [](const std::vector<Tensor>& a) {
        return std::vector{repeat(a[0], {2, 0, 1}, 1)};
      },
      {x}, twice);
  check_gradients(
      [](const std::vector<Tensor>& a) {
        return std::vector{tril(a[0]), triu(a[0], 1)};
      },
      {x}, twice);
  for (const char* mode : {"reflect", "symmetric", "edge", "wrap"}) {
    check_gradients(
        [&](const std::vector<Tensor>& a) {
          return std::vector{square(pad(a[0], {{1, 2}, {0, 2}}, mode))};
        },
        {x}, twice);
  }
}

TEST(Rearrange, CompiledAsEager) {
  const auto all = [](const std::vector<Tensor>& a) {
    return std::vector{roll(a[0], 2), repeat(a[0], 2, 1), tril(a[0]),
                       pad(a[0], {{1, 1}, {1, 1}}, "symmetric")};
  };
  const std::vector<Tensor> x = {reshape(arange(6), {2, 3})}, eager = all(x), compiled = compile(all)(x);
  for (size_t i = 0; i < eager.size(); ++i) EXPECT_EQ(values(eager[i]), values(compiled[i])) << i;
}

TEST(Unary, Infinities) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(isinf(Tensor::from<float>({1, inf, -inf, std::nanf("")}, {4})).to_vector<uint8_t>(),
            (std::vector<uint8_t>{0, 1, 1, 0}));
  EXPECT_EQ(isinf(arange(2)).type().str(), "bool(2,)");
}

}  // namespace
}  // namespace lamina
