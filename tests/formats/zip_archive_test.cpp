// Zip archives: limits on what comes out, and members that are missing, doubled or lying.
#include "lamina/formats/detail/zip_archive.h"

#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/forged_zip.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail {
namespace {

using test::message_of;

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
  return test::forged_zip("zeros.bin", packed, checksum, claimed);
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

// An archive of one member, packed by that method of libzip.
std::string packed(zip_int32_t method, const std::string& content) {
  test::TemporaryFolder folder;
  const std::string path = folder / "a.zip";
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
  const zip_int64_t index = zip_file_add(archive, "text", source, ZIP_FL_ENC_UTF_8);
  EXPECT_EQ(zip_set_file_compression(archive, static_cast<zip_uint64_t>(index), method, 0), 0);
  EXPECT_EQ(zip_close(archive), 0);
  return read_file(path);
}

// The same text as Python packs it: zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA).
constexpr std::string_view kLzma =
    "504b03043f0002000e00000021008ab166b58c000000623c00000400000074657874090405005d0000800000361a4a1f"
    "08a025c1de94ba90cc3b2b1f353af25fd59e7e73b2deeaf7c22d0427315bca0c47fc95d21d5b7ca448f8da9ab6863d2e"
    "725fca810fa304994faa46a0dcf0ae65ccbabaf5f89e64c8f1247ceeadcc1cfe2382be94ea4263ea5fa579b17b82b196"
    "7546f85a16da4650d22f672a8208469a736fd4bc7c3e89513ffff9805d40504b01023f033f0002000e00000021008ab1"
    "66b58c000000623c000004000000000000000000000080010000000074657874504b0506000000000100010032000000"
    "ae0000000000";

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    const auto value = [&](size_t at) {
      return digits[at] <= '9' ? digits[at] - '0' : digits[at] - 'a' + 10;
    };
    bytes += static_cast<char>(16 * value(i) + value(i + 1));
  }
  return bytes;
}

// What Python's zipfile reads, and so Keras.
TEST(ZipArchive, ReadsEveryWayOfPacking) {
  std::string content;
  for (int i = 0; i < 2000; ++i) content += "line " + std::to_string(i % 37) + "\n";
  EXPECT_EQ(ZipReader(from_hex(kLzma), "a.zip").read("text"), content);
  for (const zip_int32_t method : {ZIP_CM_STORE, ZIP_CM_DEFLATE, ZIP_CM_BZIP2}) {
    const std::string bytes = packed(method, content);
    EXPECT_EQ(ZipReader(bytes, "a.zip").read("text"), content) << method;
    EXPECT_EQ(bytes.size() < content.size(), method != ZIP_CM_STORE) << method;
  }
}

TEST(ZipArchive, DamagedLzmaIsAnError) {
  const std::string whole = from_hex(kLzma);
  const std::string content = ZipReader(whole, "a.zip").read("text");
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    try {
      const ZipReader reader(damaged, "a.zip");
      EXPECT_TRUE(!reader.has("text") || reader.read("text") == content) << at;
    } catch (const FileError& error) {
      EXPECT_NE(std::string(error.what()).find("a.zip"), std::string::npos) << error.what();
    }
  }
}

TEST(ZipArchive, MayStandBehindOtherBytes) {
  const std::string archive = packed(ZIP_CM_DEFLATE, "words");
  for (const std::string& before :
       {std::string("#!/usr/bin/env python\n"), std::string(5000, '\0'), std::string("PK\x03\x04")}) {
    const std::string bytes = before + archive;
    EXPECT_EQ(ZipReader(bytes, "a.zip").read("text"), "words");
  }
}

TEST(ZipArchive, SaysWhatElseAFileIs) {
  const auto said = [](const std::string& bytes) {
    return message_of<FileError>([&] { const ZipReader reader(bytes, "a.zip"); });
  };
  EXPECT_NE(said("").find("it is an empty file"), std::string::npos);
  EXPECT_NE(said("\x1f\x8b\x08 and so on and so on").find("a gzip stream"), std::string::npos);
  EXPECT_NE(said("PK\x03\x04 and so on, but no end").find("truncated"), std::string::npos);
}

