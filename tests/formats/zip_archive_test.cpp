// Zip archives: limits on what comes out, and members that are missing, doubled or lying.
#include "lamina/formats/detail/zip_archive.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail {
namespace {

using test::message_of;

// Appends `value` in `count` bytes, least significant first.
void put(std::string& out, uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i));
}

// An archive of one deflated member of `size` zeros that claims to inflate to `claimed` bytes.
std::string deflated_zeros(size_t size, uint32_t claimed) {
  const std::string zeros(size, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, size) + 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
  stream.avail_in = static_cast<uInt>(size);
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  const auto checksum = crc32(0, reinterpret_cast<const Bytef*>(zeros.data()), static_cast<uInt>(size));

  const std::string member = "zeros.bin";
  std::string common;
  put(common, 20, 2);  // version needed
  put(common, 0, 2);   // flags
  put(common, 8, 2);   // deflate
  put(common, 0x00210000, 4);
  put(common, checksum, 4);
  put(common, packed.size(), 4);
  put(common, claimed, 4);
  put(common, member.size(), 2);
  put(common, 0, 2);  // extra field
  std::string archive = "PK\x03\x04" + common + member + packed;
  const size_t directory = archive.size();
  archive += "PK\x01\x02";
  put(archive, 20, 2);
  archive += common;
  put(archive, 0, 2);  // comment
  put(archive, 0, 2);  // disk
  put(archive, 0, 2);
  put(archive, 0, 4);
  put(archive, 0, 4);  // offset
  archive += member;
  const size_t end = archive.size();
  archive += "PK\x05\x06";
  put(archive, 0, 4);
  put(archive, 1, 2);
  put(archive, 1, 2);
  put(archive, end - directory, 4);
  put(archive, directory, 4);
  put(archive, 0, 2);
  return archive;
}

TEST(ZipArchive, RoundTripsAndIsReproducible) {
  const auto make = [] {
    ZipWriter writer;
    writer.add("config.json", "{}");
    writer.add("folder/large", std::string(3 << 20, 'x'));
    writer.add("empty", "");
    return writer.finish();
  };
  const std::string bytes = make();
  EXPECT_EQ(make(), bytes);
  const ZipReader reader(bytes, "a.zip");
  EXPECT_EQ(reader.members(), (std::vector<std::string>{"config.json", "folder/large", "empty"}));
  EXPECT_EQ(reader.read("config.json"), "{}");
  EXPECT_EQ(reader.read("folder/large"), std::string(3 << 20, 'x'));
  EXPECT_EQ(reader.read("empty"), "");
}

TEST(ZipArchive, NamesAMissingMember) {
  ZipWriter writer;
  writer.add("config.json", "{}");
  const std::string bytes = writer.finish();
  const ZipReader reader(bytes, "a.keras");
  EXPECT_FALSE(reader.has("metadata.json"));
  const std::string message = message_of<FileError>([&] { reader.read("metadata.json"); });
  EXPECT_NE(message.find("'a.keras' lacks the member 'metadata.json'; it holds: config.json"),
            std::string::npos)
      << message;
}

TEST(ZipArchive, ReadsCompressedMembers) {
  const std::string bytes = deflated_zeros(100000, 100000);
  EXPECT_EQ(ZipReader(bytes, "z").read("zeros.bin"), std::string(100000, '\0'));
}

TEST(ZipArchive, RefusesAZipBomb) {
  const std::string bytes = deflated_zeros(1 << 20, 1 << 20);
  const ZipLimits limits{.absolute = 1 << 30, .free = 1 << 16, .ratio = 200};
  const std::string message = message_of<FileError>([&] { ZipReader reader(bytes, "bomb.keras", limits); });
  EXPECT_NE(message.find("zip bomb"), std::string::npos) << message;
  EXPECT_NE(message.find("limit of " + std::to_string(200 * bytes.size()) + " bytes"), std::string::npos)
      << message;
  const ZipLimits small{.absolute = 1000};
  EXPECT_NE(message_of<FileError>([&] { ZipReader reader(bytes, "b", small); }).find("limit of 1000"),
            std::string::npos);
}

TEST(ZipArchive, RefusesAZipBombByDefault) {
  const std::string bytes = deflated_zeros(1 << 20, 300u << 20);
  const std::string message = message_of<FileError>([&] { ZipReader reader(bytes, "bomb.keras"); });
  EXPECT_NE(message.find("beyond the limit of 268435456 bytes"), std::string::npos) << message;
}

TEST(ZipArchive, RefusesAMemberThatLiesAboutItsSize) {
  for (const uint32_t claimed : {1000u, 200000u}) {
    const std::string bytes = deflated_zeros(100000, claimed);
    EXPECT_THROW(ZipReader(bytes, "z").read("zeros.bin"), FileError) << claimed;
  }
}

TEST(ZipArchive, RefusesDoubledMembers) {
  ZipWriter writer;
  writer.add("a.json", "one");
  writer.add("b.json", "two");
  std::string bytes = writer.finish();
  for (size_t at = bytes.find("b.json"); at != std::string::npos; at = bytes.find("b.json")) bytes[at] = 'a';
  const std::string message = message_of<FileError>([&] { ZipReader reader(bytes, "d"); });
  EXPECT_NE(message.find("holds 'a.json' twice"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::detail
