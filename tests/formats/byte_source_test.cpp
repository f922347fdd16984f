// Bytes that are fetched when they are asked for, and their checksums, beside zlib's.
#include "lamina/formats/detail/byte_source.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <random>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/crc32.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/keras/model.h"
#include "lamina/lamina.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail {
namespace {

using test::message_of;

std::string noise(size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

uint32_t of_zlib(std::string_view bytes, uint32_t start = 0) {
  return static_cast<uint32_t>(crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

TEST(Checksum, IsThatOfZlibForAllLengthsPlacesAndStarts) {
  const std::string bytes = noise(5000);
  for (size_t size = 0; size < 700; ++size) {
    const std::string_view part(bytes.data() + size % 17, size);
    EXPECT_EQ(zip_checksum(0, part), of_zlib(part)) << size;
    EXPECT_EQ(zip_checksum(0xdeadbeef, part), of_zlib(part, 0xdeadbeef)) << size;
  }
  EXPECT_EQ(zip_checksum(0, bytes), of_zlib(bytes));
  EXPECT_EQ(zip_checksum(0, "123456789"), 0xcbf43926u);  // the check value that catalogues of CRCs give
  const std::string_view all = bytes;
  for (const size_t at : {0, 1, 64, 2500, 4999, 5000})
    EXPECT_EQ(
        joined_zip_checksums(zip_checksum(0, all.substr(0, at)), zip_checksum(0, all.substr(at)), 5000 - at),
        of_zlib(bytes));
}

class ByteSourceTest : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
  std::string bytes_ = noise(1'000'003), path_ = folder_ / "bytes";
  void SetUp() override { write_file(path_, bytes_); }
};

TEST_F(ByteSourceTest, GivesTheBytesOfAFileInAnyOrder) {
  const std::string_view all = bytes_;
  const ByteSource file = ByteSource::of_file(path_);
  ASSERT_EQ(file.size(), bytes_.size());
  std::mt19937 random(1);
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  for (int i = 0; i < 200; ++i) {
    const size_t at = random() % bytes_.size(),
                 count = random() % std::min<size_t>(bytes_.size() - at, 200'000);
    if (i % 3 == 0) {
      std::string copy(count, '\0');
      file.copy(at, copy.data(), count);
      EXPECT_EQ(copy, all.substr(at, count));
    } else {
      seen.emplace_back(file.view(at, count), all.substr(at, count));
    }
    const ByteSource part = file.part(at, count);
    EXPECT_EQ(part.view(0, count), all.substr(at, count));
  }
  for (const auto& [view, expected] : seen) EXPECT_EQ(view, expected);
  EXPECT_EQ(file.view(bytes_.size(), 0), "");
}

TEST_F(ByteSourceTest, ChecksumsWhatWasGivenAndWhatWasNot) {
  const std::string_view all = bytes_;
  for (int seed = 0; seed < 20; ++seed) {
    const ByteSource part = ByteSource::of_file(path_).part(5, bytes_.size() - 9);
    part.keep_checksums();
    std::mt19937 random(static_cast<unsigned>(seed));
    for (int i = 0; i < seed; ++i) {
      const size_t at = random() % 700'000, count = random() % 200'000;
      std::string copy(count, '\0');
      if (i % 2) part.view(at, count);
      part.copy(at, copy.data(), count);
    }
    EXPECT_EQ(part.checksum(), of_zlib(all.substr(5, bytes_.size() - 9))) << seed;
  }
  EXPECT_EQ(ByteSource(all).checksum(), of_zlib(all));
  EXPECT_EQ(ByteSource::holding(bytes_).part(3, 100).checksum(), of_zlib(all.substr(3, 100)));
}

TEST_F(ByteSourceTest, AFileThatShrinksIsAnError) {
  const ByteSource file = ByteSource::of_file(path_);
  EXPECT_EQ(file.view(0, 4), bytes_.substr(0, 4));
  std::filesystem::resize_file(path_, 100'000);
  EXPECT_NE(message_of<FileError>([&] { file.view(900'000, 10); }).find("became shorter"), std::string::npos);
  std::string copy(300'000, '\0');
  EXPECT_NE(message_of<FileError>([&] { file.copy(0, copy.data(), copy.size()); }).find("became shorter"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { file.checksum(); }).find("became shorter"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { ByteSource::of_file(folder_ / "none"); }).find("cannot open"),
            std::string::npos);
}

// An array of 400 KB in an HDF5 member: large enough to be copied past the fetched blocks.
TEST_F(ByteSourceTest, AMemberIsCheckedAfterItsArraysWereCopied) {
  Hdf5Tree tree;
  tree.arrays["a"] = Tensor::from_bytes(bytes_.data(), 100'000, DType::kInt32, Shape{100'000});
  tree.arrays["b"] = Tensor::from_bytes(bytes_.data(), 3, DType::kInt32, Shape{3});
  ZipWriter writer;
  writer.add("other", "words");
  writer.add("weights.h5", write_hdf5(tree));
  const std::string whole = writer.finish();
  const auto read = [&](const std::string& archive) {
    write_file(path_, archive);
    const ZipReader zip(ByteSource::of_file(path_), "a.zip");
    EXPECT_EQ(zip.read("other"), "words");
    const ByteSource member = zip.open("weights.h5");
    const Hdf5Tree back = read_hdf5(member, "weights.h5");
    zip.check("weights.h5", member);
    return back.arrays.at("a").to_vector<int32_t>();
  };
  EXPECT_EQ(read(whole), tree.arrays["a"].to_vector<int32_t>());
  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  EXPECT_NE(message_of<FileError>([&] { read(damaged); }).find("its checksum differs"), std::string::npos);
}

// Whatever is wrong with a file, it is told alike whether it is read piece by piece or is in memory.
TEST_F(ByteSourceTest, DamagedModelsAreRefusedAsInMemory) {
  Sequential model({Input({150}), Dense(150), Dense(2)});  // 90 KB: read past the fetched blocks
  const std::string path = folder_ / "m.keras";
  model.save(path);
  const std::string whole = read_file(path);
  std::mt19937 random(3);
  const auto told = [](const auto& load) {
    try {
      const Model loaded = load();
      return "loaded " + std::to_string(loaded.count_params());
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  size_t refused = 0;
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole;
    if (i % 4 == 0) {
      damaged.resize(random() % whole.size());
    } else {
      damaged[i % 4 == 1 ? whole.size() - 1 - random() % 600 : random() % whole.size()] ^= 1 << random() % 8;
    }
    write_file(path, damaged);
    const std::string of_file = told([&] { return load_model(path); });
    EXPECT_EQ(of_file, told([&] { return model_of(parse_keras_archive(damaged, path), path); })) << i;
    refused += of_file.starts_with("loaded") ? 0 : 1;
  }
  EXPECT_GT(refused, 150u);
}

}  // namespace
}  // namespace lamina::detail
