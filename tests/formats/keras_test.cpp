// .keras archives: files that Keras wrote, files that we write, and files that nobody should have written.
#include "lamina/formats/keras/keras.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/model.h"
#include "lamina/formats/npz.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/ops/reduce.h"
#include "tests/support/golden.h"
#include "tests/support/keras_file.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::archive_of_file;
using test::message_of;
using test::small_model;
using test::TemporaryFolder;

// Files of tools/golden/keras_files.py.
std::string golden(const std::string& name) { return LAMINA_SOURCE_DIR "/tests/golden/formats/" + name; }

class KerasFiles : public ::testing::TestWithParam<const char*> {
 protected:
  std::string file() const { return golden(std::string(GetParam()) + ".keras"); }
  std::map<std::string, Tensor> expected() const {
    return read_npz(golden(std::string(GetParam()) + ".npz"));
  }
};

TEST_P(KerasFiles, GivesTheSamePredictions) {
  LoadReport report;
  Model model = load_keras(file(), &report);
  const auto values = expected();
  EXPECT_TRUE(report.complete());
  EXPECT_TRUE(report.skipped.empty());
  EXPECT_TRUE(report.unused.empty());
  const std::vector<WeightPtr> weights = model.weights();
  for (size_t i = 0; i < weights.size(); ++i) {
    const Tensor& from = values.at("weight_" + std::to_string(i));
    EXPECT_EQ(weights[i]->value.to_vector<float>(), from.to_vector<float>()) << weights[i]->path;
  }
  test::expect_close(model.predict(values.at("x")), values.at("predictions"), "predictions");
}

TEST_P(KerasFiles, GoesOnTrainingAsKerasDoes) {
  Model model = load_keras(file());
  const auto values = expected();
  const std::vector<WeightPtr> state = model.optimizer_variables();
  ASSERT_TRUE(values.contains("state_" + std::to_string(state.size() - 1)));
  ASSERT_FALSE(values.contains("state_" + std::to_string(state.size())));
  for (size_t i = 0; i < state.size(); ++i) {
    EXPECT_EQ(state[i]->value.to_vector<float>(), values.at("state_" + std::to_string(i)).to_vector<float>())
        << state[i]->name;
  }
  model.train_on_batch(values.at("x"), values.at("y"));
  const std::vector<Tensor> after = model.get_weights();
  for (size_t i = 0; i < after.size(); ++i) {
    test::expect_close(after[i], values.at("after_" + std::to_string(i)), "weight " + std::to_string(i));
  }
}

TEST_P(KerasFiles, IsWrittenAsKerasWritesIt) {
  TemporaryFolder folder;
  load_keras(file()).save(folder / "again.keras");
  const std::string bytes = read_file(file()), again_bytes = read_file(folder / "again.keras");
  const detail::KerasArchive original = detail::parse_keras_archive(bytes, "original");
  const detail::KerasArchive again = detail::parse_keras_archive(again_bytes, "again");
  test::expect_same_config(again.config, original.config, GetParam());
  EXPECT_EQ(again.metadata.at("keras_version"), original.metadata.at("keras_version"));
  EXPECT_EQ(again.weights.groups, original.weights.groups);
  ASSERT_EQ(again.weights.arrays.size(), original.weights.arrays.size());
  for (const auto& [path, tensor] : original.weights.arrays) {
    const auto found = again.weights.arrays.find(path);
    ASSERT_NE(found, again.weights.arrays.end()) << path;
    EXPECT_EQ(found->second.type(), tensor.type()) << path;
    EXPECT_EQ(found->second.to_vector<double>(), tensor.to_vector<double>()) << path;
  }
  const detail::ZipReader zip(again_bytes, "again");
  EXPECT_EQ(zip.members(), (std::vector<std::string>{"metadata.json", "config.json", "model.weights.h5"}));
}

INSTANTIATE_TEST_SUITE_P(Golden, KerasFiles, ::testing::Values("fashion", "every_layer"),
                         [](const auto& info) { return std::string(info.param); });

