// Folders of images: order, parts, sizes and classes, and what is said of what cannot be.
#include "lamina/zoo/image_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/picture.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::TemporaryFolder;
using Names = std::vector<std::string>;

class ImageFolders : public ::testing::Test {
 protected:
  void picture(const std::string& name, uint8_t value, int height = 2, int width = 2) const {
    fs::create_directories(fs::path(folder_ / name).parent_path());
    const auto count = static_cast<size_t>(height * width);
    write_file(folder_ / name, encode_png({height, width, 1, std::vector<uint8_t>(count, value)}));
  }
  static DataOptions of_model(const Shape& input) {
    DataOptions options;
    options.needs.inputs = {{"input", input}};
    return options;
  }
  TemporaryFolder folder_;
};

// keras.utils.image_dataset_from_directory(..., shuffle=False): classes and files by their sorted names.
TEST_F(ImageFolders, AreReadInTheOrderOfTheNames) {
  picture("b/2.png", 30);
  picture("b/10.png", 20);
  picture("a/z.png", 10);
  picture("a/.hidden.png", 99);
  picture("10/x.png", 5);
  const LabelledData data = load_data(folder_.path());
  EXPECT_EQ(data.class_names, (Names{"10", "a", "b"}));
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1, 2, 2}));
  EXPECT_EQ(data.x.type(), (TensorType{DType::kUInt8, {4, 2, 2, 3}}));
  const std::vector<int> pixels = data.x.to_vector<int>();
  EXPECT_EQ((std::vector<int>{pixels[0], pixels[12], pixels[24], pixels[36]}),
            (std::vector<int>{5, 10, 20, 30}));
  EXPECT_EQ(data.names[2], folder_ / "b/10.png");
}

// Two by two greys of 16 bits: 0x0000, 0x01ff, 0x8012, 0xffff. The high bytes are what
// keras.utils.image_dataset_from_directory reads.
TEST_F(ImageFolders, TakeTheHighByteOfSixteenBitGreys) {
  static constexpr uint8_t kPng[] = {137, 80,  78,  71,  13,  10, 26,  10,  0,  0,  0,  13,  73,  72,  68,
                                     82,  0,   0,   0,   2,   0,  0,   0,   2,  16, 0,  0,   0,   0,   7,
                                     77,  142, 187, 0,   0,   0,  18,  73,  68, 65, 84, 120, 218, 99,  96,
                                     96,  96,  252, 207, 208, 32, 244, 255, 63, 0,  11, 62,  3,   145, 230,
                                     98,  15,  27,  0,   0,   0,  0,   73,  69, 78, 68, 174, 66,  96,  130};
  picture("a/1.png", 10);
  write_file(folder_ / "a/2.png", std::string(std::begin(kPng), std::end(kPng)));
  const Tensor grey = load_data(folder_.path(), of_model({-1, 2, 2, 1})).x;
  EXPECT_EQ(grey.dtype(), DType::kUInt8);
  EXPECT_EQ(grey.to_vector<int>(), (std::vector<int>{10, 10, 10, 10, 0, 1, 128, 255}));
  const Tensor colour = read_image_for(folder_ / "a/2.png", {-1, 2, 2, 3});
  EXPECT_EQ(colour.to_vector<int>(), (std::vector<int>{0, 0, 0, 1, 1, 1, 128, 128, 128, 255, 255, 255}));
}

