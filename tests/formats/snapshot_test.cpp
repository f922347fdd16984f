// Snapshots: adapters, what goes into a model and what is told, and formats known by their bytes.
#include "lamina/formats/snapshot.h"

#include <unistd.h>

#include <cmath>
#include <limits>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/formats/npy.h"
#include "lamina/formats/safetensors.h"
#include "lamina/formats/tensor_statistics.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/transpose.h"
#include "tests/support/damage.h"
#include "tests/support/golden.h"
#include "tests/support/samples.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

Tensor counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return Tensor::from(values, shape);
}

WeightSnapshot of(const std::vector<NamedTensor>& tensors) {
  WeightSnapshot snapshot{.source = "test", .format = {}, .entries = {}};
  for (const auto& [name, value] : tensors)
    snapshot.entries.push_back(
        {.name = name, .type = value.type(), .read = [value = value] { return value; }});
  return snapshot;
}

void expect_entry(const WeightSnapshot& snapshot, const std::string& name, const Tensor& expected) {
  const SnapshotEntry* const entry = snapshot.find(name);
  ASSERT_NE(entry, nullptr) << name;
  EXPECT_EQ(entry->type, expected.type()) << name;
  const Tensor value = entry->read();
  EXPECT_EQ(value.type(), expected.type()) << name;
  EXPECT_EQ(value.to_vector<double>(), expected.to_vector<double>()) << name;
}

TEST(Patterns, StarsFindWhatStandsBetween) {
  using Found = std::vector<std::string>;
  EXPECT_EQ(match_pattern("a.*.b", "a.x.y.b"), Found{"x.y"});
  EXPECT_EQ(match_pattern("*.*", "a.b.c"), (Found{"a", "b.c"}));
  EXPECT_EQ(match_pattern("*", ""), Found{""});
  EXPECT_EQ(match_pattern("a", "a"), Found{});
  EXPECT_EQ(match_pattern("a*a", "a"), std::nullopt);
  EXPECT_EQ(match_pattern("a.*", "b.c"), std::nullopt);
  EXPECT_EQ(match_pattern("*b*c", "abc"), (Found{"a", ""}));
}

TEST(Adapters, NamesShapesAndElements) {
  const Tensor x = counting({4, 6});
  WeightSnapshot snapshot =
      of({{"block.0.weight", x}, {"block.1.weight", x}, {"old", counting({2})}, {"gone", x}});
  adapt(snapshot, {rename_matching("block.*.weight", "layers/*/kernel"), rename_entries({{"old", "new"}}),
                   transpose_matching("layers/0/*", {1, 0}), reshape_matching("layers/1/*", {3, 8}),
                   drop_matching("g*", "not wanted")});
  EXPECT_EQ(snapshot.names(), (std::vector<std::string>{"layers/0/kernel", "layers/1/kernel", "new"}));
  expect_entry(snapshot, "layers/0/kernel", transpose(x, {1, 0}).eval());
  expect_entry(snapshot, "layers/1/kernel", reshape(x, {3, 8}).eval());
  EXPECT_EQ(snapshot.skipped, std::vector<std::string>{"gone: not wanted"});

  WeightSnapshot parts =
      of({{"qkv", x}, {"a", counting({2, 3})}, {"b", counting({1, 3})}, {"c", counting({2, 3})}});
  adapt(parts, {split_entry("qkv", {"q", "k", "v"}, 1), concatenate_entries({"a", "b"}, "ab"),
                cast_floats(DType::kFloat16, "q")});
  EXPECT_EQ(parts.names(), (std::vector<std::string>{"q", "k", "v", "ab", "c"}));
  expect_entry(parts, "k", Tensor::from(std::vector<float>{2, 3, 8, 9, 14, 15, 20, 21}, {4, 2}));
  expect_entry(parts, "ab", Tensor::from(std::vector<float>{0, 1, 2, 3, 4, 5, 0, 1, 2}, {3, 3}));
  EXPECT_EQ(parts.find("q")->read().dtype(), DType::kFloat16);
  adapt(parts, {stack_entries({"k", "v"}, "kv", -1)});
  EXPECT_EQ(parts.find("kv")->read().shape(), (Shape{4, 2, 2}));
  EXPECT_EQ(parts.find("kv")->type.shape, (Shape{4, 2, 2}));
}

