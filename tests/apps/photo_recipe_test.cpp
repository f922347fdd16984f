// Recipes of photographs: a folder of class folders, or a tar of it, from checks to an answer about a file.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/image/picture.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;

class PhotoRecipe : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 48; ++i) {
      picture("pets/red one/" + std::to_string(i) + ".png", i, 0);
      picture("pets/\xe8\x93\x9d/" + std::to_string(i) + ".png", i, 2);  // a Chinese name
      picture("pets/green/" + std::to_string(i) + ".png", i, 1);
    }
  }
  // 40x36 pixels of noise, brighter in one channel.
  void picture(const std::string& name, int seed, int channel) const {
    Picture picture{.height = 40, .width = 36, .channels = 3, .pixels = {}};
    uint32_t state = static_cast<uint32_t>(seed * 7 + channel + 1);
    for (int i = 0; i < 40 * 36 * 3; ++i) {
      state = state * 1664525u + 1013904223u;
      picture.pixels.push_back(static_cast<uint8_t>((state >> 25) + (i % 3 == channel ? 120 : 0)));
    }
    fs::create_directories(fs::path(folder_ / name).parent_path());
    write_file(folder_ / name, encode_png(picture));
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }
  test::TemporaryFolder folder_;
};

TEST_F(PhotoRecipe, LearnsTheFoldersAndKeepsTheirNames) {
  const Outcome trained =
      run({"train", "photos", "--data", "pets", "--epochs", "4", "--json", "--run-dir", "notes"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(trained.err.find("of about 36 pixels are taken at 32x32"), std::string::npos) << trained.err;
  const Outcome judged = run({"evaluate", "photos.keras", "--data", "pets", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_GT(Json::parse(judged.out).at("metrics").at("accuracy").as_double(), 0.9);
  picture("new.png", 99, 2);
  const Outcome said = run({"predict", "photos.keras", "new.png", "--json"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(Json::parse(said.out).at("label").as_string(), "\xe8\x93\x9d");
}

TEST_F(PhotoRecipe, TwoClassesAtSixtyFourPixels) {
  fs::remove_all(folder_ / "pets/green");
  const Outcome trained = run({"train", "cats-dogs-64", "--data", "pets", "--epochs", "1", "--json"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Outcome judged = run({"evaluate", "cats-dogs-64.keras", "--data", "pets", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_GT(Json::parse(judged.out).at("metrics").at("accuracy").as_double(), 0.9);
  const Outcome said = run({"predict", "cats-dogs-64.keras", "pets/red one/1.png", "--json"});
  EXPECT_EQ(Json::parse(said.out).at("label").as_string(), "red one") << said.err;
}

TEST_F(PhotoRecipe, RefusesAFolderOfOneClass) {
  fs::create_directories(folder_ / "alone");
  fs::rename(folder_ / "pets/green", folder_ / "alone/green");
  const Outcome one = run({"train", "photos", "--data", "alone", "--out", "one.keras"});
  EXPECT_EQ(one.status, 1);
  EXPECT_NE(one.err.find("all pictures are of the class 'green'"), std::string::npos) << one.err;
  const Outcome animals = run({"train", "cats-dogs", "--data", "alone", "--out", "two.keras"});
  EXPECT_EQ(animals.status, 1);
  EXPECT_NE(animals.err.find("all pictures are of the class 'green'"), std::string::npos) << animals.err;
}

TEST_F(PhotoRecipe, FoldersAreCheckedAndSplit) {
  write_file(folder_ / "pets/green/broken.jpg", "\xff\xd8\xff no picture");
  fs::copy_file(folder_ / "pets/green/1.png", folder_ / "pets/red one/copy.png");
  const Outcome checked = run({"data", "check", "pets", "--json"});
  EXPECT_EQ(checked.status, 1) << checked.err;
  const Json report = Json::parse(checked.out);
  EXPECT_FALSE(report.at("good").as_bool());
  EXPECT_EQ(report.at("classes").at("green").as_int(), 48);
  ASSERT_EQ(report.at("unreadable").size(), 1u);
  EXPECT_NE(report.at("unreadable").at(0).at("file").as_string().find("broken.jpg"), std::string::npos);
  ASSERT_GE(report.at("copies").size(), 1u);
  fs::remove(folder_ / "pets/green/broken.jpg");
  const Outcome split = run({"data", "split", "pets", "parts", "--test-size", "0.25", "--json"});
  ASSERT_EQ(split.status, 0) << split.err;
  EXPECT_EQ(Json::parse(split.out).at("train").as_int() + Json::parse(split.out).at("test").as_int(), 145);
  EXPECT_TRUE(fs::is_directory(folder_ / "parts/test/red one"));
  fs::create_directories(folder_ / "none");
  const Outcome none = run({"data", "check", "none", "--json"});
  EXPECT_EQ(none.status, 1);
  ASSERT_EQ(Json::parse(none.out).at("notes").size(), 1u) << none.out;
  EXPECT_NE(none.out.find("There is no image that can be read"), std::string::npos) << none.out;
  EXPECT_EQ(run({"data", "check"}).status, 2);
  EXPECT_EQ(run({"data", "check", "nowhere"}).status, 1);
  const Outcome list = run({"data", "list"});
  EXPECT_NE(list.out.find("fashion-mnist"), std::string::npos) << list.out;
}

}  // namespace
}  // namespace lamina
