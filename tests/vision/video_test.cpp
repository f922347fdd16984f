// Videos through FFmpeg's libraries: what is written is read again; what is damaged, cut off or no video is told.
#include "lamina/vision/video.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina::vision {
namespace {

using test::message_of;
using test::TemporaryFolder;

// A ramp with a square whose place says the number.
Picture numbered_picture(int number, int height, int width, int channels) {
  Picture picture;
  picture.height = height;
  picture.width = width;
  picture.channels = channels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool inside = y >= 8 && y < 24 && x >= 4 * number && x < 4 * number + 16;
      const int ramp = 40 + 100 * x / width;
      for (int c = 0; c < channels; ++c)
        picture.pixels.push_back(static_cast<uint8_t>(c == 3 ? 255 : inside ? (c == 0 ? 220 : 60) : ramp));
    }
  }
  return picture;
}

// The mean difference of two pictures of one size.
double far_apart(const Picture& one, const Picture& other) {
  EXPECT_EQ(one.pixels.size(), other.pixels.size());
  double sum = 0;
  for (size_t i = 0; i < std::min(one.pixels.size(), other.pixels.size()); ++i) sum += std::abs(one.pixels[i] - other.pixels[i]);
  return sum / static_cast<double>(one.pixels.size());
}

class Video : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string problem = why_no_video(); !problem.empty()) GTEST_SKIP() << problem;
  }

  std::string written(const std::string& name, int count, int height = 48, int width = 64, int channels = 3) {
    VideoWriter writer(folder_ / name, {.fps = 12.5});
    for (int i = 0; i < count; ++i) writer.add(numbered_picture(i, height, width, channels));
    EXPECT_FALSE(std::filesystem::exists(folder_ / name));
    writer.finish();
    return folder_ / name;
  }

  TemporaryFolder folder_;
};

TEST_F(Video, ComesBackPictureByPicture) {
  for (const char* name : {"a.mp4", "a.mkv", "a.avi", "a.mov", "A.MPG"}) {
    SCOPED_TRACE(name);
    if (std::string(name) == "A.MPG") {  // MPEG-1 knows few rates
      VideoWriter writer(folder_ / name, {.fps = 25});
      for (int i = 0; i < 10; ++i) writer.add(numbered_picture(i, 48, 64, 3));
      writer.finish();
    } else {
      written(name, 10);
    }
    VideoReader reader(folder_ / name);
    EXPECT_NEAR(reader.fps(), std::string(name) == "A.MPG" ? 25 : 12.5, 1e-3);
    for (int i = 0; i < 10; ++i) {
      const std::optional<Picture> picture = reader.next();
      ASSERT_TRUE(picture) << i;
      EXPECT_EQ(picture->width, 64);
      EXPECT_EQ(picture->height, 48);
      EXPECT_LT(far_apart(*picture, numbered_picture(i, 48, 64, 3)), 4) << i;
    }
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.next());
  }
}

TEST_F(Video, TakesGreysOpacityOddSidesAndOtherSizes) {
  written("grey.mp4", 3, 48, 64, 1);
  const std::optional<Picture> grey = VideoReader(folder_ / "grey.mp4").next();
  ASSERT_TRUE(grey);
  EXPECT_EQ(grey->channels, 3);
  EXPECT_LT(std::abs(grey->pixels[0] - 40), 4);
  written("odd.mp4", 3, 49, 65, 4);
  const std::optional<Picture> odd = VideoReader(folder_ / "odd.mp4").next();
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->width, 64);
  EXPECT_EQ(odd->height, 48);
  VideoWriter writer(folder_ / "sizes.mp4");
  writer.add(numbered_picture(0, 48, 64, 3));
  writer.add(numbered_picture(0, 96, 128, 3));
  writer.finish();
  VideoReader reader(folder_ / "sizes.mp4");
  const auto first = reader.next(), second = reader.next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(second->width, 64);
}

