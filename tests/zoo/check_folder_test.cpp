// Folders with everything that can be wrong with them, and splits.
#include "lamina/zoo/check_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "lamina/image/load_img.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;

class CheckFolder : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& bytes) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    write_file(folder_ / path, bytes);
  }
  /// Blobs in places that `kind` decides, brighter by `more`.
  std::string scene(unsigned kind, int side = 40, int more = 0) {
    Picture picture{side, side, 3, {}, {}};
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const unsigned place =
            (kind * 2654435761u) ^ static_cast<unsigned>(x * 5 / side + 5 * (y * 5 / side)) * 40503u;
        for (int c = 0; c < 3; ++c)
          picture.pixels.push_back(static_cast<uint8_t>(more + 20 + (place * 2246822519u >> 20) % 200));
      }
    }
    return encode_png(picture);
  }
  std::string operator/(const std::string& path) { return folder_ / path; }

  test::TemporaryFolder folder_;
};

TEST_F(CheckFolder, HasNothingToSayOfAGoodOne) {
  for (unsigned i = 0; i < 6; ++i) put((i % 2 ? "a b/" : "熊猫/") + std::to_string(i) + ".png", scene(i));
  const image::FolderReport report = image::check_folder(folder_.path());
  EXPECT_TRUE(report.good()) << report.str();
  EXPECT_EQ(report.images, 6);
  EXPECT_EQ(report.class_names, (std::vector<std::string>{"a b", "熊猫"}));
  EXPECT_EQ(report.class_counts, (std::vector<int64_t>{3, 3}));
  EXPECT_NE(report.str().find("6 images, 40 to 40 wide and 40 to 40 high; 0 other files"), std::string::npos);
}

TEST_F(CheckFolder, FindsWhatIsWrong) {
  put("train/cat/1.png", scene(1));
  put("train/cat/larger copy.png", scene(1, 80, 2));
  put("train/cat/cut.png", scene(2).substr(0, 60));
  put("train/cat/text.jpg", "no picture");
  put("train/cat/notes.txt", "read me");
  put("train/dog/2.png", scene(3));
  put("train/dog/cat.png", scene(1));
  put("train/dog/tiny.png", scene(4, 10));
  put("test/cat/again.png", scene(3));
  put("test/cat/3.png", scene(5));
  put("test/cat/4.png", scene(6));
  fs::create_directories(folder_ / "train/empty");
  const image::FolderReport report = image::check_folder(folder_.path(), {.huge = 6000, .imbalance = 1.5});
  EXPECT_FALSE(report.good());
  EXPECT_EQ(report.images, 8);
  EXPECT_EQ(report.other_files, 1);
  EXPECT_EQ(report.class_names, (std::vector<std::string>{"cat", "dog", "empty"}));
  EXPECT_EQ(report.class_counts, (std::vector<int64_t>{5, 3, 0}));
  EXPECT_TRUE(report.unbalanced);
  ASSERT_EQ(report.unreadable.size(), 2u);
  EXPECT_NE(report.unreadable[0].reason.find("train/cat/cut.png' is a damaged PNG"), std::string::npos);
  ASSERT_EQ(report.copies.size(), 2u) << report.str();
  EXPECT_EQ(report.copies[0].paths.size(), 3u);
  EXPECT_TRUE(report.copies[0].across_classes);
  EXPECT_FALSE(report.copies[0].across_parts);
  EXPECT_TRUE(report.copies[1].across_parts);
  ASSERT_EQ(report.tiny.size(), 1u);
  EXPECT_EQ(report.tiny[0].path, folder_ / "train/dog/tiny.png");
  ASSERT_EQ(report.huge.size(), 1u);
  EXPECT_EQ(report.huge[0].width, 80);
  for (const char* words : {"Cannot be read (2):", "Copies of each other (2):", "(in train and test)",
                            "(in two classes)", "tiny.png: 10 x 10", "unbalanced"})
    EXPECT_NE(report.str().find(words), std::string::npos) << words << "\n" << report.str();
}

