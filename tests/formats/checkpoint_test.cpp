// Checkpoints: training goes on bit for bit, and a kill at any moment leaves a readable one.
#include "lamina/formats/checkpoint.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/threads.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/keras/keras.h"
#include "lamina/nn/callbacks/model_checkpoint.h"
#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;
using test::TemporaryFolder;

Sequential checked_model() {
  Sequential model({Input({6}), Dense(8, {.activation = "relu"}), Dropout(0.25), Dense(3)},
                   {.name = "small", .seed = 5});
  model.compile({.optimizer = "adam", .loss = "mse"});
  return model;
}

Samples samples() {
  std::vector<float> x, y;
  for (int i = 0; i < 50 * 6; ++i) x.push_back(std::sin(static_cast<float>(i)));
  for (int i = 0; i < 50 * 3; ++i) y.push_back(std::cos(static_cast<float>(i)));
  return {Tensor::from(x, {50, 6}), Tensor::from(y, {50, 3})};
}

FitOptions fit_options(int epochs, const TrainingSnapshot* resume = nullptr) {
  FitOptions options;
  options.epochs = epochs;
  options.batch_size = 16;
  options.verbose = 0;
  options.seed = 11;
  options.resume = resume;
  return options;
}

void expect_same_weights(const Model& a, const Model& b) {
  const std::vector<WeightPtr> left = a.weights(), right = b.weights();
  ASSERT_EQ(left.size(), right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    EXPECT_EQ(left[i]->value.to_vector<float>(), right[i]->value.to_vector<float>()) << left[i]->path;
  }
}

TEST(Checkpoint, GoesOnBitForBit) {
  TemporaryFolder folder;
  const Samples data = samples();
  Sequential straight = checked_model();
  straight.fit(data.x, data.y, fit_options(5));

  Sequential first = checked_model();
  first.fit(data.x, data.y, fit_options(2));
  save_checkpoint(first, folder / "c.keras");

  Checkpoint checkpoint = load_checkpoint(folder / "c.keras");
  ASSERT_TRUE(checkpoint.training);
  EXPECT_EQ(checkpoint.training->epoch(), 2);
  EXPECT_EQ(checkpoint.training->step(), 0);
  checkpoint.model.fit(data.x, data.y, fit_options(5, &*checkpoint.training));
  expect_same_weights(checkpoint.model, straight);
  const std::vector<WeightPtr> a = checkpoint.model.optimizer_variables(), b = straight.optimizer_variables();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i]->value.to_vector<float>(), b[i]->value.to_vector<float>()) << a[i]->name;
  }
}

TEST(Checkpoint, IsAlsoAPlainModel) {
  TemporaryFolder folder;
  const Samples data = samples();
  Sequential model = checked_model();
  model.fit(data.x, data.y, fit_options(1));
  save_checkpoint(model, model.snapshot(), Json::object({{"recipe", "small"}}), folder / "c.keras");
  const Model loaded = load_keras(folder / "c.keras");
  expect_same_weights(loaded, model);
  EXPECT_EQ(load_checkpoint(folder / "c.keras").info.at("recipe").as_string(), "small");

  model.save(folder / "plain.keras");
  EXPECT_FALSE(load_checkpoint(folder / "plain.keras").training);
}

