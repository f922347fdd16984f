// Pairs of texts: columns by name, what is left out, and which file of a folder is which part.
#include "lamina/zoo/transformers/parallel_texts.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

class ParallelTextsFiles : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    write_file(folder_ / name, text);
    return folder_ / name;
  }
  static std::string message(const auto& work) {
    try {
      work();
    } catch (const FileError& error) {
      return error.what();
    }
    return "";
  }
  test::TemporaryFolder folder_;
};

TEST_F(ParallelTextsFiles, TakesColumnsByTheirNames) {
  const std::string path = file("a.tsv", "fr\tde\ten\nUn \"chat\tKatze\tA \"cat\n");
  const ParallelTexts texts = read_parallel_texts(path, "en", "fr");
  EXPECT_EQ(texts.sources, std::vector<std::string>{"A \"cat"});
  EXPECT_EQ(texts.targets, std::vector<std::string>{"Un \"chat"});
  const ParallelTexts plain = read_parallel_texts(file("b.tsv", "one\tun\ntwo\tdeux\n"), "en", "fr");
  EXPECT_EQ(plain.targets, (std::vector<std::string>{"un", "deux"}));
}

TEST_F(ParallelTextsFiles, FindsAHeaderThatNobodyNames) {
  write_file(folder_ / "named.tsv", "en\tfr\na dog\tun chien\n");
  const ParallelTexts named = read_parallel_texts(folder_ / "named.tsv", "", "");
  EXPECT_EQ(named.sources, std::vector<std::string>{"a dog"});
  EXPECT_EQ(named.targets, std::vector<std::string>{"un chien"});
  write_file(folder_ / "bare.tsv", "a dog\tun chien\na cat\tun chat\n");
  EXPECT_EQ(read_parallel_texts(folder_ / "bare.tsv", "", "").size(), 2u);
  write_file(folder_ / "named.csv", "source text,target text\na dog,un chien\n");
  EXPECT_EQ(read_parallel_texts(folder_ / "named.csv", "", "").sources, std::vector<std::string>{"a dog"});
  write_file(folder_ / "three.tsv", "en\tfr\tde\na dog\tun chien\tein Hund\n");
  const std::string three =
      test::message_of<FileError>([&] { read_parallel_texts(folder_ / "three.tsv", "", ""); });
  EXPECT_NE(three.find("3 columns: say which"), std::string::npos) << three;
  write_file(folder_ / "objects.jsonl", "{\"a\": \"b\"}\n");
  EXPECT_THROW(read_parallel_texts(folder_ / "objects.jsonl", "", ""), FileError);
}

TEST_F(ParallelTextsFiles, TakesObjectsOnLines) {
  const ParallelTexts texts = read_parallel_texts(
      file("a.jsonl", "{\"answer\": \"two\\nlines\", \"prompt\": \"a\", \"id\": 1}\n\n"), "prompt", "answer");
  EXPECT_EQ(texts.sources, std::vector<std::string>{"a"});
  EXPECT_EQ(texts.targets, std::vector<std::string>{"two\nlines"});
  const std::string bad = file("b.jsonl", "{\"prompt\": \"a\", \"answer\": 2}\n");
  EXPECT_NE(
      message([&] { read_parallel_texts(bad, "prompt", "answer"); }).find("line 1: no text under \"answer\""),
      std::string::npos);
}

TEST_F(ParallelTextsFiles, SaysWhatIsWrong) {
  const std::string three = file("c.tsv", "en\tfr\tde\na\tb\tc\nd\te\n");
  EXPECT_NE(message([&] { read_parallel_texts(three, "en", "fr"); }).find("line 3"), std::string::npos);
  const std::string names = file("d.tsv", "en\tfr\tde\na\tb\tc\n");
  EXPECT_NE(message([&] { read_parallel_texts(names, "en", "zh"); }).find("no columns 'en' and 'zh'"),
            std::string::npos);
  // Two columns of which one is named are no texts without a header.
  const std::string other = file("g.tsv", "en\tfr\na\tb\n");
  EXPECT_NE(message([&] { read_parallel_texts(other, "en", "de"); }).find("no columns 'en' and 'de'"),
            std::string::npos);
  EXPECT_NE(message([&] { read_parallel_texts(file("e.tsv", ""), "en", "fr"); }), "");
}

TEST_F(ParallelTextsFiles, LeavesOutPairsWithABlankSide) {
  const ParallelTexts texts = read_parallel_texts(file("f.tsv", "en\tfr\na\tb\n \tc\nd\t\n"), "en", "fr");
  EXPECT_EQ(texts.sources, std::vector<std::string>{"a"});
}

TEST_F(ParallelTextsFiles, FindsTheFileOfAPart) {
  const std::string place = folder_.path();
  file("train.tsv.gz", "");
  file("test_2017.tsv", "");
  file("test_2016.tsv", "");
  EXPECT_EQ(parallel_file(place, "train"), folder_ / "train.tsv.gz");
  EXPECT_EQ(parallel_file(place, "test"), folder_ / "test_2016.tsv");
  EXPECT_EQ(parallel_file(place, "val"), "");
  file("test.csv", "");
  EXPECT_EQ(parallel_file(place, "test"), folder_ / "test.csv");
  EXPECT_EQ(parallel_file(folder_ / "test.csv", "val"), folder_ / "test.csv") << "a file is every part";
  const std::string missing = message([&] { parallel_file("no-such-set", "train"); });
  EXPECT_NE(missing.find("'no-such-set', "), std::string::npos) << missing;
  EXPECT_NE(missing.find("LAMINA_DATA"), std::string::npos) << missing;
}

TEST_F(ParallelTextsFiles, ReadsMulti30k) {
  const std::string path = test::shared_data("multi30k/val.tsv");
  if (path.empty()) GTEST_SKIP() << "no multi30k here";
  const ParallelTexts texts = read_parallel_texts(path, "en", "de");
  EXPECT_EQ(texts.size(), 1014u);
  EXPECT_EQ(texts.targets[0], "Eine Gruppe von Männern lädt Baumwolle auf einen Lastwagen");
}

}  // namespace
}  // namespace lamina