// A class without images has a finding of its own and says nothing of the balance of the others.
TEST_F(CheckFolder, EachFindingIsSaidOnce) {
  put("a/1.png", scene(1));
  put("b/2.png", scene(2));
  fs::create_directories(folder_ / "c");
  const image::FolderReport report = image::check_folder(folder_.path());
  EXPECT_FALSE(report.good());
  EXPECT_FALSE(report.unbalanced);
  EXPECT_EQ(report.empty, (std::vector<std::string>{"c"}));
  EXPECT_TRUE(report.notes().empty());
  for (unsigned i = 3; i < 9; ++i) put("a/" + std::to_string(i) + ".png", scene(i));
  EXPECT_TRUE(image::check_folder(folder_.path()).unbalanced);
  EXPECT_FALSE(image::check_folder(folder_.path(), {.imbalance = 8}).unbalanced);
}

TEST_F(CheckFolder, FlatPicturesAreNoCopiesByChance) {
  for (int i = 0; i < 5; ++i)
    put("a/" + std::to_string(i) + ".png",
        encode_png(Picture{20, 20, 1, std::vector<uint8_t>(400, static_cast<uint8_t>(40 * i))}));
  EXPECT_TRUE(image::check_folder(folder_.path()).copies.empty());
}

TEST_F(CheckFolder, SaysWhenThereIsNothingOrOneClass) {
  EXPECT_FALSE(image::check_folder(folder_.path()).good());
  const auto notes = [&] { return image::check_folder(folder_.path()).notes(); };
  ASSERT_EQ(notes().size(), 1u);
  EXPECT_EQ(notes()[0].find("There is no image that can be read"), 0u);
  put("a/1.png", scene(1));
  EXPECT_NE(image::check_folder(folder_.path()).str().find("one class only"), std::string::npos);
  EXPECT_THROW(image::check_folder(folder_ / "nothing"), FileError);
  EXPECT_THROW(image::check_folder(folder_.path(), {.max_distance = 17}), InvalidArgument);
}

