// lamina face: enrolment to removal, on photographs where they are here, and what it says to bad input.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/image/picture.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/face_info.h"
#include "tests/support/program.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Outcome;

class FaceCommand : public ::testing::Test {
 protected:
  // A tiny network of faces, and two pictures that it tells apart.
  void SetUp() override {
    Sequential model({Input({16, 16, 1}), Flatten(), Dense(4, {.name = "embedding"}), Dense(3)}, {.seed = 1});
    DataInfo info{.scale = PixelScale::kNone};
    FaceInfo{.landmarks = {0.3, 0.4, 0.7, 0.4, 0.5, 0.6, 0.35, 0.8, 0.65, 0.8}, .threshold = 0.9}.save(info);
    model.set_data_info(info);
    model.save(folder_ / "e.keras");
    for (const auto& [name, upper] : {std::pair{"a.png", 255}, std::pair{"b.png", 0}}) {
      Picture picture{16, 16, 1, std::vector<uint8_t>(256)};
      for (size_t i = 0; i < 256; ++i)
        picture.pixels[i] = static_cast<uint8_t>(i < 128 ? upper : 255 - upper);
      write_file(folder_ / name, encode_png(picture));
    }
    write_file(folder_ / "key", "secret\n");
  }

  Outcome run(std::vector<std::string> words) const {
    words.insert(words.begin(), "face");
    return test::run_lamina(folder_.path(), words, {"LAMINA_PASSPHRASE="});
  }
  // With the tiny network and pictures that are faces already.
  Outcome aligned(std::vector<std::string> words) const {
    words.insert(words.end(), {"--embedder", "e.keras", "--aligned", "--json"});
    return run(words);
  }
  std::string error_of(const Outcome& outcome, int status = 1) const {
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    return outcome.err;
  }

  test::TemporaryFolder folder_;
  const std::vector<std::string> key_{"--gallery", "g", "--passphrase-file", "key"};
  std::vector<std::string> with_key(std::vector<std::string> words) const {
    words.insert(words.end(), key_.begin(), key_.end());
    return words;
  }
};

TEST_F(FaceCommand, EnrolsIdentifiesVerifiesListsAndForgets) {
  const Outcome first = aligned(with_key({"enrol", "a.png", "--name", "Ada"}));
  if (first.err.find("libcrypto") != std::string::npos || first.err.find("OpenSSL") != std::string::npos)
    GTEST_SKIP() << first.err;
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(Json::parse(first.out),
            Json::parse(R"({"gallery": "g", "name": "Ada", "images": 1, "people": 1})"));
  EXPECT_EQ(aligned(with_key({"enrol", "b.png", "--name", "Grace"})).status, 0);

  const Outcome who = aligned(with_key({"identify", "b.png", "a.png"}));
  ASSERT_EQ(who.lines().size(), 2U) << who.err;
  EXPECT_EQ(Json::parse(who.lines()[0]).at("faces").at(0).at("name").as_string(), "Grace");
  EXPECT_EQ(Json::parse(who.lines()[1]).at("faces").at(0).at("name").as_string(), "Ada");

  EXPECT_TRUE(Json::parse(aligned({"verify", "a.png", "a.png"}).out).at("same").as_bool());
  EXPECT_FALSE(Json::parse(aligned({"verify", "a.png", "b.png"}).out).at("same").as_bool());
  EXPECT_TRUE(Json::parse(aligned(with_key({"verify", "a.png", "--name", "Ada"})).out).at("same").as_bool());
  EXPECT_NE(error_of(aligned(with_key({"verify", "a.png", "--name", "Adda"}))).find("did you mean 'Ada'"),
            std::string::npos);

  EXPECT_EQ(run(with_key({"list"})).out, "   1  Ada\n   1  Grace\n");
  EXPECT_EQ(run(with_key({"remove", "--name", "Ada"})).status, 0);
  EXPECT_EQ(Json::parse(run(with_key({"list", "--json"})).out).at("people").size(), 1U);
  EXPECT_NE(error_of(run(with_key({"remove", "--name", "Ada"}))).find("is not enrolled"), std::string::npos);
  // A person who is not there is nobody.
  EXPECT_TRUE(
      Json::parse(aligned(with_key({"identify", "a.png"})).out).at("faces").at(0).at("name").is_null());
}

TEST_F(FaceCommand, KeepsTheGalleryToItsPassphraseAndNetwork) {
  const Outcome first = aligned(with_key({"enrol", "a.png", "--name", "Ada"}));
  if (first.status != 0) GTEST_SKIP() << first.err;
  const std::string before = read_file(folder_ / "g");
  write_file(folder_ / "other", "another\n");
  EXPECT_NE(error_of(run({"list", "--gallery", "g", "--passphrase-file", "other"})).find("does not open"),
            std::string::npos);
  EXPECT_NE(error_of(run({"list", "--gallery", "g"}), 2).find("--passphrase-file"), std::string::npos);
  EXPECT_NE(error_of(run({"list", "--gallery", "none", "--passphrase-file", "key"})).find("none"),
            std::string::npos);
  Sequential other({Input({16, 16, 1}), Flatten(), Dense(4, {.name = "embedding"}), Dense(3)}, {.seed = 2});
  other.set_data_info(load_model(folder_ / "e.keras").data_info());
  other.save(folder_ / "e.keras");
  EXPECT_NE(error_of(aligned(with_key({"enrol", "b.png", "--name", "B"}))).find("another embedding network"),
            std::string::npos);
  EXPECT_EQ(read_file(folder_ / "g"), before);  // nothing that failed changed it
}

