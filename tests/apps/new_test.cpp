// lamina new: what it leaves, and what it does not touch. tests/install builds the project.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

TEST(New, StartsAProjectUnderANameThatCMakeTakes) {
  const test::TemporaryFolder folder;
  for (const auto& [directory, name] : {std::pair{"my-first app", "my_first_app"},
                                        {"2048", "app_2048"},
                                        {"项目", "app______"},
                                        {"test", "test_app"},
                                        {"deep/er/", "er"}}) {
    const test::Outcome outcome = test::run_lamina(folder.path(), {"new", directory});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string text = read_file(folder / directory + "/CMakeLists.txt");
    EXPECT_NE(text.find(std::string("project(") + name), std::string::npos) << text;
    EXPECT_EQ(text.find("@NAME@"), std::string::npos);
    EXPECT_NE(outcome.out.find(std::string("build/") + name), std::string::npos) << outcome.out;
    for (const char* file :
         {"src/main.cpp", "src/model.h", "src/model.cpp", "tests/model_test.cpp", "README.md"})
      EXPECT_TRUE(fs::exists(folder / directory + "/" + file)) << file;
  }
}

TEST(New, ReplacesNothing) {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "full");
  write_file(folder / "full/main.cpp", "mine");
  const test::Outcome full = test::run_lamina(folder.path(), {"new", "full"});
  EXPECT_EQ(full.status, 1);
  EXPECT_NE(full.err.find("not an empty folder"), std::string::npos) << full.err;
  EXPECT_EQ(read_file(folder / "full/main.cpp"), "mine");
  EXPECT_FALSE(fs::exists(folder / "full/CMakeLists.txt"));
  EXPECT_EQ(test::run_lamina(folder.path(), {"new"}).status, 2);
}

}  // namespace
}  // namespace lamina
