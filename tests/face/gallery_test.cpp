// Galleries: persons come and go, the file keeps them, and tells what is wrong with it. The network is a tiny
// one.
#include "lamina/face/gallery.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/sealed_file.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/face_info.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

using face::Embedder;
using face::Embedding;
using face::Gallery;

// 16 x 16 greys to 4 numbers, as the recipe "faces" saves them.
void save_tiny_network(const std::string& path, uint64_t seed) {
  Sequential model({Input({16, 16, 1}), Flatten(), Dense(4, {.name = "embedding"}), Dense(3)},
                   {.seed = seed});
  DataInfo info{.scale = PixelScale::kNone};
  FaceInfo{.landmarks = {0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.35, 0.8, 0.65, 0.8}, .threshold = 0.6}.save(info);
  model.set_data_info(info);
  model.save(path);
}

class FaceGallery : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    networks_ = new TemporaryFolder;
    save_tiny_network(*networks_ / "a.keras", 1);
    save_tiny_network(*networks_ / "b.keras", 2);
  }
  static void TearDownTestSuite() { delete networks_; }
  void SetUp() override {
    try {
      write_sealed(folder_ / "try", "", "test", "secret");
    } catch (const Unsupported& error) {
      GTEST_SKIP() << error.what();
    }
  }

  static inline TemporaryFolder* networks_ = nullptr;
  TemporaryFolder folder_;
  std::string path_ = folder_ / "people.gallery";
};

TEST_F(FaceGallery, EmbedderReadsWhatTheRecipeSaves) {
  const Embedder embedder = Embedder::load(*networks_ / "a.keras");
  EXPECT_EQ(embedder.dimensions(), 4);
  EXPECT_DOUBLE_EQ(embedder.threshold(), 0.6);
  Picture picture{20, 30, 3, std::vector<uint8_t>(20 * 30 * 3)};
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = static_cast<uint8_t>(i * 7);
  const Embedding one = embedder.embed_aligned(picture);
  EXPECT_NEAR(face::similarity(one, one), 1, 1e-6);
  EXPECT_THROW(embedder.embed(picture, {}), InvalidArgument);  // no landmarks
  face::Face cut{{-5, -5, 10, 10}, 1, face::Landmarks{face::Point{-3, -2}, {4, -2}, {0, 2}, {-2, 6}, {3, 6}}};
  EXPECT_EQ(embedder.embed(picture, cut).size(), 4U);  // at the border
  EXPECT_THROW(embedder.embed_aligned({8, 8, 3, std::vector<uint8_t>(8 * 8 * 3)}),
               Error);  // black: no direction
  EXPECT_THROW(face::similarity(one, {1, 0}), InvalidArgument);
}

TEST_F(FaceGallery, EmbedderSaysWhatIsNoNetworkOfFaces) {
  Sequential({Input({16, 16, 1}), Flatten(), Dense(4)}).save(folder_ / "plain.keras");
  EXPECT_NE(
      message_of<FileError>([&] { Embedder::load(folder_ / "plain.keras"); }).find("lamina train faces"),
      std::string::npos);
  EXPECT_THROW(Embedder::load(folder_ / "none.onnx"), FileError);
}

TEST_F(FaceGallery, KeepsPersons) {
  const Embedder embedder = Embedder::load(*networks_ / "a.keras");
  Gallery gallery(embedder);
  EXPECT_TRUE(gallery.matches({1, 0, 0, 0}).empty());
  gallery.enrol("Ada", {1, 0, 0, 0});
  gallery.enrol("Grace", {0, 1, 0, 0});
  gallery.enrol("Ada", {0.6F, 0, 0.8F, 0});
  gallery.save(path_, "secret");
  Gallery read = Gallery::load(path_, "secret", embedder);
  ASSERT_EQ(read.people().size(), 2U);
  EXPECT_EQ(read.people()[0].name, "Ada");
  EXPECT_EQ(read.people()[0].embeddings, gallery.people()[0].embeddings);  // to the last bit
  const auto matches = read.matches({0, 0, 1, 0});
  EXPECT_EQ(matches[0].name, "Ada");
  EXPECT_NEAR(matches[0].similarity, 0.8, 1e-6);  // of the nearer one of two
  EXPECT_NEAR(matches[1].similarity, 0, 1e-6);
}

TEST_F(FaceGallery, ForgetsPersons) {
  const Embedder embedder = Embedder::load(*networks_ / "a.keras");
  Gallery gallery(embedder);
  gallery.enrol("Ada", {1, 0, 0, 0});
  gallery.enrol("Grace", {0, 1, 0, 0});
  EXPECT_FALSE(gallery.remove("Alan"));
  EXPECT_TRUE(gallery.remove("Ada"));
  gallery.save(path_, "secret");
  EXPECT_EQ(read_sealed(path_, "lamina face gallery", "secret").find("Ada"), std::string::npos);
  EXPECT_EQ(Gallery::load(path_, "secret").people().size(), 1U);
}

TEST_F(FaceGallery, RefusesWhatIsNoPerson) {
  Gallery gallery(Embedder::load(*networks_ / "a.keras"));
  EXPECT_THROW(gallery.enrol("", {1, 0, 0, 0}), InvalidArgument);
  EXPECT_THROW(gallery.enrol("a\nb", {1, 0, 0, 0}), InvalidArgument);
  EXPECT_THROW(gallery.enrol("\xff", {1, 0, 0, 0}), InvalidArgument);
  EXPECT_THROW(gallery.enrol("Ada", {1, 0, 0}), InvalidArgument);
  EXPECT_THROW(gallery.enrol("Ada", {1, 0, 0, std::nanf("")}), InvalidArgument);
  EXPECT_THROW(gallery.matches({1, 0}), InvalidArgument);
  EXPECT_TRUE(gallery.people().empty());
}

TEST_F(FaceGallery, SaysWhatIsWrongWithAFile) {
  const Embedder embedder = Embedder::load(*networks_ / "a.keras");
  const auto told = [&] { return message_of<FileError>([&] { Gallery::load(path_, "secret", embedder); }); };
  EXPECT_NE(told().find("people.gallery"), std::string::npos);  // missing
  Gallery gallery(embedder);
  gallery.enrol("Ada", {1, 0, 0, 0});
  gallery.save(path_, "other");
  EXPECT_NE(told().find("does not open with this passphrase"), std::string::npos);
  Gallery(Embedder::load(*networks_ / "b.keras")).save(path_, "secret");
  EXPECT_NE(told().find("another embedding network"), std::string::npos);
  const auto put = [&](const std::string& json) {
    write_sealed(path_, json, "lamina face gallery", "secret");
  };
  put(R"({"version": 2, "people": []})");
  EXPECT_NE(told().find("newer"), std::string::npos);
  for (
      const char* json :
      {"", "[]", "{}", R"({"version": 1, "network": "x", "dimensions": 2, "people": 3})",
       R"({"version": 1, "network": "x", "dimensions": 2, "people": [{"name": "", "embeddings": [[1, 2]]}]})",
       R"({"version": 1, "network": "x", "dimensions": 2, "people": [{"name": "a", "embeddings": [[1]]}]})"}) {
    put(json);
    EXPECT_THROW(Gallery::load(path_, "secret"), Error) << json;
  }
  gallery.save(path_, "secret");
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 9);
  EXPECT_NE(told().find("truncated"), std::string::npos);
}

}  // namespace
}  // namespace lamina::test