TEST(Checkpoint, RefusesDamagedTrainingState) {
  TemporaryFolder folder;
  const std::string path = folder / "c.keras";
  const Samples data = samples();
  Sequential model = checked_model();
  model.fit(data.x, data.y, fit_options(1));
  save_checkpoint(model, path);
  const detail::KerasArchive good = detail::parse_keras_archive(read_file(path), path);
  const auto refusal = [&](const std::string& member, const std::string& content) {
    detail::KerasArchive archive = good;
    archive.extra[member] = content;
    if (content.empty()) archive.extra.erase(member);
    write_file(path, detail::keras_archive_bytes(archive));
    return message_of<FileError>([&] { load_checkpoint(path); });
  };
  EXPECT_NE(refusal("lamina/training.json", "{").find("lamina/training.json"), std::string::npos);
  EXPECT_NE(refusal("lamina/training.json", "{\"version\": 9}").find("version 9"), std::string::npos);
  EXPECT_NE(refusal("lamina/training.json", "{\"version\": 1}").find("training"), std::string::npos);
  EXPECT_NE(refusal("lamina/training.npz", "").find("lacks the member 'lamina/training.npz'"),
            std::string::npos);
  EXPECT_NE(refusal("lamina/training.npz", "PK").find("not a zip"), std::string::npos);
  EXPECT_NE(refusal("lamina/training.npz", detail::ZipWriter().finish()).find("lacks the array"),
            std::string::npos);
}

// A place behind the data, or before them, was read from memory that is not there.
TEST(Checkpoint, RefusesPlacesThatAreNone) {
  TemporaryFolder folder;
  const std::string path = folder / "c.keras";
  const Samples data = samples();
  Sequential model = checked_model();
  model.fit(data.x, data.y, fit_options(1));
  const TrainingSnapshot good = model.snapshot();
  const int64_t most = std::numeric_limits<int>::max();
  const std::vector<Json> nonsense = {nullptr,
                                      -1,
                                      most + 1,
                                      int64_t{1} << 32,
                                      1'000'000'000'000'000'000,
                                      std::numeric_limits<int64_t>::min(),
                                      "1",
                                      Json::list(),
                                      Json::object(),
                                      1.5,
                                      true};
  for (const char* what : {"epoch", "step", "pass", "pass_step", "fits"}) {
    for (const Json& value : nonsense) {
      TrainingSnapshot bad = good;
      bad.info[what] = value;
      save_checkpoint(model, bad, nullptr, path);
      const std::string message = message_of<FileError>([&] { load_checkpoint(path); });
      EXPECT_NE(message.find(path), std::string::npos) << message;
      EXPECT_NE(message.find(std::string("the snapshot's ") + what), std::string::npos) << message;
      // And where it comes from no file.
      Sequential other = checked_model();
      FitOptions options = fit_options(2);
      options.resume = &bad;
      EXPECT_THROW(other.fit(data.x, data.y, options), InvalidArgument) << what << value.dump();
    }
  }
  for (const char* what : {"step", "pass_step"}) {
    for (const int64_t value : {int64_t{1000}, most}) {
      TrainingSnapshot bad = good;
      bad.info[what] = value;
      Sequential other = checked_model();
      FitOptions options = fit_options(2);
      options.resume = &bad;
      const std::string message = message_of<InvalidArgument>([&] { other.fit(data.x, data.y, options); });
      EXPECT_NE(message.find(std::string("the snapshot's ") + what + " is " + std::to_string(value)),
                std::string::npos)
          << message;
    }
  }
  for (const auto& [what, value] : std::vector<std::pair<const char*, Json>>{{"seed", nullptr},
                                                                             {"seed", "7"},
                                                                             {"seed", 0.5},
                                                                             {"optimizer_built", nullptr},
                                                                             {"optimizer_built", 1}}) {
    TrainingSnapshot bad = good;
    bad.info[what] = value;
    save_checkpoint(model, bad, nullptr, path);
    EXPECT_NE(message_of<FileError>([&] { load_checkpoint(path); }).find(what), std::string::npos);
  }
}

// What a child process does until it is killed: trains, saves, and says so with a byte.
[[noreturn]] void save_for_ever(const std::string& path, int said) {
  try {
    const Samples data = samples();
    Sequential model = checked_model();
    do {
      model.fit(data.x, data.y, fit_options(1));
      save_checkpoint(model, path);
    } while (::write(said, "s", 1) == 1);
  } catch (...) {  // must not lead the child into the other tests
  }
  ::_exit(1);
}