TEST_F(Video, TellsWhatItCannotWrite) {
  VideoWriter writer(folder_ / "none.mp4");
  EXPECT_NE(message_of<FileError>([&] { writer.finish(); }).find("without pictures"), std::string::npos);
  Picture wrong = numbered_picture(0, 48, 64, 3);
  wrong.pixels.pop_back();
  EXPECT_THROW(writer.add(wrong), InvalidArgument);
  EXPECT_THROW(writer.add(Picture{}), InvalidArgument);
  EXPECT_THROW(writer.add(numbered_picture(0, 1, 1, 3)), InvalidArgument);
  EXPECT_THROW(VideoWriter(folder_ / "a.mp4", {.fps = 0}), InvalidArgument);
  EXPECT_THROW(VideoWriter(folder_ / "a.mp4", {.fps = std::nan("")}), InvalidArgument);
  EXPECT_NE(message_of<FileError>([&] { VideoWriter(folder_ / "a.xyz"); }).find("names no kind of video"), std::string::npos);
  EXPECT_THROW(VideoWriter(folder_ / "no/such/folder.mp4"), FileError);
  { VideoWriter gone(folder_ / "gone.mp4"); gone.add(numbered_picture(0, 48, 64, 3)); }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "gone.mp4"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "gone.mp4.part"));
}

TEST_F(Video, TellsWhatItCannotRead) {
  EXPECT_NE(message_of<FileError>([&] { VideoReader(folder_ / "none.mp4"); }).find("none.mp4'"), std::string::npos);
  write_file(folder_ / "text.mp4", std::string(5000, 'x'));
  EXPECT_NE(message_of<FileError>([&] { VideoReader(folder_ / "text.mp4"); }).find("is no video"), std::string::npos);
  // A playlist could name files and addresses that nobody has asked for.
  write_file(folder_ / "list.ts", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + written("a.mp4", 3) + "\n#EXT-X-ENDLIST\n");
  EXPECT_THROW(VideoReader(folder_ / "list.ts"), FileError);
  // The index of an .mp4 lies at its end.
  const std::string whole = read_file(written("b.mp4", 10));
  write_file(folder_ / "cut.mp4", whole.substr(0, whole.size() / 2));
  EXPECT_THROW(VideoReader(folder_ / "cut.mp4"), FileError);
}

// Pictures before the cut come, then an error, then the end.
TEST_F(Video, ThatEndsInTheMiddleOfAPicture) {
  const std::string whole = read_file(written("whole.avi", 12));
  const size_t begin = whole.find("movi"), end = whole.rfind("idx1");
  ASSERT_LT(begin, end);
  write_file(folder_ / "cut.avi", whole.substr(0, begin + (end - begin) * 6 / 10));
  VideoReader reader(folder_ / "cut.avi");
  int pictures = 0, errors = 0;
  for (int i = 0; i < 100; ++i) {
    try {
      if (!reader.next()) break;
      ++pictures;
    } catch (const FileError& error) {
      EXPECT_NE(std::string(error.what()).find("cut.avi'"), std::string::npos);
      ++errors;
    }
  }
  EXPECT_GE(pictures, 2);
  EXPECT_LT(pictures, 12);
  EXPECT_GE(errors, 1);
  EXPECT_LE(errors, 3);
}

// No byte that is turned makes it do more than give pictures or throw.
TEST_F(Video, WithDamagedBytes) {
  for (const char* name : {"a.mp4", "a.avi", "a.mkv"}) {
    const std::string whole = read_file(written(name, 6));
    uint32_t state = 7;
    for (int round = 0; round < 60; ++round) {
      std::string damaged = whole;
      for (int i = 0; i < 3; ++i) {
        state = state * 1664525u + 1013904223u;
        damaged[(state >> 8) % damaged.size()] ^= static_cast<char>(1 + (state >> 3) % 255);
      }
      write_file(folder_ / "damaged", damaged);
      try {
        VideoReader reader(folder_ / "damaged");
        for (int i = 0; i < 40; ++i) {
          try {
            const auto picture = reader.next();
            if (!picture) break;
            EXPECT_EQ(picture->pixels.size(), static_cast<size_t>(picture->width) * static_cast<size_t>(picture->height) * 3);
          } catch (const FileError&) {
          }
        }
      } catch (const FileError&) {
      }
    }
  }
}

TEST(VideoName, IsToldByItsEnding) {
  EXPECT_TRUE(is_video_name("a/b.MP4"));
  EXPECT_TRUE(is_video_name("b.webm"));
  EXPECT_FALSE(is_video_name("mp4"));
  EXPECT_FALSE(is_video_name("a.mp4/b.png"));
}

}  // namespace
}  // namespace lamina::vision
