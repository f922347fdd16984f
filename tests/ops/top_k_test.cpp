// top_k, in_top_k, searchsorted, digitize and the quantiles.
#include "lamina/ops/top_k.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/quantile.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/searchsorted.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Reference largest(int64_t k) {
  return [=](const std::vector<NdArray>& in) {
    Shape shape = in[0].shape;
    shape.set(-1, k);
    NdArray values(shape), indices(shape);
    const auto n = static_cast<size_t>(in[0].shape[-1]), count = static_cast<size_t>(k);
    for (size_t row = 0; n > 0 && row < in[0].data.size() / n; ++row) {
      const double* x = in[0].data.data() + row * n;
      std::vector<size_t> places(n);
      std::iota(places.begin(), places.end(), size_t{0});
      std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) {
        return x[a] > x[b] || (std::isnan(x[a]) && !std::isnan(x[b]));
      });
      for (size_t i = 0; i < count; ++i) {
        values.data[row * count + i] = x[places[i]];
        indices.data[row * count + i] = static_cast<double>(places[i]);
      }
    }
    return std::vector{values, indices};
  };
}

OpRow row(const char* label, int64_t k, RowInput input, DType dtype, bool gradient = true) {
  return {.op = "top_k",
          .label = label,
          .attrs = TopKAttrs{k},
          .inputs = {input},
          .dtypes = {dtype},
          .out_dtypes = {dtype, DType::kInt32},
          .reference = largest(k),
          .gradient = gradient};
}

const OpRows rows({
    row("rows", 3, {.shape = {2, 7}, .distinct = true}, DType::kFloat64),
    row("float32", 2, {.shape = {5}, .distinct = true}, DType::kFloat32),
    row("ties", 4, {.shape = {2, 300}, .lo = -5, .hi = 5}, DType::kInt8),
    row("all", 700, {.shape = {700}, .lo = -50, .hi = 50}, DType::kInt64),
    row("many", 40, {.shape = {3000}}, DType::kFloat32, false),
    row("descending", 2, {.shape = {6}, .values = {9, 8, 7, 7, 8, 9}}, DType::kFloat16, false),
    row("edges", 4, {.shape = {6}, .values = {1, kNaN, kInf, -kInf, kNaN, 2}}, DType::kFloat32, false),
    row("zeros", 3, {.shape = {3}, .values = {-0.0, 0.0, -0.0}}, DType::kFloat64, false),
    row("none", 0, {.shape = {2, 3}}, DType::kFloat32, false),
    row("of_none", 0, {.shape = {2, 0}}, DType::kFloat32, false),
    row("no_rows", 2, {.shape = {0, 3}}, DType::kFloat32, false),
});

Reference places(bool right) {
  return [=](const std::vector<NdArray>& in) {
    NdArray out(in[1].shape);
    for (size_t i = 0; i < in[1].data.size(); ++i) {
      const double value = in[1].data[i];
      const auto before = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
      const auto& sequence = in[0].data;
      const auto at = right ? std::upper_bound(sequence.begin(), sequence.end(), value, before)
                            : std::lower_bound(sequence.begin(), sequence.end(), value, before);
      out.data[i] = static_cast<double>(at - sequence.begin());
    }
    return std::vector{out};
  };
}

OpRow search(const char* label, bool right, std::vector<double> sequence, RowInput values,
             std::vector<DType> dtypes) {
  return {.op = "searchsorted",
          .label = label,
          .attrs = SearchSortedAttrs{right},
          .inputs = {{.shape = {static_cast<int64_t>(sequence.size())}, .values = sequence}, values},
          .dtypes = dtypes,
          .out_dtypes = {DType::kInt32},
          .reference = places(right)};
}

const std::vector<DType> kMany = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kInt32,
                                  DType::kUInt8};
const OpRows searches({
    search("left", false, {1, 3, 3, 3, 8}, {.shape = {3, 4}, .lo = 0, .hi = 9}, kMany),
    search("right", true, {1, 3, 3, 3, 8, 9}, {.shape = {20}, .lo = 0, .hi = 9}, kMany),
    search("edges_left", false, {-kInf, 0, kInf, kNaN, kNaN},
           {.shape = {4}, .values = {kNaN, kInf, -kInf, 0}}, {DType::kFloat32, DType::kFloat64}),
    search("edges_right", true, {-kInf, 0, kInf, kNaN, kNaN},
           {.shape = {4}, .values = {kNaN, kInf, -kInf, 0}}, {DType::kFloat32, DType::kFloat64}),
    search("nowhere", true, {}, {.shape = {2}}, {DType::kFloat32}),
    search("nothing", false, {1}, {.shape = {0, 2}}, {DType::kFloat32}),
    search("one", false, {1}, {.values = {2}}, {DType::kFloat32}),
});

TEST(TopK, Errors) {
  const Tensor x = Tensor::from<float>({1, 2});
  EXPECT_THROW(top_k(x, 3), InvalidArgument);
  EXPECT_THROW(top_k(x, -1), InvalidArgument);
  EXPECT_THROW(top_k(Tensor(1.0f), 1), InvalidArgument);
}