// What load_keras says about the small model's archive after a change.
std::string refusal(const std::function<void(detail::KerasArchive&)>& change) {
  TemporaryFolder folder;
  const std::string path = folder / "changed.keras";
  small_model().save(path);
  detail::KerasArchive archive = archive_of_file(path);
  change(archive);
  write_file(path, detail::keras_archive_bytes(archive));
  const std::string message = message_of<FileError>([&] { load_keras(path); });
  EXPECT_NE(message.find(path), std::string::npos) << message;
  return message;
}

TEST(Keras, RoundTripsAModelThatIsNotCompiled) {
  TemporaryFolder folder;
  const Sequential model = small_model(false);
  model.save(folder / "m.keras");
  const Model again = load_model(folder / "m.keras");
  EXPECT_FALSE(again.compiled());
  EXPECT_EQ(again.name(), "small");
  EXPECT_EQ(again.weights().at(0)->value.to_vector<float>(), model.weights().at(0)->value.to_vector<float>());
}

TEST(Keras, RoundTripsAnOptimizerBeforeItsFirstStep) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  Model again = load_model(folder / "m.keras");
  EXPECT_TRUE(again.compiled());
  again.train_on_batch(Tensor::from<float>({1, 2, 3, 4}, {1, 4}), Tensor::from<float>({0, 1}, {1, 2}));
}

TEST(Keras, KeepsWhatIsFrozen) {
  TemporaryFolder folder;
  Sequential model({Input({2, 2}), Flatten(), Dense(3)}, {.seed = 1});
  for (const auto& layer : model.layers()) layer->set_trainable(false);
  model.save(folder / "m.keras");
  const Model again = load_model(folder / "m.keras");
  for (const auto& layer : again.layers()) EXPECT_FALSE(layer->trainable()) << layer->name();
}

TEST(Keras, RefusesToSaveWhatIsNotBuilt) {
  TemporaryFolder folder;
  const Sequential model({Dense(3)});
  EXPECT_NE(message_of<InvalidArgument>([&] { model.save(folder / "m.keras"); }).find("no weights"),
            std::string::npos);
  EXPECT_THROW(small_model().save(folder / "m.onyx"), InvalidArgument);
}

TEST(Keras, LeavesForeignMembersAlone) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  archive.extra["assets/vocabulary.txt"] = "words";
  archive.extra["lamina/note"] = "kept";
  write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
  EXPECT_EQ(load_keras(folder / "n.keras").weights().size(), 4u);
  EXPECT_EQ(archive_of_file(folder / "n.keras").extra,
            (std::map<std::string, std::string>{{"lamina/note", "kept"}}));
}

TEST(Keras, ReportsArraysWithoutAPlace) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  archive.weights.arrays["layers/dropout/seed_generator/vars/0"] = Tensor::from<int64_t>({1, 2});
  write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
  LoadReport report;
  load_keras(folder / "n.keras", &report);
  EXPECT_EQ(report.unused, (std::vector<std::string>{"layers/dropout/seed_generator/vars/0"}));
}

TEST(Keras, SkipsAnOptimizerOfAnotherKind) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  for (int i = 2; i < 5; ++i) {
    archive.weights.arrays["optimizer/vars/" + std::to_string(i)] = Tensor::from<float>({0});
  }
  write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
  LoadReport report;
  load_keras(folder / "n.keras", &report);
  ASSERT_EQ(report.skipped.size(), 1u);
  EXPECT_NE(report.skipped[0].find("the file has 5 arrays, the optimizer 10"), std::string::npos)
      << report.skipped[0];
}

TEST(Keras, NamesTheWeightOfAnotherShape) {
  const std::string message = refusal([](detail::KerasArchive& archive) {
    archive.weights.arrays["layers/dense/vars/0"] = Tensor::from<float>({1, 2, 3}, {3, 1});
    archive.weights.arrays.erase("layers/dense_1/vars/1");
  });
  EXPECT_NE(message.find("layers/dense/vars/0 (small/dense/kernel): expected shape (4, 3), received (3, 1)"),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("missing: layers/dense_1/vars/1 (small/dense_1/bias)"), std::string::npos)
      << message;
}

TEST(Keras, ListsAllUnknownLayers) {
  const std::string message = refusal([](detail::KerasArchive& archive) {
    Json& layers = archive.config["config"]["layers"];
    layers.as_list()[1]["class_name"] = "Dens";
    layers.as_list()[2]["class_name"] = "QuantumLayer";
  });
  EXPECT_NE(message.find("'Dens' (did you mean 'Dense'?)"), std::string::npos) << message;
  EXPECT_NE(message.find("'QuantumLayer'"), std::string::npos) << message;
}

