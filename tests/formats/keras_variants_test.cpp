// Archives of other systems and of every Keras 3: names of members, weights in pieces or as .npz; TF.js.
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/formats/keras/npz_weights.h"
#include "lamina/formats/tfjs/tfjs.h"
#include "lamina/ops/binary.h"
#include "tests/support/golden.h"
#include "tests/support/keras_file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using test::small_model;
using test::TemporaryFolder;

std::map<std::string, std::string> members_of(const std::string& path) {
  const std::string bytes = read_file(path);
  const detail::ZipReader zip(bytes, path);
  std::map<std::string, std::string> members;
  for (const std::string& name : zip.members()) members[name] = zip.read(name);
  return members;
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members) {
  detail::ZipWriter zip;
  for (const auto& [name, content] : members) zip.add(name, content);
  return zip.finish();
}

const Tensor& samples() {
  static const Tensor x = Tensor::from<float>({1, 2, 3, 4, 4, 3, 2, 1}, {2, 4});
  return x;
}

TEST(KerasVariants, ReadsArchivesOfOtherSystems) {
  TemporaryFolder folder;
  Sequential model = small_model();
  model.save(folder / "a.keras");
  auto members = members_of(folder / "a.keras");
  write_file(folder / "b.keras", zip_of({{"assets/", ""},
                                         {".\\model.weights.h5", members["model.weights.h5"]},
                                         {"./config.json", members["config.json"]},
                                         {"metadata.json", members["metadata.json"]}}));
  EXPECT_EQ(load_model(folder / "b.keras").predict(samples()).to_vector<float>(),
            model.predict(samples()).to_vector<float>());
  write_file(folder / "c.keras", zip_of({{"config.json", members["config.json"]}, {"./config.json", "{}"}}));
  EXPECT_NE(message_of<FileError>([&] { load_model(folder / "c.keras"); }).find("'config.json' twice"),
            std::string::npos);
}