TEST(Adapters, WhatCannotBeIsNamed) {
  const auto message = [](const SnapshotAdapter& adapter) {
    WeightSnapshot snapshot = of({{"weight", counting({4, 6})}, {"bias", counting({5})}});
    return message_of<InvalidArgument>([&] { adapter(snapshot); });
  };
  EXPECT_NE(message(transpose_matching("weight", {0, 0})).find("array 'weight' of shape (4, 6)"),
            std::string::npos);
  EXPECT_NE(message(transpose_matching("*", {1, 0})).find("array 'bias'"), std::string::npos);
  EXPECT_NE(message(reshape_matching("bias", {6})).find("not as many elements as (6,)"), std::string::npos);
  EXPECT_NE(message(split_entry("weigth", {"a"})).find("did you mean 'weight'"), std::string::npos);
  EXPECT_NE(message(split_entry("bias", {"a", "b"})).find("no 2 equal parts"), std::string::npos);
  EXPECT_NE(message(split_entry("bias", {"a"}, 1)).find("has no axis 1"), std::string::npos);
  EXPECT_NE(message(concatenate_entries({"weight", "bias"}, "x")).find("do not fit together"),
            std::string::npos);
  EXPECT_NE(message(stack_entries({}, "x")).find("at least one array"), std::string::npos);
  EXPECT_THROW(rename_matching("a", "*"), InvalidArgument);
  EXPECT_THROW(cast_floats(DType::kInt32), InvalidArgument);
}

class Snapshots : public ::testing::Test {
 protected:
  Snapshots() {
    before_ = set_log_sink([this](LogLevel, const std::string& text) { said_.push_back(text); });
  }
  ~Snapshots() override { set_log_sink(before_); }

  static Sequential model(uint64_t seed) {
    return Sequential({Input({4}), Dense(3, {.name = "hidden"}), BatchNormalization({.name = "norm"}),
                       Dense(2, {.name = "head"})},
                      {.seed = seed});
  }
  static void expect_same(const Model& a, const Model& b) {
    const std::vector<Tensor> x = a.get_weights(), y = b.get_weights();
    ASSERT_EQ(x.size(), y.size());
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(x[i].to_vector<float>(), y[i].to_vector<float>()) << i;
  }

  TemporaryFolder folder_;
  std::vector<std::string> said_;
  LogSink before_;
};

TEST_F(Snapshots, GoIntoAModelOrChangeNothing) {
  Sequential from = model(1), to = model(2), other = model(2);
  WeightSnapshot snapshot = snapshot_of(from);
  const LoadReport report = apply_snapshot(to, snapshot);
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.applied.size(), 8u);
  expect_same(from, to);

  WeightSnapshot misnamed = snapshot;
  adapt(misnamed, {rename_entries({{"head/kernel", "haed/kernel"}})});
  const LoadReport missing = apply_snapshot(other, misnamed);
  EXPECT_FALSE(missing.complete());
  EXPECT_EQ(missing.missing, std::vector<std::string>{"head/kernel (nearest in the file: 'haed/kernel')"});
  EXPECT_EQ(missing.unused, std::vector<std::string>{"haed/kernel (nearest in the model: 'head/kernel')"});
  expect_same(other, model(2));
  EXPECT_EQ(to_json(missing).at("missing").size(), 1u);
  EXPECT_EQ(apply_snapshot(other, misnamed, {.partial = true}).applied.size(), 7u);

  WeightSnapshot bent = snapshot;
  adapt(bent, {transpose_matching("head/kernel", {1, 0})});
  Sequential fresh = model(2);
  const LoadReport errors = apply_snapshot(fresh, bent);
  EXPECT_EQ(errors.errors, std::vector<std::string>{"head/kernel: expected shape (3, 2), received (2, 3)"});
  expect_same(fresh, model(2));
  WeightSnapshot whole = snapshot;
  for (SnapshotEntry& entry : whole.entries) entry.type.dtype = DType::kInt32;
  EXPECT_NE(apply_snapshot(fresh, whole).errors.at(0).find("expected float32, received int32"),
            std::string::npos);
  Sequential unbuilt({Dense(3)});
  EXPECT_THROW(apply_snapshot(unbuilt, snapshot), InvalidArgument);
  EXPECT_THROW(snapshot_of(unbuilt), InvalidArgument);
}

