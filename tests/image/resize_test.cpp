// Images of another size and in other colours, against Keras, TensorFlow and Pillow
// (tools/golden/resizing.py).
#include "lamina/image/resize.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/core/grad.h"
#include "lamina/image/colours.h"
#include "lamina/image/load_img.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::expect_close;
using test::Golden;
using test::message_of;

const Golden& golden() {
  static const Golden file("image/resizing");
  return file;
}

TEST(ImageResize, AsKerasAndTensorFlow) {
  const Json names = golden().json("resizes");
  ASSERT_GE(names.size(), 90u);
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    const Json call = golden().json(name + "_call");
    const auto flag = [&](const char* key) { return call.contains(key) && call.at(key).as_bool(); };
    const image::ResizeOptions options{
        .interpolation = call.at("interpolation").as_string(),
        .antialias = flag("antialias"),
        .crop_to_aspect_ratio = flag("crop_to_aspect_ratio"),
        .pad_to_aspect_ratio = flag("pad_to_aspect_ratio"),
        .fill_value = call.contains("fill_value") ? call.at("fill_value").as_double() : 0,
        .data_format = call.contains("data_format") ? call.at("data_format").as_string() : "channels_last"};
    const std::vector<Json>& size = call.at("size").as_list();
    const Tensor actual =
        image::resize(golden().at(name + "_input"), {size[0].as_int(), size[1].as_int()}, options);
    expect_close(actual, golden().at(name + "_output"), name + " " + call.dump());
  }
}

TEST(ImageResize, LoadImgAsPillow) {
  const Json names = golden().json("loads");
  ASSERT_GE(names.size(), 100u);
  test::TemporaryFolder folder;
  for (const char* file : {"file_rgb", "file_grey", "file_deep"}) {
    const std::vector<uint8_t> bytes = golden().at(file).to_vector<uint8_t>();
    write_file(folder / file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    const Json call = golden().json(name + "_call");
    const std::vector<Json>& size = call.at("target_size").as_list();
    const Tensor actual =
                     img_to_tensor(load_img(folder / call.at("file").as_string(),
                                            {.color_mode = call.at("color_mode").as_string(),
                                             .height = static_cast<int>(size[0].as_int()),
                                             .width = static_cast<int>(size[1].as_int()),
                                             .interpolation = call.at("interpolation").as_string(),
                                             .keep_aspect_ratio = call.at("keep_aspect_ratio").as_bool()})),
                 &expected = golden().at(name + "_output");
    ASSERT_EQ(actual.type(), expected.type()) << name << " " << call.dump();
    EXPECT_EQ(actual.to_vector<int32_t>(), expected.to_vector<int32_t>()) << name << " " << call.dump();
  }
}

TEST(ImageResize, Errors) {
  const Tensor x = zeros({2, 3, 4, 1});
  const auto said = [&](const Tensor& images, std::array<int64_t, 2> size,
                        const image::ResizeOptions& options) {
    return message_of<InvalidArgument>([&] { image::resize(images, size, options).eval(); });
  };
  EXPECT_NE(said(x, {2, 2}, {.interpolation = "bilinaer"}).find("did you mean 'bilinear'"),
            std::string::npos);
  EXPECT_NE(said(x, {0, 2}, {}).find("at least 1; got 0 and 2"), std::string::npos);
  EXPECT_NE(said(x, {2, int64_t{1} << 40}, {}).find("1099511627776"), std::string::npos);
  EXPECT_NE(said(zeros({2, 2}), {2, 2}, {}).find("float32(2, 2)"), std::string::npos);
  EXPECT_NE(said(zeros({0, 2, 1}), {2, 2}, {}).find("no pixels"), std::string::npos);
  EXPECT_NE(said(x, {2, 2}, {.data_format = "first"}).find("data_format 'first'"), std::string::npos);
  EXPECT_NE(
      said(x, {2, 2}, {.crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}).find("exclude each other"),
      std::string::npos);
  test::TemporaryFolder folder;
  write_file(folder / "a.png", encode_png(Picture{2, 2, 1, {1, 2, 3, 4}}));
  EXPECT_NE(message_of<InvalidArgument>([&] {
              load_img(folder / "a.png", {.height = 3, .width = 3, .interpolation = "lanczos3"});
            }).find("interpolation 'lanczos3'; did you mean 'lanczos'"),
            std::string::npos);
}

TEST(ImageColours, AsKerasTensorFlowAndPillow) {
  const auto check = [](const std::string& name, Tensor (*function)(const Tensor&)) {
    expect_close(function(golden().at(name + "_input")), golden().at(name + "_output"), name);
  };
  check("rgb_to_grayscale", image::rgb_to_grayscale);
  check("rgb_to_grayscale_bytes", image::rgb_to_grayscale);
  check("grayscale_to_rgb", image::grayscale_to_rgb);
  check("rgb_to_hsv", image::rgb_to_hsv);
  check("hsv_to_rgb", image::hsv_to_rgb);
  check("rgb_to_yuv", image::rgb_to_yuv);
  check("yuv_to_rgb", image::yuv_to_rgb);
  // Pillow rounds, and cuts at 0 and 255.
  const auto near = [](const std::string& name, Tensor (*function)(const Tensor&)) {
    const std::vector<float> actual =
        function(cast(golden().at(name + "_input"), DType::kFloat32)).to_vector<float>();
    const std::vector<uint8_t> expected = golden().at(name + "_output").to_vector<uint8_t>();
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(std::clamp(actual[i], 0.0f, 255.0f), expected[i], 1.01) << name << " " << i;
  };
  near("rgb_to_ycbcr", image::rgb_to_ycbcr);
  near("ycbcr_to_rgb", image::ycbcr_to_rgb);
}

TEST(ImageColours, HaveFiniteGradientsAtGrey) {
  const auto total = [](const std::vector<Tensor>& x) { return sum(image::rgb_to_hsv(x[0])); };
  for (const float level : {0.0f, 0.5f}) {
    const Tensor x = full({1, 3}, level);
    const Tensor gradient = grad(total)({x})[0];
    for (const float g : gradient.to_vector<float>()) EXPECT_TRUE(std::isfinite(g)) << level;
  }
}

TEST(ImageColours, Errors) {
  EXPECT_NE(message_of<InvalidArgument>([] {
              image::rgb_to_hsv(zeros({2, 2, 4}));
            }).find("(..., 3); got float32(2, 2, 4)"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] {
              image::rgb_to_yuv(zeros({2, 2, 3}, DType::kUInt8));
            }).find("rgb_to_yuv: expected floats"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] {
              image::grayscale_to_rgb(zeros({2, 2, 3}));
            }).find("(..., 1)"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
