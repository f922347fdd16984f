// load_data: sources by name, folder and file, and what each says when it cannot be read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/data/detail/parquet.h"
#include "lamina/data/labelled_data.h"
#include "lamina/formats/npz.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

// Two images of 2 x 3 with the given labels, as IDX files of one part.
void write_part(const std::string& folder, const std::string& stem, const std::string& labels) {
  const auto count = static_cast<char>(labels.size());
  write_file(folder + "/" + stem + "-images-idx3-ubyte",
             std::string{0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3} + "abcdefghijkl");
  write_file(folder + "/" + stem + "-labels-idx1-ubyte", std::string{0, 0, 8, 1, 0, 0, 0, count} + labels);
}

TEST(LoadData, ReadsAFolderOfIdxFiles) {
  TemporaryFolder folder;
  write_part(folder.path(), "train", {0, 2});
  write_part(folder.path(), "t10k", {1, 1});
  const LabelledData train = load_data(folder.path());
  EXPECT_EQ(train.x.type(), (TensorType{DType::kUInt8, {2, 2, 3, 1}}));
  EXPECT_EQ(train.x.to_vector<int>()[11], 'l');
  EXPECT_EQ(train.y.type(), (TensorType{DType::kInt32, {2}}));
  EXPECT_EQ(train.y.to_vector<int>(), (std::vector<int>{0, 2}));
  EXPECT_EQ(train.class_names, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(load_data(folder.path() + ":test").y.to_vector<int>(), (std::vector<int>{1, 1}));
  EXPECT_EQ(load_data(folder.path(), {.split = "test"}).y.to_vector<int>(), (std::vector<int>{1, 1}));
}

TEST(LoadData, ReadsNamedSetsFromAGivenFolder) {
  TemporaryFolder folder;
  write_part(folder.path(), "train", {0, 9});
  const LabelledData data = load_data("fashion-mnist", {.folder = folder.path()});
  ASSERT_EQ(data.class_names.size(), 10u);
  EXPECT_EQ(data.class_names[9], "Ankle boot");
  std::filesystem::create_directory(folder / "mnist");
  write_part(folder / "mnist", "t10k", {3, 4});
  ASSERT_EQ(::setenv("LAMINA_DATA", folder.path().c_str(), 1), 0);
  EXPECT_EQ(load_data("mnist:test").y.to_vector<int>(), (std::vector<int>{3, 4}));
  ::unsetenv("LAMINA_DATA");
}

TEST(LoadData, ReadsTheInstalledFashionMnist) {
  // scripts/test installs Debian's dataset-fashion-mnist.
  const LabelledData data = load_data("fashion-mnist:test");
  EXPECT_EQ(data.x.type(), (TensorType{DType::kUInt8, {10000, 28, 28, 1}}));
  const std::vector<int> labels = data.y.to_vector<int>();
  std::vector<int> counts(10);
  for (const int label : labels) ++counts.at(static_cast<size_t>(label));
  EXPECT_EQ(counts, std::vector<int>(10, 1000));  // the set is balanced
}

TEST(LoadData, SaysHowToGetAMissingSet) {
  const std::string message =
      message_of<FileError>([] { load_data("fashion-mnist", {.folder = "/nonexistent"}); });
  EXPECT_NE(message.find("apt-get install dataset-fashion-mnist"), std::string::npos) << message;
  EXPECT_NE(message.find("LAMINA_DATA"), std::string::npos) << message;
}

TEST(LoadData, SuggestsNamesAndParts) {
  EXPECT_NE(
      message_of<InvalidArgument>([] { load_data("fashon-mnist"); }).find("did you mean 'fashion-mnist'"),
      std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { load_data("mnist:tets"); }).find("did you mean 'test'"),
            std::string::npos);
  EXPECT_THROW(load_data("mnist", {.split = "all"}), InvalidArgument);
}

TEST(LoadData, ChecksLabelsAndLengths) {
  TemporaryFolder folder;
  write_part(folder.path(), "train", {0, 12});
  const DataOptions named{.folder = folder.path()};
  const std::string range = message_of<FileError>([&] { load_data("fashion-mnist", named); });
  EXPECT_NE(range.find("label 12 of sample 1 is out of range 0..9"), std::string::npos) << range;
  write_part(folder.path(), "train", {0, 1, 2});
  const std::string length = message_of<FileError>([&] { load_data("fashion-mnist", named); });
  EXPECT_NE(length.find("x has 2 samples and y 3 targets"), std::string::npos) << length;
}

