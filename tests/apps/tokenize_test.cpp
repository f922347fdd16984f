// lamina tokenize: the contract with whoever calls it.
#include <gtest/gtest.h>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/support/program.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(TokenizeCommand, PrintsIdsAndTokens) {
  test::TemporaryFolder folder;
  write_file(folder / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n");
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "tokenize");
    return test::run_lamina(folder.path(), words);
  };
  const test::Outcome json = run({"--model", "vocab.txt", "Hello worlds", "--json"});
  ASSERT_EQ(json.status, 0) << json.err;
  EXPECT_EQ(
      Json::parse(json.out),
      Json::parse(R"({"ids": [2, 5, 6, 7, 3], "tokens": ["[CLS]", "hello", "world", "##s", "[SEP]"]})"));
  EXPECT_EQ(run({"--model", ".", "Hello worlds", "--json"}).out, json.out);
  const test::Outcome text = run({"--model", ".", "hello"});
  EXPECT_NE(text.out.find("       5  hello\n"), std::string::npos) << text.out;
  EXPECT_EQ(run({"--model", ".", "", "--json"}).status, 0);
  const test::Outcome missing = run({"--model", "gone", "x", "--json"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.err.find("lamina: error: 'gone' does not exist"), 0u) << missing.err;
  EXPECT_EQ(run({"x"}).status, 2);
}

}  // namespace
}  // namespace lamina
