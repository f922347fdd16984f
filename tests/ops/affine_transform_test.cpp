// affine_transform and its adjoint.
#include "lamina/ops/affine_transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// Where in [0, n - 1] the place is found, from the rows of letters in the header: n pixels and the modes.
double within(double at, double n, const std::string& mode) {
  if (mode == "reflect") {
    at = std::fmod(std::fmod(at, 2 * n) + 2 * n, 2 * n);
    if (at >= n) at = 2 * n - 1 - at;
  } else if (mode == "wrap") {
    // TensorFlow counts images of n - 1 pixels, moves back by as many of n, and clips what still lies beyond.
    const double images = n > 1 ? std::floor(std::abs(at) / (n - 1)) : 0;
    if (at < 0) {
      at += n * (images + 1);
    } else if (at > n - 1) {
      at -= n * images;
    }
  } else if (mode == "constant") {
    return at;
  }
  return std::min(std::max(at, 0.0), n - 1);
}

/// Weights of the pixels of an axis at a place; all 0 where nothing of the image is shown.
std::vector<double> weights(double at, int64_t n, const std::string& interpolation) {
  std::vector<double> result(static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k) {
    const double away = std::abs(at - static_cast<double>(k));
    result[static_cast<size_t>(k)] =
        interpolation == "bilinear" ? std::max(0.0, 1 - away) : (std::round(at) == static_cast<double>(k));
  }
  return result;
}

Reference transformed(const AffineTransformAttrs& attrs, bool gradient) {
  return [=](const std::vector<NdArray>& in) {
    const Shape& s = in[0].shape;
    NdArray out(s);
    for_each_index(s, [&](const std::vector<int64_t>& at) {
      const int64_t row = in[1].shape[0] == 1 ? 0 : at[0];
      const auto t = [&](int64_t i) { return in[1].at({row, i}); };
      const auto x = static_cast<double>(at[2]), y = static_cast<double>(at[1]);
      const double k = t(6) * x + t(7) * y + 1;
      const auto height = static_cast<double>(s[1]), width = static_cast<double>(s[2]);
      const auto down = weights(within((t(3) * x + t(4) * y + t(5)) / k, height, attrs.fill_mode), s[1],
                                attrs.interpolation);
      const auto across = weights(within((t(0) * x + t(1) * y + t(2)) / k, width, attrs.fill_mode), s[2],
                                  attrs.interpolation);
      double shown = 0;
      for (int64_t r = 0; r < s[1]; ++r) {
        for (int64_t c = 0; c < s[2]; ++c) {
          const double w = down[static_cast<size_t>(r)] * across[static_cast<size_t>(c)];
          const std::vector<int64_t> from{at[0], r, c, at[3]};
          shown += w;
          if (gradient) {
            out.at(from) += w * in[0].at(at);
          } else {
            out.at(at) += w * in[0].at(from);
          }
        }
      }
      if (!gradient) out.at(at) += (1 - shown) * attrs.fill_value;
    });
    return std::vector<NdArray>{out};
  };
}

// Numbers of few bits, so that places are the same in float32 and in double.
const std::vector<double> kTurn = {0.75, -0.625, 0.5, 0.625, 0.75, -0.25, 0, 0};
const std::vector<double> kFar = {1, 0, -7.375, 0, 1, 9.125, 0, 0};
const std::vector<double> kZoom = {1.5, 0, -0.875, 0, 0.5, 0.8125, 0, 0};
const std::vector<double> kProjective = {1, 0.25, 0.125, -0.125, 1, 0.375, 0.125, 0.0625};

std::vector<double> joined(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

const OpRows rows([] {
  std::vector<OpRow> all;
  const auto add =
      [&](const std::string& label, const Shape& x, const std::vector<double>& transforms,
          const AffineTransformAttrs& attrs,
          const std::vector<DType>& dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16}) {
        for (const bool gradient : {false, true}) {
          all.push_back({.op = gradient ? "affine_transform_grad" : "affine_transform",
                         .label = attrs.fill_mode + "_" + attrs.interpolation + "_" + label,
                         .attrs = attrs,
                         .inputs = {{.shape = x},
                                    {.shape = {static_cast<int64_t>(transforms.size() / 8), 8},
                                     .values = transforms,
                                     .dtype = DType::kFloat32,
                                     .differentiable = false}},
                         .dtypes = dtypes,
                         .reference = transformed(attrs, gradient)});
        }
      };
  for (const std::string mode : {"constant", "nearest", "reflect", "wrap"}) {
    for (const std::string interpolation : {"nearest", "bilinear"}) {
      const AffineTransformAttrs attrs{interpolation, mode, mode == "constant" ? 0.75 : 0};
      add("turn_and_far", {2, 4, 5, 3}, joined(kTurn, kFar), attrs);
      add("one_for_all", {2, 3, 4, 1}, kZoom, attrs);
      // Quotients are rounded to float32, whatever the images are.
      add("projective", {1, 5, 4, 2}, kProjective, attrs, {DType::kFloat32, DType::kFloat16});
    }
  }
  add("one_pixel", {1, 1, 1, 2}, kTurn, {});
  add("no_images", {0, 2, 2, 1}, kTurn, {});
  add("no_pixels", {1, 0, 2, 1}, kTurn, {});
  return all;
}());