TEST(Keras, RefusesConfigurationsThatCannotBe) {
  const auto with = [](const std::function<void(Json&)>& change) {
    return refusal([&](detail::KerasArchive& archive) { change(archive.config); });
  };
  EXPECT_NE(with([](Json& config) { config["class_name"] = "Nonesuch"; }).find("'Nonesuch'"),
            std::string::npos);
  EXPECT_NE(with([](Json& config) { config["config"] = Json::object(); }).find("layers"), std::string::npos);
  EXPECT_NE(with([](Json& config) { config = Json::object(); }).find("class_name"), std::string::npos);
  EXPECT_NE(with([](Json& config) {
              config["config"]["layers"].as_list()[1]["config"]["units"] = "many";
            }).find("units"),
            std::string::npos);
  // Axes and counts end up in 32 bits: none is cut.
  EXPECT_NE(with([](Json& config) {
              config["config"]["layers"].as_list()[1]["config"]["units"] = (int64_t{1} << 32) + 3;
            }).find("'units' must lie between -2^31 and 2^31 - 1, received 4294967299"),
            std::string::npos);
}

TEST(Keras, TakesNoMemoryForWeightsThatTheFileLacks) {
  const std::string message = refusal([](detail::KerasArchive& archive) {
    archive.config["config"]["layers"].as_list()[1]["config"]["units"] = int64_t{1} << 30;
  });
  EXPECT_NE(message.find("far more than the file holds"), std::string::npos) << message;
  EXPECT_NE(message.find("small/dense"), std::string::npos) << message;
}

TEST(Keras, RefusesWeightsWithoutAPlace) {
  const std::string message = refusal([](detail::KerasArchive& archive) {
    Json& layers = archive.config["config"]["layers"];
    layers.as_list().erase(layers.as_list().begin());
    archive.config["build_config"] = nullptr;
  });
  EXPECT_NE(message.find("holds weights, but its configuration has neither an InputLayer"), std::string::npos)
      << message;
}

TEST(Keras, RefusesShapesBeyondAnyMemory) {
  const int64_t huge = int64_t{1} << 30;
  const std::string message = refusal([&](detail::KerasArchive& archive) {
    Json& layers = archive.config["config"]["layers"];
    layers.as_list()[0]["config"]["batch_shape"] = Json::list({nullptr, huge, huge, 4});
    layers.as_list()[1] = Flatten().serialize();
  });
  EXPECT_NE(message.find("too large for any memory"), std::string::npos) << message;
}

TEST(Keras, RefusesDamagedArchives) {
  TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  EXPECT_NE(message_of<FileError>([&] { load_model(path); }).find("No such file"), std::string::npos);
  small_model().save(path);
  const std::string good = read_file(path);
  const auto refused = [&](const std::string& bytes) {
    write_file(path, bytes);
    return message_of<FileError>([&] { load_keras(path); });
  };
  EXPECT_NE(refused("").find("not a zip archive"), std::string::npos);
  EXPECT_NE(refused(good.substr(0, good.size() / 2)).find("truncated"), std::string::npos);
  EXPECT_NE(refused("\x89HDF\r\n\x1a\n....").find("its first block is damaged"), std::string::npos);

  const auto members = [&](const std::map<std::string, std::string>& contents) {
    detail::ZipWriter zip;
    for (const auto& [name, content] : contents) zip.add(name, content);
    return zip.finish();
  };
  const std::string missing = refused(members({{"metadata.json", "{}"}, {"config.json", "{}"}}));
  EXPECT_NE(missing.find("lacks the member 'model.weights.h5'"), std::string::npos) << missing;
  EXPECT_NE(refused(members({{"a", ""}})).find("lacks the member 'config.json'"), std::string::npos);
  EXPECT_NE(
      refused(members({{"config.json", "{\"class_name\": "}, {"model.weights.h5", ""}})).find("config.json"),
      std::string::npos);
  EXPECT_NE(
      refused(members({{"config.json", "[]"}, {"model.weights.h5", ""}})).find("an object was expected"),
      std::string::npos);
  EXPECT_NE(refused(members({{"config.json", "{}"}, {"model.weights.h5", "no"}})).find("not an HDF5 file"),
            std::string::npos);

  // Any byte may be wrong; what counts is that nothing but a FileError comes of it.
  for (size_t at = 0; at < good.size(); at += 41) {
    std::string damaged = good;
    damaged[at] ^= 0x15;
    try {
      const detail::KerasArchive archive = detail::parse_keras_archive(damaged, "d");
    } catch (const FileError&) {
    }
  }
}

