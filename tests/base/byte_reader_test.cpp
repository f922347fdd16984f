// ByteReader: files in pieces, plain and compressed, of several members, damaged and too long.
#include "lamina/base/byte_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

std::string text_of_length(size_t length) {
  std::string text;
  for (size_t i = 0; text.size() < length; ++i) text += std::to_string(i * i) + ",";
  text.resize(length);
  return text;
}

std::string gzip(const std::string& text, const TemporaryFolder& folder) {
  const std::string path = folder / "packed";
  gzFile file = gzopen(path.c_str(), "wb");
  if (!text.empty()) gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return read_file(path);
}

std::string read_all(const std::string& path, size_t piece, uint64_t limit = 1 << 30) {
  ByteReader reader(path, limit);
  std::string text, buffer(piece, '\0');
  while (const size_t count = reader.read(buffer.data(), piece)) text.append(buffer, 0, count);
  EXPECT_EQ(reader.read(buffer.data(), piece), 0u);
  return text;
}

TEST(ByteReader, GivesTheWholeFileInPiecesOfAnySize) {
  const TemporaryFolder folder;
  for (const size_t length : {size_t{0}, size_t{1}, size_t{5}, size_t{1} << 18, (size_t{1} << 19) + 3}) {
    const std::string text = text_of_length(length);
    write_file(folder / "a", text);
    write_file(folder / "a.gz", gzip(text, folder));
    for (const size_t piece : {size_t{1000}, size_t{1} << 20}) {
      EXPECT_EQ(read_all(folder / "a", piece), text) << length;
      EXPECT_EQ(read_all(folder / "a.gz", piece), text) << length;
    }
  }
}

TEST(ByteReader, ReadsMembersOneAfterTheOther) {
  const TemporaryFolder folder;
  const std::string one = text_of_length(300000), two = text_of_length(7);
  write_file(folder / "a.gz", gzip(one, folder) + gzip("", folder) + gzip(two, folder));
  EXPECT_EQ(read_all(folder / "a.gz", 4096), one + two);
}

TEST(ByteReader, RefusesWhatIsDamagedOrTooLong) {
  const TemporaryFolder folder;
  const std::string packed = gzip(text_of_length(100000), folder);
  const auto refusal = [&](const std::string& bytes, uint64_t limit = 1 << 30) {
    write_file(folder / "a.gz", bytes);
    return message_of<FileError>([&] { read_all(folder / "a.gz", 4096, limit); });
  };
  EXPECT_NE(refusal(packed.substr(0, packed.size() - 20)).find("truncated"), std::string::npos);
  EXPECT_NE(refusal(packed + "more").find("other data after"), std::string::npos);
  std::string changed = packed;
  changed[packed.size() / 2] = static_cast<char>(changed[packed.size() / 2] ^ 0x55);
  EXPECT_NE(refusal(changed).find("damaged"), std::string::npos);
  EXPECT_NE(refusal(packed, 99999).find("the limit of 99999 bytes"), std::string::npos);
  EXPECT_NE(refusal("12345", 4).find("the limit of 4 bytes"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { ByteReader(folder.path(), 1); }).find("folder"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { ByteReader(folder / "none", 1); }).find("No such file"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
