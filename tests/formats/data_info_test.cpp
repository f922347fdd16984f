// What a model knows of its data goes with it into every format of models.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/snapshot.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/dense.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/model.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

Model named() {
  Sequential model({Input({3}), Dense(2)}, {.seed = 4});
  // Longer than what an HDF5 attribute holds in its header.
  model.set_data_info({.class_names = {"cat", "dog"},
                       .features = {"a", "b", "c"},
                       .scale = PixelScale::kUnit,
                       .sections = Json::object({{"own", Json::object({{"words", std::string(70000, 'w')}})}})});
  return model;
}

TEST(DataInfoInFiles, IsTheSameInEveryFormat) {
  const Model model = named();
  const TemporaryFolder folder;
  for (const char* name : {"a.keras", "a.h5", "a.hdf5", "a.onnx", "a.tflite"}) {
    SCOPED_TRACE(name);
    model.save(folder / name);
    EXPECT_EQ(load_model(folder / name).data_info(), model.data_info());
  }
  for (const char* name : {"a.safetensors", "a.npz", "a.gguf"}) {
    SCOPED_TRACE(name);
    write_weights(folder / name, snapshot_of(model));
    EXPECT_EQ(model_of(open_weights(folder / name)).data_info(), model.data_info());
  }
}

TEST(DataInfoInFiles, IsRefusedWhereItIsDamaged) {
  const Model model = named();
  const TemporaryFolder folder;
  for (const char* name : {"a.h5", "a.onnx", "a.tflite"}) {
    SCOPED_TRACE(name);
    model.save(folder / name);
    std::string bytes = read_file(folder / name);
    const std::string version = "{\"version\": 1";
    const size_t at = bytes.find(version);
    ASSERT_NE(at, std::string::npos);
    bytes[at + version.size() - 1] = '9';
    write_file(folder / name, bytes);
    const std::string said = message_of<FileError>([&] { load_model(folder / name); });
    EXPECT_NE(said.find(std::string(name).ends_with(".h5") ? "checksum" : "version"), std::string::npos) << said;
    bytes[at] = '[';
    write_file(folder / name, bytes);
    EXPECT_THROW(load_model(folder / name), FileError);
  }
}

}  // namespace
}  // namespace lamina::test
