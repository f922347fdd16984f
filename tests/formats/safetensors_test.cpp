// Files of named tensors: every type goes in and out, and no number of a file is trusted.
#include "lamina/formats/safetensors.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/ops/cast.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A file of that header and so much data.
std::string file_of(const std::string& header, const std::string& data = "") {
  const uint64_t length = header.size();
  std::string bytes(reinterpret_cast<const char*>(&length), 8);
  return bytes + header + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

class Safetensors : public ::testing::Test {
 protected:
  std::string put(const std::string& bytes, const std::string& name = "a.safetensors") const {
    write(folder_ / name, bytes);
    return folder_ / name;
  }
  /// The message about such a file.
  std::string damage(const std::string& bytes) const {
    const std::string path = put(bytes);
    const std::string message = message_of<FileError>([&] { SafetensorsReader reader(path); });
    EXPECT_NE(message.find("a.safetensors"), std::string::npos) << message;
    return message;
  }
  void expect_damage(const std::string& bytes, const std::string& part) const {
    const std::string message = damage(bytes);
    EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks " << part;
  }

  TemporaryFolder folder_;
};

TEST_F(Safetensors, EveryTypeComesBack) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 100, 3, 64}, {2, 3});
  std::vector<NamedTensor> tensors;
  for (const DType dtype :
       {DType::kBool, DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8,
        DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64})
    tensors.push_back({name(dtype), cast(x, dtype).eval()});
  tensors.push_back({"scalar", Tensor(2.5f)});
  tensors.push_back({"nothing", Tensor::from(std::vector<float>(), {0, 7})});
  write_safetensors(folder_ / "all.safetensors", tensors, {{"format", "pt"}, {"quote", "\"\n"}});
  const SafetensorsReader reader(folder_ / "all.safetensors");
  EXPECT_EQ(reader.names().size(), tensors.size());
  EXPECT_EQ(reader.metadata().at("format"), "pt");
  EXPECT_EQ(reader.metadata().at("quote"), "\"\n");
  uint64_t bytes = 0;
  for (const auto& [name, value] : tensors) {
    EXPECT_EQ(reader.type(name), value.type()) << name;
    const Tensor read = reader.read(name);
    EXPECT_EQ(read.type(), value.type()) << name;
    EXPECT_EQ(read.to_vector<double>(), value.to_vector<double>()) << name;
    bytes += value.type().bytes();
  }
  EXPECT_EQ(reader.bytes(), bytes);
}

TEST_F(Safetensors, WiderUnsignedNumbersFindRoom) {
  const std::string data = bytes_of<uint16_t>({7, 65535}) + bytes_of<uint32_t>({4294967295u}) +
                           bytes_of<uint64_t>({uint64_t{1} << 62});
  const SafetensorsReader reader(put(file_of(R"({"a":{"dtype":"U16","shape":[2],"data_offsets":[0,4]},)"
                                             R"("b":{"dtype":"U32","shape":[1],"data_offsets":[4,8]},)"
                                             R"("c":{"dtype":"U64","shape":[],"data_offsets":[8,16]}})",
                                             data)));
  EXPECT_EQ(reader.read("a").to_vector<int64_t>(), (std::vector<int64_t>{7, 65535}));
  EXPECT_EQ(reader.read("a").dtype(), DType::kInt32);
  EXPECT_EQ(reader.read("b").to_vector<int64_t>(), (std::vector<int64_t>{4294967295}));
  EXPECT_EQ(reader.read("c").to_vector<int64_t>(), (std::vector<int64_t>{int64_t{1} << 62}));
}

TEST_F(Safetensors, TooLargeUnsignedNumbersAreRefused) {
  const SafetensorsReader reader(put(file_of(R"({"c":{"dtype":"U64","shape":[2],"data_offsets":[0,16]}})",
                                             bytes_of<uint64_t>({1, uint64_t{1} << 63}))));
  const std::string message = message_of<FileError>([&] { reader.read("c"); });
  EXPECT_NE(message.find("tensor 'c': element 1, 9223372036854775808, is too large"), std::string::npos)
      << message;
}

