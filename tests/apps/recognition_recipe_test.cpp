// Recipes of recognition on the command line: folders of archives, tables in folders, networks by name, figures of their
// fields, and data that do not fit.
#include <gtest/gtest.h>

#include <cstdlib>
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

class RecognitionRecipe : public ::testing::Test {
 protected:
  // Noise of 32x32, brighter in the upper or the lower half.
  void picture(const std::string& name, int seed, bool upper, int side = 32) const {
    Picture picture{.height = side, .width = side, .channels = 3, .pixels = {}};
    uint32_t state = static_cast<uint32_t>(seed * 7 + 1);
    for (int i = 0; i < side * side * 3; ++i) {
      state = state * 1664525u + 1013904223u;
      const bool here = (i / (side * 3) < side / 2) == upper;
      picture.pixels.push_back(static_cast<uint8_t>((state >> 25) + (here ? 120 : 0)));
    }
    fs::create_directories(fs::path(folder_ / name).parent_path());
    write_file(folder_ / name, encode_png(picture));
  }
  void pictures(const std::string& folder, int count, int side = 32) const {
    for (int i = 0; i < count; ++i) {
      picture(folder + "/down/" + std::to_string(i) + ".png", i, false, side);
      picture(folder + "/up/" + std::to_string(i) + ".png", i, true, side);
    }
  }
  void pack(const std::string& folder) const {
    for (const char* const part : {"train", "test"}) {
      const std::string at = folder_ / folder;
      ASSERT_EQ(std::system(("cd '" + at + "' && tar -czf " + part + ".tar.gz " + part + " && rm -r " + part).c_str()), 0);
    }
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }
  Json last(const Outcome& outcome) const {
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    const std::string text = outcome.out.substr(0, outcome.out.find_last_not_of('\n') + 1);
    return Json::parse(text.substr(text.rfind('\n') + 1));
  }
  test::TemporaryFolder folder_;
};

TEST_F(RecognitionRecipe, SignsInArchivesAndWhatIsNone) {
  pictures("signs/train", 24);
  pictures("signs/test", 4);
  pack("signs");
  const Json trained = last(run({"train", "signs", "--data", "signs", "--epochs", "3", "--batch-size", "16", "--json"}));
  EXPECT_EQ(trained.at("metrics_of").as_string(), "test");
  EXPECT_TRUE(trained.at("metrics").find("accuracy"));
  const Json judged = last(run({"evaluate", "signs.keras", "--data", "signs", "--json"}));
  EXPECT_EQ(judged.at("samples").as_int(), 8);
  EXPECT_EQ(judged.at("metrics").at("accuracy").as_double(), trained.at("metrics").at("accuracy").as_double());
  // Names travel in the model: a folder that lacks a class keeps the numbers, one of another class is refused.
  picture("half/up/1.png", 77, true);
  EXPECT_EQ(last(run({"evaluate", "signs.keras", "--data", "half", "--json"})).at("samples").as_int(), 1);
  picture("other/sideways/1.png", 78, true);
  const Outcome other = run({"evaluate", "signs.keras", "--data", "other"});
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("'sideways' is of a class that the model does not know"), std::string::npos) << other.err;
  // What is of no class shows in how sure the model is.
  const Json unknown = last(run({"evaluate", "signs.keras", "--data", "signs", "--unknown", "other", "--json"})).at("metrics");
  for (const char* const name : {"unknown_auc", "unknown_threshold", "unknown_found"}) {
    EXPECT_GE(unknown.at(name).as_double(), 0) << name;
    EXPECT_LE(unknown.at(name).as_double(), 1) << name;
  }
  // One epoch leaves a model that is sure of nothing.
  run({"train", "signs", "--data", "signs", "--epochs", "1", "--batch-size", "64", "--out", "unsure.keras"});
  const Json said = last(run({"predict", "unsure.keras", "other/sideways/1.png", "--unknown-below", "1", "--json"}));
  EXPECT_EQ(said.at("label").as_string(), "unknown");
  EXPECT_TRUE(said.at("class").is_null());
  EXPECT_TRUE(last(run({"predict", "signs.keras", "other/sideways/1.png", "--unknown-below", "0", "--json"})).at("class").is_int());
  EXPECT_EQ(run({"predict", "signs.keras", "other/sideways/1.png", "--unknown-below", "1.5"}).status, 2);
}

TEST_F(RecognitionRecipe, CifarByAnotherNetwork) {
  pictures("things", 8);
  const Json trained = last(run({"train", "cifar10", "--data", "things", "--model", "plain20", "--epochs", "1", "--json"}));
  EXPECT_TRUE(trained.at("metrics").find("accuracy"));
  const Outcome wrong = run({"train", "cifar10", "--data", "things", "--model", "resnet21", "--out", "b.keras"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("did you mean 'resnet20'"), std::string::npos) << wrong.err;
  const Outcome weights = run({"train", "cifar10", "--data", "things", "--weights", "x.h5", "--out", "b.keras"});
  EXPECT_NE(weights.err.find("begin with random weights"), std::string::npos) << weights.err;
  const Outcome one = run({"train", "signs", "--data", "things", "--model", "resnet50", "--out", "b.keras"});
  EXPECT_EQ(one.status, 2);
  EXPECT_NE(one.err.find("has one network"), std::string::npos) << one.err;
}

TEST_F(RecognitionRecipe, PhotosByANetworkWithAName) {
  pictures("things", 4, 40);
  const Json trained = last(run({"train", "photos", "--data", "things", "--model", "mobilenet", "--epochs", "1", "--json"}));
  EXPECT_TRUE(trained.at("metrics").find("accuracy"));
  const Outcome said = run({"predict", "photos.keras", "things/up/1.png", "--json"});
  EXPECT_EQ(said.status, 0) << said.err;
  const Outcome wrong = run({"train", "photos", "--data", "things", "--model", "resnet51", "--out", "b.keras"});
  EXPECT_NE(wrong.err.find("did you mean 'ResNet50'"), std::string::npos) << wrong.err;
  const Outcome none = run({"train", "photos", "--data", "things", "--model", "mobilenet", "--weights", "no.h5", "--out", "b.keras"});
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("no.h5"), std::string::npos) << none.err;
}

