// Files of words and tags in both forms, and what is wrong with some, line by line.
#include "lamina/zoo/transformers/tagged_texts.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

class TaggedFiles : public ::testing::Test {
 protected:
  TaggedTexts read(const std::string& name, const std::string& text) {
    write_file(folder_ / name, text);
    return read_tagged_texts(folder_ / name);
  }
  std::string error(const std::string& name, const std::string& text) {
    return test::message_of<FileError>([&] { read(name, text); });
  }
  test::TemporaryFolder folder_;
};

TEST_F(TaggedFiles, AreReadInColumnsAndLines) {
  const Sentences words{{"EU", "rejects", "German"}, {"Peter"}}, tags{{"B-ORG", "O", "B-MISC"}, {"B-PER"}};
  const TaggedTexts columns = read("a.conll",
                                   "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects VBZ I-VP O\n"
                                   "German JJ I-NP B-MISC\n\n\n# a comment\nPeter\tNNP\tI-NP\tB-PER\n");
  EXPECT_EQ(columns.words, words);
  EXPECT_EQ(columns.tags, tags);
  const TaggedTexts lines =
      read("a.jsonl",
           "{\"tokens\": [\"EU\", \"rejects\", \"German\"], \"tags\": [\"B-ORG\", \"O\", \"B-MISC\"]}\n\n"
           "{\"words\": [\"Peter\"], \"ner_tags\": [\"B-PER\"]}\n");
  EXPECT_EQ(lines.words, words);
  EXPECT_EQ(lines.tags, tags);
  EXPECT_EQ(tags_of(columns), (std::vector<std::string>{"O", "B-MISC", "B-ORG", "B-PER"}));
}

TEST_F(TaggedFiles, TellCommentsFromWords) {
  const TaggedTexts texts = read("a.conll", "# sent_id = 1\n# O\n# I-X\n");
  EXPECT_EQ(texts.words, (Sentences{{"#", "#"}}));
  EXPECT_EQ(texts.tags, (Sentences{{"O", "I-X"}}));
}

TEST_F(TaggedFiles, AreFoundByTheirPart) {
  write_file(folder_ / "train.conll", "a O\n");
  write_file(folder_ / "dev.jsonl.gz", "");
  EXPECT_EQ(tagged_file(folder_.path(), "train"), folder_ / "train.conll");
  EXPECT_EQ(tagged_file(folder_.path(), "val"), folder_ / "dev.jsonl.gz");
  EXPECT_EQ(tagged_file(folder_.path(), "test"), "");
  EXPECT_EQ(tagged_file(folder_ / "train.conll", "test"), folder_ / "train.conll");
}

TEST_F(TaggedFiles, SayInWhichLineTheyAreWrong) {
  EXPECT_NE(error("a.txt", "a O\nb\n").find("line 2: one column only, 'b'"), std::string::npos);
  EXPECT_NE(error("a.txt", "a 3\n").find("line 1: the tag is the number 3"), std::string::npos);
  EXPECT_NE(error("a.txt", "\n\n").find("has no texts"), std::string::npos);
  EXPECT_NE(
      error("a.jsonl", "{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}").find("line 1: 2 words and 1 tags"),
      std::string::npos);
  EXPECT_NE(error("a.jsonl", "\n{\"text\": \"a\"}").find("line 2: there is no \"tokens\""),
            std::string::npos);
  EXPECT_NE(error("a.jsonl", "{\"tokens\": \"a\", \"tags\": []}").find("\"tokens\" is no list"),
            std::string::npos);
  EXPECT_NE(error("a.jsonl", "{\"tokens\": [\"a\"], \"tags\": [0]}").find("strings were expected"),
            std::string::npos);
  EXPECT_NE(error("a.jsonl", "[1]").find("no object"), std::string::npos);
  EXPECT_NE(error("a.jsonl", "{").find("line 1"), std::string::npos);
  EXPECT_THROW(read_tagged_texts(folder_ / "nothing"), FileError);
}

TEST_F(TaggedFiles, AreNoTablesOfClasses) {
  for (const char* name : {"reviews.csv", "reviews.tsv"}) {
    write_file(folder_ / name, std::string(name).ends_with("csv") ? "text,label\nwhat a film,good\n"
                                                                  : "text\tlabel\nwhat a film\tgood\n");
    const std::string said = test::message_of<FileError>([&] { read_tagged_texts(folder_ / name); });
    EXPECT_NE(said.find("a word and its tag"), std::string::npos) << said;
    EXPECT_NE(said.find("learned by 'classify'"), std::string::npos) << said;
  }
}

TEST(TaggedTexts, SplitWordsFromSigns) {
  EXPECT_EQ(words_of("Two tickets (for \"Up\") at 6:30pm, please..."),
            (std::vector<std::string>{"Two", "tickets", "(", "for", "\"", "Up", "\"", ")", "at", "6:30pm",
                                      ",", "please", ".", ".", "."}));
  EXPECT_TRUE(words_of(" \t ").empty());
}

}  // namespace
}  // namespace lamina
