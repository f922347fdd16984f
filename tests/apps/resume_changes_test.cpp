// --resume goes on with the training that was begun and with no other, and writes where that wrote.
#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/formats/checkpoint.h"
#include "lamina/formats/npz.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::expect_refused;
using test::Outcome;

class ResumeChanges : public test::Training {
 protected:
  ResumeChanges() {
    EXPECT_EQ(train("m.keras", 2).status, 0);
    state_ = read_file(file("m.checkpoint.keras"));
  }

  // Resumes after `change` has changed the files, with further words; refused, naming it, nothing written.
  void expect_named(const std::vector<std::string>& more, const std::vector<std::string>& words) {
    write_file(file("m.checkpoint.keras"), state_);
    expect_refused(train("m.keras", 4, with_resume(more)), words);
    EXPECT_TRUE(read_file(file("m.checkpoint.keras")) == state_);
    EXPECT_EQ(epochs_of("m.keras"), 2);
  }
  static std::vector<std::string> with_resume(std::vector<std::string> more) {
    more.push_back("--resume");
    return more;
  }
  int64_t resumed_epochs(const std::vector<std::string>& more) {
    write_file(file("m.checkpoint.keras"), state_);
    const Outcome outcome = train("m.keras", 4, with_resume(more));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return epochs_of("m.keras");
  }

  std::string state_;
};

TEST_F(ResumeChanges, OtherSamplesAreNamed) {
  write_data("data.npz", 48, 0.75f);  // one number
  expect_named({}, {"samples to train on"});
  write_data("data.npz", 48, 0.5f, 1);  // one label
  expect_named({}, {"samples to train on"});
  write_data("data.npz", 47);  // one sample less
  expect_named({}, {"samples to train on"});
  EXPECT_EQ(resumed_epochs({"--allow-changes"}), 4);
  write_data("data.npz", 60);
  EXPECT_EQ(resumed_epochs({"--allow-changes"}), 4);
}

TEST_F(ResumeChanges, OtherOptionsAreNamed) {
  expect_named({"--seed", "9"}, {"seed", "9"});
  expect_named({"--batch-size", "7"}, {"batch_size", "7"});
  expect_named({"--validation-split", "0.25"}, {"validation_split"});
  expect_named({"--validation-data", "data.npz"}, {"samples to validate with"});
  expect_named({"--limit-samples", "40"}, {"samples to train on"});
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--seed", "9"}, {"--batch-size", "7"}, {"--validation-data", "data.npz"}}) {
    std::vector<std::string> words = more;
    words.push_back("--allow-changes");
    EXPECT_EQ(resumed_epochs(words), 4) << more[0];
  }
}

TEST_F(ResumeChanges, OtherModelsAreNamed) {
  write_net("net.keras", {.activation = "tanh"});
  expect_named({}, {"hidden", "activation", "relu", "tanh"});
  EXPECT_EQ(resumed_epochs({"--allow-changes"}), 4);
  write_net("net.keras", {.layer = "concealed"});
  expect_named({}, {"hidden", "concealed"});
  fs::copy(file("m.keras"), file("net.keras"), fs::copy_options::overwrite_existing);
  expect_named({}, {"weights that the model begins with"});
}

