// The command line's frame: help, versions, exit statuses, suggestions, and doctor.
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/backend/registry.h"
#include "lamina/base/json.h"
#include "lamina/base/version.h"
#include "tests/support/program.h"

namespace lamina {
namespace {

using test::Outcome;
using test::run_lamina;

Outcome lamina(const std::vector<std::string>& arguments) { return run_lamina(".", arguments); }

// Exactly one line "lamina: error: ...", and nothing on standard output.
void expect_error(const Outcome& outcome, int status, const std::string& words) {
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err.rfind("lamina: error: ", 0), 0u) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
}

TEST(Cli, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(lamina({"--version"}).out, std::string("lamina ") + version() + "\n");
  Outcome help = lamina({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.err, "");
  for (const char* command : {"doctor", "train", "evaluate", "predict", "summary", "run", "bench"}) {
    EXPECT_NE(help.out.find(command), std::string::npos) << command;
    Outcome own = lamina({command, "--help"});
    EXPECT_EQ(own.status, 0) << command;
    EXPECT_NE(own.out.find("--json"), std::string::npos) << command;
  }
}

TEST(Cli, WrongUsageIsStatusTwoWithASuggestion) {
  expect_error(lamina({}), 2, "a command is missing");
  expect_error(lamina({"trian"}), 2, "did you mean 'train'?");
  expect_error(lamina({"train", "fashion-mnist", "--epoch", "3"}), 2, "did you mean '--epochs'?");
  expect_error(lamina({"train", "fashion-mnist", "--epochs", "many"}), 2, "many");
  expect_error(lamina({"train", "fashion-mnist", "--epochs", "0"}), 2, "epochs");
  expect_error(lamina({"train"}), 2, "RECIPE");
  expect_error(lamina({"bench", "mlp", "--mode", "dream"}), 2, "dream");
  expect_error(lamina({"bench", "mlp", "--device", "abacus"}), 2, "abacus");
  expect_error(lamina({"train", "fashion-mnist", "--out", "model.h5"}), 2, ".keras");
  expect_error(lamina({"train", "model.keras"}), 2, "--data");
  expect_error(lamina({"train", "fashion-mnist", "--validation-data", "mnist", "--validation-split", "0.1"}),
               2, "--validation-split");
}

TEST(Cli, WhatDoesNotExistIsStatusOne) {
  expect_error(lamina({"train", "fashion-mnits"}), 1, "did you mean 'fashion-mnist'?");
  expect_error(lamina({"bench", "cnn29"}), 1, "did you mean 'cnn28'?");
  expect_error(lamina({"bench", "resnet50"}), 1, "later release");
  expect_error(lamina({"summary", "nothing.keras"}), 1, "nothing.keras");
  expect_error(lamina({"evaluate", "nothing.keras", "--data", "fashion-mnist"}), 1, "nothing.keras");
}

// Standard output stays as it is, for programs that read it.
TEST(Cli, WithoutABackendForGpusOneLineSaysThatTheCpuWorks) {
  if (has_backend(DeviceKind::kGpu)) GTEST_SKIP() << "this build has a backend for GPUs";
  for (const char* name : {"cuda", "cuda:1", "gpu", "/GPU:0"}) {
    const Outcome outcome =
        lamina({"bench", "mlp", "--batch", "8", "--steps", "1", "--json", "--device", name});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "lamina: no GPU backend in this build; using the CPU\n") << name;
    EXPECT_NO_THROW(Json::parse(outcome.out)) << outcome.out;
  }
  expect_error(lamina({"bench", "mlp", "--device", "/CPU:1"}), 1, "the CPU is one device");
  expect_error(lamina({"bench", "mlp", "--device", "/NULL:0"}), 1, "no device /NULL:0");  // the tests' alone
  expect_error(lamina({"evaluate", "nothing.keras", "--data", "mnist", "--device", "cuda:x"}), 2, "cuda:x");
}

// A write that failed earlier than the last flush once went unnoticed.
TEST(Cli, AFullDiskIsAFailure) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"doctor"}, std::vector<std::string>{"doctor", "--json"}}) {
    expect_error(run_lamina(".", words, {}, "/dev/full"), 1, "standard output");
  }
}

TEST(Cli, RangesAreToldInFull) { expect_error(lamina({"bench", "mlp", "--steps", "0"}), 2, "1048576"); }

TEST(Doctor, SaysOneJsonObject) {
  Outcome outcome = lamina({"doctor", "--json"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  ASSERT_EQ(outcome.lines().size(), 1u);
  Json found = Json::parse(outcome.out);
  EXPECT_EQ(found.at("version").as_string(), version());
  EXPECT_EQ(found.at("devices").at(size_t{0}).at("name").as_string(), "/CPU:0");
  EXPECT_GT(found.at("instruction_sets").size(), 0u);
  EXPECT_GE(found.at("threads").as_int(), 1);
  EXPECT_NE(found.at("thread_policy").as_string().find("thread"), std::string::npos);
  EXPECT_TRUE(found.contains("busy_processors"));
  EXPECT_GT(found.at("memory_bytes").as_int(), 0);
  EXPECT_TRUE(found.at("libraries").contains("oneDNN"));
  EXPECT_GT(found.at("data_sets").size(), 0u);
}

TEST(Doctor, IsPlainTextWithoutATerminal) {
  Outcome outcome = lamina({"doctor"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  for (const char* part :
       {"/CPU:0", "instruction sets", "load", "threads", "memory", "oneDNN", "fashion-mnist"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace lamina