TEST(Keras, StatesTheLimitOfAZipBomb) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  const std::string bytes = read_file(folder / "m.keras");
  const std::string message = message_of<FileError>([&] {
    detail::parse_keras_archive(bytes, "bomb.keras", {.absolute = 4096, .free = 4096, .ratio = 1});
  });
  EXPECT_NE(message.find("'bomb.keras' is refused as a zip bomb"), std::string::npos) << message;
  EXPECT_NE(message.find("limit of 4096 bytes"), std::string::npos) << message;
}

TEST(Keras, AFullDiskLeavesTheOldModel) {
  TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  small_model().save(path);
  const std::string before = read_file(path);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const auto old_handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1024, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = message_of<FileError>([&] { small_model(false).save(path); });
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, old_handler);
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_EQ(read_file(path), before);
  EXPECT_NE(message_of<FileError>([] { small_model().save("/proc/m.keras"); }).find("/proc/m.keras"),
            std::string::npos);
}

// ---- Files that are not what their name says, and errors about them ----

TEST(Keras, NamesWhatAFileIsInstead) {
  TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  const auto said = [&](const std::string& bytes) {
    write_file(path, bytes);
    const std::string message = message_of<FileError>([&] { load_model(path); });
    EXPECT_NE(message.find(path), std::string::npos) << message;
    return message;
  };
  EXPECT_NE(said("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n").find("git lfs pull"),
            std::string::npos);
  EXPECT_NE(said("<!doctype html>\n<html><body>Sign in</body>").find("an HTML page"), std::string::npos);
  EXPECT_NE(said("\x1f\x8b\x08").find("a gzip stream"), std::string::npos);
  EXPECT_NE(said("{\"class_name\": \"Sequential\"}").find("JSON text"), std::string::npos);
  EXPECT_NE(said("not found").find("text that starts with \"not found\""), std::string::npos);
  save_weights(small_model(), folder / "w.weights.h5");
  EXPECT_NE(said(read_file(folder / "w.weights.h5")).find("use load_weights"), std::string::npos);
  EXPECT_NE(message_of<FileError>([&] { load_model(folder / "w.weights.h5"); }).find("use load_weights"),
            std::string::npos);
  small_model().save(folder / "UPPER.KERAS");
  EXPECT_EQ(load_model(folder / "UPPER.KERAS").weights().size(), 4u);
}

TEST(Keras, ReadsAnArchiveBehindOtherBytes) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  write_file(folder / "n.keras", "#!/bin/sh\nexit 0\n" + read_file(folder / "m.keras"));
  EXPECT_EQ(load_model(folder / "n.keras").weights()[0]->value.to_vector<float>(),
            load_model(folder / "m.keras").weights()[0]->value.to_vector<float>());
}

TEST(Keras, WrongArgumentsInAnArchiveAreWrongFiles) {
  for (const Json& config : {Json::object(), Json::object({{"class_name", "Sequential"}}), Json(3)}) {
    detail::KerasArchive archive;
    archive.config = config;
    EXPECT_NE(message_of<FileError>([&] { detail::model_of(archive, "a.keras"); }).find("'a.keras'"),
              std::string::npos);
  }
}

