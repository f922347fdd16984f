// .npy and .npz files: what NumPy writes is read, what we write reads back, what is damaged is refused.
#include "lamina/formats/npy.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/npz.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

// Files that NumPy wrote; see tools/golden/npy.py.
std::string numpy_file(const std::string& name) {
  static const auto golden = read_npz(LAMINA_SOURCE_DIR "/tests/golden/formats/npy.npz");
  const Tensor& bytes = golden.at("raw_" + name);
  return std::string(reinterpret_cast<const char*>(bytes.data<uint8_t>()), static_cast<size_t>(bytes.size()));
}

void expect_counts(const Tensor& tensor, DType dtype, const Shape& shape) {
  EXPECT_EQ(tensor.dtype(), dtype);
  ASSERT_EQ(tensor.shape(), shape);
  const std::vector<double> values = tensor.to_vector<double>();
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(values[i], dtype == DType::kBool ? i > 0 : i) << "element " << i;
}

TEST(Npy, ReadsEveryElementTypeThatNumpyWrites) {
  for (const DType dtype :
       {DType::kBool, DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8,
        DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    SCOPED_TRACE(name(dtype));
    expect_counts(parse_npy(numpy_file(name(dtype)), "x"), dtype, {2, 3});
  }
}

TEST(Npy, ReadsOrdersVersionsAndUnusualShapes) {
  expect_counts(parse_npy(numpy_file("fortran"), "x"), DType::kInt32, {2, 3, 4});
  expect_counts(parse_npy(numpy_file("big_endian"), "x"), DType::kFloat32, {2, 3});
  expect_counts(parse_npy(numpy_file("big_endian_fortran"), "x"), DType::kInt64, {2, 3});
  expect_counts(parse_npy(numpy_file("version_2"), "x"), DType::kFloat32, {2, 3});
  expect_counts(parse_npy(numpy_file("version_3"), "x"), DType::kFloat32, {2, 3});
  expect_counts(parse_npy(numpy_file("scalar"), "x"), DType::kFloat64, {});
  expect_counts(parse_npy(numpy_file("vector"), "x"), DType::kFloat32, {5});
  expect_counts(parse_npy(numpy_file("empty"), "x"), DType::kFloat32, {0, 4});
}

TEST(Npy, WritesTheBytesThatNumpyWrites) {
  for (const char* name : {"bool", "int8", "int16", "int32", "int64", "uint8", "float16", "bfloat16",
                           "float32", "float64", "scalar", "vector", "empty"}) {
    const std::string bytes = numpy_file(name);
    EXPECT_EQ(npy_bytes(parse_npy(bytes, name)), bytes) << name;
  }
}

TEST(Npy, RefusesOtherElementTypes) {
  EXPECT_NE(message_of<FileError>([] { parse_npy(numpy_file("record"), "r.npy"); }).find("records"),
            std::string::npos);
  const std::string message = message_of<FileError>([] { parse_npy(numpy_file("complex"), "c.npy"); });
  EXPECT_NE(message.find("'<c8' is not one of bool, int8"), std::string::npos) << message;
  EXPECT_NE(message.find("c.npy"), std::string::npos) << message;
  EXPECT_NE(message_of<FileError>([] { parse_npy(numpy_file("text"), "t"); }).find("'<U2'"),
            std::string::npos);
}

TEST(Npy, RefusesEveryTruncation) {
  const std::string bytes = numpy_file("float32");
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(parse_npy(std::string_view(bytes).substr(0, length), "x"), FileError) << length;
  }
  EXPECT_NE(message_of<FileError>([&] { parse_npy(bytes + "x", "long.npy"); }).find("too long"),
            std::string::npos);
}

// A version-1 file with this header text.
std::string with_header(const std::string& text, const std::string& data = "") {
  std::string bytes("\x93NUMPY\x01\0", 8);
  bytes += static_cast<char>(text.size() & 255);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text + data;
}

