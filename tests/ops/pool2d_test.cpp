// Poolings and their gradients: rows for the harness, ties, NaN, and messages.
#include "lamina/ops/pool2d.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/core/grad.h"
#include "lamina/ops/reduce.h"
#include "tests/support/images.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const std::vector<int64_t> kOne{1, 1};

Shape pooled_shape(const Shape& image, const Pool2DAttrs& a) {
  return windows_shape(image, a.pool[0], a.pool[1], a.strides, kOne, a.padding, image[3]);
}

/// Calls f(window and channel, pixel and channel, place) for every element of every window.
template <class F>
void for_each_element(const Shape& image, const Pool2DAttrs& a, F f) {
  for_each_tap(image, a.pool[0], a.pool[1], a.strides, kOne, a.padding,
               [&](const auto& out, const auto& tap, const auto& pixel) {
                 for (int64_t c = 0; c < image[3]; ++c) {
                   f(std::vector<int64_t>{out[0], out[1], out[2], c},
                     std::vector<int64_t>{pixel[0], pixel[1], pixel[2], c},
                     static_cast<double>(tap[0] * a.pool[1] + tap[1]));
                 }
               });
}

NdArray counts_of(const Shape& image, const Pool2DAttrs& a) {
  NdArray counts(pooled_shape(image, a));
  for_each_element(image, a, [&](const auto& out, const auto&, double) { counts.at(out) += 1; });
  return counts;
}

std::vector<OpRow> family(const std::string& label, const Shape& image, const Pool2DAttrs& a, bool gradient) {
  const Shape pooled = pooled_shape(image, a);
  const Pool2DGradAttrs of_image{a, image};
  const int64_t places = a.pool[0] * a.pool[1];
  const DType index = places > 255 ? DType::kInt32 : DType::kUInt8;
  const RowInput place{.shape = pooled, .lo = 0, .hi = static_cast<double>(places - 1), .dtype = index};
  std::vector<OpRow> rows;
  rows.push_back(
      {.op = "max_pool2d",
       .attrs = a,
       .inputs = {{.shape = image, .distinct = true}},
       .dtypes = {DType::kFloat32, DType::kFloat64, DType::kBFloat16, DType::kInt32},
       .reference = [a](const std::vector<NdArray>& in) { return std::vector{max_pool_of(in[0], a)[0]}; }});
  rows.push_back({.op = "max_pool2d_with_index",
                  .attrs = a,
                  .inputs = {{.shape = image, .distinct = true}},
                  .reference = [a](const std::vector<NdArray>& in) { return max_pool_of(in[0], a); }});
  rows.push_back({.op = "avg_pool2d",
                  .attrs = a,
                  .inputs = {{.shape = image}},
                  .dtypes = {DType::kFloat32, DType::kFloat64, DType::kFloat16},
                  .reference = [a](const std::vector<NdArray>& in) {
                    NdArray y(pooled_shape(in[0].shape, a));
                    const NdArray counts = counts_of(in[0].shape, a);
                    for_each_element(in[0].shape, a, [&](const auto& out, const auto& pixel, double) {
                      y.at(out) += in[0].at(pixel) / counts.at(out);
                    });
                    return std::vector{y};
                  }});
  rows.push_back({.op = "avg_pool2d_grad",
                  .attrs = of_image,
                  .inputs = {{.shape = pooled}},
                  .reference = [a, image](const std::vector<NdArray>& in) {
                    NdArray grad(image);
                    const NdArray counts = counts_of(image, a);
                    for_each_element(image, a, [&](const auto& out, const auto& pixel, double) {
                      grad.at(pixel) += in[0].at(out) / counts.at(out);
                    });
                    return std::vector{grad};
                  }});
  rows.push_back({.op = "max_pool2d_grad",
                  .attrs = of_image,
                  .inputs = {{.shape = pooled}, place},
                  .reference = [a, image](const std::vector<NdArray>& in) {
                    NdArray grad(image);
                    for_each_element(image, a, [&](const auto& out, const auto& pixel, double at) {
                      if (in[1].at(out) == at) grad.at(pixel) += in[0].at(out);
                    });
                    return std::vector{grad};
                  }});
  if (a.padding == "valid") {  // drawn places lie in the image only there
    rows.push_back({.op = "max_pool2d_gather",
                    .attrs = a,
                    .inputs = {{.shape = image}, place},
                    .reference = [a](const std::vector<NdArray>& in) {
                      NdArray y(pooled_shape(in[0].shape, a));
                      for_each_element(in[0].shape, a, [&](const auto& out, const auto& pixel, double at) {
                        if (in[1].at(out) == at) y.at(out) = in[0].at(pixel);
                      });
                      return std::vector{y};
                    }});
  }
  for (OpRow& row : rows) {
    row.label = label;
    // Drawn places lie in the padding at times, where the derivative of the adjoint is not what vjp may
    // assume.
    row.gradient = gradient && !(row.op == "max_pool2d_grad" && a.padding == "same");
    if (row.op == "max_pool2d_with_index") row.out_dtypes = {};
  }
  return rows;
}

