// Image files against what Keras makes of them, damaged ones, and those that are no images.
#include "lamina/image/load_img.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::Golden;
using test::message_of;
using test::TemporaryFolder;

std::string bytes_of(const Golden& golden, const std::string& key) {
  const std::vector<uint8_t> bytes = golden.at(key).to_vector<uint8_t>();
  return {bytes.begin(), bytes.end()};
}

TEST(LoadImg, GivesThePixelsThatKerasGives) {
  const Golden golden("image/load_img");
  const Json names = golden.json("names");
  ASSERT_GE(names.size(), 10u);
  TemporaryFolder folder;
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    write_file(folder / name, bytes_of(golden, name + "_file"));
    const auto expect_pixels = [&](const LoadImgOptions& options, const std::string& key) {
      const Tensor actual = img_to_tensor(load_img(folder / name, options)),
                   &expected = golden.at(name + key);
      ASSERT_EQ(actual.shape().str(), expected.shape().str()) << name << key;
      EXPECT_EQ(actual.to_vector<uint8_t>(), expected.to_vector<uint8_t>()) << name << key;
    };
    expect_pixels({}, "_rgb");
    expect_pixels({.color_mode = "grayscale"}, "_grayscale");
    expect_pixels({.height = 5, .width = 7}, "_small");
    expect_pixels({.color_mode = "grayscale", .height = 23, .width = 31}, "_large");
  }
}

// Opacity of every file of the three goldens (tools/golden/rgba.py); the colours are those of "rgb".
TEST(LoadImg, GivesTheOpacityThatKerasGives) {
  const Golden golden("image/rgba");
  TemporaryFolder folder;
  const LogSink before = set_log_sink([](LogLevel, const std::string&) {});
  for (const std::string set : {"load_img", "pixels", "formats"}) {
    const Golden files("image/" + set);
    const Json names = golden.json(set + "_names");
    const std::vector<uint8_t> alpha = golden.at(set + "_alpha").to_vector<uint8_t>();
    size_t at = 0;
    for (const Json& entry : names.as_list()) {
      const std::string& name = entry.as_string();
      write_file(folder / "x", bytes_of(files, name + "_file"));
      const Picture rgba = load_img(folder / "x", {.color_mode = "rgba"}), rgb = load_img(folder / "x");
      ASSERT_EQ(rgba.channels, 4) << name;
      ASSERT_EQ(rgba.pixels.size() * 3, rgb.pixels.size() * 4) << name;
      ASSERT_LE(at + rgba.pixels.size() / 4, alpha.size()) << name;
      std::vector<uint8_t> colours, opacity;
      for (size_t i = 0; i < rgba.pixels.size(); ++i)
        (i % 4 == 3 ? opacity : colours).push_back(rgba.pixels[i]);
      const auto from = alpha.begin() + static_cast<std::ptrdiff_t>(at);
      EXPECT_EQ(opacity, std::vector<uint8_t>(from, from + static_cast<std::ptrdiff_t>(opacity.size())))
          << set << " " << name;
      EXPECT_EQ(colours, rgb.pixels) << set << " " << name;
      at += opacity.size();
    }
    EXPECT_EQ(at, alpha.size());
    // How many pixels that are depends on the seed of the golden files.
    EXPECT_TRUE(std::any_of(alpha.begin(), alpha.end(), [](uint8_t a) { return a < 255; })) << set;
  }
  set_log_sink(before);
}

TEST(LoadImg, ComparesTheBytesThatPillowCompares) {
  const Golden golden("image/rgba");
  TemporaryFolder folder;
  for (const char* kind : {"grey", "colour"}) {
    for (const int clear : {3, 255, 256, 300, 0x0300, 0x0303, 5461}) {
      const std::string name = "deep_" + std::string(kind) + "_" + std::to_string(clear);
      write_file(folder / "x.png", bytes_of(golden, name + "_file"));
      EXPECT_EQ(load_img(folder / "x.png", {.color_mode = "rgba"}).pixels,
                golden.at(name).to_vector<uint8_t>())
          << name;
    }
  }
}

