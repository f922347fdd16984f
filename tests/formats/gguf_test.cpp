// GGUF files: every type against the package of llama.cpp's authors, and no number of a file is trusted.
#include "lamina/formats/gguf.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/gguf_types.h"
#include "lamina/formats/weight_format.h"
#include "lamina/ops/cast.h"
#include "tests/support/damage.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

void read_all(const std::string& path) {
  for (const SnapshotEntry& entry : open_weights(path).entries) entry.read();
}

WeightSnapshot of(const std::vector<NamedTensor>& tensors) {
  WeightSnapshot snapshot{.source = "test", .format = {}, .entries = {}};
  for (const auto& [name, value] : tensors)
    snapshot.entries.push_back(
        {.name = name, .type = value.type(), .read = [value = value] { return value; }});
  return snapshot;
}

class Gguf : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Gguf, EveryTypeIsWhatItsAuthorsMakeOfIt) {
  const Golden golden("formats/gguf");
  const WeightSnapshot file = open_weights(golden_path("formats/gguf.gguf"));
  EXPECT_EQ(file.format, "gguf");
  ASSERT_EQ(file.entries.size(), 31u);
  for (const SnapshotEntry& entry : file.entries) {
    const Tensor& expected = golden.at(entry.name);
    const Tensor value = entry.read();
    EXPECT_EQ(value.type(), entry.type) << entry.name;
    EXPECT_EQ(value.shape(), expected.shape()) << entry.name;
    EXPECT_EQ(value.to_vector<double>(), expected.to_vector<double>()) << entry.name;
  }
  EXPECT_EQ(file.find("Q5_K")->stored, "Q5_K");
  EXPECT_EQ(file.find("Q5_K")->stored_bytes, 3u * 176u);
  const Json& values = file.metadata;
  EXPECT_EQ(values.at("general.architecture").as_string(), "small");
  EXPECT_EQ(values.at("small.text").as_string(), "größer");
  EXPECT_EQ(values.at("small.yes").as_bool(), true);
  EXPECT_EQ(values.at("small.u8").as_int(), 200);
  EXPECT_EQ(values.at("small.i8").as_int(), -3);
  EXPECT_EQ(values.at("small.u16").as_int(), 60000);
  EXPECT_EQ(values.at("small.i16").as_int(), -300);
  EXPECT_EQ(values.at("small.u32").as_int(), 4000000000);
  EXPECT_EQ(values.at("small.i32").as_int(), -70000);
  EXPECT_EQ(values.at("small.u64").as_int(), int64_t{1} << 40);
  EXPECT_EQ(values.at("small.i64").as_int(), -(int64_t{1} << 40));
  EXPECT_EQ(values.at("small.f32").as_double(), 0.5);
  EXPECT_EQ(values.at("small.f64").as_double(), 0.1);
  EXPECT_EQ(values.at("small.words"), Json::list({"a", "bc", ""}));
  EXPECT_EQ(values.at("small.numbers"), Json::list({1, 2, 3}));
}

TEST_F(Gguf, BlocksArePackedBitForBitAsTheirAuthorsPackThem) {
  const Golden golden("formats/gguf");
  for (const std::string packing : {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "MXFP4", "TQ1_0", "TQ2_0"}) {
    const bool ternary = packing.starts_with("TQ");
    const Tensor plain = golden.at(ternary ? "wide" : "plain");
    const std::string path = folder_ / "packed.gguf";
    EXPECT_TRUE(write_gguf(path, of({{"plain", plain}}), packing).empty());
    const Tensor expected = golden.at("packed_" + packing);
    const std::string bytes = read_file(path);
    const auto blocks = expected.to_vector<uint8_t>();
    ASSERT_GE(bytes.size(), blocks.size());
    const size_t end = (blocks.size() + 31) / 32 * 32;
    EXPECT_EQ(std::memcmp(bytes.data() + bytes.size() - end, blocks.data(), blocks.size()), 0) << packing;
    const WeightSnapshot back = read_gguf(path);
    EXPECT_EQ(back.entries[0].stored, packing);
    const auto values = back.entries[0].read().to_vector<double>(), exact = plain.to_vector<double>();
    for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(values[i], exact[i], ternary ? 1.9 : 0.55) << packing << " " << i;
  }
}