TEST(Checkpoint, SurvivesKillAtAnyMoment) {
  TemporaryFolder folder;
  const std::string path = folder / "c.keras";
  int readable = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      save_for_ever(path, ends[1]);
    }
    ::close(ends[1]);
    char byte = 0;
    const ssize_t heard = ::read(ends[0], &byte, 1);
    // From the first save on the child saves again and again: each round kills it somewhere else.
    ::usleep(static_cast<useconds_t>(3300 * round));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ::close(ends[0]);
    ASSERT_EQ(heard, 1) << "the child ended by itself";
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    const Checkpoint checkpoint = load_checkpoint(path);
    ASSERT_TRUE(checkpoint.training);
    ++readable;
  }
  EXPECT_EQ(readable, 12);
  save_checkpoint(checked_model(), path);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    files += entry.is_regular_file();
  EXPECT_EQ(files, 1u) << "temporaries of killed writers remain";
}

TEST(CheckpointInfo, SaysWhereTrainingStoodWithoutReadingItsTensors) {
  TemporaryFolder folder;
  Sequential model = checked_model();
  const Samples data = samples();
  model.fit(data.x, data.y, fit_options(2));
  const Json info = Json::object({{"mine", "yes"}});
  save_checkpoint(model, model.snapshot(), info, folder / "a.keras");
  const std::optional<CheckpointInfo> read = read_checkpoint_info(folder / "a.keras");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->training.at("epoch").as_int(), 2);
  EXPECT_EQ(read->info, info);
  model.save(folder / "plain.keras");
  EXPECT_FALSE(read_checkpoint_info(folder / "plain.keras"));
  write_file(folder / "no.keras", "not a zip");
  EXPECT_NE(message_of<FileError>([&] { read_checkpoint_info(folder / "no.keras"); }).find("no.keras"),
            std::string::npos);
  message_of<FileError>([&] { read_checkpoint_info(folder / "missing.keras"); });
  detail::ZipWriter zip;
  zip.add("lamina/training.json", "{\"version\": 1}");
  write_file(folder / "poor.keras", zip.finish());
  EXPECT_NE(message_of<FileError>([&] { read_checkpoint_info(folder / "poor.keras"); }).find("training"),
            std::string::npos);
}

TEST(TrainingStateAlone, IsThatOfTheCheckpoint) {
  const TemporaryFolder folder;
  Sequential model = checked_model();
  const Samples data = samples();
  model.fit(data.x, data.y, fit_options(1));
  save_checkpoint(model, model.snapshot(), Json::object({{"seed", 3}}), folder / "c.keras");
  const std::optional<TrainingState> state = load_training_state(folder / "c.keras");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->training.epoch(), 1);
  EXPECT_EQ(state->info.at("seed").as_int(), 3);
  Sequential anew = checked_model();
  anew.fit(data.x, data.y, fit_options(2, &state->training));
  model.fit(data.x, data.y, fit_options(2, &state->training));
  expect_same_weights(anew, model);
  save_keras(model, folder / "plain.keras");
  EXPECT_FALSE(load_training_state(folder / "plain.keras"));
  EXPECT_THROW(load_training_state(folder / "none.keras"), FileError);
}

TEST(ModelLikeness, IsThatOfLayersAndWeightsAlone) {
  TemporaryFolder folder;
  Sequential model = checked_model();
  const Samples data = samples();
  model.fit(data.x, data.y, fit_options(1));
  model.save(folder / "m.keras");
  save_checkpoint(model, folder / "c.keras");
  EXPECT_EQ(model_likeness(folder / "m.keras", folder / "c.keras"), Likeness::kSameWeights);
  model.fit(data.x, data.y, fit_options(1));
  save_checkpoint(model, folder / "c.keras");
  EXPECT_EQ(model_likeness(folder / "m.keras", folder / "c.keras"), Likeness::kSameLayers);
  Sequential({Input({6}), Dense(3)}, {.name = "other"}).save(folder / "m.keras");
  EXPECT_EQ(model_likeness(folder / "m.keras", folder / "c.keras"), Likeness::kOther);
  write_file(folder / "m.keras", "text");
  EXPECT_EQ(model_likeness(folder / "m.keras", folder / "c.keras"), Likeness::kNoModel);
  EXPECT_EQ(model_likeness(folder / "none.keras", folder / "c.keras"), Likeness::kNoModel);
}