TEST(LoadData, RefusesDamagedAndIncompleteFolders) {
  TemporaryFolder folder;
  EXPECT_NE(message_of<FileError>([&] { load_data(folder.path()); }).find("holds no data"),
            std::string::npos);
  write_part(folder.path(), "train", {0, 1});
  EXPECT_NE(message_of<FileError>([&] { load_data(folder.path() + ":test"); }).find("t10k-images"),
            std::string::npos);
  std::filesystem::remove(folder / "train-labels-idx1-ubyte");
  EXPECT_NE(message_of<FileError>([&] { load_data(folder.path()); }).find("lacks the labels"),
            std::string::npos);
  write_file(folder / "train-labels-idx1-ubyte.gz", "\x1f\x8b junk");
  EXPECT_NE(message_of<FileError>([&] { load_data(folder.path()); }).find("labels-idx1-ubyte.gz' is"),
            std::string::npos);
}

TEST(LoadData, RefusesKindsThatThisBuildCannotRead) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "cats");
  EXPECT_NE(message_of<FileError>([&] {
              load_data(folder.path());
            }).find("one folder of images (PNG, JPEG, GIF, BMP, WebP, PNM) for each"),
            std::string::npos);
  write_file(folder / "a.parquet", std::string("PAR1\x15\0\x15", 7));
  const std::string message = message_of<FileError>([&] { load_data(folder / "a.parquet"); });
  if (detail::why_no_parquet().empty()) {
    EXPECT_NE(message.find("a.parquet' cannot be read as Parquet"), std::string::npos) << message;
  } else {
    EXPECT_NE(message.find("a.parquet' is a Parquet file"), std::string::npos) << message;
    EXPECT_NE(message.find("pandas.read_parquet"), std::string::npos) << message;
    EXPECT_NE(message.find("built without Apache Arrow"), std::string::npos) << message;
  }
  write_file(folder / "a.feather", std::string("ARROW1\0\0", 8));
  const std::string other = message_of<FileError>([&] { load_data(folder / "a.feather"); });
  EXPECT_NE(other.find("a.feather' is a Feather file"), std::string::npos) << other;
  EXPECT_NE(other.find(".npz"), std::string::npos) << other;
  EXPECT_NE(message_of<FileError>([&] { load_data(folder / "b.npz"); }).find("No such file"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { load_data(folder / "b.xyz"); }).find("No such file"),
            std::string::npos);
}

TEST(LoadData, ReadsNpzWithAndWithoutParts) {
  TemporaryFolder folder;
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  write_npz(folder / "plain.npz", {{"x", x}, {"y", Tensor::from<int64_t>({1, 0})}});
  const LabelledData plain = load_data(folder / "plain.npz");
  EXPECT_EQ(plain.x.shape(), (Shape{2, 2}));
  EXPECT_EQ(plain.y.type(), (TensorType{DType::kInt32, {2}}));
  EXPECT_EQ(plain.class_names.size(), 2u);

  write_npz(folder / "parts.npz", {{"x_train", x},
                                   {"y_train", Tensor::from<float>({0.5f, 1.5f})},
                                   {"x_test", x},
                                   {"y_test", Tensor::from<float>({7.5f, 8.5f})}});
  const LabelledData test = load_data(folder / "parts.npz:test");
  EXPECT_EQ(test.y.to_vector<float>(), (std::vector<float>{7.5f, 8.5f}));
  EXPECT_TRUE(test.class_names.empty());
}

TEST(LoadData, RefusesNpzThatDoNotFit) {
  TemporaryFolder folder;
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  const auto refusal = [&](const std::map<std::string, Tensor>& arrays, const std::string& part = "") {
    write_npz(folder / "a.npz", arrays);
    const DataOptions of_classes{.needs = {.target = TargetKind::kClassNumbers}};
    return message_of<FileError>([&] { load_data(folder / ("a.npz" + part), of_classes); });
  };
  EXPECT_NE(refusal({{"x", x}}).find("lacks the array 'y'"), std::string::npos);
  EXPECT_NE(refusal({{"images", x}}).find("it holds: images"), std::string::npos);
  EXPECT_NE(refusal({{"x", x}, {"y", x}}, ":test").find("no part 'test'"), std::string::npos);
  EXPECT_NE(refusal({{"x", x}, {"y", Tensor::from<float>({1})}}).find("x has 2 samples and y 1"),
            std::string::npos);
  EXPECT_NE(refusal({{"x", x}, {"y", Tensor::from<int32_t>({0, -1})}}).find("label -1 of sample 1"),
            std::string::npos);
  EXPECT_NE(refusal({{"x", x}, {"y", Tensor::from<int32_t>({0, 2000000000})}}).find("out of range"),
            std::string::npos);
  // Numbers of 64 bits must not wrap around to small ones.
  EXPECT_NE(refusal({{"x", x}, {"y", Tensor::from<int64_t>({0, (int64_t{1} << 32) + 1})}})
                .find("label 4294967297 of sample 1"),
            std::string::npos);
  EXPECT_NE(refusal({{"x", x}, {"y", Tensor::from<int32_t>({5}, {})}}).find("first axis"), std::string::npos);
}