TEST_F(Safetensors, AnyByteIsABool) {
  const SafetensorsReader reader(put(
      file_of(R"({"b":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", std::string("\x00\x01\xff", 3))));
  EXPECT_EQ(reader.read("b").to_vector<int32_t>(), (std::vector<int32_t>{0, 1, 1}));
}

TEST_F(Safetensors, DamagedFilesAreRefused) {
  expect_damage("", "it has 0 bytes");
  expect_damage("1234567", "it has 7 bytes");
  expect_damage(std::string(8, '\xff'), "its header would take 18446744073709551615 bytes");
  expect_damage(file_of("{}").substr(0, 9), "its header would take 2 bytes");
  expect_damage(file_of("[]"), "its header is no object");
  expect_damage(file_of("{\"a\": "), "at byte");
  expect_damage(file_of("{}", "x"), "it has 11 bytes, and its tensors end at 10");
  expect_damage(file_of(R"({"__metadata__": 3})"), "its __metadata__ is no object");
}

TEST_F(Safetensors, TensorsThatCannotBeAreRefused) {
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return file_of(
        "{\"w\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}",
        "12345678");
  };
  expect_damage(file_of(R"({"w": 3})"), "tensor 'w' lacks its dtype, shape or data_offsets");
  expect_damage(one("7", "[2]", "[0,8]"), "lacks its dtype");
  expect_damage(one("\"F32\"", "[2]", "[0]"), "lacks its dtype, shape or data_offsets");
  expect_damage(one("\"F8_E4M3\"", "[8]", "[0,8]"), "of type F8_E4M3, which Lamina does not have");
  expect_damage(one("\"F32\"", "2", "[0,8]"), "tensor 'w' has no shape");
  expect_damage(one("\"F32\"", "[-2]", "[0,8]"), "an extent of tensor 'w' is -2");
  expect_damage(one("\"F32\"", "[2.5]", "[0,8]"), "an extent of tensor 'w' is 2.5");
  expect_damage(one("\"F32\"", "[2]", "[0,7]"), "cannot lie in bytes 0 to 7");
  expect_damage(one("\"F32\"", "[2]", "[8,0]"), "cannot lie in bytes 8 to 0");
  expect_damage(one("\"F32\"", "[2]", "[-8,0]"), "where tensor 'w' begins is -8");
  expect_damage(one("\"F32\"", "[3]", "[0,12]"), "is truncated: tensor 'w' ends at byte");
  expect_damage(one("\"F32\"", "[4611686018427387904]", "[0,8]"), "cannot lie");
  expect_damage(one("\"F32\"", "[9223372036854775807, 9223372036854775807]", "[0,8]"), "cannot lie");
  expect_damage(one("\"F32\"", "[4294967296, 4294967296, 4294967296, 4294967296]", "[0,0]"), "cannot lie");
  expect_damage(
      one("\"F32\"", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2]",
          "[0,8]"),
      "axes; at most");
  expect_damage(one("\"F32\"", "[1]", "[0,4]"), "and its tensors end at");
  expect_damage(one("\"F32\"", "[1]", "[4,8]"), "do not lie one after the other");
}

TEST_F(Safetensors, OverlappingTensorsAreRefused) {
  expect_damage(file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                        R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                        "12345678"),
                "do not lie one after the other");
}

TEST_F(Safetensors, EmptyTensorsMayLieAnywhereInOrder) {
  const SafetensorsReader reader(put(file_of(R"({"a":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},)"
                                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                                             "1234")));
  EXPECT_EQ(reader.read("a").shape(), Shape({0, 9}));
}

