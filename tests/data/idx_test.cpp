// IDX files: every element type, and headers that do not fit their bytes.
#include "lamina/data/idx.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

std::string idx(int code, const std::vector<uint32_t>& extents, const std::string& data) {
  std::string bytes{0, 0, static_cast<char>(code), static_cast<char>(extents.size())};
  for (const uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(extent >> shift);
  }
  return bytes + data;
}

TEST(Idx, ReadsBigEndianElements) {
  const Tensor bytes = parse_idx(idx(0x08, {2, 2}, "\x01\x02\x03\xff"), "b");
  EXPECT_EQ(bytes.type(), (TensorType{DType::kUInt8, {2, 2}}));
  EXPECT_EQ(bytes.to_vector<int>(), (std::vector<int>{1, 2, 3, 255}));
  EXPECT_EQ(parse_idx(idx(0x09, {1}, "\xff"), "b").item<int>(), -1);
  EXPECT_EQ(parse_idx(idx(0x0b, {1}, std::string("\x01\x00", 2)), "s").item<int>(), 256);
  EXPECT_EQ(parse_idx(idx(0x0c, {1}, std::string("\x00\x01\x00\x00", 4)), "i").item<int>(), 65536);
  EXPECT_EQ(parse_idx(idx(0x0d, {1}, std::string("\x3f\x80\x00\x00", 4)), "f").item<float>(), 1.0f);
  EXPECT_EQ(parse_idx(idx(0x0e, {1}, std::string("\xc0\x00\x00\x00\x00\x00\x00\x00", 8)), "d").item<double>(),
            -2.0);
  EXPECT_EQ(parse_idx(idx(0x08, {0, 28, 28}, ""), "e").shape(), (Shape{0, 28, 28}));
}

TEST(Idx, RefusesWhatIsDamaged) {
  const auto refused = [](const std::string& bytes, const std::string& words) {
    const std::string message = message_of<FileError>([&] { parse_idx(bytes, "t10k.gz"); });
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("t10k.gz"), std::string::npos) << message;
  };
  refused("", "does not start as one");
  refused("PK\x03\x04....", "does not start as one");
  refused(idx(0x07, {1}, "x"), "element type 7 is unknown");
  refused(idx(0x08, {1, 2}, "").substr(0, 9), "truncated in its header");
  refused(idx(0x08, {3}, "ab"), "truncated: uint8(3,) takes 3 bytes, and it has 2");
  refused(idx(0x08, {1}, "ab"), "too long");
  refused(idx(0x08, {0xffffffff, 0xffffffff, 0xffffffff}, ""), "too large for any memory");
  refused(idx(0x08, {0, 0xffffffff, 0xffffffff, 0xffffffff}, ""), "too large for any memory");
  refused(idx(0x08, std::vector<uint32_t>(13, 1), "x"), "13 axes");
}

}  // namespace
}  // namespace lamina