TEST_F(RecognitionRecipe, XRaysAreJudgedByTheirArea) {
  pictures("rays/train", 12, 128);
  pictures("rays/test", 4, 128);
  const Outcome outcome = run({"train", "chest-xray", "--data", "rays", "--epochs", "2", "--json"});
  const Json trained = last(outcome);
  EXPECT_TRUE(trained.at("metrics").find("auc"));
  EXPECT_TRUE(trained.at("metrics").find("expected_calibration_error"));
  EXPECT_NE(outcome.err.find("no medical device"), std::string::npos) << outcome.err;
  const Json judged = last(run({"evaluate", "chest-xray.keras", "--data", "rays", "--report", "page.html", "--json"}));
  EXPECT_EQ(judged.at("metrics").at("auc").as_double(), trained.at("metrics").at("auc").as_double());
  const std::string page = read_file(folder_ / "page.html", 1 << 26);
  for (const char* const part : {"Decision curve", "sensitivity at a specificity", "no medical device", "bootstrap"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  picture("rays/train/third/1.png", 1, true, 128);
  const Outcome three = run({"train", "chest-xray", "--data", "rays", "--out", "b.keras"});
  EXPECT_EQ(three.status, 1);
}

TEST_F(RecognitionRecipe, HeartIsJudgedByFolds) {
  std::string table = "age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,target\n";
  for (int i = 0; i < 80; ++i) {
    const int sick = i % 2;
    table += std::to_string(40 + i % 30 + 8 * sick) + "," + std::to_string(i / 2 % 2) + "," + std::to_string((i + 2 * sick) % 4) +
             ",130,240,0," + std::to_string(i % 3) + "," + std::to_string(150 - i % 20 - 10 * sick) + ",0,1.5,1," +
             std::to_string(i % 4) + ",2," + std::to_string(sick) + "\n";
  }
  fs::create_directories(folder_ / "tables");
  write_file(folder_ / "tables/heart_cleveland.csv", table);
  write_file(folder_ / "tables/iris.csv", "5.1,3.5,1.4,0.2,setosa\n");
  const Json trained = last(run({"train", "heart", "--data", "tables", "--epochs", "2", "--json"}));
  EXPECT_EQ(trained.at("metrics_of").as_string(), "10 folds");
  EXPECT_GT(trained.at("metrics").at("auc").as_double(), 0.5);
  EXPECT_TRUE(trained.at("metrics").find("expected_calibration_error"));
  const Json judged = last(run({"evaluate", "heart.keras", "--data", "tables", "--json"}));
  EXPECT_EQ(judged.at("samples").as_int(), 80);
  EXPECT_TRUE(judged.at("metrics").find("auc"));
  // What is good on the whole may be bad for some.
  const Json by_sex = last(run({"evaluate", "heart.keras", "--data", "tables", "--by", "sex", "--report", "by.html", "--json"})).at("subgroups");
  ASSERT_EQ(by_sex.size(), 2u);
  EXPECT_EQ(by_sex.at(1).at("group").as_string(), "1");
  EXPECT_EQ(by_sex.at(0).at("samples").as_int(), 40);
  EXPECT_EQ(by_sex.at(0).at("positives").as_int(), 20);
  EXPECT_TRUE(by_sex.at(0).at("auc").is_number());
  EXPECT_NE(read_file(folder_ / "by.html").find("By sex"), std::string::npos);
  const Json by_age = last(run({"evaluate", "heart.keras", "--data", "tables", "--by", "age", "--json"})).at("subgroups");
  ASSERT_EQ(by_age.size(), 4u);
  EXPECT_TRUE(by_age.at(0).at("group").as_string().starts_with("40 to ")) << by_age.dump();
  int64_t samples = 0;
  for (const Json& each : by_age.as_list()) samples += each.at("samples").as_int();
  EXPECT_EQ(samples, 80);
  const Outcome unknown = run({"evaluate", "heart.keras", "--data", "tables", "--by", "sexx"});
  EXPECT_NE(unknown.err.find("did you mean 'sex'"), std::string::npos) << unknown.err;
  write_file(folder_ / "tables/copy.csv", table);
  const Outcome two = run({"train", "heart", "--data", "tables", "--out", "b.keras"});
  EXPECT_NE(two.err.find("several tables"), std::string::npos) << two.err;
}

}  // namespace
}  // namespace lamina