// As public sets are packed: an archive for each part, with the part's folder inside.
TEST_F(ImageFolders, PartsMayBeArchives) {
  picture("tree/train/a/1.png", 10);
  picture("tree/train/b/2.png", 20);
  picture("tree/test/b/3.png", 30);
  fs::create_directories(folder_ / "packed");
  for (const char* const part : {"train", "test"}) {
    const std::string command = "tar -C '" + (folder_ / "tree") + "' -czf '" + (folder_ / "packed/") + part + ".tar.gz' " + part;
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  write_file(folder_ / "packed/README.md", "what it is");
  const std::string packed = folder_ / "packed";
  EXPECT_TRUE(has_part(packed, "train"));
  EXPECT_TRUE(has_part(packed, "test"));
  EXPECT_FALSE(has_part(packed, "val"));
  const LabelledData train = load_data(packed), test = load_data(packed + ":test", of_model({-1, 2, 2, 3}));
  EXPECT_EQ(train.class_names, (Names{"a", "b"}));
  EXPECT_EQ(train.samples(), 2);
  EXPECT_EQ(test.class_names, (Names{"b"}));
  EXPECT_EQ(test.names[0], packed + "/test/b/3.png");
  EXPECT_EQ(test.x.to_vector<int>()[0], 30);

  // One archive of both parts.
  const std::string whole = folder_ / "whole.tar.gz";
  ASSERT_EQ(std::system(("tar -C '" + (folder_ / "tree") + "' -czf '" + whole + "' train test").c_str()), 0);
  EXPECT_TRUE(has_part(whole, "test"));
  EXPECT_EQ(load_data(whole + ":test").samples(), 1);
}

TEST_F(ImageFolders, ADamagedArchiveOfAPartIsNamed) {
  picture("train/a/1.png", 10);
  picture("train/b/1.png", 10);
  write_file(folder_ / "test.tar.gz", "\x1f\x8b no archive");
  const std::string error = message_of<FileError>([&] { load_data(folder_.path() + ":test"); });
  EXPECT_NE(error.find("test.tar.gz"), std::string::npos) << error;
  EXPECT_EQ(load_data(folder_.path()).samples(), 2);
}

TEST_F(ImageFolders, TakeTheSizeOfTheModel) {
  picture("a/1.png", 10, 2, 2);
  picture("b/2.png", 20, 5, 3);
  EXPECT_EQ(load_data(folder_.path(), of_model({-1, 4, 6, 1})).x.shape(), (Shape{2, 4, 6, 1}));
  EXPECT_EQ(load_data(folder_.path(), of_model({-1, 4, 6, 3})).x.shape(), (Shape{2, 4, 6, 3}));
  EXPECT_EQ(load_data(folder_.path(), of_model({-1, 4, 6})).x.shape(), (Shape{2, 4, 6, 1}));
  const std::string open = message_of<FileError>([&] {
    load_data(folder_.path(), of_model({-1, -1, -1, 3}));
  });
  EXPECT_NE(open.find("b/2.png' is an image of (5, 3, 3)"), std::string::npos) << open;
  const std::string flat = message_of<InvalidArgument>([&] { load_data(folder_.path(), of_model({-1, 4})); });
  EXPECT_NE(flat.find("is an image; the model takes (None, 4)"), std::string::npos) << flat;
}

TEST_F(ImageFolders, HavePartsWhereTheyAreThere) {
  picture("train/a/1.png", 10);
  picture("train/b/1.png", 10);
  picture("test/a/1.png", 20);
  picture("test/b/2.png", 20);
  EXPECT_EQ(load_data(folder_.path()).x.to_vector<int>()[0], 10);
  EXPECT_EQ(load_data(folder_.path() + ":test").x.to_vector<int>()[0], 20);
  EXPECT_EQ(load_data(folder_.path(), {.split = "test"}).class_names, (Names{"a", "b"}));
  fs::remove_all(folder_ / "test");
  EXPECT_NE(message_of<FileError>([&] { load_data(folder_.path() + ":test"); }).find("no folder 'test'"),
            std::string::npos);
}

TEST_F(ImageFolders, KeepTheModelsClasses) {
  picture("dog/1.png", 10);
  picture("ant/1.png", 20);
  DataOptions options;
  options.needs.known.class_names = {"ant", "cat", "dog"};
  const LabelledData data = load_data(folder_.path(), options);
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 2}));
  options.needs.known.class_names = {"cat", "dog"};
  EXPECT_NE(message_of<FileError>([&] {
              load_data(folder_.path(), options);
            }).find("the folder 'ant' is of a class that the model does not know"),
            std::string::npos);
  options.needs.target_optional = true;
  EXPECT_EQ(load_data(folder_.path(), options).y.to_vector<int>(), (std::vector<int>{-1, 1}));
}

TEST_F(ImageFolders, SayWhatTheyLeaveOutAndWhatIsDamaged) {
  picture("a/1.png", 10);
  picture("b/1.png", 10);
  write_file(folder_ / "a/notes.txt", "GIFT of a text...");
  write_file(folder_ / "b/Thumbs.db", "x");
  {
    const test::Told told;
    EXPECT_EQ(load_data(folder_.path()).samples(), 2);
    EXPECT_TRUE(told.holds(
        "2 files are no images that can be read (PNG, JPEG, GIF, BMP, WebP, PNM) and are left out"))
        << told.text();
    EXPECT_TRUE(told.holds("a/notes.txt")) << told.text();
  }
  write_file(folder_ / "b/2.png", read_file(folder_ / "b/1.png").substr(0, 40));
  EXPECT_NE(message_of<FileError>([&] { load_data(folder_.path()); }).find("b/2.png"), std::string::npos);
}

TEST_F(ImageFolders, LeaveOutWhatIsDamagedWhereOneSaysSo) {
  picture("a/1.png", 10);
  picture("a/2.png", 20);
  picture("b/1.png", 30);
  write_file(folder_ / "a/1.png", read_file(folder_ / "a/2.png").substr(0, 40));
  EXPECT_NE(message_of<FileError>([&] { load_data(folder_.path()); }).find("--on-error skip"),
            std::string::npos);
  DataOptions options{.on_error = OnError::kSkip};
  {
    const test::Told told;
    const LabelledData data = load_data(folder_.path(), options);
    EXPECT_EQ(data.x.shape(), (Shape{2, 2, 2, 3}));
    EXPECT_EQ(data.x.to_vector<int>()[0], 20);
    EXPECT_EQ(data.x.to_vector<int>()[12], 30);
    EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1}));
    EXPECT_EQ(data.names, (Names{folder_ / "a/2.png", folder_ / "b/1.png"}));
    EXPECT_TRUE(told.holds("1 image of 3 cannot be read and is left out: 'a/1.png'")) << told.text();
  }
  for (const char* name : {"a/2.png", "b/1.png"}) write_file(folder_ / name, "\x89PNG\r\n\x1a\n and no more");
  EXPECT_NE(
      message_of<FileError>([&] { load_data(folder_.path(), options); }).find("3 images of 3 cannot be read"),
      std::string::npos);
}

