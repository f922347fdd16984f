// PNM, BMP, GIF and WebP files, and photographs with an orientation, against what Keras and Pillow make of
// them (tools/golden/image_formats.py); damaged ones, and those that promise too many pixels.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/image/load_img.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;
using test::TemporaryFolder;

std::string bytes_of(const Golden& golden, const std::string& name) {
  const std::vector<uint8_t> bytes = golden.at(name + "_file").to_vector<uint8_t>();
  return {bytes.begin(), bytes.end()};
}

TEST(ImageFormats, GiveThePixelsThatKerasGives) {
  const Golden golden("image/formats");
  const Json names = golden.json("names");
  ASSERT_GE(names.size(), 80u);
  TemporaryFolder folder;
  const test::Told told;  // that colours cut off deep greys
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    write_file(folder / name, bytes_of(golden, name));
    for (const std::string mode : {"rgb", "grayscale"}) {
      const Tensor actual = img_to_tensor(load_img(folder / name, {.color_mode = mode})),
                   &expected = golden.at(name + "_" + mode);
      ASSERT_EQ(actual.type(), expected.type()) << name << " " << mode;
      EXPECT_EQ(actual.to_vector<int32_t>(), expected.to_vector<int32_t>()) << name << " " << mode;
    }
  }
}

TEST(ImageFormats, AreTurnedUprightOnRequestAlone) {
  const Golden golden("image/formats");
  const Json names = golden.json("turned");
  ASSERT_GE(names.size(), 10u);
  TemporaryFolder folder;
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    write_file(folder / name, bytes_of(golden, name));
    const Tensor actual = img_to_tensor(load_img(folder / name, {.exif_orientation = true})),
                 &expected = golden.at(name + "_upright");
    ASSERT_EQ(actual.type(), expected.type()) << name;
    EXPECT_EQ(actual.to_vector<uint8_t>(), expected.to_vector<uint8_t>()) << name;
  }
}

TEST(ImageFormats, AreToldByTheirContent) {
  const Golden golden("image/formats");
  for (const auto& [name, kind] : {std::pair("pnm_p6_255", "PNM"),
                                   {"bmp_24_40", "BMP"},
                                   {"gif_4", "GIF"},
                                   {"webp_lossy", "WebP"},
                                   {"jpeg_turned_0", "JPEG"},
                                   {"png_turned_6", "PNG"}}) {
    const detail::ImageFormat* format = detail::image_format_of(bytes_of(golden, name));
    ASSERT_TRUE(format) << name;
    EXPECT_STREQ(format->name, kind);
  }
  for (const char* text :
       {"", "P", "P5", "P7 3", "P3 is not enough", "BMW drivers are many here", "RIFF....WAVE"})
    EXPECT_FALSE(detail::image_format_of(text)) << text;
}

// However a file is cut, there is an error with its name; unless what is missing stands behind the first
// picture.
TEST(ImageFormats, EveryTruncatedFileIsAnErrorWithItsName) {
  const Golden golden("image/formats");
  for (const char* name :
       {"pnm_p1", "pnm_p3_100", "pnm_p4", "pnm_p5_65535", "bmp_4_runs", "bmp_8", "bmp_32_rgba",
        "gif_interlaced", "gif_animated", "webp_lossy", "webp_lossless", "webp_animated"}) {
    const std::string whole = bytes_of(golden, name);
    size_t refused = 0;
    for (size_t size = 0; size < whole.size(); size += whole.size() / 60 + 1) {
      try {
        decode_image(std::string_view(whole).substr(0, size), "cut.img");
        EXPECT_GT(size, whole.size() / 3) << name << " cut to " << size;
      } catch (const FileError& error) {
        EXPECT_NE(std::string(error.what()).find("'cut.img'"), std::string::npos) << error.what();
        ++refused;
      }
    }
    EXPECT_GE(refused, 20u) << name;
  }
}

TEST(ImageFormats, RefuseMorePixelsThanTheLimit) {
  const auto said = [](const std::string& bytes) {
    return message_of<FileError>([&] { decode_image(bytes, "bomb"); });
  };
  EXPECT_NE(said("P6 60000 60000 255\n").find("60000 x 60000"), std::string::npos);
  EXPECT_NE(said("P1 99999999 99999999\n").find("expected 1 to 100000000"), std::string::npos);
  EXPECT_NE(said("P5 0 5 255\n").find("0 x 5"), std::string::npos);
  EXPECT_NE(said("P5 10000 10000 255\n").find("ends too early"), std::string::npos);
  const std::string gif("GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2\x4c\1\0;", 30);
  EXPECT_NE(said(gif).find("65535 x 65535"), std::string::npos) << said(gif);
  std::string bmp = bytes_of(Golden("image/formats"), "bmp_8_runs");
  bmp.replace(18, 8, std::string("\0\0\1\0\0\0\1\0", 8));
  EXPECT_NE(said(bmp).find("65536 x 65536"), std::string::npos);
  // Runs may promise much: what is in the file decides how much is made.
  bmp.replace(18, 8, std::string("\0\x10\0\0\0\x10\0\0", 8));
  EXPECT_NE(said(bmp).find("promises 16777216 pixels and ends too early"), std::string::npos);
  std::string screen = gif;
  screen.replace(6, 4, std::string("\0\x20\0\x20", 4));
  EXPECT_NE(said(screen).find("promises 67108864 pixels"), std::string::npos);
}

// A decoder that has complained is not used for the next photograph.
TEST(ImageFormats, DamagedPhotographsDoNotHarmTheNext) {
  const Golden golden("image/load_img");
  const std::string whole = bytes_of(golden, "jpeg_rgb");
  for (size_t size = 30; size + 16 < whole.size(); size += 31) {
    EXPECT_THROW(decode_image(std::string_view(whole).substr(0, size), "cut.jpg"), FileError);
    const Tensor next = img_to_tensor(decode_image(whole, "whole.jpg"));
    ASSERT_EQ(next.to_vector<uint8_t>(), golden.at("jpeg_rgb_rgb").to_vector<uint8_t>()) << size;
  }
}

TEST(ImageFormats, SayWhatIsWrong) {
  const auto said = [](const std::string& bytes) {
    return message_of<FileError>([&] { decode_image(bytes, "a.pgm"); });
  };
  EXPECT_NE(said("P2 2 1 9\n3 10\n").find("a sample is larger than 9"), std::string::npos);
  EXPECT_NE(said("P2 2 1 9\n3 x\n").find("its sample is no number"), std::string::npos);
  EXPECT_NE(said("P2 2 1 70000\n3 4\n").find("its largest value is 70000"), std::string::npos);
  EXPECT_NE(said("P1 2 1\n1 2\n").find("neither 0 nor 1"), std::string::npos);
  const Golden golden("image/formats");
  std::string bmp = bytes_of(golden, "bmp_24_40");
  bmp[28] = 7;
  EXPECT_NE(said(bmp).find("7 bits a pixel, which is not read; save it"), std::string::npos);
  bmp = bytes_of(golden, "bmp_24_40");
  bmp[30] = 4;
  EXPECT_NE(said(bmp).find("compression 4"), std::string::npos);
  bmp = bytes_of(golden, "bmp_16_565");
  bmp[54] = 1;
  EXPECT_NE(said(bmp).find("5, 6, 5 bits"), std::string::npos);
  std::string gif = bytes_of(golden, "gif_4");
  EXPECT_NE(said(gif.substr(0, 13) + gif.substr(13, 48) + ";").find("holds no picture"), std::string::npos);
}

}  // namespace
}  // namespace lamina
