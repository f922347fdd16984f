// softmax, log_softmax and softmax_grad.
#include "lamina/ops/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/ops/detail/softmax_rows.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

using Line = std::vector<double>;

/// Applies `f` to the lines of the arguments along `axis`.
Reference along(int axis, std::function<Line(const std::vector<Line>&)> f) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(in[0].shape);
    Shape starts = in[0].shape;
    starts.set(axis, std::min<int64_t>(starts[axis], 1));
    for_each_index(starts, [&](std::vector<int64_t> index) {
      auto& k = index[static_cast<size_t>(axis)];
      std::vector<Line> lines(in.size());
      for (k = 0; k < out.shape[axis]; ++k) {
        for (size_t i = 0; i < in.size(); ++i) lines[i].push_back(in[i].at(index));
      }
      const Line result = f(lines);
      for (k = 0; k < out.shape[axis]; ++k) out.at(index) = result[static_cast<size_t>(k)];
    });
    return std::vector<NdArray>{out};
  };
}

Line log_softmax_line(const Line& x) {
  const double most = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double v : x) sum += std::exp(v - most);
  Line y;
  for (double v : x) y.push_back(v - most - std::log(sum));
  return y;
}

Line softmax_line(const Line& x) {
  Line y = log_softmax_line(x);
  for (double& v : y) v = std::exp(v);
  return y;
}

Line grad_line(const Line& y, const Line& dy) {
  double dot = 0;
  for (size_t i = 0; i < y.size(); ++i) dot += y[i] * dy[i];
  Line dx;
  for (size_t i = 0; i < y.size(); ++i) dx.push_back(y[i] * (dy[i] - dot));
  return dx;
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<DType> kFloats = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};

OpRow row(const std::string& op, const char* label, int axis, RowInput input) {
  const auto reference = along(axis, [op](const std::vector<Line>& in) {
    return op == "softmax"       ? softmax_line(in[0])
           : op == "log_softmax" ? log_softmax_line(in[0])
                                 : grad_line(in[0], in[1]);
  });
  std::vector<RowInput> inputs{input};
  if (op == "softmax_grad") inputs.push_back(input);
  const bool finite =
      std::all_of(input.values.begin(), input.values.end(), [](double x) { return std::isfinite(x); });
  return {.op = op,
          .label = label,
          .attrs = SoftmaxAttrs{axis},
          .inputs = inputs,
          .dtypes = kFloats,
          .reference = reference,
          .gradient = finite};
}

const OpRows rows([] {
  std::vector<OpRow> all;
  for (const char* op : {"softmax", "log_softmax", "softmax_grad"}) {
    // Shorter than a vector, exactly one, several with a rest.
    all.push_back(row(op, "classes", 1, {.shape = {3, 10}}));
    all.push_back(row(op, "narrow", 1, {.shape = {5, 3}}));
    all.push_back(row(op, "wide", 1, {.shape = {2, 37}}));
    all.push_back(row(op, "sixteen", 0, {.shape = {16}}));
    all.push_back(row(op, "middle_axis", 1, {.shape = {2, 4, 3}}));
    all.push_back(row(op, "first_axis", 0, {.shape = {4, 3}}));
    all.push_back(row(op, "one_class", 1, {.shape = {4, 1}}));
    all.push_back(row(op, "no_rows", 1, {.shape = {0, 4}}));
    all.push_back(row(op, "no_classes", 1, {.shape = {4, 0}}));
  }
  for (const char* op : {"softmax", "log_softmax"}) {
    all.push_back(row(op, "large", 1, {.shape = {2, 9}, .lo = -1e4, .hi = 1e4}));
    all.back().gradient = false;  // steps of 1e-5 drown in values of 1e4
    all.back().dtypes = {DType::kFloat32, DType::kFloat64};
    all.push_back(row(op, "minus_infinity", 1, {.shape = {2, 3}, .values = {-kInf, 1, 2, 0, -kInf, -kInf}}));
    all.push_back(row(op, "nan", 1,
                      {.shape = {2, 9},
                       .values = {1, 2, 3, 4, 5, 6, 7, 8, kNaN,  //
                                  0, 1, 0, 1, 0, 1, 0, 1, 0}}));
    all.push_back(row(op, "infinity", 1, {.shape = {1, 3}, .values = {kInf, 1, 2}}));
  }
  return all;
}());

TEST(Softmax, RowsSumToOne) {
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 101) / 7;
  const std::vector<float> y = softmax(Tensor::from(values, {10, 100})).to_vector<float>();
  for (size_t r = 0; r < 10; ++r) {
    double sum = 0;
    for (size_t c = 0; c < 100; ++c) sum += y[r * 100 + c];
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

// The memory plan lets kernels write over their inputs. Lengths around those of vectors, with and without a
// rest.
TEST(Softmax, RowsInPlace) {
  for (int64_t n = 1; n <= 40; ++n) {
    const auto size = static_cast<size_t>(n);
    std::vector<float> x(size), target(size), y(size), over(size);
    for (size_t i = 0; i < size; ++i) {
      x[i] = static_cast<float>(i * 7 % 11) / 3;
      target[i] = static_cast<float>(i % 3);
    }
    over = x;
    detail::softmax_row(x.data(), n, y.data());
    detail::softmax_row(over.data(), n, over.data());
    EXPECT_EQ(over, y) << n;
    over = x;
    detail::log_softmax_row(x.data(), n, y.data());
    detail::log_softmax_row(over.data(), n, over.data());
    EXPECT_EQ(over, y) << n;
    over = x;
    const float loss = detail::softmax_cross_entropy_row(x.data(), target.data(), n, y.data());
    EXPECT_EQ(detail::softmax_cross_entropy_row(over.data(), target.data(), n, over.data()), loss) << n;
    EXPECT_EQ(over, y) << n;
    over = y;
    std::vector<float> dx(size);
    detail::softmax_cross_entropy_grad_row(y.data(), target.data(), 0.5f, n, dx.data());
    detail::softmax_cross_entropy_grad_row(over.data(), target.data(), 0.5f, n, over.data());
    EXPECT_EQ(over, dx) << n;
    over = target;  // over the second argument
    detail::softmax_grad_row(y.data(), target.data(), n, dx.data());
    detail::softmax_grad_row(y.data(), over.data(), n, over.data());
    EXPECT_EQ(over, dx) << n;
  }
}

TEST(Softmax, Errors) {
  EXPECT_THROW(softmax(Tensor(1.0f)), InvalidArgument);
  EXPECT_THROW(softmax(Tensor::from<float>({1, 2}), 1), InvalidArgument);
  EXPECT_THROW(softmax(Tensor::from<int>({1, 2})), InvalidArgument);
  EXPECT_THROW(log_softmax(Tensor::from<float>({1, 2}), -2), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
