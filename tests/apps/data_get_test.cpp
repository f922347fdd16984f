// lamina data get against a real server: whole, broken off, resumed, refused, interrupted.
#include <gtest/gtest.h>

#include <cctype>
#include <csignal>
#include <filesystem>
#include <optional>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/support/program.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;
using test::Outcome;
using Words = std::vector<std::string>;

// Of "abc" (FIPS 180-4's example), and of a million times "a" (the NIST's).
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kMillion[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

class DataGet : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "files");
    write_file(folder_ / "files/abc", "abc");
    write_file(folder_ / "files/million", std::string(1'000'000, 'a'));
    write_file(folder_ / "files/empty", "");
    server_.emplace(std::string(LAMINA_SOURCE_DIR) + "/tests/apps/http_server", folder_.path(), Words{},
                    Words{}, "");
    ASSERT_TRUE(server_->wait_for("ready"));
    address_ = "http://127.0.0.1:" + read_file(folder_ / "port");
  }
  Words words(const std::string& what, const Words& more = {}) const {
    Words all{"data", "get", what.find("://") == std::string::npos && what[0] == '/' ? address_ + what : what,
              "--out", "got"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  const Words environment_{"no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1"};
  Outcome get(const std::string& what, const Words& more = {}) const {
    return test::run_lamina(folder_.path(), words(what, more), environment_);
  }
  std::string requests() const {
    return fs::exists(folder_ / "requests") ? read_file(folder_ / "requests") : "";
  }
  bool there(const std::string& name) const { return fs::exists(folder_ / ("got/" + name)); }

  test::TemporaryFolder folder_;
  std::optional<test::Running> server_;
  std::string address_;
};

TEST_F(DataGet, FetchesAndChecks) {
  const Outcome outcome = get("/range/million", {"--sha256", kMillion, "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const Json file = Json::parse(outcome.out).at("files").at(size_t{0});
  EXPECT_EQ(file.at("file").as_string(), "got/million");
  EXPECT_EQ(file.at("sha256").as_string(), kMillion);
  EXPECT_EQ(read_file(folder_ / "got/million"), std::string(1'000'000, 'a'));
  EXPECT_FALSE(there("million.part"));
  // A second time nothing is asked for.
  const std::string asked = requests();
  EXPECT_EQ(get("/range/million", {"--sha256", kMillion}).status, 0);
  EXPECT_EQ(requests(), asked);
}

TEST_F(DataGet, WithoutAChecksumItTellsIt) {
  const Outcome outcome = get("/moved/abc?x=1");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find(kAbc), std::string::npos) << outcome.err;
  EXPECT_EQ(read_file(folder_ / "got/abc"), "abc");
  const Outcome again = get("/range/abc");
  EXPECT_EQ(again.status, 1);
  EXPECT_NE(again.err.find("is there already"), std::string::npos) << again.err;
  const Outcome empty = get("/range/empty");
  EXPECT_EQ(empty.status, 0);
  EXPECT_NE(empty.err.find("empty' is empty: the server sent no bytes"), std::string::npos) << empty.err;
  EXPECT_EQ(fs::file_size(folder_ / "got/empty"), 0u);
}

TEST_F(DataGet, NamesAndChecksumsAreReadAsPeopleWriteThem) {
  std::string upper = kAbc;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(get("/range/abc", {"--sha256", upper}).status, 0);
  write_file(folder_ / "files/a b%", "abc");
  ASSERT_EQ(get("/range/a%20b%25").status, 0);
  EXPECT_TRUE(there("a b%"));
  EXPECT_EQ(get("/range/..%2fabc").status, 1);
  const Outcome unknown = get("nosuchset");
  EXPECT_EQ(unknown.err.find("titanic"), unknown.err.rfind("titanic")) << unknown.err;
  EXPECT_NE(unknown.err.find("titanic"), std::string::npos) << unknown.err;
}

// Some servers answer with something else and status 200.
TEST_F(DataGet, WhatStandsForTheFileIsNamed) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"page.csv", "<!DOCTYPE html><html>sign in</html>"},
      {"page2.npz", "\n  <html><head></head></html>"},
      {"error.tar", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"},
      {"pointer.keras", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"}};
  const std::vector<std::string> words = {"is an HTML page", "is an HTML page", "is an XML document",
                                          "is a Git LFS pointer"};
  for (size_t i = 0; i < files.size(); ++i) {
    write_file(folder_ / ("files/" + files[i].first), files[i].second);
    const Outcome outcome = get("/range/" + files[i].first);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.err.find(files[i].first + "' " + words[i]), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("is not checked"), std::string::npos) << outcome.err;
  }
  write_file(folder_ / "files/index.html", files[0].second);
  EXPECT_EQ(get("/range/index.html").err.find("HTML"), std::string::npos);
}

TEST_F(DataGet, NamesThatNoFileSystemTakesAreRefused) {
  const Outcome outcome = get("/range/" + std::string(241, 'n'));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("longer than 240 bytes"), std::string::npos) << outcome.err;
  EXPECT_LT(outcome.err.size(), 500u);
  EXPECT_EQ(requests(), "");
  write_file(folder_ / ("files/" + std::string(240, 'n')), "abc");
  EXPECT_EQ(get("/range/" + std::string(240, 'n')).status, 0);
}

TEST_F(DataGet, WhatBrokeOffIsGoneOnWith) {
  const Outcome broken = get("/cut/million", {"--sha256", kMillion});
  EXPECT_EQ(broken.status, 1);
  EXPECT_NE(broken.err.find("500000 bytes are there, and the same command goes on"), std::string::npos)
      << broken.err;
  EXPECT_FALSE(there("million"));
  EXPECT_EQ(fs::file_size(folder_ / "got/million.part"), 500'000u);
  ASSERT_EQ(get("/cut/million", {"--sha256", kMillion}).status, 0);
  EXPECT_EQ(requests(), "/cut/million \n/cut/million bytes=500000-\n");
  EXPECT_EQ(read_file(folder_ / "got/million"), std::string(1'000'000, 'a'));
  EXPECT_FALSE(there("million.part"));
}

TEST_F(DataGet, AServerWithoutRangesSendsAllAnew) {
  fs::create_directories(folder_ / "got");
  write_file(folder_ / "got/million.part", "not its beginning");
  ASSERT_EQ(get("/plain/million", {"--sha256", kMillion}).status, 0);
  EXPECT_EQ(requests(), "/plain/million bytes=17-\n");
  EXPECT_EQ(fs::file_size(folder_ / "got/million"), 1'000'000u);
}

TEST_F(DataGet, AnotherChecksumKeepsNothing) {
  const Outcome outcome = get("/range/abc", {"--sha256", kMillion});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("has the SHA-256 " + std::string(kAbc) + "; expected " + kMillion),
            std::string::npos)
      << outcome.err;
  EXPECT_TRUE(fs::is_empty(folder_ / "got"));
  // Neither does a part of something else, nor is a file of before replaced.
  write_file(folder_ / "got/million.part", "b");
  EXPECT_EQ(get("/range/million", {"--sha256", kMillion}).status, 1);
  EXPECT_TRUE(fs::is_empty(folder_ / "got"));
  write_file(folder_ / "got/million", "mine");
  EXPECT_EQ(get("/range/million", {"--sha256", kMillion}).status, 1);
  EXPECT_EQ(read_file(folder_ / "got/million"), "mine");
}

TEST_F(DataGet, APartThatIsTooLongOrWholeIsNotTheEnd) {
  fs::create_directories(folder_ / "got");
  write_file(folder_ / "got/abc.part", "abcdef");
  ASSERT_EQ(get("/range/abc", {"--sha256", kAbc}).status, 0);
  EXPECT_EQ(read_file(folder_ / "got/abc"), "abc");
  write_file(folder_ / "got/million.part", std::string(1'000'000, 'a'));
  ASSERT_EQ(get("/range/million", {"--sha256", kMillion}).status, 0);
  EXPECT_EQ(requests(), "/range/abc bytes=6-\n/range/abc \n/range/million bytes=1000000-\n");
}

TEST_F(DataGet, ErrorsSayWhatToDo) {
  const Outcome missing = get("/range/nothing");
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.err.find("/range/nothing': the server answers 404 (not found)"), std::string::npos)
      << missing.err;
  EXPECT_TRUE(fs::is_empty(folder_ / "got"));
  write_file(folder_ / "got/million.part", "aaa");
  const Outcome odd = get("/odd/million", {"--sha256", kMillion});
  EXPECT_NE(odd.err.find("another range"), std::string::npos) << odd.err;
  EXPECT_EQ(get("ftp://127.0.0.1/x").status, 1);
  EXPECT_EQ(get("/").status, 1);
  EXPECT_EQ(get("/range/abc", {"--sha256", "ABC"}).status, 2);
  const Outcome name = get("tiny-shakespear");
  EXPECT_EQ(name.status, 1);
  EXPECT_NE(name.err.find("did you mean 'tiny-shakespeare'?"), std::string::npos) << name.err;
  const Outcome nobody = get("http://127.0.0.1:1/x");
  EXPECT_EQ(nobody.status, 1);
  EXPECT_NE(nobody.err.find("127.0.0.1"), std::string::npos) << nobody.err;
  EXPECT_EQ(nobody.err.find("goes on"), std::string::npos) << nobody.err;
  EXPECT_NE(nobody.err.find("fetch this address on another one and put the file at 'got/x'"),
            std::string::npos)
      << nobody.err;
}

TEST_F(DataGet, AnInterruptKeepsThePart) {
  test::Running running(folder_.path(), words("/slow/million", {"--sha256", kMillion}), environment_);
  const std::string part = folder_ / "got/million.part";
  for (int i = 0; i < 1000 && (!fs::exists(part) || requests().empty()); ++i) usleep(10'000);
  usleep(300'000);
  running.send(SIGINT);
  const Outcome outcome = running.wait();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
  EXPECT_EQ(fs::file_size(part), 500'000u);
  ASSERT_EQ(get("/slow/million", {"--sha256", kMillion}).status, 0);
  EXPECT_EQ(read_file(folder_ / "got/million"), std::string(1'000'000, 'a'));
}

TEST_F(DataGet, WritesThroughNoLink) {
  write_file(folder_ / "victim", "precious");
  fs::create_directories(folder_ / "got");
  fs::create_symlink(folder_ / "victim", folder_ / "got/million.part");
  const Outcome outcome = get("/range/million", {"--sha256", kMillion});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("million.part' is a link"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_file(folder_ / "victim"), "precious");
}

TEST_F(DataGet, AMirrorIsHeldToTheSameChecksums) {
  write_file(folder_ / "files/input.txt", "To be");
  const Outcome outcome = get("tiny-shakespeare", {"--mirror", address_ + "/range"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("expected 86c4e6aa9db7c042"), std::string::npos) << outcome.err;
  EXPECT_FALSE(there("tiny-shakespeare/input.txt"));
  const std::string real = test::shared_data("tiny_shakespeare/input.txt");
  if (real.empty()) GTEST_SKIP() << "no ../shared";
  write_file(folder_ / "files/input.txt", read_file(real));
  ASSERT_EQ(get("tiny-shakespeare", {"--mirror", address_ + "/range"}).status, 0);
  EXPECT_EQ(fs::file_size(folder_ / "got/tiny-shakespeare/input.txt"), 1115394u);
  const Outcome list =
      test::run_lamina(folder_.path(), {"data", "list"}, {"LAMINA_DATA=" + (folder_ / "got")});
  EXPECT_NE(list.out.find("tiny-shakespeare    " + (folder_ / "got/tiny-shakespeare")), std::string::npos)
      << list.out;
  EXPECT_NE(list.out.find("CC BY 4.0; https://github.com/PolyAI-LDN/task-specific-datasets"),
            std::string::npos);
}

// The published folder cannot be had here: its smallest file, which is written here, has the published
// checksum; what has not is refused.
TEST_F(DataGet, APublishedModelComesFileByFile) {
  write_file(folder_ / "files/generation_config.json",
             "{\n  \"_from_model_config\": true,\n  \"decoder_start_token_id\": 0,\n  \"eos_token_id\": 1,\n"
             "  \"pad_token_id\": 0,\n  \"transformers_version\": \"4.27.0.dev0\"\n}\n");
  write_file(folder_ / "files/config.json", "{}");
  const Outcome outcome = get("t5-small", {"--mirror", address_ + "/range"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(there("t5-small/generation_config.json")) << outcome.err;
  EXPECT_FALSE(there("t5-small/config.json"));
  EXPECT_NE(outcome.err.find("t5-small/config.json' has the SHA-256"), std::string::npos) << outcome.err;
  const Outcome list = test::run_lamina(folder_.path(), {"data", "list", "--json"});
  const Json sets = Json::parse(list.out);
  for (const Json& set : sets.at("sets").as_list()) {
    if (set.at("name").as_string() != "t5-small") continue;
    EXPECT_EQ(set.at("licence").as_string(), "Apache-2.0");
    EXPECT_EQ(set.at("bytes").as_int(), 244227742);
    EXPECT_FALSE(set.at("folder").is_string());
  }
}

}  // namespace
}  // namespace lamina
