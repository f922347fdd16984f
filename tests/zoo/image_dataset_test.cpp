// image_dataset_from_directory against Keras (tools/golden/image_datasets.py), in archives, and on bad
// folders.
#include "lamina/zoo/image_dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/image/load_img.h"
#include "lamina/image/picture.h"
#include "lamina/ops/concatenate.h"
#include "lamina/zoo/detail/image_index.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Golden;
using test::message_of;
using Names = std::vector<std::string>;

class ImageDatasets : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& bytes) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    write_file(folder_ / path, bytes);
  }
  void picture(const std::string& path, uint8_t level = 10) {
    put(path, encode_png(Picture{4, 5, 1, std::vector<uint8_t>(20, level)}));
  }
  std::string said(const ImageDatasetOptions& options) {
    return message_of<InvalidArgument>([&] { image_dataset_from_directory(folder_.path(), options); });
  }

  test::TemporaryFolder folder_;
};

ImageDatasetOptions options_of(const Json& o) {
  ImageDatasetOptions options;
  const auto text = [&](const char* key, std::string& to) {
    if (o.contains(key)) to = o.at(key).as_string();
  };
  const auto flag = [&](const char* key, bool& to) {
    if (o.contains(key)) to = o.at(key).as_bool();
  };
  text("label_mode", options.label_mode);
  text("color_mode", options.color_mode);
  text("interpolation", options.interpolation);
  text("data_format", options.data_format);
  text("subset", options.subset);
  flag("shuffle", options.shuffle);
  flag("crop_to_aspect_ratio", options.crop_to_aspect_ratio);
  flag("pad_to_aspect_ratio", options.pad_to_aspect_ratio);
  if (o.contains("batch_size")) options.batch_size = o.at("batch_size").as_int();
  if (o.contains("seed")) options.seed = static_cast<uint64_t>(o.at("seed").as_int());
  if (o.contains("validation_split")) options.validation_split = o.at("validation_split").as_double();
  if (o.contains("image_size"))
    options.image_size = {o.at("image_size").as_list()[0].as_int(), o.at("image_size").as_list()[1].as_int()};
  if (o.contains("class_names")) {
    for (const Json& name : o.at("class_names").as_list()) options.class_names.push_back(name.as_string());
  }
  if (o.contains("labels")) {
    options.labels.emplace();
    for (const Json& label : o.at("labels").as_list())
      options.labels->push_back(static_cast<int32_t>(label.as_int()));
  }
  return options;
}

struct All {
  std::vector<Tensor> x, y;
};
All all_of(const Dataset& dataset) {
  All all;
  for (const Element& batch : dataset) {
    all.x.push_back(batch.x[0]);
    if (!batch.y.empty()) all.y.push_back(batch.y[0]);
  }
  return all;
}