// Which block stands for some elements is left to whoever writes: it must lose no more than their bits demand.
TEST_F(Gguf, BlocksOf256LoseLittle) {
  std::vector<float> values(256 * 24);
  uint64_t state = 7;
  const auto uniform = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) / 9007199254740992.0;
  };
  // Of a normal distribution, of one far from zero, and zeros among others.
  for (size_t i = 0; i < values.size(); ++i) {
    const double normal = std::sqrt(-2 * std::log(uniform() + 1e-12)) * std::cos(6.283185307179586 * uniform());
    const size_t kind = i / (256 * 8);
    values[i] = static_cast<float>(kind == 0 ? normal : kind == 1 ? 3 + 0.1 * normal : i % 5 < 3 ? 0 : -normal);
  }
  const Tensor x = Tensor::from(values, {24, 256});
  // Root of the mean square of what is lost, in standard deviations, of each third.
  const std::map<std::string, std::array<double, 3>> most = {{"q2_k", {0.34, 6, 0.4}},
                                                             {"q3_k", {0.18, 5, 0.2}},
                                                             {"q4_k", {0.080, 0.9, 0.09}},
                                                             {"q5_k", {0.040, 0.5, 0.05}},
                                                             {"q6_k", {0.020, 0.3, 0.025}}};
  for (const auto& [packing, bound] : most) {
    const std::string path = folder_ / "k.gguf";
    EXPECT_TRUE(write_gguf(path, of({{"x", x}}), packing).empty());
    const WeightSnapshot back = read_gguf(path);
    const auto now = back.entries[0].read().to_vector<float>();
    for (size_t third = 0; third < 3; ++third) {
      double lost = 0;
      for (size_t i = 256 * 8 * third; i < 256 * 8 * (third + 1); ++i)
        lost += std::pow(static_cast<double>(now[i]) - static_cast<double>(values[i]), 2);
      EXPECT_LT(std::sqrt(lost / (256 * 8)) / (third == 1 ? 0.1 : 1), bound[third]) << packing << " " << third;
    }
    // What is packed stays as it is when it is packed again.
    write_gguf(folder_ / "again.gguf", of({{"x", Tensor::from(now, {24, 256})}}), packing);
    const auto again = read_gguf(folder_ / "again.gguf").entries[0].read().to_vector<float>();
    for (size_t i = 0; i < now.size(); ++i) ASSERT_NEAR(again[i], now[i], 0.05 * std::abs(now[i]) + 0.02) << packing << i;
  }
}

TEST_F(Gguf, WhatIsWrittenComesBack) {
  const Tensor x = Tensor::from(std::vector<float>{0, 1, 2, 100, 3, 64}, {2, 3});
  std::vector<NamedTensor> tensors;
  for (const DType dtype : {DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kFloat16,
                            DType::kBFloat16, DType::kFloat32, DType::kFloat64})
    tensors.push_back({name(dtype), cast(x, dtype).eval()});
  tensors.push_back({"scalar", Tensor(2.5f)});
  tensors.push_back({"deep", Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {1, 2, 1, 3})});
  WeightSnapshot snapshot = of(tensors);
  snapshot.metadata = Json::object({{"whole", 7},
                                    {"below", -7},
                                    {"large", int64_t{1} << 40},
                                    {"half", 0.5},
                                    {"tenth", 0.1},
                                    {"yes", true},
                                    {"text", "größer"},
                                    {"list", Json::list({1, -2})},
                                    {"mixed", Json::object({{"a", 1}})}});
  write_weights(folder_ / "a.gguf", snapshot);
  const WeightSnapshot back = open_weights(folder_ / "a.gguf");
  ASSERT_EQ(back.entries.size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_EQ(back.entries[i].name, tensors[i].name);
    EXPECT_EQ(back.entries[i].type, tensors[i].value.type()) << tensors[i].name;
    EXPECT_EQ(back.entries[i].read().to_vector<double>(), tensors[i].value.to_vector<double>())
        << tensors[i].name;
  }
  for (const auto& [key, value] : snapshot.metadata.as_object()) {
    const Json& read = back.metadata.at(key);
    EXPECT_EQ(read, key == "mixed" ? Json(value.dump()) : value) << key;
  }
  EXPECT_EQ(back.metadata.at("general.architecture").as_string(), "lamina");
}

TEST_F(Gguf, WhatTheFormatCannotHoldIsRefusedOrTold) {
  const std::string path = folder_ / "a.gguf";
  const auto message = [&](const WeightSnapshot& snapshot, const std::string& packing = "") {
    return message_of<Error>([&] { write_gguf(path, snapshot, packing); });
  };
  const Tensor x = Tensor::from(std::vector<float>(6, 1), {2, 3});
  EXPECT_NE(message(of({{"b", cast(x, DType::kBool).eval()}})).find("'b' is bool"), std::string::npos);
  EXPECT_NE(message(of({{"x", x}, {"x", x}})).find("occurs twice"), std::string::npos);
  EXPECT_NE(message(of({{std::string(64, 'n'), x}})).find("at most 63 bytes"), std::string::npos);
  EXPECT_NE(
      message(of({{"x", Tensor::from(std::vector<float>(6, 1), {1, 1, 1, 2, 3})}})).find("at most 4 axes"),
      std::string::npos);
  EXPECT_NE(message(of({{"x", x}}), "q8").find("did you mean 'q8_0'"), std::string::npos);
  const std::vector<std::string> told = write_gguf(path, of({{"x", x}}), "q8_0");
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("'x' stays float32: (2, 3) does not go into blocks of 32"), std::string::npos);
}

