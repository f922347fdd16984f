// lamina run, summary and predict with models and files whose names try things.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "lamina/base/json.h"
#include "lamina/formats/npy.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/model.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Outcome;

class Names : public ::testing::Test {
 protected:
  Names() {
    Sequential model({Input({2}, {.name = "numbers"}), Dense(3, {.name = "first"}),
                      Dense(1, {.activation = "sigmoid", .name = "..\x1b[31mred"})},
                     {.seed = 1});
    model.save(folder_ / "m.keras");
    write_npy(folder_ / "x.npy", Tensor::from(std::vector<float>{1, 2}, Shape{1, 2}));
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return test::run_lamina(folder_.path(), arguments, {"OMP_WAIT_POLICY=passive"});
  }

  test::TemporaryFolder folder_;
};

TEST_F(Names, AnOutputStaysInItsFolder) {
  const Outcome outcome = run({"run", "m.keras", "--input", "x.npy", "--output", "new/deep", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json output = Json::parse(outcome.out).at("outputs").at(size_t{0});
  EXPECT_EQ(output.at("name").as_string(), "..\x1b[31mred");
  EXPECT_EQ(output.at("file").as_string(), "new/deep/.._[31mred.npy");
  EXPECT_EQ(read_npy(folder_ / output.at("file").as_string()).shape(), (Shape{1, 1}));
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "new"))
    EXPECT_EQ(entry.path().filename(), "deep");
}

TEST_F(Names, AnInputIsCalledAsInKeras) {
  EXPECT_EQ(run({"run", "m.keras", "--input", "numbers=x.npy", "--output", "out"}).status, 0);
  const Outcome wrong = run({"run", "m.keras", "--input", "number=x.npy", "--output", "out"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_NE(wrong.err.find("did you mean 'numbers'?"), std::string::npos) << wrong.err;
}

TEST_F(Names, NamesOfLayersCannotDriveTheTerminal) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"summary", "m.keras"},
        std::vector<std::string>{"run", "m.keras", "--input", "x.npy", "--output", "out"}}) {
    const Outcome outcome = run(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("[31mred"), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << outcome.out;
  }
}

TEST_F(Names, JsonIsUtf8WhateverAFileIsCalled) {
  const std::string names[] = {"\xff.npy", "\xc3\xa9.npy", "\xe2\x82.npy", "\xed\xa0\x80.npy"};
  const std::string expected[] = {"\xef\xbf\xbd.npy", "\xc3\xa9.npy", "\xef\xbf\xbd\xef\xbf\xbd.npy",
                                  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.npy"};
  for (size_t i = 0; i < std::size(names); ++i) {
    std::filesystem::copy_file(folder_ / "x.npy", folder_ / names[i]);
    const Outcome outcome = run({"predict", "m.keras", names[i], "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(Json::parse(outcome.out).at("input").as_string(), expected[i] + "[0]");
  }
}

// A place that cannot be written is found before anything is computed: the input is not even looked at.
TEST(Run, PlacesThatCannotBeWrittenAreRefusedFirst) {
  test::TemporaryFolder folder;
  Sequential model({Input({2}), Dense(1, {.name = "out"})});
  model.save(folder / "m.keras");
  write_npy(folder / "wide.npy", Tensor::from<float>({1, 2, 3}, {1, 3}));
  std::filesystem::create_directories(folder / "o/out.npy");
  const test::Outcome outcome =
      test::run_lamina(folder.path(), {"run", "m.keras", "--input", "wide.npy", "--output", "o"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("o/out.npy"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