TEST(KerasVariants, ReadsWeightsInShards) {
  TemporaryFolder folder;
  Sequential model = small_model();
  model.save(folder / "a.keras");
  auto members = members_of(folder / "a.keras");
  const detail::Hdf5Tree all = detail::read_hdf5(members["model.weights.h5"], "a");
  detail::Hdf5Tree one, two;
  for (const auto& [path, array] : all.arrays)
    (path.find("dense_1") == std::string::npos ? one : two).arrays[path] = array;
  const auto archive = [&](const std::string& second) {
    return zip_of(
        {{"config.json", members["config.json"]},
         {"model.weights.json", R"({"metadata": {"total_size": 1}, "weight_map": {"/layers/dense/vars":
                    "model_00000.weights.h5", "/layers/dense_1/vars": [")" +
                                    second + "\"]}}"},
         {"model_00000.weights.h5", detail::write_hdf5(one)},
         {"model_00001.weights.h5", detail::write_hdf5(two)}});
  };
  write_file(folder / "b.keras", archive("model_00001.weights.h5"));
  EXPECT_EQ(load_model(folder / "b.keras").predict(samples()).to_vector<float>(),
            model.predict(samples()).to_vector<float>());
  const auto refusal = [&](const std::string& shard) {
    write_file(folder / "c.keras", archive(shard));
    return message_of<FileError>([&] { load_model(folder / "c.keras"); });
  };
  EXPECT_NE(refusal("../model_00001.weights.h5").find("is no file beside it"), std::string::npos);
  EXPECT_NE(refusal("missing.weights.h5").find("lacks the member 'missing.weights.h5'"), std::string::npos);
  EXPECT_NE(refusal("model_00000.weights.h5").find("dense_1"), std::string::npos);
  write_file(folder / "d.weights.json", R"({"weight_map": {"a": "d_0.weights.h5", "b": "d_1.weights.h5"}})");
  write_file(folder / "d_0.weights.h5", detail::write_hdf5(one));
  write_file(folder / "d_1.weights.h5", detail::write_hdf5(two));
  Sequential other({Input({4}), Dense(3, {.activation = "relu"}), Dense(2)}, {.seed = 9});
  load_weights(other, folder / "d.weights.json");
  EXPECT_EQ(other.predict(samples()).to_vector<float>(), model.predict(samples()).to_vector<float>());
}

// What numpy.savez made of {"layers/dense/vars": {"0": ..., "1": ...}, ...}: tools/golden/keras_variants.py.
TEST(KerasVariants, ReadsWeightsAsNpz) {
  const auto arrays = detail::read_keras_npz(test::golden_text("formats/keras_weights.npz"), "w.npz").arrays;
  ASSERT_EQ(arrays.size(), 4u);
  EXPECT_EQ(arrays.at("layers/dense/vars/0").to_vector<float>(), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(arrays.at("layers/dense/vars/0").shape(), (Shape{2, 3}));
  EXPECT_EQ(arrays.at("layers/dense/vars/1").to_vector<float>(), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(arrays.at("optimizer/vars/0").item<int64_t>(), 7);
  const std::string bytes = test::golden_text("formats/keras_weights.npz");
  for (size_t part = 0; part < 64; ++part)
    EXPECT_THROW(detail::read_keras_npz(bytes.substr(0, bytes.size() * part / 64), "w.npz"), FileError)
        << part;
  const auto refusal = [](const std::string& pickle) {
    return message_of<FileError>([&] { detail::read_array_pickle(pickle, "p"); });
  };
  EXPECT_NE(refusal("\x80\x04"
                    "cos\nsystem\nX\x02\0\0\0ls\x85R.")
                .find("damaged"),
            std::string::npos);
  EXPECT_NE(refusal("cos\nsystem\n)R.").find("'os system' is not called"), std::string::npos);
  EXPECT_NE(refusal("K\x01.").find("a dict of arrays was expected"), std::string::npos);
}

TEST(KerasVariants, LoadsFilesOfEveryKeras3) {
  size_t versions = 0;
  for (int minor = 0; minor <= 15; ++minor) {
    const std::string name = "formats/keras_3/keras_3_" + std::to_string(minor);
    if (!std::filesystem::exists(test::golden_path(name + ".keras"))) continue;
    SCOPED_TRACE(name);
    ++versions;
    const test::Golden golden(name);
    const Tensor output = load_model(test::golden_path(name + ".keras")).predict(golden.at("input"));
    for (const float difference : (output - golden.at("output")).to_vector<float>())
      EXPECT_NEAR(difference, 0, 1e-5);
  }
  EXPECT_GE(versions, 14u);
}

TEST(KerasVariants, WarnsOnceOfNaNInWeights) {
  TemporaryFolder folder;
  Sequential model = small_model(false);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  model.layers()[1]->own_weights()[1]->assign(Tensor::from<float>({1, nan}));
  for (const std::string name : {"a.keras", "a.h5"}) {
    model.save(folder / name);
    const test::Told told;
    load_model(folder / name);
    EXPECT_TRUE(told.holds("weights are NaN (not a number): 'dense_1/bias' (1 of 2)")) << told.text();
  }
}

// ---- TensorFlow.js ----

struct Tfjs {
  TemporaryFolder folder;
  std::string json, bytes;

  void write(const std::string& text) {
    write_file(folder / "model.json", text);
    write_file(folder / "group1-shard1of2.bin", bytes.substr(0, 10));
    write_file(folder / "group1-shard2of2.bin", bytes.substr(10));
  }
};

std::string tfjs_json(const std::string& kernel, const std::string& second = "group1-shard2of2.bin") {
  return R"({"format": "layers-model", "generatedBy": "keras v2.4.0", "modelTopology": {"keras_version": "2.4.0",
    "backend": "tensorflow", "model_config": {"class_name": "Sequential", "config": {"name": "s", "layers": [
    {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [null, 3],
    "activation": "linear", "use_bias": true}}]}}}, "weightsManifest": [{"paths": ["group1-shard1of2.bin", ")" +
         second + R"("], "weights": [)" + kernel +
         R"(, {"name": "d/bias", "shape": [2], "dtype": "float32"}]}]})";
}

TEST(KerasVariants, ReadsLayersModelsOfTensorFlowJs) {
  Tfjs model;
  const auto add = [&model](const auto& values) {
    model.bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  const std::vector<float> bias{0.5f, -1}, expected{1 * 1 + 2 * 3 + 3 * 5 + 0.5f, 1 * 2 + 2 * 4 + 3 * 6 - 1};
  const auto predicted = [&](const std::string& kernel) {
    model.write(tfjs_json(kernel));
    return load_model(model.folder / "model.json")
        .predict(Tensor::from<float>({1, 2, 3}, {1, 3}))
        .to_vector<float>();
  };
  add(std::vector<float>{1, 2, 3, 4, 5, 6});
  add(bias);
  const std::string plain = R"({"name": "d/kernel", "shape": [3, 2], "dtype": "float32")";
  EXPECT_EQ(predicted(plain + "}"), expected);
  const std::string whole = model.bytes;
  for (size_t cut = 0; cut < 64; ++cut) {
    model.bytes = whole.substr(0, 10 + (whole.size() - 10) * cut / 64);
    model.write(tfjs_json(plain + "}"));
    EXPECT_THROW(load_model(model.folder / "model.json"), FileError) << cut;
  }
  model.bytes = whole + "x";
  model.write(tfjs_json(plain + "}"));
  EXPECT_NE(message_of<FileError>([&] { load_model(model.folder / "model.json"); }).find("1 bytes more"),
            std::string::npos);

  model.bytes.clear();
  add(std::vector<uint8_t>{0, 1, 2, 3, 4, 5});
  add(bias);
  EXPECT_EQ(predicted(plain + R"(, "quantization": {"dtype": "uint8", "min": 1.0, "scale": 1.0}})"),
            expected);
  model.bytes.clear();
  add(std::vector<uint16_t>{0, 2, 4, 6, 8, 10});
  add(bias);
  EXPECT_EQ(predicted(plain + R"(, "quantization": {"dtype": "uint16", "min": 1.0, "scale": 0.5}})"),
            expected);
  model.bytes.clear();
  add(std::vector<uint16_t>{0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600});
  add(bias);
  EXPECT_EQ(predicted(plain + R"(, "quantization": {"dtype": "float16"}})"), expected);
}

TEST(KerasVariants, RefusesOtherModelsOfTensorFlowJs) {
  Tfjs model;
  model.bytes = std::string(32, '\0');
  const auto refusal = [&](const std::string& json) {
    model.write(json);
    return message_of<FileError>([&] { load_model(model.folder / "model.json"); });
  };
  const std::string kernel = R"({"name": "d/kernel", "shape": [3, 2], "dtype": "float32"})";
  EXPECT_NE(refusal(tfjs_json(kernel, "../group1-shard2of2.bin")).find("not in its own folder"),
            std::string::npos);
  EXPECT_NE(refusal(tfjs_json(kernel, "/etc/passwd")).find("not in its own folder"), std::string::npos);
  EXPECT_NE(refusal(tfjs_json(kernel, "gone.bin")).find("gone.bin"), std::string::npos);
  EXPECT_NE(
      refusal(
          tfjs_json(R"({"name": "d/kernel", "shape": [1099511627776, 1099511627776], "dtype": "float32"})"))
          .find("a shape that cannot be"),
      std::string::npos);
  EXPECT_NE(refusal(tfjs_json(R"({"name": "d/kernel", "shape": [2, 3], "dtype": "float32"})"))
                .find("expected shape (3, 2)"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"format": "graph-model", "modelTopology": {"node": []}, "weightsManifest": []})")
                .find("graph model"),
            std::string::npos);
  const std::string json = tfjs_json(kernel);
  for (size_t part = 0; part < 64; ++part) {
    model.write(json.substr(0, json.size() * part / 64));
    EXPECT_THROW(load_model(model.folder / "model.json"), FileError) << part;
  }
}

TEST(KerasVariants, ArchitecturesGoAsJson) {
  TemporaryFolder folder;
  small_model().save(folder / "arch.json");
  Model model = load_model(folder / "arch.json");
  EXPECT_TRUE(model.compiled());
  EXPECT_EQ(model.weights().size(), 4u);
  EXPECT_EQ(model_to_json(model), read_file(folder / "arch.json"));
  EXPECT_NE(message_of<FileError>([] { model_from_json("[1]", "list"); }).find("no class_name"),
            std::string::npos);
  EXPECT_NE(message_of<FileError>([] {
              model_from_json(
                  R"({"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense",
                  "config": {"name": "d", "units": 1000000000, "batch_input_shape": [null, 1000000000]}}]}})");
            }).find("d"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
