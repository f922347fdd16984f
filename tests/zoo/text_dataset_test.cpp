// text_dataset_from_directory against Keras (tools/golden/text_datasets.py), folders of texts as data, and
// bad folders.
#include "lamina/zoo/text_dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using Names = std::vector<std::string>;

class TextDatasets : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    write_file(folder_ / path, text);
  }
  LabelledData load(DataNeeds needs = {}) {
    needs.samples = SampleKind::kTexts;
    return load_data(folder_.path(), {.needs = needs});
  }

  test::TemporaryFolder folder_;
};

TextDatasetOptions options_of(const Json& o) {
  TextDatasetOptions options;
  if (const Json* at = o.find("label_mode")) options.label_mode = at->as_string();
  if (const Json* at = o.find("subset")) options.subset = at->as_string();
  if (const Json* at = o.find("shuffle")) options.shuffle = at->as_bool();
  if (const Json* at = o.find("batch_size")) options.batch_size = at->as_int();
  if (const Json* at = o.find("max_length")) options.max_length = at->as_int();
  if (const Json* at = o.find("seed")) options.seed = static_cast<uint64_t>(at->as_int());
  if (const Json* at = o.find("validation_split")) options.validation_split = at->as_double();
  if (const Json* at = o.find("class_names")) {
    for (const Json& name : at->as_list()) options.class_names.push_back(name.as_string());
  }
  if (const Json* at = o.find("labels")) {
    options.labels.emplace();
    for (const Json& label : at->as_list()) options.labels->push_back(static_cast<int32_t>(label.as_int()));
  }
  return options;
}

TEST_F(TextDatasets, AreThoseOfKeras) {
  const Json golden = Json::parse(test::golden_text("zoo/text_datasets.json"));
  for (const auto& [path, text] : golden.at("files").as_object()) put(path, text.as_string());
  ASSERT_GE(golden.at("cases").size(), 12u);
  const test::Told told;  // that a folder is empty
  for (const Json& each : golden.at("cases").as_list()) {
    SCOPED_TRACE(each.at("name").as_string());
    const std::string& below = each.at("directory").as_string();
    const TextDatasetOptions options = options_of(each.at("options"));
    const TextDataset data =
        text_dataset_from_directory(below.empty() ? folder_.path() : folder_ / below, options);
    Names texts, classes;
    for (const Json& bytes : each.at("texts").as_list()) {
      texts.emplace_back();
      for (const Json& byte : bytes.as_list()) texts.back() += static_cast<char>(byte.as_int());
    }
    for (const Json& known : each.at("class_names").as_list()) classes.push_back(known.as_string());
    Names said = data.texts;
    if (options.shuffle) {  // Keras's passes have an order of their own; the part is the same
      std::sort(said.begin(), said.end());
      std::sort(texts.begin(), texts.end());
    }
    EXPECT_EQ(said, texts);
    EXPECT_EQ(data.class_names, classes);
    ASSERT_EQ(data.y.defined(), each.contains("y"));
    if (!data.y.defined() || options.shuffle) continue;
    std::vector<double> y;
    for (const Json& value : each.at("y").as_list()) y.push_back(value.as_double());
    EXPECT_EQ(data.y.to_vector<double>(), y);
    EXPECT_EQ(data.y.rank(), static_cast<int>(each.at("y_shape").size()));
  }
}