Tensor transform_of(const std::vector<float>& row) { return Tensor::from(row, {8}); }

TEST(AffineTransform, TakesASingleImageAndASingleRow) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2, 1});
  const Tensor left = transform_of({1, 0, 1, 0, 1, 0, 0, 0});
  EXPECT_EQ(affine_transform(x, left, {.fill_value = 9}).to_vector<float>(),
            (std::vector<float>{2, 9, 4, 9}));
}

// The rows of letters in the header, read off.
TEST(AffineTransform, FillsAsTheRowsOfLettersShow) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4}, {1, 4, 1});
  const auto moved = [&](float by, const std::string& mode) {
    return affine_transform(x, transform_of({1, 0, by, 0, 1, 0, 0, 0}), {.fill_mode = mode, .fill_value = 7})
        .to_vector<float>();
  };
  EXPECT_EQ(moved(-4, "constant"), (std::vector<float>{7, 7, 7, 7}));
  EXPECT_EQ(moved(-2, "nearest"), (std::vector<float>{1, 1, 1, 2}));
  EXPECT_EQ(moved(-4, "reflect"), (std::vector<float>{4, 3, 2, 1}));
  EXPECT_EQ(moved(4, "reflect"), (std::vector<float>{4, 3, 2, 1}));
  EXPECT_EQ(moved(-2, "wrap"), (std::vector<float>{3, 4, 1, 2}));
  EXPECT_EQ(moved(2, "wrap"), (std::vector<float>{3, 4, 1, 2}));
}

TEST(AffineTransform, PlacesThatAreNotFiniteShowTheFillValue) {
  const Tensor x = ones({1, 2, 2, 1});
  const float huge = std::numeric_limits<float>::max(), infinite = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::string mode : {"constant", "reflect", "wrap", "nearest"}) {
    for (const std::string interpolation : {"nearest", "bilinear"}) {
      const AffineTransformAttrs attrs{interpolation, mode, 5};
      EXPECT_EQ(affine_transform(x, transform_of({1, 0, nan, 0, 1, 0, 0, 0}), attrs).to_vector<float>(),
                (std::vector<float>{5, 5, 5, 5}))
          << mode;
      // k is 0 at x = 1.
      EXPECT_EQ(affine_transform(x, transform_of({1, 0, 0, 0, 1, 0, -1, 0}), attrs).to_vector<float>(),
                (std::vector<float>{1, 5, 1, 5}))
          << mode;
      // Something of the two, and no crash, where numbers overflow.
      for (const float far : {infinite, -infinite, huge, -huge}) {
        for (const float value :
             affine_transform(x, transform_of({far, 1, far, 0, far, 0, 0, 0}), attrs).to_vector<float>()) {
          EXPECT_TRUE(value == 1 || value == 5) << value;
        }
      }
    }
  }
}

TEST(AffineTransform, TheNumberOfThreadsDoesNotShow) {
  const Tensor x = random_uniform(random_key(1), {5, 40, 30, 3}).eval();
  const Tensor t = (random_uniform(random_key(2), {5, 8}) * 0.01 +
                    Tensor::from(std::vector<float>{1, 0, -3, 0, 1, 2, 0, 0}))
                       .eval();
  const auto run = [&](int threads) {
    set_num_threads(threads);
    const AffineTransformAttrs attrs{.fill_mode = "reflect"};
    std::vector<float> all = affine_transform(x, t, attrs).to_vector<float>();
    const std::vector<float> gradient = vjp({affine_transform(x, t, attrs)}, {x}, {x})[0].to_vector<float>();
    all.insert(all.end(), gradient.begin(), gradient.end());
    return all;
  };
  const int before = num_threads();
  const std::vector<float> one = run(1), four = run(4);
  set_num_threads(before);
  EXPECT_EQ(one, four);
}

TEST(AffineTransform, Errors) {
  const Tensor x = zeros({2, 3, 3, 1}), t = zeros({2, 8});
  EXPECT_NO_THROW(affine_transform(x, t));
  EXPECT_THROW(affine_transform(zeros({3, 3}), t), InvalidArgument);
  EXPECT_THROW(affine_transform(x, zeros({3, 8})), InvalidArgument);
  EXPECT_THROW(affine_transform(x, zeros({2, 6})), InvalidArgument);
  EXPECT_THROW(affine_transform(x, zeros({2, 8}, DType::kFloat64)), InvalidArgument);
  EXPECT_THROW(affine_transform(zeros({2, 3, 3, 1}, DType::kInt32), t), InvalidArgument);
  EXPECT_THROW(affine_transform(x, t, {.interpolation = "bicubic"}), InvalidArgument);
  EXPECT_THROW(affine_transform(x, t, {.fill_mode = "mirror"}), InvalidArgument);
  EXPECT_THROW(affine_transform(zeros({0, 1 << 25, 3, 1}), zeros({1, 8})), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