// From ImageHash 4.3 with Pillow 13: dhash of the colours and greys of tests/golden/image/resizing.npz.
TEST(DHash, IsThatOfImageHash) {
  const test::Golden golden("image/resizing");
  const auto hash = [&](const char* file) {
    const std::vector<uint8_t> bytes = golden.at(file).to_vector<uint8_t>();
    return image::dhash(decode_image({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file));
  };
  EXPECT_EQ(hash("file_rgb"), 0x426a86b9d5d29564u);
  EXPECT_EQ(hash("file_grey"), 0x2464adcee6a98b57u);
}

TEST_F(CheckFolder, IsSplitAlikeForTheSameSeed) {
  for (unsigned i = 0; i < 10; ++i) put("set/a/" + std::to_string(i) + ".png", scene(i));
  for (unsigned i = 0; i < 5; ++i) put("set/b c/deep/" + std::to_string(i) + ".png", scene(20 + i));
  const auto split = [&](const std::string& out, uint64_t seed) {
    const image::FolderSplit sizes =
        image::split_folder(folder_ / "set", folder_ / out, {.test_size = 0.2, .seed = seed});
    EXPECT_EQ(sizes.train, 12);
    EXPECT_EQ(sizes.test, 3);
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / out)) {
      if (entry.is_regular_file()) names.push_back(entry.path().string().substr((folder_ / out).size()));
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  const std::vector<std::string> first = split("one", 1);
  EXPECT_EQ(first, split("two", 1));
  EXPECT_NE(first, split("three", 2));
  EXPECT_EQ(std::count_if(first.begin(), first.end(),
                          [](const std::string& n) { return n.starts_with("/test/a/"); }),
            2);
  EXPECT_EQ(std::count_if(first.begin(), first.end(),
                          [](const std::string& n) { return n.starts_with("/test/b c/deep_"); }),
            1);
  EXPECT_EQ(load_data((folder_ / "one") + ":test").samples(), 3);
}

TEST_F(CheckFolder, SplitsSayWhatCannotBe) {
  put("set/a/1.png", scene(1));
  put("set/b/1.png", scene(2));
  put("set/b/2.png", scene(3));
  const std::string set = folder_ / "set";
  EXPECT_NE(message_of<InvalidArgument>([&] {
              image::split_folder(set, folder_ / "out");
            }).find("class 'a' has one image"),
            std::string::npos);
  EXPECT_EQ(image::split_folder(set, folder_ / "out", {.test_size = 0.3, .stratify = false}).test, 1);
  EXPECT_NE(message_of<FileError>([&] {
              image::split_folder(set, folder_ / "out");
            }).find("holds something already"),
            std::string::npos);
  EXPECT_THROW(image::split_folder(set, folder_ / "new", {.test_size = 1}), InvalidArgument);
  fs::create_directories(folder_ / "empty");
  EXPECT_NE(message_of<FileError>([&] {
              image::split_folder(folder_ / "empty", folder_ / "new");
            }).find("no folders with images"),
            std::string::npos);
}

// What train refuses or leaves out is not fit.
TEST_F(CheckFolder, SaysWhatTrainingRefuses) {
  for (unsigned i = 0; i < 4; ++i) put("flat/" + std::to_string(i) + ".png", scene(i));
  const image::FolderReport flat = image::check_folder(folder_ / "flat");
  EXPECT_FALSE(flat.good());
  EXPECT_NE(flat.str().find("no folders of classes"), std::string::npos) << flat.str();

  for (unsigned i = 0; i < 6; ++i)
    put("loose/" + std::string(i % 2 ? "a/" : "b/") + std::to_string(i) + ".png", scene(i));
  EXPECT_TRUE(image::check_folder(folder_ / "loose").good());
  put("loose/x.png", scene(9));
  const image::FolderReport loose = image::check_folder(folder_ / "loose");
  EXPECT_FALSE(loose.good());
  EXPECT_EQ(loose.loose, (std::vector<std::string>{folder_ / "loose/x.png"}));
  EXPECT_NE(loose.str().find("In no folder of a class (1):"), std::string::npos) << loose.str();

  unsigned kind = 30;
  for (const char* name : {"train/a/1", "train/a/2", "train/b/1", "test/a/1", "test/b/1", "test/c/1"})
    put("parts/" + std::string(name) + ".png", scene(kind++));
  const image::FolderReport parts = image::check_folder(folder_ / "parts");
  EXPECT_FALSE(parts.good());
  EXPECT_EQ(parts.lacking, (std::vector<std::string>{"train/c"}));
  EXPECT_NE(parts.str().find("No image of the class in this part (1):\n  train/c"), std::string::npos)
      << parts.str();
}

TEST_F(CheckFolder, SplitsLeaveOutWhatIsDamagedAndStayOutside) {
  for (unsigned i = 0; i < 8; ++i)
    put("set/" + std::string(i % 2 ? "a/" : "b/") + std::to_string(i) + ".png", scene(i));
  put("set/a/cut.png", scene(2).substr(0, 60));
  for (const char* out : {"set", "set/out", "set/a/deep/out", "set/../set/out"}) {
    EXPECT_NE(message_of<Error>([&] { image::split_folder(folder_ / "set", folder_ / out); }).find("set"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(folder_ / "set/out")) << out;
  }
  fs::create_directory_symlink(folder_ / "set", folder_ / "link");
  EXPECT_THROW(image::split_folder(folder_ / "set", folder_ / "link/out"), InvalidArgument);
  const test::Told told;
  const image::FolderSplit split =
      image::split_folder(folder_ / "set", folder_ / "set2", {.test_size = 0.25});
  EXPECT_EQ(split.train, 6);
  EXPECT_EQ(split.test, 2);
  ASSERT_EQ(split.unreadable.size(), 1u);
  EXPECT_EQ(split.unreadable[0].path, folder_ / "set/a/cut.png");
  EXPECT_TRUE(told.holds("1 image of 9 cannot be read and is left out: '" + folder_ / "set/a/cut.png"))
      << told.text();
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "set2"))
    EXPECT_NE(entry.path().filename(), "cut.png");
}