TEST_F(TextDatasets, GiveBatchesOfWhatEncodesThem) {
  for (int i = 0; i < 5; ++i)
    put("a/" + std::to_string(i) + ".txt", std::string(static_cast<size_t>(i), 'x'));
  put("b/1.txt", "xxxxxxxxx");
  const auto length = [](const Names& texts) {
    std::vector<float> lengths;
    for (const std::string& text : texts) lengths.push_back(static_cast<float>(text.size()));
    return Tensor::from(lengths, {static_cast<int64_t>(texts.size()), 1});
  };
  const TextDataset data = text_dataset_from_directory(folder_.path(), {.batch_size = 4, .shuffle = false});
  std::vector<float> x, y;
  std::vector<int64_t> sizes;
  for (const Element& batch : data.encoded(length)) {
    sizes.push_back(batch.x[0].shape()[0]);
    for (const float value : batch.x[0].to_vector<float>()) x.push_back(value);
    for (const float value : batch.y[0].to_vector<float>()) y.push_back(value);
  }
  EXPECT_EQ(sizes, (std::vector<int64_t>{4, 2}));
  EXPECT_EQ(x, (std::vector<float>{0, 1, 2, 3, 4, 9}));
  EXPECT_EQ(y, (std::vector<float>{0, 0, 0, 0, 0, 1}));
  const TextDataset single = text_dataset_from_directory(folder_.path(), {.batch_size = 0, .seed = 3});
  int64_t samples = 0;
  for (const Element& sample : single.encoded(length)) {
    EXPECT_EQ(sample.x[0].shape(), Shape({1}));
    EXPECT_EQ(sample.y[0].item<float>(), sample.x[0].item<float>() == 9 ? 1 : 0);
    ++samples;
  }
  EXPECT_EQ(samples, 6);
  const auto [training, validation] =
      text_datasets_from_directory(folder_.path(), {.seed = 1, .validation_split = 0.5});
  Names all = training.file_paths;
  all.insert(all.end(), validation.file_paths.begin(), validation.file_paths.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()) - all.begin(), 6);
}

TEST_F(TextDatasets, RefuseWhatCannotBe) {
  const auto said = [&](const TextDatasetOptions& options) {
    return message_of<InvalidArgument>([&] { text_dataset_from_directory(folder_.path(), options); });
  };
  put("a/1.txt", "x");
  put("b/1.txt", "y");
  EXPECT_NE(said({.label_mode = "ints"}).find("text_dataset_from_directory: unknown label_mode 'ints'"),
            std::string::npos);
  EXPECT_NE(said({.max_length = 0}).find("max_length must be 1 or more"), std::string::npos);
  EXPECT_NE(said({.class_names = {"c"}}).find("has no folder of the class 'c'"), std::string::npos);
  EXPECT_NE(said({.validation_split = 0.5, .subset = "training"}).find("needs a seed"), std::string::npos);
  EXPECT_NE(said({.labels = {{1, 2, 3}}}).find("there are 3 labels and 2 text files"), std::string::npos);
  const auto missing = [&](const std::string& path) {
    return message_of<FileError>([&] { text_dataset_from_directory(path); });
  };
  EXPECT_NE(missing(folder_ / "a").find("has no folders, one for each class"), std::string::npos);
  fs::create_directories(folder_ / "none/x");
  EXPECT_NE(missing(folder_ / "none").find("there are no text files in"), std::string::npos);
}

TEST_F(TextDatasets, AreDataForModelsOfTexts) {
  put("train/good/1.txt", "\xef\xbb\xbfmoving\nand wise");
  put("train/bad/2.txt", "dull");
  put("test/good/3.txt", "wise");
  put("test/odd/4.txt", "odd");
  const LabelledData training = load({.learned_from = true});
  EXPECT_EQ(training.texts, (Names{"dull", "moving\nand wise"}));
  EXPECT_EQ(training.class_names, (Names{"bad", "good"}));
  EXPECT_EQ(training.y.to_vector<int32_t>(), (std::vector<int32_t>{0, 1}));
  DataNeeds needs{.samples = SampleKind::kTexts, .classes = 2, .known = {.class_names = {"bad", "good"}}};
  const auto test = [&] { return load_data(folder_.path(), {.split = "test", .needs = needs}); };
  EXPECT_NE(message_of<FileError>(test).find("is a class that the model does not know"), std::string::npos);
  needs.target_optional = true;
  EXPECT_EQ(test().y.to_vector<int32_t>(), (std::vector<int32_t>{1, -1}));
  needs.target_optional = false;
  const LabelledData flat =
      load_data(folder_ / "train/good", {.needs = {.samples = SampleKind::kTexts, .target_optional = true}});
  EXPECT_FALSE(flat.y.defined());
  EXPECT_EQ(flat.names, (Names{folder_ / "train/good/1.txt"}));
  EXPECT_NE(message_of<FileError>([&] {
              load_data(folder_ / "test/odd", {.needs = {.samples = SampleKind::kTexts}});
            }).find("holds no texts: a folder of .txt files for each class was expected"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
