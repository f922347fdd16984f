// Arrays that compress well are read; archives that only claim to hold such are refused as zip bombs.
#include "lamina/formats/detail/npz_limits.h"

#include <gtest/gtest.h>
#include <zip.h>
#include <zlib.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/npy_header.h"
#include "lamina/formats/npz.h"
#include "tests/support/forged_zip.h"
#include "tests/support/temporary_folder.h"

namespace lamina::detail {
namespace {

using test::message_of;
using test::TemporaryFolder;

// Appends raw deflate data for `bytes`, which ends at a byte and refers to nothing before; the last of the
// stream with `last`.
void deflate_piece(std::string& out, const std::string& bytes, bool last) {
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, last ? Z_FINISH : Z_FULL_FLUSH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  out += packed;
}

// An archive of `member`: `head`, then `megabytes` of zeros, packed piece by piece so that making it is
// quick.
std::string packed_zeros(const std::string& member, const std::string& head, uint64_t megabytes) {
  const std::string zeros(1 << 20, '\0');
  std::string packed, piece;
  deflate_piece(packed, head, false);
  deflate_piece(piece, zeros, false);
  auto checksum = crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size()));
  const auto one = crc32(0, reinterpret_cast<const Bytef*>(zeros.data()), static_cast<uInt>(zeros.size()));
  for (uint64_t i = 0; i < megabytes; ++i) {
    packed += piece;
    checksum = crc32_combine(checksum, one, 1 << 20);
  }
  deflate_piece(packed, "", true);
  return test::forged_zip(member, packed, checksum, head.size() + (megabytes << 20));
}

std::string header(int64_t bytes) { return npy_header({DType::kUInt8, {bytes >> 10, 1 << 10}}); }

TEST(NpzLimits, AnHonestArrayOf280MegabytesIsRead) {
  const std::string bytes = packed_zeros("y.npy", header(280 << 20), 280);
  ASSERT_GT(uint64_t{280} << 20, ZipLimits{}.of(bytes.size()));
  const NpzReader file(bytes, "one_hot.npz");
  const Tensor y = file.read("y");
  EXPECT_EQ(y.shape(), (Shape{280 << 10, 1 << 10}));
  EXPECT_EQ(y.dtype(), DType::kUInt8);
}

TEST(NpzLimits, WhatNoHeaderVouchesForIsRefused) {
  const auto refused = [](const std::string& member, const std::string& head) {
    const std::string bytes = packed_zeros(member, head, 280);
    return message_of<FileError>([&] { NpzReader file(bytes, "bomb.npz"); });
  };
  // No array; an array of another size; a header that is none; a type that no tensor has.
  for (const auto& [member, head] : std::vector<std::pair<std::string, std::string>>{
           {"zeros.bin", header(280 << 20)},
           {"y.npy", header(4 << 20)},
           {"y.npy", "zeros"},
           {"y.npy", npy_header({DType::kFloat32, {280, 1 << 20}})}}) {
    const std::string message = refused(member, head);
    EXPECT_NE(message.find("'bomb.npz' is refused as a zip bomb"), std::string::npos) << message;
    EXPECT_NE(message.find("'" + member + "' is no array whose header says so"), std::string::npos)
        << message;
  }
}

TEST(NpzLimits, HonestHeadersDoNotReachBeyondTheMemory) {
  const std::string bytes = packed_zeros("y.npy", header(8 << 20), 8);
  const ZipReader archive(bytes, "y.npz", kAnySize);
  const ZipLimits members{.absolute = 1 << 30, .free = 1 << 20, .ratio = 2};
  check_npz_size(archive, bytes.size(), "y.npz", {members, 9 << 20});
  const std::string message = message_of<FileError>([&] {
    check_npz_size(archive, bytes.size(), "y.npz", {members, 7 << 20});
  });
  EXPECT_NE(message.find("beyond the limit of 7340032 bytes (a quarter of the memory)"), std::string::npos)
      << message;
  EXPECT_NE(message.find("numpy.savez"), std::string::npos) << message;
  EXPECT_GT(npz_limits().arrays, 0u);
}

TEST(NpzLimits, ADamagedMemberDoesNotVouch) {
  std::string bytes = packed_zeros("y.npy", header(280 << 20), 280);
  bytes[50] = static_cast<char>(~bytes[50]);  // in the deflated header
  const std::string message = message_of<FileError>([&] { NpzReader(bytes, "cut.npz").read("y"); });
  EXPECT_NE(message.find("'cut.npz"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::detail