TEST_F(ImageDatasets, AreThoseOfKeras) {
  const Golden golden("zoo/image_datasets");
  const Json names = golden.json("files").at("names");
  for (size_t i = 0; i < names.size(); ++i) {
    const std::vector<uint8_t> bytes = golden.at("file_" + std::to_string(i)).to_vector<uint8_t>();
    put(names.as_list()[i].as_string(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  const Json cases = golden.json("cases").at("cases");
  ASSERT_GE(cases.size(), 20u);
  const test::Told told;  // that a folder is empty
  for (const Json& each : cases.as_list()) {
    const std::string& name = each.at("name").as_string();
    SCOPED_TRACE(name);
    const std::string& below = each.at("directory").as_string();
    const ImageDataset dataset = image_dataset_from_directory(
        below.empty() ? folder_.path() : folder_ / below, options_of(each.at("options")));
    Names paths, classes;
    for (const Json& path : each.at("file_paths").as_list()) paths.push_back(folder_ / path.as_string());
    for (const Json& known : each.at("class_names").as_list()) classes.push_back(known.as_string());
    EXPECT_EQ(dataset.file_paths, paths);
    EXPECT_EQ(dataset.class_names, classes);
    if (!each.at("pixels").as_bool()) continue;
    const All all = all_of(dataset);
    Tensor x = golden.at(name + "_x");
    if (name == "nearest") {  // Keras keeps the bytes here, and here alone
      const std::vector<uint8_t> bytes = x.to_vector<uint8_t>();
      x = Tensor::from(std::vector<float>(bytes.begin(), bytes.end()), x.shape());
    }
    test::expect_close(concatenate(all.x, 0), x, name);
    if (golden.contains(name + "_y")) test::expect_close(concatenate(all.y, 0), golden.at(name + "_y"), name);
  }
}

TEST_F(ImageDatasets, BothPartsHaveNoFileInCommonAndAllTogether) {
  for (int i = 0; i < 10; ++i) picture((i % 2 ? "a/" : "b/") + std::to_string(i) + ".png");
  const auto [train, validation] =
      image_datasets_from_directory(folder_.path(), {.seed = 5, .validation_split = 0.25});
  EXPECT_EQ(train.file_paths.size(), 8u);
  EXPECT_EQ(validation.file_paths.size(), 2u);
  Names all = train.file_paths;
  all.insert(all.end(), validation.file_paths.begin(), validation.file_paths.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()) - all.begin(), 10);
  EXPECT_EQ(train.steps(), 1);
}

// Opacity as load_img has it (tools/golden/rgba.py), resized as every colour is: by itself.
TEST_F(ImageDatasets, KeepTheOpacityWhereOneAsks) {
  const std::vector<uint8_t> file = Golden("image/rgba").at("clear_file").to_vector<uint8_t>();
  put("a/1.png", {reinterpret_cast<const char*>(file.data()), file.size()});
  const Picture known = load_img(folder_ / "a/1.png", {.color_mode = "rgba"});
  ImageDatasetOptions options;
  options.label_mode = "none";
  options.shuffle = false;
  options.color_mode = "rgba";
  options.image_size = {known.height, known.width};
  const auto batch = [&] { return all_of(image_dataset_from_directory(folder_.path(), options)).x[0]; };
  EXPECT_EQ(batch().shape(), (Shape{1, 12, 17, 4}));
  EXPECT_EQ(batch().to_vector<float>(), (std::vector<float>(known.pixels.begin(), known.pixels.end())));
  options.image_size = {5, 7};
  const std::vector<float> four = batch().to_vector<float>();
  options.color_mode = "rgb";
  const std::vector<float> three = batch().to_vector<float>();
  ASSERT_EQ(three.size(), 5u * 7 * 3);
  for (size_t i = 0; i < three.size(); ++i) EXPECT_NEAR(four[i / 3 * 4 + i % 3], three[i], 1e-4) << i;
  options.color_mode = "rgba";
  picture("a/1.png", 9);
  EXPECT_EQ(batch().to_vector<float>()[3], 255);
}

TEST_F(ImageDatasets, EveryPassHasAnotherOrderWhateverTheThreads) {
  for (int i = 0; i < 12; ++i) picture("a/" + std::to_string(i) + ".png", static_cast<uint8_t>(i));
  picture("b/1.png", 100);
  const auto levels = [&](int threads, int epoch) {
    ImageDataset dataset = image_dataset_from_directory(folder_.path(), {.color_mode = "grayscale",
                                                                         .batch_size = 0,
                                                                         .image_size = {1, 1},
                                                                         .seed = 3,
                                                                         .num_parallel_calls = threads});
    std::vector<float> found;
    dataset.begin(epoch, 0);
    for (Batch batch; dataset.next(batch);) found.push_back(batch.x[0].to_vector<float>()[0]);
    return found;
  };
  EXPECT_EQ(levels(0, 0), levels(3, 0));
  EXPECT_EQ(levels(0, 1), levels(3, 1));
  EXPECT_EQ(levels(1, 0).size(), 13u);
}

TEST_F(ImageDatasets, DamagedFilesEndThePassOrAreLeftOut) {
  picture("a/1.png");
  picture("b/2.png");
  picture("b/3.png");
  put("b/2.png", read_file(folder_ / "b/2.png").substr(0, 40));
  put("a/text.jpg", "this is no picture");
  ImageDatasetOptions options{.image_size = {2, 2}, .shuffle = false};
  const std::string error =
      message_of<FileError>([&] { all_of(image_dataset_from_directory(folder_.path(), options)); });
  EXPECT_NE(error.find("a/text.jpg' is no image"), std::string::npos) << error;
  EXPECT_NE(error.find("on_error = \"skip\""), std::string::npos) << error;
  options.on_error = "skip";
  const test::Told told;
  const ImageDataset rest = image_dataset_from_directory(folder_.path(), options);
  for (int pass = 0; pass < 2; ++pass) {
    const All all = all_of(rest);
    EXPECT_EQ(concatenate(all.y, 0).to_vector<int>(), (std::vector<int>{0, 1}));
  }
  EXPECT_TRUE(told.holds("left out: '" + folder_.path() + "/b/2.png' is a damaged PNG")) << told.text();
  EXPECT_EQ(std::count(told.text().begin(), told.text().end(), '\n'), 2) << told.text();
}

TEST_F(ImageDatasets, AreReadOutOfArchives) {
  picture("set/train/a b/1.png", 7);
  picture("set/train/熊猫/2.png", 9);
  for (const std::string name : {"plain.tar", "packed.tar.gz"}) {
    const std::string command = "tar -C '" + folder_.path() + "/set' -c" + (name.ends_with("gz") ? "z" : "") +
                                "f '" + folder_.path() + "/" + name + "' train";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const ImageDataset dataset = image_dataset_from_directory(
        folder_ / name, {.color_mode = "grayscale", .image_size = {1, 1}, .shuffle = false});
    EXPECT_EQ(dataset.class_names, (Names{"a b", "熊猫"}));
    EXPECT_EQ(dataset.file_paths, (Names{folder_ / name + "/a b/1.png", folder_ / name + "/熊猫/2.png"}));
    EXPECT_EQ(all_of(dataset).x[0].to_vector<float>(), (std::vector<float>{7, 9}));
  }
}

TEST_F(ImageDatasets, SayWhatIsWrongWithAFolder) {
  const auto wrong = [&](const ImageDatasetOptions& options = {}) {
    return message_of<FileError>([&] { image_dataset_from_directory(folder_.path(), options); });
  };
  EXPECT_NE(message_of<FileError>([] {
              image_dataset_from_directory("/nonexistent/folder");
            }).find("there is no folder"),
            std::string::npos);
  EXPECT_NE(wrong().find("has no folders, one for each class"), std::string::npos);
  fs::create_directories(folder_ / "empty");
  {
    const test::Told told;
    EXPECT_NE(wrong().find("there are no images in"), std::string::npos);
    EXPECT_TRUE(told.holds("/empty' holds no images")) << told.text();
  }
  picture("a/1.png");
  fs::remove(folder_ / "empty");
  const test::Told told;
  image_dataset_from_directory(folder_.path());
  EXPECT_TRUE(told.holds("holds the one class 'a': there is nothing to tell apart")) << told.text();
  EXPECT_NE(said({.label_mode = "binary"}).find("takes two classes; "), std::string::npos);
  EXPECT_NE(said({.class_names = {"aa"}}).find("no folder of the class 'aa'; did you mean 'a'"),
            std::string::npos);
  EXPECT_NE(said({.labels = {{1, 2}}}).find("there are 2 labels and 1 images"), std::string::npos);
  put("a/text.tar", "no archive");
  EXPECT_NE(message_of<FileError>([&] {
              image_dataset_from_directory(folder_ / "a/text.tar");
            }).find("no tar archive"),
            std::string::npos);
}

TEST_F(ImageDatasets, RefuseArgumentsThatCannotBe) {
  picture("a/1.png");
  EXPECT_NE(said({.label_mode = "categoric"}).find("did you mean 'categorical'"), std::string::npos);
  EXPECT_NE(said({.color_mode = "cmyk"}).find("color_mode 'cmyk'"), std::string::npos);
  EXPECT_NE(said({.batch_size = -1}).find("batch_size"), std::string::npos);
  EXPECT_NE(said({.image_size = {0, 5}}).find("image_size must be from 1"), std::string::npos);
  EXPECT_NE(said({.validation_split = 0.2}).find("belong together"), std::string::npos);
  EXPECT_NE(said({.subset = "training"}).find("belong together"), std::string::npos);
  EXPECT_NE(said({.validation_split = 1.5, .subset = "training"}).find("between 0 and 1"), std::string::npos);
  EXPECT_NE(said({.validation_split = 0.2, .subset = "training"}).find("needs a seed"), std::string::npos);
  EXPECT_NE(said({.seed = uint64_t{1} << 32}).find("below 2^32"), std::string::npos);
  EXPECT_NE(said({.interpolation = "hamming"}).find("interpolation 'hamming'"), std::string::npos);
  EXPECT_NE(said({.crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}).find("exclude"),
            std::string::npos);
  EXPECT_NE(said({.on_error = "ignore"}).find("on_error 'ignore'"), std::string::npos);
}

}  // namespace
}  // namespace lamina
