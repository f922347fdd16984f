// How much memory files of models take while they are written and read: that of the weights, and little beside.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>

#include "lamina/formats/keras/keras.h"
#include "lamina/formats/npz.h"
#include "lamina/formats/onnx/onnx_export.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/conv2d.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "tests/support/sanitized.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::TemporaryFolder;

constexpr int64_t kMiB = 1 << 20;

// Bytes that the system says of this process ("VmRSS", "VmHWM").
int64_t status_bytes(const std::string& what) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    int64_t kilobytes = 0;
    if (word == what + ":" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// How far the memory of this process rises above what it is now.
int64_t rise(const std::function<void()>& work) {
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak becomes what there is
  const int64_t before = status_bytes("VmRSS");
  work();
  return status_bytes("VmHWM") - before;
}

class FileMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::kSanitized) GTEST_SKIP() << "a sanitizer's memory is its own";
    std::ofstream file("/proc/self/clear_refs");
    if (!(file << 5 && file.flush())) GTEST_SKIP() << "the system does not tell peaks";
  }
  TemporaryFolder folder_;
};

Model large() {
  Sequential model({Input({1500})});
  for (int i = 0; i < 6; ++i) model.add(Dense(1500));
  return model;
}

TEST_F(FileMemory, WritingCopiesNoWeights) {
  const Model model = large();
  const int64_t weights = model.count_params() * 4;
  ASSERT_GT(weights, 50 * kMiB);
  const WeightSnapshot snapshot = snapshot_of(model);
  const std::map<std::string, std::function<void(const std::string&)>> writers = {
      {"a.keras", [&](const std::string& path) { model.save(path); }},
      {"a.h5", [&](const std::string& path) { model.save(path); }},
      {"a.weights.h5", [&](const std::string& path) { save_weights(model, path); }},
      {"a.onnx", [&](const std::string& path) { model.save(path); }},
      {"a.tflite", [&](const std::string& path) { model.save(path); }},
      {"a.safetensors", [&](const std::string& path) { write_weights(path, snapshot); }},
      {"a.npz", [&](const std::string& path) { write_weights(path, snapshot); }},
      {"a.gguf", [&](const std::string& path) { write_weights(path, snapshot); }},
  };
  for (const auto& [name, write] : writers) {
    const std::string path = folder_ / name;
    EXPECT_LT(rise([&, &write = write] { write(path); }), weights / 10) << name;
    EXPECT_GT(std::filesystem::file_size(path), static_cast<uint64_t>(weights)) << name;
  }
}

TEST_F(FileMemory, ReadingTakesTheWeightsOnce) {
  int64_t weights = 0;
  {
    const Model model = large();
    weights = model.count_params() * 4;
    for (const char* name : {"a.keras", "a.h5", "a.onnx"}) model.save(folder_ / name);
    const WeightSnapshot snapshot = snapshot_of(model);
    for (const char* name : {"a.safetensors", "a.npz", "a.gguf"}) write_weights(folder_ / name, snapshot);
  }
  for (const char* name : {"a.keras", "a.h5", "a.onnx"})
    EXPECT_LT(rise([&] { load_model(folder_ / name); }), weights + weights / 10 + 16 * kMiB) << name;
  for (const char* name : {"a.safetensors", "a.npz", "a.gguf"}) {
    const auto each = [&] {
      for (const SnapshotEntry& entry : open_weights(folder_ / name).entries) entry.read();
    };
    EXPECT_LT(rise(each), weights / 3) << name;
    EXPECT_LT(rise([&] { model_of(open_weights(folder_ / name)); }), weights + weights / 10 + 16 * kMiB) << name;
  }
  EXPECT_LT(rise([&] { read_npz(folder_ / "a.npz"); }), weights + weights / 10 + 16 * kMiB);
}

// Kernels of convolutions have another order there: one after the other is moved.
TEST_F(FileMemory, OnnxMovesOneKernelAtATime) {
  Sequential model({Input({8, 8, 400})});
  for (int i = 0; i < 8; ++i) model.add(Conv2D(400, 3, {.padding = "same"}));
  const int64_t weights = model.count_params() * 4;
  EXPECT_LT(rise([&] { model.save(folder_ / "a.onnx"); }), weights / 2);
}

}  // namespace
}  // namespace lamina
