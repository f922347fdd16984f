// PNG, base64 and pictures in the terminal.
#include "lamina/image/picture.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>

#include "lamina/base/error.h"

namespace lamina {
namespace {

uint32_t u32(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

TEST(Png, ChunksCarryExtentsAndChecksums) {  // load_img_test.cpp reads the pixels back
  Picture picture{2, 3, 3, {}};
  for (int i = 0; i < 18; ++i) picture.pixels.push_back(static_cast<uint8_t>(i * 14));
  std::string png = encode_png(picture);
  ASSERT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  std::vector<std::string> types;
  for (size_t at = 8; at < png.size();) {
    uint32_t size = u32(png, at);
    std::string body = png.substr(at + 4, size + 4);
    EXPECT_EQ(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())),
              u32(png, at + 8 + size));
    types.push_back(body.substr(0, 4));
    if (types.back() == "IHDR") {
      EXPECT_EQ(u32(body, 4), 3u);  // width
      EXPECT_EQ(u32(body, 8), 2u);  // height
      EXPECT_EQ(body.substr(12), std::string("\x08\x02\x00\x00\x00", 5));
    }
    at += size + 12;
  }
  ASSERT_GE(types.size(), 3u);
  EXPECT_EQ(types.front(), "IHDR");
  EXPECT_EQ(types.back(), "IEND");
}

TEST(Png, RefusesExtentsThatDoNotFit) {
  EXPECT_THROW(encode_png(Picture{2, 2, 1, {1, 2, 3}}), InvalidArgument);
  EXPECT_THROW(encode_png(Picture{0, 2, 1, {}}), InvalidArgument);
  EXPECT_THROW(encode_png(Picture{1, 1, 2, {1, 2}}), InvalidArgument);
}

TEST(Base64, TestVectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Picture, FromUnitClampsAndBlackensNan) {
  const float values[] = {-1, 0, 0.5f, 1, 7, NAN};
  EXPECT_EQ(Picture::from_unit(values, 2, 3, 1).pixels, (std::vector<uint8_t>{0, 0, 128, 255, 255, 0}));
  EXPECT_THROW(Picture::from_unit(values, 1, 3, 2), InvalidArgument);
}

TEST(Picture, ShrinkAveragesBoxes) {
  Picture picture{2, 4, 1, {0, 100, 20, 40, 100, 200, 60, 80}};
  Picture small = shrink(picture, 2);
  EXPECT_EQ(small.height, 1);
  EXPECT_EQ(small.width, 2);
  EXPECT_EQ(small.pixels, (std::vector<uint8_t>{100, 50}));
  EXPECT_EQ(shrink(picture, 4).pixels, picture.pixels);
}

TEST(Picture, ShrinkTakesTallPictures) {
  Picture tall{100000, 10, 1, {}};  // rows times rows is beyond 32 bits
  for (int row = 0; row < tall.height; ++row)
    tall.pixels.insert(tall.pixels.end(), 10, static_cast<uint8_t>(row / 1000));
  const Picture small = shrink(tall, 9);
  EXPECT_EQ(small.height, 90000);
  ASSERT_EQ(small.pixels.size(), 810000u);
  EXPECT_EQ(small.pixels.front(), 0);
  EXPECT_EQ(small.pixels[45000 * 9], 50);
  EXPECT_EQ(small.pixels.back(), 99);
}

TEST(Draw, AsciiGreysWithoutColours) {
  Picture ramp{2, 5, 1, {0, 64, 128, 192, 255, 0, 64, 128, 192, 255}};
  Terminal terminal;
  EXPECT_EQ(draw({{ramp, {"ramp"}}}, terminal), " :+#@\nramp\n");
}

TEST(Draw, HalfBlocksCarryTwoPixels) {
  Picture pair{2, 1, 3, {255, 0, 0, 1, 2, 3}};
  Terminal terminal;
  terminal.utf8 = true;
  terminal.colours = Colours::kTrueColour;
  EXPECT_EQ(draw({{pair, {}}}, terminal), "\x1b[38;2;255;0;0m\x1b[48;2;1;2;3m▀\x1b[0m\n");
  terminal.colours = Colours::kAnsi256;
  EXPECT_EQ(draw({{pair, {}}}, terminal), "\x1b[38;5;196m\x1b[48;5;16m▀\x1b[0m\n");
}

TEST(Draw, PutsAsManyInARowAsFit) {
  Picture square{4, 4, 1, std::vector<uint8_t>(16, 255)};
  std::vector<CaptionedPicture> three(3, {square, {"cap"}});
  Terminal terminal;
  terminal.width = 11;  // two of 4 columns and a gap of 2
  EXPECT_EQ(draw(three, terminal), "@@@@  @@@@\n@@@@  @@@@\ncap   cap\n\n@@@@\n@@@@\ncap\n");
  terminal.width = 10;
  EXPECT_EQ(draw({three[0], three[1]}, terminal), "@@@@\n@@@@\ncap\n\n@@@@\n@@@@\ncap\n");
}

TEST(Draw, CaptionsAreCutAndDefused) {
  Picture square{2, 4, 1, std::vector<uint8_t>(8, 0)};
  Terminal terminal;
  EXPECT_EQ(draw({{square, {"a\x1b[2J long"}}}, terminal), "    \na?[2\n");
}

}  // namespace
}  // namespace lamina