TEST_F(Snapshots, NanIsToldByName) {
  Sequential to = model(2);
  WeightSnapshot snapshot = snapshot_of(model(1));
  for (SnapshotEntry& entry : snapshot.entries) {
    if (entry.name != "head/bias") continue;
    entry.read = [] { return Tensor::from(std::vector<float>{1, std::nanf("")}, {2}); };
  }
  EXPECT_TRUE(apply_snapshot(to, snapshot).complete());
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("has weights that are NaN: 'head/bias'"), std::string::npos) << said_[0];
}

TEST_F(Snapshots, FormatsGiveTheModelBackBitForBit) {
  Sequential from = model(1);
  from.compile({.optimizer = "adam", .loss = "mse"});
  from.set_data_info({.class_names = {"cat", "dog"}});
  for (const char* name : {"a.safetensors", "a.npz", "a.gguf"}) {
    const std::string path = folder_ / name;
    EXPECT_TRUE(write_weights(path, snapshot_of(from)).empty());
    const WeightSnapshot read = open_weights(path);
    EXPECT_TRUE(has_architecture(read)) << name;
    const Model back = model_of(read);
    expect_same(from, back);
    EXPECT_TRUE(back.compiled());
    EXPECT_EQ(back.data_info().class_names, (std::vector<std::string>{"cat", "dog"}));
    EXPECT_EQ(back.serialize(), from.serialize()) << name;
    Sequential to = model(2);
    EXPECT_TRUE(apply_snapshot(to, read).complete());
    expect_same(from, to);
    const std::string bytes = read_file(path);
    const auto read_model = [](const std::string& file) { model_of(open_weights(file)); };
    expect_cut_files_refused(bytes, path, read_model);
    expect_flipped_bytes_survived(bytes, path, read_model, 60);
  }
  write_weights(folder_ / "half.safetensors", snapshot_of(from), "bfloat16");
  EXPECT_EQ(open_weights(folder_ / "half.safetensors").entries[0].type.dtype, DType::kBFloat16);
  EXPECT_TRUE(model_of(open_weights(folder_ / "half.safetensors")).built());
}

TEST_F(Snapshots, AreKnownByTheirBytes) {
  const Sequential from = model(1);
  from.save(folder_ / "a.keras");
  save_weights(from, folder_ / "a.weights.h5");
  write_npy(folder_ / "a.npy", counting({2, 3}));
  for (const char* name : {"a.safetensors", "a.npz", "a.gguf"})
    write_weights(folder_ / name, snapshot_of(from));
  for (const auto& [name, format] :
       std::vector<std::pair<std::string, std::string>>{{"a.keras", "keras"},
                                                        {"a.weights.h5", "hdf5"},
                                                        {"a.npy", "npy"},
                                                        {"a.npz", "npz"},
                                                        {"a.gguf", "gguf"},
                                                        {"a.safetensors", "safetensors"}}) {
    write_file(folder_ / "renamed", read_file(folder_ / name));
    const WeightSnapshot snapshot = open_weights(folder_ / "renamed");
    EXPECT_EQ(snapshot.format, format);
    EXPECT_EQ(snapshot.entries.size(), format == "npy" ? 1u : 8u) << format;
    EXPECT_GT(snapshot.bytes(), 0u);
  }
  EXPECT_TRUE(open_weights(folder_ / "a.keras").find("layers/dense/vars/0"));
  const auto message = [&](const std::string& name) {
    return message_of<FileError>([&] { open_weights(folder_ / name); });
  };
  EXPECT_NE(message("gone.npz").find("does not exist"), std::string::npos);
  write_file(folder_ / "text", "hello");
  EXPECT_NE(message("text").find("is of no format of weights that is known here: .gguf, .h5"),
            std::string::npos);
  EXPECT_NE(message(".").find("has neither model.safetensors"), std::string::npos);
  write_weights(folder_ / "plain.npz", of({{"x", counting({2})}}));
  EXPECT_NE(message_of<FileError>([&] {
              model_of(open_weights(folder_ / "plain.npz"));
            }).find("does not say of which model"),
            std::string::npos);
}

