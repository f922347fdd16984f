// The denoisers against OpenCV (tools/golden/denoising.py), what they are for, and bad arguments.
#include "lamina/image/denoise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "lamina/base/error.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;

Tensor denoised(const Json& each, const Tensor& x) {
  const std::string& function = each.at("function").as_string();
  const Json& o = each.at("options");
  const auto whole = [&](const char* key) { return static_cast<int>(o.at(key).as_int()); };
  if (function == "median") return image::median_blur(x, whole("size"));
  if (function == "gaussian")
    return image::gaussian_blur(x, {.size = whole("size"), .sigma = o.at("sigma").as_double()});
  if (function == "bilateral") {
    return image::bilateral_filter(x, {.d = whole("d"),
                                       .sigma_color = o.at("sigma_color").as_double(),
                                       .sigma_space = o.at("sigma_space").as_double()});
  }
  return image::non_local_means(x, {.h = o.at("h").as_double(),
                                    .template_window_size = whole("near"),
                                    .search_window_size = whole("far")});
}

TEST(Denoise, GivesTheBytesThatOpenCvGives) {
  const Golden golden("image/denoising");
  const Json cases = golden.json("cases").at("cases");
  ASSERT_GE(cases.size(), 40u);
  for (const Json& each : cases.as_list()) {
    const std::string& name = each.at("name").as_string();
    const Tensor actual = denoised(each, golden.at(each.at("input").as_string()));
    ASSERT_EQ(actual.type(), golden.at(name).type());
    EXPECT_EQ(actual.to_vector<int>(), golden.at(name).to_vector<int>()) << each.dump();
  }
}

TEST(Denoise, BringsANoisyPictureCloserToTheTruth) {
  std::mt19937 generator(4);
  std::normal_distribution<double> noise(0, 20);
  std::vector<uint8_t> truth, noisy;
  for (int i = 0; i < 2 * 48 * 48; ++i) {
    truth.push_back(i % 48 < 24 ? 60 : 180);
    noisy.push_back(static_cast<uint8_t>(std::clamp(truth.back() + noise(generator), 0.0, 255.0)));
  }
  const auto error = [&](const std::vector<uint8_t>& pixels) {
    double sum = 0;
    for (size_t i = 0; i < pixels.size(); ++i) sum += std::pow(pixels[i] - truth[i], 2);
    return std::sqrt(sum / static_cast<double>(pixels.size()));
  };
  const Tensor x = Tensor::from(noisy, {2, 48, 48, 1});
  const auto after = [&](const Tensor& y) { return error(y.to_vector<uint8_t>()); };
  EXPECT_LT(after(image::median_blur(x, 5)), 0.5 * error(noisy));
  EXPECT_LT(after(image::gaussian_blur(x, {.size = 5})), 0.7 * error(noisy));
  EXPECT_LT(after(image::bilateral_filter(x, {.d = 9, .sigma_color = 60, .sigma_space = 5})),
            0.5 * error(noisy));
  EXPECT_LT(after(image::non_local_means(x, {.h = 20})), 0.3 * error(noisy));
}

TEST(Denoise, TakesImagesSmallerThanItsWindows) {
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 1, 3}, Shape{0, 4, 4, 1}, Shape{1, 3, 2, 3}}) {
    const Tensor x = full(shape, 7, DType::kUInt8);
    for (const Tensor& y : {image::median_blur(x, 9), image::gaussian_blur(x, {.size = 15}),
                            image::bilateral_filter(x), image::non_local_means(x)})
      EXPECT_EQ(y.to_vector<int>(), x.to_vector<int>()) << shape.str();
  }
}

TEST(Denoise, Errors) {
  const Tensor x = full({3, 3, 1}, 1, DType::kUInt8);
  const auto said = [](const auto& call) { return message_of<InvalidArgument>(call); };
  EXPECT_NE(said([&] { image::median_blur(x, 4); }).find("size must be odd, from 1 to 255; got 4"),
            std::string::npos);
  EXPECT_NE(said([&] {
              image::median_blur(full({3, 3, 1}, 1), 3);
            }).find("got float32(3, 3, 1)"),
            std::string::npos);
  EXPECT_NE(said([&] {
              image::median_blur(full({3, 3, 2}, 1, DType::kUInt8), 3);
            }).find("1 or 3"),
            std::string::npos);
  EXPECT_NE(said([&] { image::gaussian_blur(x, {}); }).find("give size or sigma"), std::string::npos);
  EXPECT_NE(said([&] { image::gaussian_blur(x, {.sigma = 1e9}); }).find("that sigma needs"),
            std::string::npos);
  EXPECT_NE(said([&] { image::gaussian_blur(x, {.sigma = NAN}); }).find("above 0"), std::string::npos);
  EXPECT_NE(said([&] { image::gaussian_blur(x, {.size = -3}); }).find("got -3"), std::string::npos);
  EXPECT_NE(said([&] { image::bilateral_filter(x, {.d = 0}); }).find("sigma_space up to 33"),
            std::string::npos);
  EXPECT_NE(said([&] { image::bilateral_filter(x, {.sigma_color = 0}); }).find("sigma_color"),
            std::string::npos);
  EXPECT_NE(said([&] { image::non_local_means(x, {.h = 0}); }).find("h must be above 0"), std::string::npos);
  EXPECT_NE(said([&] { image::non_local_means(x, {.search_window_size = 101}); }).find("search_window_size"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
