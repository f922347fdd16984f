// Sealed files: what was written comes back, and every way in which a file may be wrong is told in its own
// words.
#include "lamina/base/sealed_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lamina/base/detail/crypto.h"
#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

constexpr char kSecret[] = "correct horse";

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string bytes_of_hex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

class SealedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      write_sealed(path_, content_, "test", kSecret);
    } catch (const Unsupported& error) {
      GTEST_SKIP() << error.what();
    }
  }
  std::string message() const {
    return message_of<FileError>([&] { read_sealed(path_, "test", kSecret); });
  }
  void put(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "a.sealed", content_ = std::string(1000, 'x').replace(1, 1, 1, '\0');
};

// The second vector of RFC 7914, section 12, and test case 16 of the paper on GCM (D. McGrew, J. Viega,
// 2004).
TEST_F(SealedFile, ComputesThePublishedNumbers) {
  EXPECT_EQ(hex_of(detail::scrypt("password", "NaCl", {.log_n = 10, .r = 8, .p = 16}, 64)).substr(0, 32),
            "fdbabe1c9d3472007856e7190d01e9fe");
  const std::string key = bytes_of_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                    nonce = bytes_of_hex("cafebabefacedbaddecaf888"),
                    header = bytes_of_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                    text = bytes_of_hex(
                        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const std::string sealed = detail::aes_gcm_seal(key, nonce, header, text);
  EXPECT_EQ(hex_of(sealed.substr(text.size())), "76fc6ece0f4e1768cddf8853bb2d551b");
  std::string back;
  EXPECT_TRUE(detail::aes_gcm_open(key, nonce, header, sealed, back));
  EXPECT_EQ(back, text);
  EXPECT_FALSE(detail::aes_gcm_open(key, nonce, "other", sealed, back));
}

TEST_F(SealedFile, GivesBackWhatWasWritten) {
  EXPECT_EQ(read_sealed(path_, "test", kSecret), content_);
  write_sealed(path_, "", "test", kSecret);
  EXPECT_EQ(read_sealed(path_, "test", kSecret), "");
}

TEST_F(SealedFile, HidesItsContent) {
  const std::string first = read_file(path_);
  EXPECT_EQ(first.find("xxxx"), std::string::npos);
  write_sealed(path_, content_, "test", kSecret);
  EXPECT_NE(read_file(path_).substr(60), first.substr(60));  // new salt and nonce: nothing alike
}

TEST_F(SealedFile, SaysThatThePassphraseIsAnotherOne) {
  const std::string told = message_of<FileError>([&] { read_sealed(path_, "test", "Correct horse"); });
  EXPECT_NE(told.find("does not open with this passphrase"), std::string::npos) << told;
  EXPECT_THROW(read_sealed(path_, "test", ""), InvalidArgument);
  EXPECT_THROW(write_sealed(path_, "", "test", ""), InvalidArgument);
  EXPECT_THROW(write_sealed(path_, "", "", kSecret), InvalidArgument);
}

TEST_F(SealedFile, SaysThatItIsOfAnotherKindOrNewer) {
  EXPECT_NE(
      message_of<FileError>([&] { read_sealed(path_, "other", kSecret); }).find("holds 'test', not 'other'"),
      std::string::npos);
  std::string bytes = read_file(path_);
  bytes[8] = 2;
  put(bytes);
  EXPECT_NE(message().find("newer"), std::string::npos) << message();
  put("some text");
  EXPECT_NE(message().find("is no sealed file"), std::string::npos);
}

TEST_F(SealedFile, IsRefusedWhereverItIsCutOff) {
  const std::string bytes = read_file(path_);
  for (size_t size : {size_t{0}, size_t{5}, size_t{8}, size_t{30}, size_t{99}, bytes.size() - 1}) {
    put(bytes.substr(0, size));
    const std::string told = message();
    EXPECT_TRUE(told.find("truncated") != std::string::npos || told.find("cut off") != std::string::npos)
        << told;
  }
  put(bytes + "x");
  EXPECT_NE(message().find("truncated or damaged"), std::string::npos);
}

// A bit anywhere: in the header, in the content, in the tag. None of them opens, and none takes much memory
// or time.
TEST_F(SealedFile, IsRefusedWhereABitIsAnotherOne) {
  const std::string bytes = read_file(path_);
  for (size_t i = 0; i < bytes.size(); i += i < 110 ? 7 : 300) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    put(changed);
    EXPECT_THROW(read_sealed(path_, "test", kSecret), FileError) << i;
  }
  std::string changed = bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  put(changed);
  EXPECT_NE(message().find("was changed"), std::string::npos);
}

}  // namespace
}  // namespace lamina::test