std::vector<OpRow> all_families() {
  std::vector<OpRow> rows;
  const auto add = [&](const std::string& label, const Shape& image, const Pool2DAttrs& a, bool gradient) {
    for (OpRow& row : family(label, image, a, gradient)) {
      if (row.op != "max_pool2d_with_index") {
        rows.push_back(std::move(row));
        continue;
      }
      const DType index = a.pool[0] * a.pool[1] > 255 ? DType::kInt32 : DType::kUInt8;
      for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
        OpRow one = row;
        one.label += dtype == DType::kFloat32 ? "_single" : "_double";
        one.dtypes = {dtype};
        one.out_dtypes = {dtype, index};
        one.gradient = gradient && dtype == DType::kFloat64;
        rows.push_back(std::move(one));
      }
    }
  };
  add("halves", {2, 4, 6, 3}, {}, true);
  add("same_overlapping", {1, 5, 4, 2}, {{3, 3}, {2, 2}, "same"}, true);
  add("margins", {1, 6, 5, 2}, {{3, 3}, {2, 2}, "1,1,1,2"}, true);
  add("vectors_margins", {2, 9, 8, 20}, {{3, 3}, {2, 2}, "1,1,1,1"}, false);
  add("rest_is_left", {1, 5, 7, 2}, {{2, 3}, {2, 3}}, true);
  add("gaps", {1, 7, 7, 1}, {{2, 2}, {3, 4}}, false);
  add("same_side_by_side", {2, 5, 7, 9}, {{2, 2}, {2, 2}, "same"}, false);
  add("vectors", {2, 8, 6, 32}, {}, false);
  add("vectors_and_rest", {2, 9, 9, 19}, {{3, 3}, {3, 3}}, false);
  add("overlapping", {2, 9, 8, 16}, {{3, 3}, {1, 2}, "same"}, false);
  add("window_is_image", {2, 3, 4, 8}, {{3, 4}, {1, 1}}, false);
  add("one_pixel", {1, 1, 1, 1}, {{1, 1}, {1, 1}}, false);
  add("no_images", {0, 4, 4, 3}, {}, false);
  add("no_channels", {2, 4, 4, 0}, {}, false);
  add("no_rows_same", {2, 0, 4, 3}, {{2, 2}, {2, 2}, "same"}, false);
  add("far_strided_same", {2, 5, 5, 3}, {{2, 2}, {1 << 30, 1 << 30}, "same"}, false);
  add("wider_than_the_image", {1, 4, 3, 2}, {{40, 50}, {1, 1}, "same"}, false);
  add("many_places", {1, 17, 16, 1}, {{17, 16}, {1, 1}}, false);
  return rows;
}

const OpRows rows(all_families());

TEST(MaxPool2D, GivesTheGradientToTheFirstOfEqualMaxima) {
  const Tensor x = Tensor::from(std::vector<float>{1, 3, 3, 3, 2, 2, 2, 2}, {1, 2, 4, 1});
  const auto f = [](const std::vector<Tensor>& in) { return sum(max_pool2d(in[0], {2, 2}, {2, 2})); };
  EXPECT_EQ(grad(f)({x})[0].to_vector<float>(), (std::vector<float>{0, 1, 1, 0, 0, 0, 0, 0}));
}

TEST(MaxPool2D, LetsNaNThrough) {
  for (int at = 0; at < 4; ++at) {
    for (const int64_t channels : {1, 8}) {
      std::vector<float> values(static_cast<size_t>(4 * channels), 1.0f);
      values[static_cast<size_t>(at * channels)] = NAN;
      const Tensor y = max_pool2d(Tensor::from(values, {1, 2, 2, channels}), {2, 2}, {2, 2});
      EXPECT_TRUE(std::isnan(y.to_vector<float>()[0])) << at << " of " << channels;
    }
  }
}

// Sums of infinities are NaN, which the images do not hold.
TEST(MaxPool2D, TakesInfinitiesForNumbers) {
  for (const int64_t channels : {1, 5, 16, 40}) {
    for (const int64_t size : {2, 3}) {
      std::vector<float> image(static_cast<size_t>(8 * 8 * channels));
      for (size_t i = 0; i < image.size(); ++i) image[i] = i % 3 == 0 ? INFINITY : i % 3 == 1 ? -INFINITY : 0.5f;
      const Tensor x = Tensor::from(image, {1, 8, 8, channels});
      const std::vector<float> y = max_pool2d(x, {size, size}, {2, 2}, "valid").to_vector<float>();
      const int64_t results = (8 - size) / 2 + 1;
      for (int64_t i = 0; i < results * results * channels; ++i) {
        const int64_t row = i / channels / results * 2, column = i / channels % results * 2;
        float most = -INFINITY;
        for (int64_t at = 0; at < size * size; ++at) {
          const int64_t pixel = (row + at / size) * 8 + column + at % size;
          most = std::max(most, image[static_cast<size_t>(pixel * channels + i % channels)]);
        }
        ASSERT_EQ(y[static_cast<size_t>(i)], most) << i << " of " << channels << " channels, windows of " << size;
      }
    }
  }
}

TEST(Pool2D, NamesWhatDoesNotFit) {
  const Tensor x = Tensor::from(std::vector<float>(12, 1.0f), {1, 3, 4, 1});
  const auto says = [](const std::string& part, auto f) {
    try {
      f();
      ADD_FAILURE() << "no error";
    } catch (const InvalidArgument& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  says("the window [4, 2] is larger than the image (1, 3, 4, 1)", [&] { max_pool2d(x, {4, 2}, {1, 1}); });
  says("pool must be two numbers >= 1", [&] { avg_pool2d(x, {2}, {1, 1}); });
  says("\"reflect\"", [&] { max_pool2d(x, {2, 2}, {2, 2}, "reflect"); });
  says("(batch, height, width, channels), not (12,)", [&] {
    avg_pool2d(Tensor::from(std::vector<float>(12, 1.0f), {12}), {1, 1}, {1, 1});
  });
}

}  // namespace
}  // namespace lamina::testing
