// `lamina detect` and detectors in train and evaluate, through the real program: frames of changing size, a
// frame that ends in the middle, names that are missing, and a recipe from pictures with boxes to what it
// finds.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/image/load_img.h"
#include "lamina/image/picture.h"
#include "lamina/nn/model.h"
#include "lamina/vision/annotations.h"
#include "lamina/vision/detector.h"
#include "lamina/vision/detector_recipes.h"
#include "lamina/vision/video.h"
#include "tests/support/program.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

namespace fs = std::filesystem;

// A bright square on dark ground.
std::string square_picture(int height, int width, int left, int top, int side) {
  Picture picture;
  picture.height = height;
  picture.width = width;
  picture.channels = 3;
  picture.pixels.assign(static_cast<size_t>(height) * static_cast<size_t>(width) * 3, 30);
  for (int y = top; y < top + side; ++y) {
    for (int x = left; x < left + side; ++x) picture.pixels[static_cast<size_t>((y * width + x) * 3)] = 240;
  }
  return encode_png(picture);
}

// Eight pictures to learn and two to judge by.
void write_squares(const TemporaryFolder& folder) {
  std::string table = "split,file,width,height,class,xmin,ymin,xmax,ymax\n";
  for (int i = 0; i < 10; ++i) {
    const std::string part = i < 8 ? "train" : "test", name = part + "/" + std::to_string(i) + ".png";
    fs::create_directories(folder / ("data/" + part));
    const int left = 5 + 3 * i, top = 40 - 3 * i;
    write_file(folder / ("data/" + name), square_picture(64, 64, left, top, 20));
    table += part + "," + name + ",64,64,square," + std::to_string(left) + "," + std::to_string(top) + "," +
             std::to_string(left + 20) + "," + std::to_string(top + 20) + "\n";
  }
  write_file(folder / "data/annotations.csv", table);
}

Json object_of(const std::string& line) { return Json::parse(line, "a line"); }