TEST_F(Safetensors, WhatIsNotThereIsNamed) {
  write_safetensors(folder_ / "a.safetensors", {{"weight", Tensor(1.0f)}});
  const SafetensorsReader reader(folder_ / "a.safetensors");
  EXPECT_FALSE(reader.has("wieght"));
  const std::string message = message_of<FileError>([&] { reader.read("wieght"); });
  EXPECT_NE(message.find("there is no tensor 'wieght'"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'weight'"), std::string::npos) << message;
  EXPECT_THROW(SafetensorsReader(folder_ / "b.safetensors"), FileError);
  EXPECT_NE(message_of<FileError>([&] { SafetensorsReader empty(folder_ / ""); }).find("a.safetensors"), 0u);
}

TEST_F(Safetensors, AFileThatShrinksIsNoticed) {
  write_safetensors(folder_ / "a.safetensors", {{"w", Tensor::from(std::vector<float>(64, 1), {64})}});
  const SafetensorsReader reader(folder_ / "a.safetensors");
  std::filesystem::resize_file(folder_ / "a.safetensors", 100);
  EXPECT_NE(message_of<FileError>([&] { reader.read("w"); }).find("became shorter"), std::string::npos);
}

TEST_F(Safetensors, NamesMayNotComeTwice) {
  EXPECT_NE(message_of<InvalidArgument>([&] {
              write_safetensors(folder_ / "a.safetensors", {{"w", Tensor(1.0f)}, {"w", Tensor(2.0f)}});
            }).find("occurs twice"),
            std::string::npos);
  EXPECT_THROW(write_safetensors(folder_ / "a.safetensors", {{"__metadata__", Tensor(1.0f)}}),
               InvalidArgument);
}

TEST_F(Safetensors, AnIndexSaysWhichFileHoldsWhat) {
  write_safetensors(folder_ / "one.safetensors", {{"a", Tensor(1.0f)}});
  write_safetensors(folder_ / "two.safetensors", {{"b", Tensor(2.0f)}});
  const auto index = [&](const std::string& map) {
    write(folder_ / "model.safetensors.index.json", "{\"weight_map\": " + map + "}");
  };
  const auto failure = [&] {
    return message_of<FileError>([&] { SafetensorsReader reader(folder_.path()); });
  };
  index(R"({"a": "one.safetensors", "b": "two.safetensors"})");
  const SafetensorsReader reader(folder_.path());
  EXPECT_EQ(reader.read("b").item<float>(), 2.0f);
  EXPECT_EQ(reader.bytes(), 8u);
  index(R"({"a": "one.safetensors", "b": "one.safetensors"})");
  EXPECT_NE(failure().find("says that tensor 'b' is in 'one.safetensors', and it is not"), std::string::npos);
  index(R"({"a": "three.safetensors"})");
  EXPECT_NE(failure().find("three.safetensors' is missing"), std::string::npos);
  for (const char* file :
       {"\"../one.safetensors\"", "\"/etc/passwd\"", "\"\"", "3", "\"a/../one.safetensors\""}) {
    index("{\"a\": " + std::string(file) + "}");
    EXPECT_NE(failure().find("should be in a file beside the index"), std::string::npos) << file;
  }
  index(R"({"a": ".."})");
  EXPECT_NE(failure().find("is missing"), std::string::npos);
  write(folder_ / "model.safetensors.index.json", "{}");
  EXPECT_NE(failure().find("has no \"weight_map\""), std::string::npos);
  write_safetensors(folder_ / "two.safetensors", {{"a", Tensor(2.0f)}});
  index(R"({"a": "one.safetensors", "b": "two.safetensors"})");
  EXPECT_NE(failure().find("tensor 'a' is in another file, too"), std::string::npos);
}

TEST_F(Safetensors, ANameThatOccursTwiceIsRefused) {
  const std::string entry = R"("a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]})";
  expect_damage(file_of("{" + entry + ", " + entry + "}", "x"), "'a' occurs twice in its header");
  // Escapes are another way to write the same; a name within an entry is another matter.
  expect_damage(file_of("{" + entry + R"(, "\u0061": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})", "x"),
                "'a' occurs twice in its header");
  const std::string path = put(file_of(R"({"shape": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})", "x"));
  EXPECT_EQ(SafetensorsReader(path).names(), std::vector<std::string>{"shape"});
}

}  // namespace
}  // namespace lamina::test