// What a link leads back to would come again at every turn.
TEST_F(ImageFolders, LinksThatLeadRoundAreLeftOut) {
  picture("set/a/1.png", 10);
  picture("set/a/deep/2.png", 20);
  picture("set/b/1.png", 30);
  picture("elsewhere/3.png", 40);
  const auto samples = [&](bool told_of) {
    const test::Told told;
    const int64_t count = load_data(folder_ / "set").samples();
    EXPECT_EQ(told.holds("is a link to a folder that it is in, and is left out"), told_of) << told.text();
    return count;
  };
  EXPECT_EQ(samples(false), 3);
  for (const char* target : {".", "../a", "..", "../..", "deep/..", "../b/../a"}) {
    fs::create_directory_symlink(target, folder_ / "set/a/link");
    EXPECT_EQ(samples(true), 3) << target;
    fs::remove(folder_ / "set/a/link");
  }
  fs::create_directory_symlink(folder_ / "set/a", folder_ / "set/a/deep/link");
  EXPECT_EQ(samples(true), 3);
  fs::remove(folder_ / "set/a/deep/link");
  // Round by way of another class: each of them once.
  fs::create_directory_symlink("../b", folder_ / "set/a/link");
  fs::create_directory_symlink("../a", folder_ / "set/b/link");
  EXPECT_EQ(samples(true), 6);
  fs::remove(folder_ / "set/a/link");
  fs::remove(folder_ / "set/b/link");
  // Links to other folders are folders.
  fs::create_directory_symlink("../../elsewhere", folder_ / "set/a/link");
  fs::create_directory_symlink("../elsewhere", folder_ / "set/c");
  EXPECT_EQ(samples(false), 5);
}

// What is called a picture and holds none is damaged, as `lamina data check` has it.
TEST_F(ImageFolders, EmptyFilesPagesAndPointersAreDamagedPictures) {
  picture("a/1.png", 10);
  picture("b/1.png", 30);
  write_file(folder_ / "a/README.txt", "about these");
  write_file(folder_ / "a/empty.JPG", "");
  write_file(folder_ / "b/page.jpeg", "<!DOCTYPE html><html></html>");
  write_file(folder_ / "b/pointer.png", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
  const std::string refused = message_of<FileError>([&] { load_data(folder_.path()); });
  EXPECT_NE(refused.find("a/empty.JPG' is no image that can be read"), std::string::npos) << refused;
  // The first ends it: what follows is not read only to be counted.
  EXPECT_EQ(refused.find("page.jpeg"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("more image"), std::string::npos) << refused;
  const test::Told told;
  EXPECT_EQ(load_data(folder_.path(), {.on_error = OnError::kSkip}).samples(), 2);
  EXPECT_TRUE(
      told.holds("3 images of 5 cannot be read and are left out: 'a/empty.JPG', 'b/page.jpeg', "
                 "'b/pointer.png'"))
      << told.text();
  EXPECT_TRUE(told.holds("1 file is no image that can be read")) << told.text();
}

// ---- Pictures where none are expected ----

TEST_F(ImageFolders, PicturesInNoFolderOfAClassAreToldOrAsked) {
  picture("a/1.png", 10);
  picture("b/deep/deeper/2.png", 20);
  picture("stray.png", 30);
  picture("stray2.PNG", 40);
  {
    const test::Told told;
    EXPECT_EQ(load_data(folder_.path()).samples(), 2);
    EXPECT_TRUE(told.holds("2 pictures are in no folder of a class and left out, '" + folder_ / "stray.png" +
                           "' first"))
        << told.text();
  }
  DataOptions options;
  options.needs.target_optional = true;
  const test::Told told;
  const LabelledData asked = load_data(folder_.path(), options);
  EXPECT_EQ(asked.names, (Names{folder_ / "a/1.png", folder_ / "b/deep/deeper/2.png", folder_ / "stray.png",
                                folder_ / "stray2.PNG"}));
  EXPECT_EQ(asked.y.to_vector<int>(), (std::vector<int>{0, 1, -1, -1}));
  EXPECT_FALSE(told.holds("left out")) << told.text();
}

TEST_F(ImageFolders, WhatStandsBesideThePartsIsTold) {
  picture("train/a/1.png", 10);
  picture("test/a/2.png", 20);
  picture("val/a/3.png", 30);
  picture("stray.png", 40);
  const test::Told told;
  EXPECT_EQ(load_data(folder_.path(), {.split = "test"}).samples(), 1);
  EXPECT_TRUE(told.holds("what else it holds is left out: 'val'")) << told.text();
  EXPECT_TRUE(told.holds("1 picture is in no folder of a class")) << told.text();
}

}  // namespace
}  // namespace lamina