TEST(LoadImg, ResizesByOpacityAsPillow) {
  const Golden golden("image/rgba"), files("image/load_img");
  TemporaryFolder folder;
  for (const std::string name : {"png_rgba", "png_grey_alpha", "clear"}) {
    write_file(folder / "x", bytes_of(name == "clear" ? golden : files, name + "_file"));
    for (const std::string method : {"nearest", "bilinear", "bicubic", "box", "lanczos"}) {
      const bool larger = method == "lanczos";
      const Tensor actual = img_to_tensor(load_img(folder / "x", {.color_mode = "rgba",
                                                                  .height = larger ? 23 : 5,
                                                                  .width = larger ? 31 : 7,
                                                                  .interpolation = method})),
                   &expected = golden.at(name + "_" + method);
      ASSERT_EQ(actual.type(), expected.type()) << name;
      EXPECT_EQ(actual.to_vector<uint8_t>(), expected.to_vector<uint8_t>()) << name << " " << method;
    }
  }
}

// Every colour type, depth and chunk of PNG, and JPEG in inks (tools/golden/pixels.py). Names have no
// extension, or one that says otherwise: the content decides.
TEST(LoadImg, GivesThePixelsOfEveryKindOfFile) {
  const Golden golden("image/pixels");
  const Json names = golden.json("names");
  ASSERT_GE(names.size(), 100u);
  TemporaryFolder folder;
  const LogSink before = set_log_sink([](LogLevel, const std::string&) {});
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    const std::string path = folder / (name + (name.size() % 2 ? ".JPG" : ".PNG"));
    write_file(path, bytes_of(golden, name + "_file"));
    for (const std::string mode : {"rgb", "grayscale"}) {
      const Tensor actual = img_to_tensor(load_img(path, {.color_mode = mode})),
                   &expected = golden.at(name + "_" + mode);
      ASSERT_EQ(actual.type(), expected.type()) << name << " " << mode;
      EXPECT_EQ(actual.to_vector<int32_t>(), expected.to_vector<int32_t>()) << name << " " << mode;
    }
  }
  set_log_sink(before);
}

// PNG files that are cut off or damaged are read where Keras reads them (the same script).
TEST(LoadImg, RefusesTheFilesThatKerasRefuses) {
  const Golden golden("image/pixels");
  const Json names = golden.json("refused");
  ASSERT_GE(names.size(), 10u);
  for (const Json& entry : names.as_list()) {
    const std::string& name = entry.as_string();
    const std::string message =
        message_of<FileError>([&] { decode_image(bytes_of(golden, name + "_file"), "cut.png"); });
    EXPECT_NE(message.find("'cut.png' is a damaged PNG file: "), std::string::npos)
        << name << ": " << message;
  }
}

TEST(LoadImg, SaysThatRowsAreMissing) {
  const test::Told told;
  decode_image(bytes_of(Golden("image/pixels"), "png_cut_few_rows_file"), "few.png");
  EXPECT_NE(told.text().find("'few.png' holds fewer rows than it says"), std::string::npos) << told.text();
}

TEST(LoadImg, SaysWhatColoursCutOffDeepGreys) {
  const Golden golden("image/pixels");
  TemporaryFolder folder;
  write_file(folder / "deep.png", bytes_of(golden, "png_grey_16_file"));
  std::vector<std::string> said;
  const LogSink before = set_log_sink([&](LogLevel, const std::string& text) { said.push_back(text); });
  load_img(folder / "deep.png", {.color_mode = "grayscale"});
  EXPECT_TRUE(said.empty());
  load_img(folder / "deep.png");
  set_log_sink(before);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("16 bits a pixel"), std::string::npos) << said[0];
  const Picture small = load_img(folder / "deep.png", {.color_mode = "grayscale", .height = 3, .width = 4});
  EXPECT_EQ(small.deep.size(), 12u);
}