TEST(DetectApp, LearnsJudgesAndFinds) {
  TemporaryFolder folder;
  write_squares(folder);
  const Outcome trained =
      run_lamina(folder.path(), {"train", "boxes", "--data", "data", "--epochs", "2", "--batch-size", "4",
                                 "--out", "m.keras", "--json", "--quiet"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  ASSERT_EQ(trained.lines().size(), 3u) << trained.out;
  const Json last = object_of(trained.lines().back());
  EXPECT_EQ(last.at("model").as_string(), "m.keras");
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  for (const char* name : {"loss", "map50", "map"})
    EXPECT_TRUE(last.at("metrics").contains(name)) << trained.out;
  const std::string report = last.at("report").as_string();
  EXPECT_TRUE(fs::exists(folder / report));
  EXPECT_TRUE(fs::exists(fs::path(folder / report).parent_path() / "detections.png"));
  const std::string page = read_file(folder / report);
  EXPECT_NE(page.find("What it finds"), std::string::npos);
  size_t pictures = 0;
  for (size_t at = page.find("<figure><img"); at != std::string::npos; at = page.find("<figure><img", at + 1))
    ++pictures;
  EXPECT_EQ(pictures, 2u);
  // Who asks to stop is heard before the first picture, while the loss is computed.
  const vision::Detector detector(load_model(folder / "m.keras"), "m.keras");
  std::vector<int64_t> asked;
  EXPECT_THROW(
      vision::detector_metrics(
          detector,
          vision::load_annotations(folder / "data", {.part = "test", .class_names = detector.class_names()}),
          [&](int64_t done) {
            asked.push_back(done);
            return false;
          }),
      Error);
  EXPECT_EQ(asked, std::vector<int64_t>{0});
  // Judged again by the file alone, it is worth the same.
  const Outcome judged = run_lamina(folder.path(), {"evaluate", "m.keras", "--data", "data", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  const Json result = object_of(judged.out);
  EXPECT_EQ(result.at("samples").as_int(), 2);
  EXPECT_EQ(result.at("boxes").as_int(), 2);
  for (const auto& [name, value] : last.at("metrics").as_object()) {
    if (!value.is_number()) continue;
    EXPECT_NEAR(result.at("metrics").at(name).as_double(), value.as_double(), 1e-5) << name;
  }
  EXPECT_EQ(run_lamina(folder.path(), {"evaluate", "m.keras", "--data", "data:train", "--json"}).status, 0);
  // Frames of changing size, one of which is cut off.
  fs::create_directories(folder / "video");
  write_file(folder / "video/1.png", square_picture(64, 64, 5, 5, 20));
  write_file(folder / "video/2.png", square_picture(30, 90, 5, 5, 20));
  write_file(folder / "video/3.png", square_picture(64, 64, 5, 5, 20).substr(0, 60));
  write_file(folder / "video/4.png", square_picture(200, 64, 5, 5, 20));
  const Outcome found = run_lamina(folder.path(), {"detect", "m.keras", "video", "--score", "0", "--most",
                                                   "3", "--output", "drawn", "--json"});
  EXPECT_EQ(found.status, 1);
  EXPECT_NE(found.err.find("1 of 4 pictures could not be read"), std::string::npos) << found.err;
  ASSERT_EQ(found.lines().size(), 4u) << found.out;
  const Json second = object_of(found.lines()[1]);
  EXPECT_EQ(second.at("width").as_int(), 90);
  EXPECT_EQ(second.at("detections").size(), 3u);
  EXPECT_EQ(second.at("detections").at(0).at("label").as_string(), "square");
  EXPECT_TRUE(object_of(found.lines()[2]).contains("error"));
  const Picture drawn = load_img(folder / "drawn/4.png");
  EXPECT_EQ(drawn.height, 200);
  EXPECT_FALSE(fs::exists(folder / "drawn/3.png"));
}

// A video is looked at frame by frame, and what is found is drawn into another one; one that ends in the
// middle is told.
TEST(DetectApp, LooksAtVideos) {
  if (const std::string problem = vision::why_no_video(); !problem.empty()) GTEST_SKIP() << problem;
  const std::string model = shared_file("models/fastestdet-coco/FastestDet.onnx");
  if (model.empty()) GTEST_SKIP() << "needs shared models";
  TemporaryFolder folder;
  {
    vision::VideoWriter video(folder / "clip.avi", {.fps = 10});
    for (int i = 0; i < 12; ++i) {
      write_file(folder / "frame.png", square_picture(64, 64, 2 * i, 5, 20));
      video.add(load_img(folder / "frame.png"));
    }
    video.finish();
  }
  const Outcome found =
      run_lamina(folder.path(), {"detect", model, "clip.avi", "frame.png", "--output", "seen.mp4", "--json"});
  ASSERT_EQ(found.status, 0) << found.err;
  ASSERT_EQ(found.lines().size(), 13u);
  EXPECT_EQ(object_of(found.lines()[11]).at("frame").as_int(), 11);
  EXPECT_FALSE(object_of(found.lines()[12]).contains("frame"));
  EXPECT_EQ(object_of(found.lines()[0]).at("output").as_string(), "seen.mp4");
  vision::VideoReader seen(folder / "seen.mp4");
  EXPECT_NEAR(seen.fps(), 10, 1e-6);
  int frames = 0;
  while (seen.next()) ++frames;
  EXPECT_EQ(frames, 13);
  const Outcome drawn =
      run_lamina(folder.path(), {"detect", model, "clip.avi", "--output", "drawn", "--quiet"});
  EXPECT_EQ(drawn.status, 0) << drawn.err;
  EXPECT_TRUE(fs::exists(folder / "drawn/clip-000011.png"));
  EXPECT_EQ(run_lamina(folder.path(), {"detect", model, "clip.avi", "--output", "clip.avi"}).status, 2);
  const std::string bytes = read_file(folder / "clip.avi");
  const size_t begin = bytes.find("movi"), end = bytes.rfind("idx1");
  write_file(folder / "cut.avi", bytes.substr(0, begin + (end - begin) * 95 / 100));
  const Outcome cut = run_lamina(folder.path(), {"detect", model, "cut.avi", "--json"});
  EXPECT_EQ(cut.status, 1);
  EXPECT_GE(cut.lines().size(), 4u) << cut.out;
  EXPECT_NE(cut.err.find("pictures could not be read"), std::string::npos) << cut.err;
  write_file(folder / "text.mp4", "no video at all");
  const Outcome none = run_lamina(folder.path(), {"detect", model, "text.mp4", "frame.png", "--json"});
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(none.lines().size(), 2u) << none.out;
  EXPECT_NE(none.err.find("is no video that can be opened"), std::string::npos) << none.err;
}

// What is drawn never replaces what is looked at, and frames come by their numbers, padded or not.
TEST(DetectApp, TakesFramesByNumberAndOverwritesNone) {
  const std::string model = shared_file("models/fastestdet-coco/FastestDet.onnx");
  if (model.empty()) GTEST_SKIP() << "needs shared models";
  TemporaryFolder folder;
  fs::create_directories(folder / "video/folder.png");
  const std::string picture = square_picture(32, 32, 5, 5, 20);
  for (const char* name : {"f10.png", "f2.png", "f1.png", "f02.png"})
    write_file(folder / (std::string("video/") + name), picture);
  const Outcome refused = run_lamina(folder.path(), {"detect", model, "video", "--output", "./video/"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("would overwrite"), std::string::npos) << refused.err;
  EXPECT_EQ(read_file(folder / "video/f1.png"), picture);
  const Outcome found = run_lamina(folder.path(), {"detect", model, "video", "--output", "drawn", "--json"});
  ASSERT_EQ(found.status, 0) << found.err;
  std::vector<std::string> order;
  for (const std::string& line : found.lines()) order.push_back(object_of(line).at("input").as_string());
  EXPECT_EQ(order,
            (std::vector<std::string>{"video/f1.png", "video/f02.png", "video/f2.png", "video/f10.png"}));
}

// Of a source without parts everything is learned, and nothing is left that could judge.
TEST(DetectApp, DoesNotJudgeByWhatItLearned) {
  TemporaryFolder folder;
  write_squares(folder);
  std::string coco = R"({"categories": [{"id": 1, "name": "square"}], "images": [)", boxes;
  for (int i = 0; i < 4; ++i) {
    const std::string id = std::to_string(i);
    coco += (i ? ", " : "") + (R"({"id": )" + id) + R"(, "file_name": "data/train/)" + id +
            R"(.png", "width": 64, "height": 64})";
    boxes += (i ? ", " : "") + (R"({"image_id": )" + id) + R"(, "category_id": 1, "bbox": [5, 5, 20, 20]})";
  }
  write_file(folder / "all.json", coco + R"(], "annotations": [)" + boxes + "]}");
  const std::vector<std::string> words{"train", "boxes",        "--data", "all.json", "--epochs",
                                       "1",     "--batch-size", "4",      "--json",   "--quiet"};
  const Outcome trained = run_lamina(folder.path(), words);
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(object_of(trained.lines().back()).at("metrics_of").as_string(), "training");
  EXPECT_NE(trained.err.find("pictures that are learned"), std::string::npos) << trained.err;
  std::vector<std::string> split = words;
  split.insert(split.end(), {"--validation-split", "0.5", "--overwrite"});
  const Outcome judged = run_lamina(folder.path(), split);
  ASSERT_EQ(judged.status, 0) << judged.err;
  EXPECT_TRUE(object_of(judged.lines().back()).at("metrics").contains("map50")) << judged.out;
  const Outcome asked = run_lamina(folder.path(), {"predict", "boxes.keras", "data/train/0.png"});
  EXPECT_EQ(asked.status, 2);
  EXPECT_NE(asked.err.find("lamina detect"), std::string::npos) << asked.err;
}

TEST(DetectApp, GoesOnWhereItStopped) {
  TemporaryFolder folder;
  write_squares(folder);
  const std::vector<std::string> words{"train", "boxes",        "--data", "data",   "--epochs",
                                       "3",     "--batch-size", "4",      "--json", "--quiet"};
  const auto with = [&](std::initializer_list<std::string> more) {
    std::vector<std::string> all = words;
    all.insert(all.end(), more);
    return run_lamina(folder.path(), all, {"SOURCE_DATE_EPOCH=1"});
  };
  ASSERT_EQ(with({"--out", "whole.keras"}).status, 0);
  Running running(folder.path(),
                  [&] {
                    std::vector<std::string> all = words;
                    all.insert(all.end(), {"--out", "two.keras"});
                    return all;
                  }(),
                  {"SOURCE_DATE_EPOCH=1"});
  running.wait_for("\"epoch\": 1");
  running.send(2);
  running.wait();
  const Outcome resumed = with({"--out", "two.keras", "--resume"});
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_EQ(read_file(folder / "whole.keras"), read_file(folder / "two.keras"));
}

TEST(DetectApp, SaysWhatIsWrong) {
  TemporaryFolder folder;
  write_squares(folder);
  const auto error = [&](const std::vector<std::string>& words) {
    return run_lamina(folder.path(), words).err;
  };
  EXPECT_NE(error({"train", "blood-cells"}).find("has no data of its own"), std::string::npos);
  EXPECT_NE(error({"train", "boxes", "--data", "data/train"}).find("holds no boxes"), std::string::npos);
  EXPECT_NE(error({"train", "boxes", "--data", "data", "--out", "m.h5"}).find("must end in .keras"),
            std::string::npos);
  EXPECT_NE(error({"detect", "nowhere.keras", "data/train"}).find("nowhere.keras"), std::string::npos);
  write_file(folder / "empty.txt", "");
  fs::create_directories(folder / "none");
  EXPECT_NE(error({"detect", "nowhere.keras", "none"}).find("holds no pictures"), std::string::npos);
}

TEST(DetectApp, JudgesADetectorOfOtherClasses) {
  const std::string model = shared_file("models/fastestdet-coco/FastestDet.onnx"),
                    data = shared_data("driving_trapedesveh");
  if (model.empty() || data.empty()) GTEST_SKIP() << "needs shared models and data";
  TemporaryFolder folder;
  const Outcome judged = run_lamina(folder.path(), {"evaluate", model, "--data", data, "--classes",
                                                    "pedestrian=person,vehicle=car+bus", "--json"});
  ASSERT_EQ(judged.status, 0) << judged.err;
  const Json metrics = object_of(judged.out).at("metrics");
  EXPECT_GT(metrics.at("map50/pedestrian").as_double(), 0.1);
  EXPECT_GT(metrics.at("map50/vehicle").as_double(), 0.1);
  for (const auto& [words, message] :
       {std::pair<std::string, std::string>{"pedestrian=persn", "did you mean 'person'"},
        {"walker=person", "unknown class 'walker'"},
        {"vehicle=car,vehicle=bus", "join them by +"},
        {"vehicle=car,pedestrian=car", "two classes of the data"},
        {"person", "DATA=MODEL"}}) {
    const Outcome wrong = run_lamina(folder.path(), {"evaluate", model, "--data", data, "--classes", words});
    EXPECT_NE(wrong.err.find(message), std::string::npos) << wrong.err;
  }
}

}  // namespace
}  // namespace lamina::test
