// resize2d, its adjoint, and upsampling2d.
#include "lamina/ops/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// Weights of the pixels of an axis of `input` for pixel `i` of one of `output`, from the definition. Places
/// are in float32, as TensorFlow has them.
std::vector<double> weights(int64_t input, int64_t output, int64_t i, const ResizeAttrs& attrs) {
  const std::string& interpolation = attrs.interpolation;
  const float step = static_cast<float>(input) / static_cast<float>(output);
  const float place = (static_cast<float>(i) + 0.5f) * step;
  const bool kernel = attrs.antialias || interpolation == "lanczos3";
  const double centre = kernel ? place - 0.5 : double{place - 0.5f};
  const double wide = attrs.antialias ? std::max(1.0f, step) : 1;
  std::vector<double> result(static_cast<size_t>(input));
  double sum = 0;
  for (int64_t k = 0; k < input; ++k) {
    const auto left = static_cast<double>(k);
    double t = std::abs(centre - left) / wide;
    double& w = result[static_cast<size_t>(k)];
    if (interpolation == "nearest") {
      w = k == std::min(static_cast<int64_t>(std::floor(place)), input - 1) ? 1 : 0;
    } else if (interpolation == "area") {
      const float start = static_cast<float>(i) * step, stop = static_cast<float>(i + 1) * step;
      w = std::max(0.0, std::min<double>(stop, left + 1) - std::max<double>(start, left));
    } else if (interpolation == "bilinear") {
      w = std::max(0.0, 1 - t);
    } else if (interpolation == "lanczos3") {
      w = t == 0 ? 1 : t >= 3 ? 0 : 3 * std::sin(M_PI * t) * std::sin(M_PI * t / 3) / (M_PI * M_PI * t * t);
    } else {
      if (!attrs.antialias) {
        const double below = std::floor(centre);
        t = std::abs(below + std::nearbyint((centre - below) * 1024) / 1024 - left);
      }
      if (t < 2) w = t < 1 ? 1.5 * t * t * t - 2.5 * t * t + 1 : -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2;
    }
    sum += w;
  }
  for (double& w : result) w /= sum;
  return result;
}

Reference resized(const ResizeAttrs& attrs, bool gradient) {
  return [=](const std::vector<NdArray>& in) {
    const Shape& given = in[0].shape;
    NdArray out(Shape{given[0], attrs.height, attrs.width, given[3]});
    const Shape& small = gradient ? out.shape : given;  // the image before
    const Shape& large = gradient ? given : out.shape;
    for_each_index(large, [&](const std::vector<int64_t>& at) {
      const auto down = weights(small[1], large[1], at[1], attrs);
      const auto across = weights(small[2], large[2], at[2], attrs);
      for (int64_t r = 0; r < small[1]; ++r) {
        for (int64_t c = 0; c < small[2]; ++c) {
          const double w = down[static_cast<size_t>(r)] * across[static_cast<size_t>(c)];
          const std::vector<int64_t> from{at[0], r, c, at[3]};
          if (gradient) {
            out.at(from) += w * in[0].at(at);
          } else {
            out.at(at) += w * in[0].at(from);
          }
        }
      }
    });
    return std::vector<NdArray>{out};
  };
}

const OpRows rows([] {
  std::vector<OpRow> all;
  const auto add = [&](const std::string& label, const Shape& x, ResizeAttrs attrs) {
    for (const bool gradient : {false, true}) {
      all.push_back({.op = gradient ? "resize2d_grad" : "resize2d",
                     .label = attrs.interpolation + (attrs.antialias ? "_smooth_" : "_") + label,
                     .attrs = attrs,
                     .inputs = {{.shape = x}},
                     .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16},
                     .reference = resized(attrs, gradient)});
    }
  };
  for (const std::string interpolation : {"bilinear", "bicubic", "lanczos3"})
    add("smaller", {2, 7, 5, 1}, {3, 2, interpolation, true});
  for (const std::string interpolation : {"nearest", "bilinear", "bicubic", "lanczos3", "area"}) {
    add("larger", {2, 3, 4, 2}, {6, 8, interpolation});
    add("smaller", {2, 7, 5, 1}, {3, 2, interpolation});
    add("odd", {1, 4, 3, 3}, {7, 1, interpolation});
    add("one_pixel", {1, 1, 1, 2}, {3, 4, interpolation});
    add("no_images", {0, 2, 2, 1}, {4, 4, interpolation});
  }
  return all;
}());

// From tf.image.resize of 0, 1, 4, 9, 16 (TensorFlow 2.21).
TEST(Resize2D, AsTensorFlow) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 4, 9, 16}, {1, 1, 5, 1});
  const std::vector<float> cubic = resize2d(x, 1, 3, "bicubic").to_vector<float>();
  const std::vector<float> expected{0.172211796f, 4, 14.2436018f};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(cubic[i], expected[i], 1e-5f);
  EXPECT_EQ(resize2d(x, 1, 10).to_vector<float>(),
            (std::vector<float>{0, 0.25f, 0.75f, 1.75f, 3.25f, 5.25f, 7.75f, 10.75f, 14.25f, 16}));
}

TEST(UpSampling2D, RepeatsPixels) {
  const Tensor x = Tensor::from(std::vector<float>{1, 2, 3, 4}, {1, 2, 2, 1});
  EXPECT_EQ(upsampling2d(x, 1, 2).to_vector<float>(), (std::vector<float>{1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(upsampling2d(x, 2, 1).to_vector<float>(), (std::vector<float>{1, 2, 1, 2, 3, 4, 3, 4}));
}

TEST(Resize2D, Errors) {
  const Tensor x = zeros({1, 2, 2, 1});
  EXPECT_THROW(resize2d(zeros({2, 2, 1}), 4, 4), InvalidArgument);
  EXPECT_THROW(resize2d(zeros({1, 0, 2, 1}), 4, 4), InvalidArgument);
  EXPECT_THROW(resize2d(x, 0, 4), InvalidArgument);
  EXPECT_THROW(resize2d(x, 4, int64_t{1} << 40), InvalidArgument);
  EXPECT_THROW(resize2d(x, 4, 4, "cubic"), InvalidArgument);
  EXPECT_THROW(resize2d(zeros({1, 2, 2, 1}, DType::kInt32), 4, 4), InvalidArgument);
  EXPECT_THROW(upsampling2d(x, 0, 2), InvalidArgument);
  EXPECT_THROW(upsampling2d(zeros({2, 2}), 2, 2), InvalidArgument);
}

}  // namespace
}  // namespace lamina::testing