TEST_F(FaceCommand, SaysWhatIsMissing) {
  EXPECT_NE(error_of(run({"detect", "a.png"}), 2).find("--detector"), std::string::npos);
  EXPECT_NE(error_of(run({"verify", "a.png", "b.png"}), 2).find("--embedder"), std::string::npos);
  EXPECT_NE(error_of(run({"enrol", "a.png", "--embedder", "e.keras"}), 2).find("--gallery is missing"),
            std::string::npos);
  EXPECT_NE(error_of(run({"list", "--truth", "x"}), 2).find("--truth"), std::string::npos);
  EXPECT_NE(error_of(run({"verify", "a.png", "--embedder", "e.keras"}), 2).find("expected 2 images, got 1"),
            std::string::npos);
  EXPECT_NE(error_of(aligned({"verify", "a.png", "b.png", "--name", "Ada"}), 2).find("--name has no meaning"),
            std::string::npos);
  EXPECT_NE(error_of(aligned({"verify", "--pairs", ".", "--threshold", "0.5"}), 2).find("--threshold has no meaning"),
            std::string::npos);
  EXPECT_EQ(run({"greet"}).status, 2);
  EXPECT_NE(run({"--help"}).out.find("photograph of a photograph"), std::string::npos);
}

// No face, many faces and a face at the border, by a real detector.
TEST_F(FaceCommand, TakesPhotographs) {
  const std::string photos = test::shared_data("face_detection_dlib"),
                    detector = test::shared_file("models/face-detector-landmark5/face-slim-landmark5.onnx");
  if (photos.empty() || detector.empty()) GTEST_SKIP() << "the network and photographs are not here";
  const std::string many = photos + "/2009_004587.jpg";
  EXPECT_NE(error_of(run({"verify", "a.png", many, "--detector", detector, "--embedder", "e.keras"}))
                .find("no face"),
            std::string::npos);
  EXPECT_NE(error_of(run({"verify", many, many, "--detector", detector, "--embedder", "e.keras"}))
                .find("2 faces are found"),
            std::string::npos);
  const Outcome largest =
      run({"verify", many, many, "--detector", detector, "--embedder", "e.keras", "--largest", "--json"});
  EXPECT_TRUE(Json::parse(largest.out).at("same").as_bool()) << largest.err;
  const Outcome found =
      run({"detect", many, "a.png", "--detector", detector, "--json", "--report", "page.html"});
  ASSERT_EQ(found.lines().size(), 2U) << found.err;
  EXPECT_EQ(Json::parse(found.lines()[0]).at("faces").size(), 2U);
  EXPECT_EQ(Json::parse(found.lines()[1]).at("faces").size(), 0U);
  EXPECT_NE(read_file(folder_ / "page.html").find("<img"), std::string::npos);
  // One that cannot be read does not stop the others.
  write_file(folder_ / "broken.jpg", "\xff\xd8 no picture");
  const Outcome some = run({"detect", "broken.jpg", many, "--detector", detector, "--json"});
  EXPECT_EQ(some.status, 1);
  ASSERT_EQ(some.lines().size(), 2U) << some.out;
  EXPECT_TRUE(Json::parse(some.lines()[0]).contains("error"));
  EXPECT_EQ(Json::parse(some.lines()[1]).at("faces").size(), 2U);
  EXPECT_NE(some.err.find("1 of 2 images could not be read"), std::string::npos) << some.err;
  const Outcome judged = run({"detect", "--truth", photos + "/boxes.csv", "--detector", detector, "--json"});
  EXPECT_GE(Json::parse(judged.out).at("recall").as_double(), 0.95) << judged.err;
  EXPECT_GE(Json::parse(judged.out).at("precision").as_double(), 0.95) << judged.err;
  // A table names its images by their paths, and what it does not name is told.
  std::filesystem::create_directories(folder_ / "below");
  std::filesystem::copy_file(many, folder_ / "below/1.jpg");
  std::filesystem::copy_file(many, folder_ / "2.jpg");
  const std::string head = "file,xmin,ymin,xmax,ymax\n";
  write_file(folder_ / "boxes.csv", head + "below/1.jpg,149,28,223,128\nbelow/1.jpg,269,272,328,345\n");
  const Outcome below = run({"detect", "--truth", "boxes.csv", "--detector", detector, "--json"});
  EXPECT_EQ(Json::parse(below.out).at("right").as_int(), 2) << below.out << below.err;
  const Outcome other = run({"detect", "2.jpg", "--truth", "boxes.csv", "--detector", detector, "--json"});
  EXPECT_EQ(Json::parse(other.out).at("faces").as_int(), 0);
  EXPECT_NE(other.err.find("'2.jpg' is not in 'boxes.csv'"), std::string::npos) << other.err;
  write_file(folder_ / "boxes.csv", head + "2.jpg,5,5,5,9\n");
  EXPECT_NE(error_of(run({"detect", "--truth", "boxes.csv", "--detector", detector})).find("without area"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
