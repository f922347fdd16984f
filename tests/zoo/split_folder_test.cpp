// Splits of folders and archives whose names no file may have, and splits that fail.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/utf8.h"
#include "lamina/data/labelled_data.h"
#include "lamina/image/picture.h"
#include "lamina/zoo/check_folder.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;

class SplitFolder : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& bytes) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    write_file(folder_ / path, bytes);
  }
  /// A picture that no other number has.
  static std::string scene(unsigned number) {
    Picture picture{4, 4, 3, {}, {}};
    for (unsigned i = 0; i < 48; ++i) picture.pixels.push_back(static_cast<uint8_t>(number * 11 + i * i));
    return encode_png(picture);
  }

  test::TemporaryFolder folder_;
};

// Folders inside of class folders become part of the names: longer than a file may be called.
TEST_F(SplitFolder, IsSplitUnderNamesThatAFileMayHave) {
  const std::string folder(200, 'f'), chinese = [] {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "\u5927";
    return text;
  }();
  for (unsigned i = 0; i < 4; ++i) {
    put("set/a/" + folder + "/" + std::string(100, 'p') + std::to_string(i) + ".png", scene(i));
    put("set/b/" + chinese + "/" + chinese + chinese.substr(0, 30) + std::to_string(i) + ".png",
        scene(10 + i));
  }
  const image::FolderSplit sizes = image::split_folder(folder_ / "set", folder_ / "out", {.test_size = 0.25});
  EXPECT_EQ(sizes.train, 6);
  EXPECT_EQ(sizes.test, 2);
  EXPECT_EQ(load_data((folder_ / "out") + ":train").samples(), 6);
  std::set<std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "out")) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename().string();
    EXPECT_LE(name.size(), 255u);
    EXPECT_TRUE(name.ends_with(".png")) << name;
    EXPECT_TRUE(is_utf8(name)) << name;
    contents.insert(read_file(entry.path().string()));
  }
  EXPECT_EQ(contents.size(), 8u);
}

TEST_F(SplitFolder, ASplitThatFailsLeavesNothing) {
  // A folder in a tar archive may have a name that none on this machine may have.
  const auto entry = [](std::string path, const std::string& bytes) {
    std::string all;
    const auto add = [&](const std::string& name, char kind, const std::string& content) {
      std::string header(512, '\0');
      const auto set = [&](size_t at, const std::string& text) { header.replace(at, text.size(), text); };
      char size[12];
      std::snprintf(size, sizeof size, "%011zo", content.size());
      set(0, name.substr(0, 100));
      set(100, "0000644");
      set(124, size);
      set(148, "        ");
      set(156, std::string(1, kind));
      set(257, "ustar  ");
      unsigned sum = 0;
      for (const char c : header) sum += static_cast<unsigned char>(c);
      char digits[8];
      std::snprintf(digits, sizeof digits, "%06o", sum);
      set(148, digits);
      all += header + content + std::string((512 - content.size() % 512) % 512, '\0');
    };
    add("././@LongLink", 'L', path + std::string(1, '\0'));
    add(path, '0', bytes);
    return all;
  };
  std::string tar;
  for (unsigned i = 0; i < 4; ++i) {
    tar += entry("a/" + std::to_string(i) + ".png", scene(i));
    tar += entry(std::string(300, 'z') + "/" + std::to_string(i) + ".png", scene(10 + i));
  }
  put("set.tar", tar + std::string(1024, '\0'));
  const std::string message =
      message_of<FileError>([&] { image::split_folder(folder_ / "set.tar", folder_ / "out"); });
  EXPECT_NE(message.find("cannot make the folder"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  fs::create_directory(folder_ / "empty");
  EXPECT_THROW(image::split_folder(folder_ / "set.tar", folder_ / "empty"), FileError);
  EXPECT_TRUE(fs::is_empty(folder_ / "empty"));
}

}  // namespace
}  // namespace lamina
