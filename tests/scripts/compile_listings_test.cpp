// tests/docs/compile_listings: what the compiler is given, and that its refusal is one of the test.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class CompileListings : public ::testing::Test {
 protected:
  // A compiler that shows what it would compile, and ends with `status`.
  test::Outcome run(const std::string& page, int status) {
    write_file(folder_ / "page.md", page);
    const std::string compiler = folder_ / "compiler";
    write_file(compiler,
               "#!/bin/sh\nfor file; do :; done\ncat \"$file\"\nexit " + std::to_string(status) + "\n");
    std::filesystem::permissions(compiler, std::filesystem::perms::owner_all);
    return test::run_script("tests/docs/compile_listings", folder_.path(),
                            {folder_.path(), folder_.path(), compiler, folder_ / "page.md"});
  }
  test::TemporaryFolder folder_;
};

TEST_F(CompileListings, GoOnInsideEachOthersScopes) {
  const std::string page =
      "<!-- given: int n = 1; -->\n```cpp\n#include <lamina/lamina.h>\nint a = n;\n...\nint b = a;\n```\n"
      "```sh\nnot this\n```\n   ```cpp\n   nor this\n   ```\n```cpp\nint a = b;\n```\n";
  test::Outcome outcome = run(page, 1);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("listings do not compile"), std::string::npos) << outcome.err;
  EXPECT_NE(
      outcome.err.find("void page_page_md() {\n{\n#line 1 \"page.md\"\nint n = 1;\n{\n#line 3 \"page.md\"\n\n"
                       "int a = n;\n{\n#line 6 \"page.md\"\nint b = a;\n{\n#line 15 \"page.md\"\n"
                       "int a = b;\n}}}}\n}\n"),
      std::string::npos)
      << outcome.err;
  outcome = run(page, 0);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "2 listings of 1 pages compile\n");
}

TEST_F(CompileListings, NothingFoundIsAFault) {
  const test::Outcome outcome = run("text\n", 0);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("no listing was found"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