// The scales of blocks have 16 bits: what they cannot reach would come back as NaN, or as another number.
TEST_F(Gguf, NumbersThatBlocksCannotHoldAreRefused) {
  const std::string path = folder_ / "a.gguf";
  const float inf = std::numeric_limits<float>::infinity();
  for (const std::string& packing : detail::gguf_packings()) {
    for (const float odd : {inf, -inf, std::nanf(""), 1e30F, -1e30F}) {
      if (packing == "mxfp4" && std::isfinite(odd)) continue;  // its scales are as wide as those of float32
      std::vector<float> x(512, 0.5F);
      x[300] = odd;
      const std::string message = message_of<InvalidArgument>(
          [&] { write_gguf(path, of({{"even", Tensor::from(std::vector<float>(256, 1), {1, 256})},
                                     {"odd", Tensor::from(x, {2, 256})}}), packing); });
      EXPECT_NE(message.find("'odd' holds numbers that are NaN, infinite or too large for the blocks of"), std::string::npos)
          << packing << " " << odd << message;
      EXPECT_FALSE(std::filesystem::exists(path)) << packing;
    }
    // Small and large ones that 16 bits do reach.
    for (const float scale : {0.0F, 1e-30F, 1e-7F, 1e-4F, 1.0F, 1e4F}) {
      std::vector<float> x(256);
      for (size_t i = 0; i < x.size(); ++i) x[i] = scale * std::sin(static_cast<float>(i));
      write_gguf(path, of({{"x", Tensor::from(x, {1, 256})}}), packing);
      for (const float each : read_gguf(path).entries[0].read().to_vector<float>())
        EXPECT_LE(std::abs(each), 2 * scale + 1e-6F) << packing << " " << scale;
      std::filesystem::remove(path);
    }
  }
}

TEST_F(Gguf, DamagedFilesAreRefused) {
  const std::string bytes = read_file(golden_path("formats/gguf.gguf"));
  const std::string path = folder_ / "a.gguf";
  expect_cut_files_refused(bytes, path, read_all);
  expect_flipped_bytes_survived(bytes, path, read_all, 2000);
  const auto message = [&](const std::string& changed) {
    write_file(path, changed);
    return message_of<FileError>([&] { read_all(path); });
  };
  const auto with = [&](size_t at, uint64_t value, size_t size) {
    std::string changed = bytes;
    std::memcpy(changed.data() + at, &value, size);
    return changed;
  };
  EXPECT_NE(message(with(4, 4, 4)).find("version 4; versions 2 and 3 are read"), std::string::npos);
  EXPECT_NE(message(with(4, 0x03000000, 4)).find("big-endian"), std::string::npos);
  EXPECT_NE(message(with(8, ~uint64_t{0}, 8)).find("would have 18446744073709551615 tensors"),
            std::string::npos);
  EXPECT_NE(message(with(24, ~uint64_t{0}, 8)).find("would take 18446744073709551615 bytes"),
            std::string::npos);
}

// One tensor: its shape, type and place as given.
std::string file_of(const std::vector<uint64_t>& extents, uint32_t type, uint64_t place, size_t data) {
  std::string out = "GGUF";
  const auto put = [&](auto value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
  put(uint32_t{3}), put(uint64_t{1}), put(uint64_t{0}), put(uint64_t{1});
  out += "w";
  put(static_cast<uint32_t>(extents.size()));
  for (const uint64_t extent : extents) put(extent);
  put(type), put(place);
  out.resize((out.size() + 31) / 32 * 32 + data, '\0');
  return out;
}

TEST_F(Gguf, TensorsThatCannotBeAreRefused) {
  const std::string path = folder_ / "a.gguf";
  const auto expect = [&](const std::string& bytes, const std::string& part) {
    write_file(path, bytes);
    const std::string message = message_of<FileError>([&] { read_all(path); });
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("a.gguf"), std::string::npos) << message;
  };
  write_file(path, file_of({4}, 0, 0, 16));
  EXPECT_NO_THROW(read_all(path));
  expect(file_of({4}, 0, 0, 15), "is truncated: tensor 'w'");
  expect(file_of({4}, 0, ~uint64_t{31}, 16), "is truncated");
  expect(file_of({4}, 0, 4, 32), "no multiple of 32");
  expect(file_of({4}, 9, 0, 32), "is of Q8_1, which Lamina does not read");
  expect(file_of({4}, 77, 0, 32), "is of type 77");
  expect(file_of({33}, 8, 0, 64), "of Q8_0 cannot be of shape (33,)");
  expect(file_of({uint64_t{1} << 40, uint64_t{1} << 40}, 0, 0, 64), "cannot be of shape");
  expect(file_of({~uint64_t{0}}, 0, 0, 64), "has an extent of -1");
  expect(file_of({1, 1, 1, 1, 1}, 0, 0, 64), "has 5 axes");
}

}  // namespace
}  // namespace lamina::test