TEST(Npy, RefusesHeadersThatLie) {
  const auto refused = [](const std::string& header, const std::string& words) {
    const std::string message = message_of<FileError>([&] { parse_npy(with_header(header), "h.npy"); });
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  const std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  refused(start + "(4611686018427387904, 4611686018427387904)}", "too large for any memory");
  refused(start + "(0, 9223372036854775807, 9223372036854775807)}", "too large for any memory");
  refused(start + "(1000000000000,)}", "truncated");
  refused(start + "(-1,)}", "not a whole number");
  refused(start + "(99999999999999999999,)}", "not a whole number");
  refused(start + "(1,1,1,1,1,1,1,1,1,1,1,1,1)}", "13 axes");
  refused(start + "(1,)} and more", "text follows");
  refused("{'descr': '<f4', 'shape': (1,)}", "lacks one of");
  refused("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}", "expected 'False'");
  refused("{'evil': '<f4'}", "unknown key 'evil'");
  refused("{'descr': '<u4', 'descr': '<i4', 'fortran_order': False, 'shape': (4,)}", "'descr' twice");
  refused("{'descr': '<f4', 'fortran_order': True, 'fortran_order': False, 'shape': (1,)}", "'fortran_order' twice");
  refused("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (2,)}", "'shape' twice");
  refused("", "expected '{'");
  EXPECT_NE(message_of<FileError>([] { parse_npy("GIF89a", "g"); }).find("does not start as one"),
            std::string::npos);
  std::string version_9 = with_header(start + "(0,)}");
  version_9[6] = 9;
  EXPECT_NE(message_of<FileError>([&] { parse_npy(version_9, "v"); }).find("version 9"), std::string::npos);
}

TEST(Npy, ReadsBoolsThatAreNeitherZeroNorOne) {
  const Tensor tensor = parse_npy(
      with_header("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", std::string("\0\x01\x80", 3)),
      "x");
  EXPECT_EQ(tensor.to_vector<uint8_t>(), (std::vector<uint8_t>{0, 1, 1}));
}

TEST(Npy, RoundTripsThroughAFile) {
  TemporaryFolder folder;
  write_npy(folder / "a.npy", Tensor::from<float>({0, 1, 2}));
  expect_counts(read_npy(folder / "a.npy"), DType::kFloat32, {3});
  EXPECT_THROW(read_npy(folder / "b.npy"), FileError);
}

TEST(Npz, ReadsWhatNumpyWrites) {
  for (const char* kind : {"npz", "npz_compressed"}) {
    const auto arrays = parse_npz(numpy_file(kind), kind);
    ASSERT_EQ(arrays.size(), 2u);
    expect_counts(arrays.at("x"), DType::kFloat32, {2, 3});
    expect_counts(arrays.at("labels"), DType::kInt64, {5});
  }
}

TEST(Npz, RoundTripsToTheSameBytes) {
  TemporaryFolder folder;
  std::map<std::string, Tensor> arrays{{"a/b", Tensor::from<float>({0, 1})},
                                       {"c", Tensor::from<int64_t>({0})}};
  write_npz(folder / "a.npz", arrays);
  const auto back = read_npz(folder / "a.npz");
  expect_counts(back.at("a/b"), DType::kFloat32, {2});
  expect_counts(back.at("c"), DType::kInt64, {1});
  EXPECT_EQ(npz_bytes(back), read_file(folder / "a.npz"));
  EXPECT_TRUE(parse_npz(npz_bytes({}), "empty").empty());
}

TEST(Npz, RefusesWhatIsDamaged) {
  const std::string bytes = numpy_file("npz");
  EXPECT_NE(message_of<FileError>([] { parse_npz("", "e.npz"); }).find("not a zip"), std::string::npos);
  for (size_t length = 0; length < bytes.size(); length += 7) {
    EXPECT_THROW(parse_npz(std::string_view(bytes).substr(0, length), "x"), FileError) << length;
  }
  // A flipped bit in an array's data does not match the checksum.
  std::string flipped = bytes;
  flipped[bytes.find("NUMPY") + 130] ^= 1;
  const std::string message = message_of<FileError>([&] { parse_npz(flipped, "f.npz"); });
  EXPECT_NE(message.find("member 'x.npy' is damaged"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina
