// Files that a command would replace, of every verb that writes: read-only ones stay, and links, modes and
// groups do.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lamina/base/files.h"
#include "lamina/formats/npy.h"
#include "lamina/nn/model.h"
#include "tests/support/training.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::expect_refused;
using test::Outcome;

class ReplacedFiles : public test::Training {
 protected:
  Outcome run(const std::vector<std::string>& words) const { return test::run_lamina(folder_.path(), words); }
  void protect(const std::string& name) const { ASSERT_EQ(::chmod(file(name).c_str(), 0444), 0); }
  unsigned mode(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat(file(name).c_str(), &status), 0) << name;
    return status.st_mode & 07777;
  }
  bool is_model(const std::string& name) const { return read_file(file(name)).starts_with("PK"); }
};

TEST_F(ReplacedFiles, PagesAndArraysThatAreReadOnlyStay) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  const std::vector<std::string> evaluate = {"evaluate", "m.keras",  "--data",
                                             "data.npz", "--report", "page.html"};
  const std::vector<std::string> report = {"report", "m.keras.run", "--out", "runs.html"};
  write_npy(file("x.npy"), Tensor::from(std::vector<float>(8, 1.0f), Shape{2, 4}));
  const std::vector<std::string> raw = {"run", "m.keras", "--input", "x.npy", "--output", "out"};
  for (const auto& [words, written] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {evaluate, "page.html"}, {report, "runs.html"}, {raw, "out/classes.npy"}}) {
    ASSERT_EQ(run(words).status, 0) << written;
    const std::string old = read_file(file(written));
    protect(written);
    expect_refused(run(words), {fs::path(written).filename().string(), "read-only", "0444"});
    EXPECT_EQ(read_file(file(written)), old);
    EXPECT_EQ(mode(written), 0444u);
    if (words[0] == "run") continue;  // it has no --overwrite
    std::vector<std::string> overwrite = words;
    overwrite.emplace_back("--overwrite");
    EXPECT_EQ(run(overwrite).status, 0) << written;
    EXPECT_EQ(mode(written), 0444u);
  }
}

TEST_F(ReplacedFiles, LinksStayLinks) {
  fs::create_directories(file("store"));
  fs::create_symlink("store/m.keras", file("m.keras"));  // leads nowhere yet
  ASSERT_EQ(train("m.keras", 1).status, 0);
  EXPECT_TRUE(fs::is_symlink(file("m.keras")));
  EXPECT_TRUE(is_model("store/m.keras"));
  // A chain, by absolute and relative names.
  fs::create_symlink(file("chain2.keras"), file("chain1.keras"));
  fs::create_symlink("store/../store/end.keras", file("chain2.keras"));
  ASSERT_EQ(train("chain1.keras", 1).status, 0);
  EXPECT_TRUE(fs::is_symlink(file("chain1.keras")) && fs::is_symlink(file("chain2.keras")));
  EXPECT_TRUE(is_model("store/end.keras"));
  // What a link leads to is protected as it would be by its own name.
  protect("store/m.keras");
  const std::string old = read_file(file("store/m.keras"));
  expect_refused(train("m.keras", 1), {"m.keras", "read-only"});
  EXPECT_EQ(read_file(file("store/m.keras")), old);
  ASSERT_EQ(train("m.keras", 2, {"--overwrite"}).status, 0);
  EXPECT_TRUE(fs::is_symlink(file("m.keras")));
  EXPECT_EQ(mode("store/m.keras"), 0444u);
  // Links that cannot be written through are refused before anything is computed.
  fs::create_symlink("nowhere/x.keras", file("a.keras"));
  fs::create_symlink("b.keras", file("b.keras"));
  fs::create_directories(file("folder"));
  fs::create_symlink("folder", file("c.keras"));
  fs::create_symlink("/dev/null", file("d.keras"));
  for (const char* out : {"a.keras", "b.keras", "c.keras", "d.keras"}) {
    expect_refused(train(out, 1), {std::string("cannot write '") + out});
    EXPECT_TRUE(fs::is_symlink(file(out)));
    EXPECT_FALSE(fs::exists(file(std::string(out) + ".run"))) << out;
  }
}

// The name that is written gets a new file; another name of the old one keeps what it had.
TEST_F(ReplacedFiles, OtherNamesOfAFileKeepIt) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  const std::string old = read_file(file("m.keras"));
  fs::create_hard_link(file("m.keras"), file("backup.keras"));
  ASSERT_EQ(train("m.keras", 2).status, 0);
  EXPECT_EQ(read_file(file("backup.keras")), old);
  EXPECT_NE(read_file(file("m.keras")), old);
}

TEST_F(ReplacedFiles, ModesAndGroupsStay) {
  ASSERT_EQ(train("m.keras", 1).status, 0);
  const std::vector<std::string> names = {"m.keras", "m.checkpoint.keras", "m.keras.run/history.csv",
                                          "m.keras.run/report.html", "m.keras.run/run.json"};
  const std::vector<unsigned> modes = {0600, 0640, 0664, 0666, 0755};
  for (size_t i = 0; i < names.size(); ++i) {
    ASSERT_EQ(::chmod(file(names[i]).c_str(), modes[i]), 0);
    if (::geteuid() == 0) {
      ASSERT_EQ(::chown(file(names[i]).c_str(), static_cast<uid_t>(-1), 23456), 0);
    }
  }
  ASSERT_EQ(train("m.keras", 2, {"--resume"}).status, 0);
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(mode(names[i]), modes[i]) << names[i];
    struct stat status {};
    ASSERT_EQ(::stat(file(names[i]).c_str(), &status), 0);
    if (::geteuid() == 0) {
      EXPECT_EQ(status.st_gid, 23456u) << names[i];
    }
  }
}

TEST_F(ReplacedFiles, EstimatorsAreAsCarefulAsNetworks) {
  std::string text = "label\ttext\n";
  for (int i = 0; i < 20; ++i) text += i % 2 ? "good\ta wise film\n" : "bad\ta dull film\n";
  write_file(file("r.tsv"), text);
  const auto fit = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"train", "imdb-forest", "--data", "r.tsv",
                                      "--out", "f.classic",   "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  fs::create_symlink("real.classic", file("f.classic"));
  ASSERT_EQ(fit({}).status, 0);
  EXPECT_TRUE(fs::is_symlink(file("f.classic")));
  protect("real.classic");
  const std::string old = read_file(file("real.classic"));
  expect_refused(fit({}), {"f.classic", "--overwrite"});
  EXPECT_EQ(read_file(file("real.classic")), old);
  ASSERT_EQ(fit({"--overwrite", "--seed", "5"}).status, 0);
  EXPECT_NE(read_file(file("real.classic")), old);
  EXPECT_EQ(mode("real.classic"), 0444u);
  EXPECT_TRUE(fs::is_symlink(file("f.classic")));
}

}  // namespace
}  // namespace lamina