TEST_F(Snapshots, WritersSayWhatTheyTake) {
  const WeightSnapshot snapshot = of({{"x", counting({2})}});
  EXPECT_NE(
      message_of<InvalidArgument>([&] { write_weights(folder_ / "a.txt", snapshot); }).find(".safetensors"),
      std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              write_weights(folder_ / "a.npz", snapshot, "q8_0");
            }).find("npz files hold no 'q8_0'"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              write_weights(folder_ / "a.gguf", snapshot, "q8");
            }).find("did you mean 'q8_0'"),
            std::string::npos);
}

TEST_F(Snapshots, AConfigurationThatAsksForMoreThanItsFileIsRefused) {
  WeightSnapshot snapshot = snapshot_of(model(1));
  Json architecture = snapshot.metadata.at("lamina.architecture");
  std::string text = architecture.dump();
  const size_t at = text.find("\"units\": 3");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 10, "\"units\": 900000000");
  snapshot.metadata["lamina.architecture"] = text;
  EXPECT_THROW(model_of(snapshot), FileError);
  snapshot.metadata["lamina.architecture"] = "{\"class_name\": 3";
  EXPECT_THROW(model_of(snapshot), FileError);
}

TEST(MappedSafetensors, TensorsAreTheFilesBytes) {
  TemporaryFolder folder;
  const std::string path = folder / "a.safetensors";
  write_safetensors(path, {{"x", counting({2, 3})}, {"b", cast(counting({3}), DType::kBool).eval()}});
  Tensor x;
  {
    const SafetensorsReader reader(path, {.map = true});
    x = reader.read("x");
    EXPECT_TRUE(x.buffer()->borrowed());
    EXPECT_FALSE(reader.read("b").buffer()->borrowed());
    EXPECT_EQ(reader.read("b").to_vector<int>(), (std::vector<int>{0, 1, 1}));
  }
  write_safetensors(path, {{"y", counting({1})}});  // a file replaced as a whole is another file
  EXPECT_EQ(x.to_vector<float>(), counting({2, 3}).to_vector<float>());
  const SafetensorsReader reader(path, {.map = true});
  ASSERT_EQ(::truncate(path.c_str(), 20), 0);
  EXPECT_NE(message_of<FileError>([&] { reader.read("y"); }).find("has changed since it was opened"),
            std::string::npos);
}

TEST(Statistics, OfFiniteElements) {
  const float inf = std::numeric_limits<float>::infinity();
  const TensorStatistics some =
      statistics_of(Tensor::from(std::vector<float>{1, 3, 0, std::nanf(""), inf, -inf, 4}, {7}));
  EXPECT_EQ(some.count, 7);
  EXPECT_EQ(some.nan, 1);
  EXPECT_EQ(some.infinite, 2);
  EXPECT_EQ(some.zeros, 1);
  EXPECT_EQ(some.min, 0);
  EXPECT_EQ(some.max, 4);
  EXPECT_EQ(some.mean, 2);
  EXPECT_NEAR(some.std, std::sqrt(2.5), 1e-12);
  EXPECT_EQ(statistics_of(Tensor::from(std::vector<float>(), {0})).max, 0);
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64}) {
    std::vector<float> values(5000, 65504);
    values[1] = inf;
    values[2] = -0.0f;
    EXPECT_FALSE(has_nan(cast(Tensor::from(values, {5000}), dtype))) << name(dtype);
    values[4999] = -std::nanf("");
    EXPECT_TRUE(has_nan(cast(Tensor::from(values, {5000}), dtype))) << name(dtype);
  }
  EXPECT_FALSE(has_nan(Tensor(3)));
}

}  // namespace
}  // namespace lamina::test