TEST(LoadImg, NamesWhatAFileIsInstead) {
  const auto said = [](const std::string& bytes) {
    return message_of<FileError>([&] { decode_image(bytes, "a.png"); });
  };
  EXPECT_NE(said("%PDF-1.4").find("a PDF file"), std::string::npos);
  EXPECT_NE(said("version https://git-lfs.github.com/spec/v1\noid").find("git lfs pull"), std::string::npos);
  EXPECT_NE(said("\n<!DOCTYPE html><html>").find("an HTML page"), std::string::npos);
  EXPECT_NE(said("").find("an empty file"), std::string::npos);
  EXPECT_NE(said(std::string("\0\1\2", 3)).find("\\x00\\x01\\x02"), std::string::npos);
}

TEST(LoadImg, ReadsWhatEncodePngWrites) {
  for (int channels : {1, 3}) {
    Picture picture{7, 5, channels, {}};
    for (int i = 0; i < 35 * channels; ++i) picture.pixels.push_back(static_cast<uint8_t>(i * 37));
    const Picture back = decode_image(encode_png(picture), "memory");
    EXPECT_EQ(back.height, 7);
    EXPECT_EQ(back.width, 5);
    EXPECT_EQ(back.channels, channels);
    EXPECT_EQ(back.pixels, picture.pixels);
  }
}

TEST(LoadImg, EveryTruncatedFileIsAnErrorWithItsName) {
  const Golden golden("image/load_img");
  for (const char* name : {"png_rgb", "png_grey_alpha", "jpeg_rgb", "jpeg_progressive"}) {
    const std::string whole = bytes_of(golden, std::string(name) + "_file");
    // A PNG has all its pixels without its last chunk of 12 bytes and 9 before it, checksums mostly, as in
    // Keras; a JPEG without its last marker of 2.
    const size_t end = std::string_view(name).starts_with("png") ? 21 : 16;
    for (size_t size = 0; size + end < whole.size(); size += 7) {
      const std::string said =
          message_of<FileError>([&] { decode_image(std::string_view(whole).substr(0, size), "cut.img"); });
      EXPECT_NE(said.find("'cut.img'"), std::string::npos) << name << " cut to " << size << ": " << said;
    }
  }
}

TEST(LoadImg, SkipsStrayBytesInPhotographs) {
  const Golden golden("image/load_img");
  std::string photograph = bytes_of(golden, "jpeg_rgb_file");
  photograph.insert(photograph.size() - 2, "stray");  // before the last marker
  const Tensor pixels = img_to_tensor(decode_image(photograph, "stray.jpg"));
  EXPECT_EQ(pixels.to_vector<uint8_t>(), golden.at("jpeg_rgb_rgb").to_vector<uint8_t>());
}

TEST(LoadImg, RefusesWhatIsNoImageOrTooLarge) {
  EXPECT_NE(message_of<FileError>([] { decode_image("%PDF-1.4", "a.gif"); }).find("one of PNG, JPEG, GIF"),
            std::string::npos);
  EXPECT_THROW(load_img("/nonexistent/a.png"), FileError);
  // A PNG whose header promises 60000 x 60000 pixels, under a right checksum.
  std::string huge = encode_png(Picture{1, 1, 1, {0}});
  huge.replace(16, 8, std::string("\0\0\xea\x60\0\0\xea\x60", 8));
  const auto checksum = crc32(0, reinterpret_cast<const Bytef*>(huge.data()) + 12, 17);
  for (size_t i = 0; i < 4; ++i) huge[29 + i] = static_cast<char>(checksum >> (24 - 8 * i));
  EXPECT_NE(message_of<FileError>([&] { decode_image(huge, "huge.png"); }).find("60000 x 60000"),
            std::string::npos);
  TemporaryFolder folder;
  write_file(folder / "a.png", encode_png(Picture{2, 2, 1, {1, 2, 3, 4}}));
  EXPECT_NE(message_of<FileError>([&] {
              load_img(folder / "a.png", {.height = 1 << 20, .width = 1 << 20});
            }).find("1048576 x 1048576"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              load_img(folder / "a.png", {.color_mode = "grey"});
            }).find("color_mode 'grey'"),
            std::string::npos);
  EXPECT_THROW(load_img(folder / "a.png", {.height = -1}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