TEST(ZipArchive, NamesInMessagesAreShort) {
  ZipWriter writer;
  for (int i = 0; i < 20; ++i) writer.add(std::string(50000, static_cast<char>('a' + i)), "");
  const std::string bytes = writer.finish();
  const std::string message = message_of<FileError>([&] { ZipReader(bytes, "a.zip").read("wanted"); });
  EXPECT_LT(message.size(), 2500u);
  EXPECT_NE(message.find("bytes left out"), std::string::npos) << message;
}

TEST(ZipArchive, StoredMembersAreSeenWhereTheyLie) {
  ZipWriter writer;
  writer.add("a/first", "some bytes");
  writer.add("second", std::string(1000, 'x'));
  const std::string bytes = "before" + writer.finish();
  const ZipReader zip(bytes, "here");
  std::string held;
  const std::string_view first = zip.view("a/first", held);
  EXPECT_EQ(first, "some bytes");
  EXPECT_TRUE(held.empty());
  EXPECT_GE(first.data(), bytes.data());
  EXPECT_LT(first.data(), bytes.data() + bytes.size());
  EXPECT_EQ(zip.view("second", held), std::string(1000, 'x'));
  std::string damaged = bytes;
  damaged[bytes.find("some bytes")] = 'S';
  const ZipReader other(damaged, "here");
  EXPECT_THROW(other.view("a/first", held), FileError);
}

TEST(ZipArchive, HoldsMoreMembersThanSixteenBitsCount) {
  ZipWriter writer;
  constexpr int kMembers = 66000;
  for (int i = 0; i < kMembers; ++i) writer.add("m" + std::to_string(i), i % 1000 == 0 ? std::to_string(i) : "");
  const std::string bytes = writer.finish();
  const ZipReader zip(bytes, "many");
  EXPECT_EQ(zip.members().size(), static_cast<size_t>(kMembers));
  EXPECT_EQ(zip.read("m65000"), "65000");
}

TEST(ZipArchive, NamesAreUtf8AndAnythingElseIsRefused) {
  ZipWriter writer;
  const std::string name = "\xe9\x87\x8d/\xc3\xa9";
  writer.add(name, "x");
  const auto refused = [&](const std::string& bad) {
    return message_of<InvalidArgument>([&] { writer.add(bad, ""); });
  };
  EXPECT_NE(refused("").find("1 to 65535 bytes"), std::string::npos);
  EXPECT_NE(refused(std::string(70000, 'a')).find("1 to 65535 bytes"), std::string::npos);
  EXPECT_NE(refused("a\1b").find("control characters"), std::string::npos);
  EXPECT_NE(refused("a\xff").find("not UTF-8"), std::string::npos);
  EXPECT_NE(refused(name).find("is taken"), std::string::npos);
  const std::string bytes = writer.finish();
  EXPECT_EQ(ZipReader(bytes, "z").read(name), "x");
}

TEST(Pieces, AreTextsAndTensorsInOrder) {
  Pieces pieces("ab");
  const Tensor x = Tensor::from<uint8_t>({'1', '2', '3'}, {3});
  pieces.add(x);
  pieces.add(std::string());
  int reads = 0;
  pieces.add(x.type(), [&] {
    ++reads;
    return x;
  });
  pieces.add(Pieces("cd"));
  EXPECT_EQ(pieces.size(), 10u);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(pieces.str(), "ab123123cd");
  EXPECT_EQ(pieces.str(), "ab123123cd");
  EXPECT_EQ(reads, 2);
  Pieces wrong;
  wrong.add(TensorType{DType::kUInt8, {4}}, [&] { return x; });
  EXPECT_THROW(wrong.str(), InternalError);
}

}  // namespace
}  // namespace lamina::detail