TEST(InTopK, CountsTiesTogetherAndDistrustsWhatIsNotFinite) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor predictions = Tensor::from(
      std::vector<float>{0.1f, 0.4f, 0.6f, 0.1f, 0.9f, 0.9f, 0.9f, 0.3f, 0.2f, inf, 0.1f, 0, 1, 2, 3, 4},
      {4, 4});
  const auto hits = [&](std::vector<int> targets, int64_t k) {
    return in_top_k(Tensor::from(targets, {4}), predictions, k).to_vector<uint8_t>();
  };
  EXPECT_EQ(hits({1, 2, 0, 3}, 1), (std::vector<uint8_t>{0, 1, 0, 1}));
  EXPECT_EQ(hits({1, 3, 0, 2}, 2), (std::vector<uint8_t>{1, 0, 0, 1}));
  EXPECT_EQ(hits({4, -1, 0, -4}, 4), (std::vector<uint8_t>{0, 0, 0, 0}));
  EXPECT_THROW(in_top_k(Tensor::from<int>({1}), predictions, 1), InvalidArgument);
  EXPECT_THROW(in_top_k(Tensor::from<float>({1, 0, 0, 0}), predictions, 1), InvalidArgument);
}

TEST(SearchSorted, Errors) {
  const Tensor x = Tensor::from<float>({1, 2});
  EXPECT_THROW(searchsorted(x, x, "middle"), InvalidArgument);
  EXPECT_THROW(searchsorted(Tensor::from<float>({{1, 2}}), x), InvalidArgument);
  EXPECT_EQ(
      digitize(Tensor::from<float>({0.2f, 6.4f, 3.0f, 1.6f}), Tensor::from<int>({0, 1, 3})).to_vector<int>(),
      (std::vector<int>{1, 3, 3, 2}));
}

const std::vector<float> kFive = {3, 1, 5, 2, 4};

TEST(Quantile, FollowsTheMethod) {
  const Tensor x = Tensor::from(kFive, {5});
  const auto at = [&](double q, const char* method) { return quantile(x, q, {}, method).item<float>(); };
  EXPECT_FLOAT_EQ(at(0.3, "linear"), 2.2f);
  EXPECT_EQ(at(0.3, "lower"), 2);
  EXPECT_EQ(at(0.3, "higher"), 3);
  EXPECT_EQ(at(0.3, "midpoint"), 2.5f);
  EXPECT_EQ(at(0.3, "nearest"), 2);
  EXPECT_EQ(at(0, "linear"), 1);
  EXPECT_EQ(at(1, "linear"), 5);
  EXPECT_EQ(median(x).item<float>(), 3);
  EXPECT_EQ(percentile(x, 75).item<float>(), 4);
  EXPECT_THROW(at(0.3, "best"), InvalidArgument);
  EXPECT_THROW(at(1.5, "linear"), InvalidArgument);
  EXPECT_THROW(at(kNaN, "linear"), InvalidArgument);
  EXPECT_THROW(percentile(x, 101), InvalidArgument);
  EXPECT_THROW(median(Tensor::from(std::vector<float>{}, {0})), InvalidArgument);
  EXPECT_THROW(median(x, {0, -1}), InvalidArgument);
}

TEST(Quantile, SeveralComeInFront) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 30, 20, 10}, {2, 3});
  const Tensor q = Tensor::from<float>({0, 0.5f, 1, 2});
  const Tensor y = quantile(x, q, 1, "linear", true);
  EXPECT_EQ(y.shape(), Shape({4, 2, 1}));
  const auto values = y.to_vector<float>();
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 6),
            (std::vector<float>{1, 10, 2, 20, 3, 30}));
  EXPECT_TRUE(std::isnan(values[6]));
  EXPECT_EQ(median(Tensor::from<int>({1, 2})).item<float>(), 1.5f);
  EXPECT_EQ(median(x, {0, 1}, true).shape(), Shape({1, 1}));
}

TEST(Quantile, OfInfinitiesAndNaN) {
  const auto inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(median(Tensor::from<float>({-inf, 0, inf})).item<float>(), 0);
  const Tensor x = Tensor::from(std::vector<float>{1, nan, 3, 5, 7, 6, nan, nan, nan}, {3, 3});
  const auto some = median(x, 1).to_vector<float>(), of_numbers = nanmedian(x, 1).to_vector<float>();
  EXPECT_TRUE(std::isnan(some[0]) && some[1] == 6 && std::isnan(some[2]));
  EXPECT_TRUE(of_numbers[0] == 2 && of_numbers[1] == 6 && std::isnan(of_numbers[2]));
  EXPECT_EQ(nanpercentile(x, 100, 1, "lower").to_vector<float>()[0], 3);
  EXPECT_EQ(nanmedian(x).item<float>(), 5);
}

TEST(Quantile, GradientGoesToTheElementsBetweenWhichItLies) {
  const Tensor x = Tensor::from(kFive, {5});
  const auto loss = [](const std::vector<Tensor>& in) { return quantile(in[0], 0.375); };
  EXPECT_EQ(grad(loss)({x})[0].to_vector<float>(), (std::vector<float>{0.5f, 0, 0, 0.5f, 0}));
  const auto exact = [](const std::vector<Tensor>& in) { return nanmedian(in[0]); };
  EXPECT_EQ(grad(exact)({x})[0].to_vector<float>(), (std::vector<float>{1, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace lamina::testing