TEST_F(ResumeChanges, AFileTrainedInPlaceGoesOn) {
  expect_refused(train("net.keras", 2), {"'net.keras' is there already", "--overwrite"});
  ASSERT_EQ(train("net.keras", 2, {"--overwrite"}).status, 0);
  const Outcome outcome = train("net.keras", 4, {"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(epochs_of("net.keras"), 4);
}

TEST_F(ResumeChanges, OtherOptimizersAreNamedAndGoOnWithTheirOwnSettings) {
  write_net("net.keras", {.learning_rate = 0.125});
  expect_named({}, {"adam", "learning_rate", "0.125"});
  EXPECT_EQ(resumed_epochs({"--allow-changes"}), 4);
  EXPECT_FLOAT_EQ(static_cast<float>(load_model(file("m.keras")).learning_rate()), 0.125f);
  write_net("net.keras", {.optimizer = "sgd", .learning_rate = 0.25});
  expect_named({}, {"Adam", "SGD"});
  EXPECT_EQ(resumed_epochs({"--allow-changes"}), 4);
  EXPECT_FLOAT_EQ(static_cast<float>(load_model(file("m.keras")).learning_rate()), 0.25f);
}

TEST_F(ResumeChanges, WhatDoesNotMatterIsNotCompared) {
  const Tensor x = read_npz(file("data.npz")).at("x"), y = read_npz(file("data.npz")).at("y");
  fs::copy(file("data.npz"), file("copy.npz"));
  fs::copy(file("net.keras"), file("renamed.keras"));
  const Outcome outcome = test::run_lamina(
      folder_.path(), {"train", "renamed.keras", "--data", "copy.npz", "--out", "m.keras", "--epochs", "3",
                       "--run-dir", "elsewhere", "--threads", "1", "--resume", "--quiet"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(epochs_of("m.keras"), 3);
}

TEST_F(ResumeChanges, OfACheckpointWithoutFingerprintItIsSaid) {
  Checkpoint old = load_checkpoint(file("m.checkpoint.keras"));
  save_checkpoint(old.model, *old.training, Json::object(), file("m.checkpoint.keras"));
  const Outcome outcome = train("m.keras", 3, {"--resume"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("not compared"), std::string::npos) << outcome.err;
  // One that says nothing is none.
  for (const Json& nothing : {Json(), Json::object(), Json::list(), Json("same"), Json(1)}) {
    old = load_checkpoint(file("m.checkpoint.keras"));
    save_checkpoint(old.model, *old.training, Json::object({{"fingerprint", nothing}}),
                    file("m.checkpoint.keras"));
    const Outcome other = train("m.keras", 3, {"--resume"});
    EXPECT_EQ(other.status, 0) << other.err;
    EXPECT_NE(other.err.find("not compared"), std::string::npos) << nothing.dump() << other.err;
  }
}

TEST_F(ResumeChanges, ErrorsOfTheCheckpointNameIt) {
  Checkpoint old = load_checkpoint(file("m.checkpoint.keras"));
  for (const auto& [what, value] :
       std::vector<std::pair<const char*, Json>>{{"pass_step", 1'000'000'000'000'000'000},
                                                 {"pass_step", -1},
                                                 {"pass_step", 4000},
                                                 {"pass", -1},
                                                 {"step", 77},
                                                 {"epoch", nullptr},
                                                 {"fits", "x"},
                                                 {"samples", 47},
                                                 {"shuffle", nullptr}}) {
    TrainingSnapshot changed = *old.training;
    changed.info[what] = value;
    save_checkpoint(old.model, changed, old.info, file("m.checkpoint.keras"));
    expect_refused(train("m.keras", 4, {"--resume", "--quiet"}), {"m.checkpoint.keras", what});
  }
  // Epochs that are not one after the other, or that an int does not hold, are no history.
  for (const std::vector<int64_t>& epochs :
       {std::vector<int64_t>{-1, 0}, {0, 0}, {1, 0}, {0, (int64_t{1} << 32) + 1}, {0, 1, 2}}) {
    TrainingSnapshot changed = *old.training;
    bool there = false;
    for (NamedTensor& tensor : changed.tensors) {
      if (!tensor.name.ends_with("/epochs")) continue;
      tensor.value = Tensor::from(epochs, Shape{static_cast<int64_t>(epochs.size())});
      there = true;
    }
    ASSERT_TRUE(there);
    save_checkpoint(old.model, changed, old.info, file("m.checkpoint.keras"));
    expect_refused(train("m.keras", 4, {"--resume", "--quiet"}), {"m.checkpoint.keras", "epochs"});
  }
  TrainingSnapshot changed = *old.training;
  std::erase_if(changed.tensors, [](const NamedTensor& tensor) { return tensor.name == "rng"; });
  save_checkpoint(old.model, changed, old.info, file("m.checkpoint.keras"));
  expect_refused(train("m.keras", 4, {"--resume", "--quiet"}), {"m.checkpoint.keras"});
}

// The run folder inside a checkpoint once was where history and report went.
TEST_F(ResumeChanges, ACheckpointDoesNotChooseWhereToWrite) {
  const std::string victim = file("victim");
  for (const std::string& path :
       {victim, std::string("victim"), std::string("../victim"), std::string("runs/victim")}) {
    fs::create_directories(file(path));
    for (const char* name : {"history.csv", "report.html", "run.json"})
      write_file(file(path) + "/" + name, "mine");
  }
  for (const std::string& path :
       {victim, std::string("victim"), std::string("../victim"), std::string("runs/victim")}) {
    Checkpoint hostile = load_checkpoint(file("m.checkpoint.keras"));
    for (const char* key : {"run_folder", "run_dir", "folder", "history", "report", "out", "checkpoint"})
      hostile.info[key] = path;
    save_checkpoint(hostile.model, *hostile.training, hostile.info, file("m.checkpoint.keras"));
    const int64_t done = epochs_of("m.keras");
    const Outcome outcome =
        test::run_lamina(folder_.path(), {"train", "net.keras", "--data", "data.npz", "--out", "m.keras",
                                          "--epochs", std::to_string(done + 1), "--resume"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  for (const std::string& path :
       {victim, std::string("victim"), std::string("../victim"), std::string("runs/victim")}) {
    for (const char* name : {"history.csv", "report.html", "run.json"})
      EXPECT_EQ(read_file(file(path) + "/" + name), "mine") << path;
  }
  fs::remove_all(file("../victim"));
}

TEST_F(ResumeChanges, TheRunFolderIsFoundByWhatItSaysOfItself) {
  const auto run = [&](const std::string& out, int epochs, bool resume) {
    std::vector<std::string> words = {"train",  "net.keras", "--data",   "data.npz",
                                      "--out",  out,         "--epochs", std::to_string(epochs),
                                      "--quiet"};
    if (resume) words.push_back("--resume");
    EXPECT_EQ(test::run_lamina(folder_.path(), words).status, 0);
  };
  const auto folders = [&] {
    return std::distance(fs::directory_iterator(file("runs")), fs::directory_iterator());
  };
  run("a.keras", 2, false);
  run("b.keras", 2, false);
  EXPECT_EQ(folders(), 2);
  run("a.keras", 5, true);
  run("b.keras", 7, true);
  EXPECT_EQ(folders(), 2);
  std::vector<int64_t> rows;
  for (const auto& entry : fs::directory_iterator(file("runs"))) {
    const std::string history = read_file(entry.path().string() + "/history.csv");
    rows.push_back(std::count(history.begin(), history.end(), '\n') - 1);
  }
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<int64_t>{5, 7}));
}

// What stands where a note of the run was: told, and the run goes on in the folder that was named or in a new
// one.
TEST_F(ResumeChanges, ANoteThatIsNoneIsTold) {
  const std::string note = file("m.keras.run/run.json"), whole = read_file(note);
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::string>>{
           {"[\"m.checkpoint.keras\", 3]", "it holds no object"},
           {"\"m.checkpoint.keras\"", "it holds no object"},
           {"null", "it holds no object"},
           {"{\"checkpoint\": [\"../m.checkpoint.keras\"], \"seconds\": 1}", "expected a string"},
           {"{\"checkpoint\": \"../m.checkpoint.keras\", \"seconds\": \"long\"}", "expected a number"},
           {"{\"checkpoint\": ", "run.json"},
           {"", "run.json"},
           {std::string(1 << 17, ' '), "the limit here is"}}) {
    write_file(file("m.checkpoint.keras"), state_);
    write_file(note, text);
    const Outcome outcome = train("m.keras", 3, {"--resume"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("m.keras.run/run.json' is no note of a training: "), std::string::npos)
        << text.substr(0, 60) << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << text.substr(0, 60) << ": " << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(Json::parse(read_file(note)).at("checkpoint"), Json::parse(whole).at("checkpoint"));
  }
  // A folder in runs/ whose note is none is not taken.
  write_file(file("m.checkpoint.keras"), state_);
  fs::create_directories(file("runs/odd"));
  write_file(file("runs/odd/run.json"), "[1]");
  write_file(file("runs/odd/history.csv"), "mine");
  const Outcome outcome =
      test::run_lamina(folder_.path(), {"train", "net.keras", "--data", "data.npz", "--out", "m.keras",
                                        "--epochs", "3", "--quiet", "--resume"});
  EXPECT_NE(outcome.err.find("'runs/odd/run.json' is no note of a training"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(read_file(file("runs/odd/history.csv")), "mine");
  EXPECT_EQ(read_file(file("runs/odd/run.json")), "[1]");
}

// A kill between checkpoint and history cost the last row and left a temporary.
TEST_F(ResumeChanges, MendsTheHistory) {
  const std::string path = file("m.keras.run/history.csv"), whole = read_file(path);
  const std::string temporary = file("m.keras.run/.history.csv.4000000-7.tmp");
  const std::string of_checkpoint = file(".m.checkpoint.keras.4000000-3.tmp");
  for (const std::string& left : {whole.substr(0, whole.rfind("1,")), std::string("epoch,loss,accuracy\n"),
                                  std::string(), whole + "17,1,1\n", std::string("\0\0\0", 3)}) {
    write_file(path, left);
    write_file(temporary, whole.substr(0, 10));
    write_file(of_checkpoint, "half");
    const Outcome outcome = train("m.keras", 2, {"--resume"});  // nothing is left to train
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(read_file(path), whole);
    EXPECT_FALSE(fs::exists(temporary));
    EXPECT_FALSE(fs::exists(of_checkpoint));
  }
  fs::remove(path);
  EXPECT_EQ(train("m.keras", 2, {"--resume"}).status, 0);
  EXPECT_EQ(read_file(path), whole);
}

TEST_F(ResumeChanges, EqualTrainingsGiveEqualFiles) {
  const std::vector<std::string> fixed = {"SOURCE_DATE_EPOCH=1700000000"};
  ASSERT_EQ(train("a.keras", 3, {}, fixed).status, 0);
  ::setenv("TZ", "Pacific/Auckland", 1);
  ASSERT_EQ(train("b.keras", 3, {}, fixed).status, 0);
  ::unsetenv("TZ");
  ASSERT_EQ(train("c.keras", 1, {}, fixed).status, 0);
  ASSERT_EQ(train("c.keras", 3, {"--resume"}, fixed).status, 0);
  for (const char* other : {"b", "c"}) {
    for (const char* name : {".keras", ".checkpoint.keras", ".keras.run/history.csv"})
      EXPECT_TRUE(read_file(file(std::string(other) + name)) == read_file(file(std::string("a") + name)))
          << other << name;
  }
  EXPECT_NE(read_file(file("a.keras")).find("2023-11-14@22:13:20"), std::string::npos);
  EXPECT_NE(read_file(file("a.keras.run/report.html")).find("14 November 2023"), std::string::npos);
  expect_refused(train("d.keras", 1, {}, {"SOURCE_DATE_EPOCH=yesterday"}),
                 {"SOURCE_DATE_EPOCH", "yesterday"});
  EXPECT_FALSE(fs::exists(file("d.checkpoint.keras")));
}

}  // namespace
}  // namespace lamina