TEST(Checkpoint, HoldsLayersOfAnyName) {
  TemporaryFolder folder;
  const Samples data = samples();
  for (const std::string& name : {std::string("bell\a"), std::string("two\nlines"), std::string("\x7f"),
                                  std::string("100%07"), std::string("\xc3\xa9")}) {
    const auto fresh = [&] {
      Sequential model({Input({6}), Dense(3, {.name = name})}, {.name = "named", .seed = 5});
      model.compile({.optimizer = "adam", .loss = "mse"});
      return model;
    };
    Sequential straight = fresh(), broken = fresh();
    straight.fit(data.x, data.y, fit_options(2));
    broken.fit(data.x, data.y, fit_options(1));
    save_checkpoint(broken, folder / "c.keras");
    Checkpoint saved = load_checkpoint(folder / "c.keras");
    saved.model.fit(data.x, data.y, fit_options(2, &*saved.training));
    EXPECT_EQ(saved.model.layers().back()->name(), name);
    EXPECT_EQ(saved.model.get_weights()[0].to_vector<float>(), straight.get_weights()[0].to_vector<float>());
  }
}

// The callback's files hold the same, also those of the middle of an epoch, and written in the background.
TEST(Checkpoint, OfTheCallbackGoesOnBitForBit) {
  TemporaryFolder folder;
  const Samples data = samples();
  Sequential straight = checked_model();
  straight.fit(data.x, data.y, fit_options(5));
  for (const int64_t save_freq : {0, 3}) {
    Sequential first = checked_model();
    FitOptions options = fit_options(3);
    ModelCheckpoint callback(
        folder / "c-{epoch}.keras",
        {.save_freq = save_freq, .max_to_keep = 2, .save_on_background = true, .training_state = true});
    options.callbacks = {&callback};
    first.fit(data.x, data.y, options);
    Checkpoint checkpoint = load_checkpoint(callback.last_path());
    ASSERT_TRUE(checkpoint.training);
    FitOptions rest = fit_options(5, &*checkpoint.training);
    ModelCheckpoint resumed(
        folder / "c-{epoch}.keras",
        {.save_freq = save_freq, .max_to_keep = 2, .save_on_background = true, .training_state = true});
    rest.callbacks = {&resumed};
    checkpoint.model.fit(data.x, data.y, rest);
    expect_same_weights(checkpoint.model, straight);
    EXPECT_FALSE(std::filesystem::exists(folder / "c-1.keras") && save_freq == 0);
    EXPECT_TRUE(std::filesystem::exists(folder / "c-5.keras"));
  }
}

// A turned byte of a weight is told with the member that it is in.
TEST(Checkpoint, DamagedMembersAreNamed) {
  TemporaryFolder folder;
  const std::string path = folder / "c.keras";
  save_checkpoint(checked_model(), path);
  std::string bytes = read_file(path);
  const size_t weights = bytes.find("model.weights.h5"), training = bytes.find("lamina/training.npz");
  ASSERT_NE(weights, std::string::npos);
  ASSERT_NE(training, std::string::npos);
  for (const auto& [at, member] :
       {std::pair{weights, "model.weights.h5"}, {training, "lamina/training.npz"}}) {
    std::string changed = bytes;
    changed[at + 600] = static_cast<char>(changed[at + 600] ^ 1);
    write_file(path, changed);
    const std::string message = message_of<FileError>([&] { load_checkpoint(path); });
    EXPECT_NE(message.find(member), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace lamina