// 4294967297 is 1 in 32 bits.
TEST(Keras, CutsNoNumbers) {
  TemporaryFolder folder;
  constexpr int64_t kOne = (int64_t{1} << 32) + 1;
  const Tensor x = Input({4, 3});
  const Tensor normal = BatchNormalization()(x);
  const Tensor both = Concatenate({.axis = 1})({Softmax()(normal), LayerNormalization()(x)});
  Model(x, sum(both, {1})).save(folder / "m.keras");
  size_t changed = 0;
  for (const std::string name :
       {"BatchNormalization", "Concatenate", "Softmax", "LayerNormalization", "Sum"}) {
    for (const bool list : {false, true}) {
      detail::KerasArchive archive = archive_of_file(folder / "m.keras");
      for (Json& layer : archive.config["config"]["layers"].as_list()) {
        if (layer.at("class_name") != Json(name)) continue;
        layer["config"]["axis"] = list ? Json::list({kOne}) : Json(kOne);
        ++changed;
      }
      write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
      const std::string message = message_of<FileError>([&] { load_keras(folder / "n.keras"); });
      EXPECT_NE(message.find("axis"), std::string::npos) << name << ": " << message;
    }
  }
  EXPECT_EQ(changed, 10u);
}

TEST(Keras, NeverFollowsPathsInFiles) {
  TemporaryFolder folder;
  small_model().save(folder / "m.keras");
  detail::KerasArchive archive = archive_of_file(folder / "m.keras");
  for (const std::string name : {"../escaped", "lamina/../../escaped", "/escaped", "assets/../../escaped"})
    archive.extra[name] = "written";
  archive.config["config"]["name"] = "../escaped";
  write_file(folder / "n.keras", detail::keras_archive_bytes(archive));
  EXPECT_EQ(load_keras(folder / "n.keras").weights().size(), 4u);
  EXPECT_FALSE(std::filesystem::exists(folder / "escaped"));
  EXPECT_FALSE(std::filesystem::exists(folder / "../escaped"));
}

TEST(Keras, EveryErrorNamesTheFileAndIsShort) {
  const std::string name(100000, 'n');
  const std::vector<std::function<void(Json&)>> changes = {
      [&](Json& c) { c["config"]["layers"].as_list()[1]["config"]["units"] = name; },
      [&](Json& c) { c["config"]["layers"].as_list()[1]["class_name"] = name; },
      [&](Json& c) { c["config"]["layers"].as_list()[1]["config"]["name"] = name + "/"; },
      [&](Json& c) { c["config"]["layers"].as_list()[1]["config"]["activation"] = name; },
      [&](Json& c) { c["config"]["layers"].as_list()[1]["config"][name] = 1; },
      [&](Json& c) { c["class_name"] = name; },
      [&](Json& c) { c["config"]["layers"].as_list()[1]["config"]["name"] = std::string("a\0b", 3); },
      [&](Json& c) { c["config"]["layers"] = 3; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string message =
        refusal([&](detail::KerasArchive& archive) { changes[i](archive.config); });  // looks for the path
    EXPECT_LE(message.size(), 4200u) << i;
  }
  EXPECT_NE(refusal([&](detail::KerasArchive& archive) { changes[6](archive.config); }).find("a\\x00b"),
            std::string::npos);
}

TEST(KerasWeights, RoundTripThroughWeightsFiles) {
  TemporaryFolder folder;
  const Sequential model = small_model();
  save_weights(model, folder / "m.weights.h5");
  model.save(folder / "m.keras");
  for (const char* name : {"m.weights.h5", "m.keras"}) {
    Sequential other({Input({4}), Dense(3), Dense(2)}, {.seed = 7});
    const LoadReport report = load_weights(other, folder / name);
    EXPECT_EQ(report.applied.size(), 4u);
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(other.weights()[i]->value.to_vector<float>(), model.weights()[i]->value.to_vector<float>());
    }
  }
  EXPECT_THROW(save_weights(model, folder / "m.h5"), InvalidArgument);
}

TEST(KerasWeights, AFileThatDoesNotFitChangesNothing) {
  TemporaryFolder folder;
  save_weights(small_model(), folder / "m.weights.h5");
  Sequential other({Input({4}), Dense(3), Dense(5)}, {.seed = 7});
  const std::vector<Tensor> before = other.get_weights();
  const std::string message = message_of<FileError>([&] { load_weights(other, folder / "m.weights.h5"); });
  EXPECT_NE(message.find("expected shape (3, 5), received (3, 2)"), std::string::npos) << message;
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(other.weights()[i]->value.to_vector<float>(), before[i].to_vector<float>());
  }
}

}  // namespace
}  // namespace lamina