TEST_F(CheckFolder, CopiesStayInOnePart) {
  for (int i = 0; i < 8; ++i) {
    const auto noise = [i](int at) { return static_cast<uint8_t>(at * (37 + 12 * i) + i); };
    Picture picture{16, 16, 1, {}};
    for (int at = 0; at < 256; ++at) picture.pixels.push_back(noise(at));
    const std::string bytes = encode_png(picture);
    for (const char* copy : {"x", "y"}) {
      for (const char* name : {"a", "b"}) {
        fs::create_directories(folder_ / "twins" + std::string("/") + name);
        // Every picture of a is there twice, and one of them in b, too.
        if (std::string(name) == "a" || (i == 0 && std::string(copy) == "x"))
          write_file(folder_ / "twins/" + name + "/" + copy + std::to_string(i) + ".png", bytes);
      }
    }
    picture.pixels[0] ^= 1;
    write_file(folder_ / "twins/b/z" + std::to_string(i) + ".png", encode_png(picture));
  }
  for (const uint64_t seed : {0, 1, 2}) {
    const std::string out = folder_ / ("parts" + std::to_string(seed));
    const test::Told told;
    const image::FolderSplit split =
        image::split_folder(folder_ / "twins", out, {.test_size = 0.3, .seed = seed});
    EXPECT_EQ(split.copies, 9);
    EXPECT_TRUE(told.holds("9 images are copies of others, byte for byte, and in the same part"))
        << told.text();
    EXPECT_GT(split.test, 0);
    EXPECT_EQ(split.train + split.test, 25);
    std::set<std::string> learned;
    for (const auto& entry : fs::recursive_directory_iterator(out + "/train")) {
      if (entry.is_regular_file()) learned.insert(read_file(entry.path().string()));
    }
    for (const auto& entry : fs::recursive_directory_iterator(out + "/test")) {
      if (!entry.is_regular_file()) continue;
      EXPECT_FALSE(learned.contains(read_file(entry.path().string()))) << entry.path();
    }
  }
}

TEST_F(CheckFolder, SaysWhyAFolderWithoutImagesIsNotGood) {
  fs::create_directories(folder_ / "nothing");
  const image::FolderReport none = image::check_folder(folder_ / "nothing");
  EXPECT_FALSE(none.good());
  EXPECT_NE(none.str().find("There is no image that can be read: expected one folder of images"),
            std::string::npos)
      << none.str();
  fs::create_directories(folder_ / "half/a");
  fs::create_directories(folder_ / "half/b");
  write_file(folder_ / "half/a/1.png", encode_png(Picture{20, 20, 1, std::vector<uint8_t>(400, 9)}));
  const image::FolderReport half = image::check_folder(folder_ / "half");
  EXPECT_EQ(half.empty, (std::vector<std::string>{"b"}));
  EXPECT_NE(half.str().find("Classes without an image that can be read (1):\n  b\n"), std::string::npos)
      << half.str();
}

TEST_F(CheckFolder, PipesAreNoImages) {
  fs::create_directories(folder_ / "cat");
  ASSERT_EQ(::mkfifo((folder_ / "cat/pipe.png").c_str(), 0600), 0);
  const image::FolderReport report =
      image::check_folder(folder_.path());  // does not wait for somebody to write
  EXPECT_EQ(report.images, 0);
  EXPECT_FALSE(report.good());
}

}  // namespace
}  // namespace lamina
