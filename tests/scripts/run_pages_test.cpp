// tests/docs/run_pages: what it runs, what it finds, and that it says so.
#include <gtest/gtest.h>

#include "lamina/base/files.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class RunPages : public ::testing::Test {
 protected:
  test::Outcome run(const std::string& page, const std::string& chinese = "") {
    write_file(folder_ / "page.md", page);
    if (!chinese.empty()) write_file(folder_ / "page.zh-CN.md", chinese);
    return test::run_script("tests/docs/run_pages", folder_.path(),
                            {folder_.path(), test::program_path(), folder_ / "page.md"},
                            {"LAMINA_SHARED=" + folder_ / "nowhere"});
  }
  void expect(const std::string& page, int status, const std::string& part) {
    const test::Outcome outcome = run(page);
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    EXPECT_NE((outcome.out + outcome.err).find(part), std::string::npos) << outcome.out << outcome.err;
  }
  test::TemporaryFolder folder_;
};

TEST_F(RunPages, ComparesOutputs) {
  const std::string good =
      "text\n<!-- setup: echo 7 > seven -->\n\n```console\n$ cat seven  # a comment\n7\n"
      "$ printf 'a\\nb\\nc 1.25 d\\n'\n...\nc 1... d\n$ true\n$ lamina nonsense\nlamina: error: ...\n```\n";
  expect(good, 0, "1 pages: 4 commands ran, 3 outputs compared, 0 commands left out");
  expect("```console\n$ echo 7\n8\n```\n", 1, "page.md:1: 'echo 7' printed\n7\nand the page says\n8");
  expect("```console\n$ printf 'a\\nb\\n'\na\n```\n", 1, "and the page says");
  expect("```console\n$ false\n```\n", 1, "'false' ended with status 1");
  expect("```console\n$ echo lamina: error: no\nlamina: error: no\n```\n", 1, "ended with status 0");
  expect("<!-- setup: false -->\n```console\n$ true\n```\n", 1, "setup 'false' ended with status 1");
}

TEST_F(RunPages, TrainsOnASlice) {
  expect(
      "<!-- slice: --epochs 1 --limit-samples 10 -->\n```console\n$ lamina train nothing --epochs 20 "
      "--quiet\n"
      "lamina: error: unknown recipe 'nothing'...\n```\n",
      0, "1 outputs compared");
}

TEST_F(RunPages, CountsWhatLacksData) {
  expect(
      "```console\n$ echo 1\n1\n```\n<!-- setup: cp \"$DATA/a\" . -->\n```console\n$ cat a\n2\n```\n"
      "## Next\n```console\n$ echo 3\n3\n```\n",
      0, "2 commands ran, 2 outputs compared, 1 commands left out for want of data");
}

TEST_F(RunPages, FindsCommandsThatWouldNotBeRun) {
  expect("```sh\nlamina doctor\n```\n", 1, "page.md:2: commands of lamina belong in ```console blocks");
  expect("    lamina doctor\n", 1, "page.md:1: commands of lamina belong");
  expect("text\n", 1, "no page shows a command");
}

TEST_F(RunPages, HoldsLanguagesTogether) {
  const std::string page = "```console\n$ echo 1  # one\n1\n```\n";
  EXPECT_EQ(run(page, "```console\n$ echo 1  # yi\n1\n```\n").status, 0);
  const test::Outcome other = run(page, "```console\n$ echo 2\n2\n```\n");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.out.find("page.zh-CN.md shows other commands"), std::string::npos) << other.out;
}

}  // namespace
}  // namespace lamina