TEST(ToCategorical, MakesRowsWithAOne) {
  const Tensor y = to_categorical(Tensor::from<int32_t>({2, 0}), 3);
  EXPECT_EQ(y.type(), (TensorType{DType::kFloat32, {2, 3}}));
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(to_categorical(Tensor::from<uint8_t>({1, 3, 0}, {3, 1})).shape(), (Shape{3, 4}));
  EXPECT_EQ(to_categorical(Tensor::from<int32_t>({}), 5).shape(), (Shape{0, 5}));
}

TEST(ToCategorical, RefusesOtherThanClassNumbers) {
  const auto refusal = [](const Tensor& y, int64_t classes) {
    return message_of<InvalidArgument>([&] { to_categorical(y, classes); });
  };
  EXPECT_NE(refusal(Tensor::from<int32_t>({0, 3}), 3).find("3 at index 1 is out of range 0..2"),
            std::string::npos);
  EXPECT_NE(refusal(Tensor::from<int32_t>({-1}), 0).find("-1 at index 0"), std::string::npos);
  EXPECT_NE(refusal(Tensor::from<float>({0}), 3).find("integer dtype"), std::string::npos);
  EXPECT_NE(refusal(Tensor::from<int32_t>({0, 1, 2, 3}, {2, 2}), 3).find("(n,)"), std::string::npos);
}

// ---- Files are what they hold ----

TEST(LoadData, TablesAreKnownByTheirText) {
  TemporaryFolder folder;
  const std::string table = "a,b,label\n1,2,0\n3,4,1\n";
  // The second begins as a bitmap does.
  for (const std::string& text : {table, std::string("BMI,b,label\n1,2,0\n3,4,1\n")}) {
    for (const char* name : {"iris.data", "t.txt", "t", "t.CSV", "t.npz", "t.json", "t.png"}) {
      write_file(folder / name, text);
      const LabelledData data = load_data(folder / name);
      EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4})) << name;
      EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1})) << name;
    }
  }
}

TEST(LoadData, ArraysAreKnownByTheirArchive) {
  TemporaryFolder folder;
  write_npz(folder / "arrays.csv",
            {{"x", Tensor::from<float>({1, 2}, {2, 1})}, {"y", Tensor::from<int64_t>({1, 0})}});
  EXPECT_EQ(load_data(folder / "arrays.csv").y.to_vector<int>(), (std::vector<int>{1, 0}));
}

TEST(LoadData, WhatStandsForATableIsNamed) {
  TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> files = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n", "is a Git LFS pointer"},
      {std::string("II*\0\x08\0\0\0", 8), "is a TIFF image"},
      {std::string("MM\0*\0\0\0\x08", 8), "is a TIFF image"},
      {std::string("\0\0\1\0\1\0", 6), "is an icon"},
      {std::string("\0\0\0\x20"
                   "ftypavif\0\0\0\0",
                   16),
       "is an AVIF image"},
      {std::string("\0\0\0\x18"
                   "ftypheic\0\0\0\0",
                   16),
       "is a HEIC image"},
      {std::string("\0\0\0\x18"
                   "ftypisom\0\0\0\0",
                   16),
       "is a film or sound"},
      {std::string("\0\0\0\x0cjP  \r\n\x87\n", 12), "is a JPEG 2000 image"},
      {std::string("\x80\x05\x95\0", 4), "is a Python pickle"},
      {std::string("\x7f"
                   "ELF\2\1\1\0",
                   8),
       "is a program"},
      {std::string("SQLite format 3\0\x10", 17), "is an SQLite database"},
      {"\n<!DOCTYPE html>\n<html><body>1,2</body></html>\n", "is an HTML page"},
      {"<?xml version=\"1.0\"?>\n<Error/>\n", "is an XML document"},
      {std::string("\x89PNG\r\n\x1a\n\0\0", 10), "is a PNG image"},
      {std::string("\x93NUMPY\x01\0", 8), "is a NumPy array"},
      {std::string("\0\0\x08\x03\0\0", 6), "is an IDX file of images: give the folder"},
  };
  for (const auto& [bytes, words] : files) {
    for (const char* name : {"t.csv", "t.npz", "t"}) {
      write_file(folder / name, bytes);
      const std::string message = message_of<FileError>([&] { load_data(folder / name); });
      EXPECT_NE(message.find(std::string(name) + "' " + words), std::string::npos) << message;
    }
  }
  // Who says how a table is written says that it is one.
  write_file(folder / "t.csv", "<html>,b\n1,2\n3,4\n");
  EXPECT_EQ(load_data(folder / "t.csv", {.table = {.header = true}}).samples(), 2);
}

}  // namespace
}  // namespace lamina
