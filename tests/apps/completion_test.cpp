// What shells and the manual know of the commands, tried by these shells and by a reader of manuals.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::Outcome;
using test::run_lamina;

/// A file with what the program prints for these words.
std::string printed(const test::TemporaryFolder& folder, const std::vector<std::string>& words,
                    const char* name) {
  const Outcome outcome = run_lamina(".", words);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const std::string path = folder.path() + "/" + name;
  std::ofstream(path) << outcome.out;
  return path;
}

/// What a shell says to a line of its own; "(status N)" is added where it is not 0.
std::string shell(const test::TemporaryFolder& folder, const std::string& line) {
  const std::string out = folder.path() + "/out";
  const int status = std::system((line + " > '" + out + "' 2>&1").c_str());
  std::ifstream file(out);
  std::string said((std::istreambuf_iterator<char>(file)), {});
  return status == 0 ? said : said + "(status " + std::to_string(status) + ")";
}

bool has(const char* program) {
  return std::system((std::string("command -v ") + program + " > /dev/null").c_str()) == 0;
}

TEST(Completion, BashCompletesCommandsOptionsRecipesAndFiles) {
  const test::TemporaryFolder folder;
  const std::string script = printed(folder, {"completion", "bash"}, "lamina.bash");
  const auto completed = [&](const std::string& words, int at) {
    return shell(folder, "bash -c 'source " + script + "; COMP_WORDS=(" + words +
                             "); COMP_CWORD=" + std::to_string(at) + "; _lamina; echo \"${COMPREPLY[*]}\"'");
  };
  EXPECT_EQ(completed("lamina ev", 1), "evaluate\n");
  EXPECT_EQ(completed("lamina train --epo", 2), "--epochs\n");
  EXPECT_EQ(completed("lamina train imdb", 2), "imdb imdb-forest\n");
  EXPECT_EQ(completed("lamina data che", 2), "check\n");
  EXPECT_EQ(completed("lamina completion z", 2), "zsh\n");
  EXPECT_EQ(completed("lamina predict model", 2), "\n");  // bash goes on with files
}

TEST(Completion, ZshReadsItsScript) {
  if (!has("zsh")) GTEST_SKIP() << "no zsh on this machine";
  const test::TemporaryFolder folder;
  const std::string script = printed(folder, {"completion", "zsh"}, "_lamina");
  EXPECT_EQ(shell(folder, "zsh -fc 'autoload -U compinit; compinit -D -u; source " + script +
                              "; print $_comps[lamina]'"),
            "_lamina\n");
}

TEST(Completion, FishCompletes) {
  if (!has("fish")) GTEST_SKIP() << "no fish on this machine";
  const test::TemporaryFolder folder;
  const std::string script = printed(folder, {"completion", "fish"}, "lamina.fish");
  const auto completed = [&](const std::string& line) {
    return shell(
        folder, "HOME='" + folder.path() + "' fish -c 'source " + script + "; complete -C \"" + line + "\"'");
  };
  EXPECT_EQ(completed("lamina ev").rfind("evaluate\t", 0), 0u);
  EXPECT_EQ(completed("lamina train --epo").rfind("--epochs\t", 0), 0u);
}

TEST(Completion, TheManualNamesEveryOptionAndIsOne) {
  if (!has("mandoc")) GTEST_SKIP() << "no mandoc on this machine";
  const test::TemporaryFolder folder;
  const std::string page = printed(folder, {"man"}, "lamina.1");
  EXPECT_EQ(shell(folder, "mandoc -T lint -W error " + page), "");
  const std::string text = shell(folder, "mandoc -T ascii " + page + " | sed 's/.\x08//g'");
  for (const char* part : {"lamina train RECIPE", "--epochs N", "lamina evaluate MODEL", "EXIT STATUS"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text.substr(0, 2000);
}

TEST(Completion, AnUnknownShellIsRefused) {
  const Outcome outcome = run_lamina(".", {"completion", "csh"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("csh"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace lamina
