// Questions and answers from every form of file, and from bad ones.
#include "lamina/chat/question_answers.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lamina/base/error.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

class QuestionFiles : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  // The message of what reading `content` throws.
  std::string refused(const std::string& name, const std::string& content) {
    try {
      read_question_answers(write(name, content));
    } catch (const FileError& error) {
      return error.what();
    }
    return "nothing";
  }
  test::TemporaryFolder folder_;
};

const std::vector<QuestionAnswer> kTwo{{"Where is it?", "On its way."}, {"多少钱？", "十元。"}};

TEST_F(QuestionFiles, AllFormsSayTheSame) {
  EXPECT_EQ(
      read_question_answers(write("a.csv", "question,answer\nWhere is it?,On its way.\n多少钱？,十元。\n")),
      kTwo);
  EXPECT_EQ(read_question_answers(
                write("b.tsv", "id\tanswer\tquestion\n1\tOn its way.\tWhere is it?\n2\t十元。\t多少钱？\n")),
            kTwo);
  EXPECT_EQ(read_question_answers(write("c.json", R"([{"question": "Where is it?", "answer": "On its way."},
                                                      ["多少钱？", "十元。"]])")),
            kTwo);
  EXPECT_EQ(
      read_question_answers(write("d.json", R"({"Where is it?": "On its way.", "多少钱？": "十元。"})")),
      kTwo);
  EXPECT_EQ(read_question_answers(write("e.jsonl",
                                        "[\"Where is it?\", \"On its way.\"]\n\n"
                                        "{\"question\": \"多少钱？\", \"answer\": \"十元。\"}\n")),
            kTwo);
  EXPECT_EQ(read_question_answers(write("f.yml",
                                        "categories:\n- shop\nconversations:\n- - Where is it?\n"
                                        "  - 'On its way.'\n- - 多少钱？\n  - \"十元。\"\n")),
            kTwo);
}

// As spreadsheets export them: UTF-16 in both orders with a mark, and UTF-8 with one.
TEST_F(QuestionFiles, MarksOfEncodingsAreRead) {
  const std::u16string table = u"question,answer\r\nWhere is it?,On its way.\r\n多少钱？,十元。\r\n";
  std::string little = "\xff\xfe", big = "\xfe\xff";
  for (const char16_t c : table) {
    const char low = static_cast<char>(c & 0xFF), high = static_cast<char>(c >> 8);
    little += {low, high}, big += {high, low};
  }
  EXPECT_EQ(read_question_answers(write("little.csv", little)), kTwo);
  EXPECT_EQ(read_question_answers(write("big.csv", big)), kTwo);
  EXPECT_EQ(read_question_answers(write(
                "mark.csv", "\xef\xbb\xbfquestion,answer\nWhere is it?,On its way.\n多少钱？,十元。\n")),
            kTwo);
  const std::string cut = refused("cut.csv", little.substr(0, little.size() - 1));
  EXPECT_NE(cut.find("half of a UTF-16 character"), std::string::npos) << cut;
  const std::string unmarked = refused("unmarked.csv", std::string("\x2a\x59\x2c\0\x27\x59\n\0", 8));
  EXPECT_NE(unmarked.find("zero byte"), std::string::npos) << unmarked;
}

TEST_F(QuestionFiles, ColumnsAreTakenByName) {
  const std::string path = write("a.csv", "ask,say,more\nq one,a one,x\n");
  EXPECT_EQ(read_question_answers(path, {"say", "more"})[0], (QuestionAnswer{"a one", "x"}));
  EXPECT_EQ(read_question_answers(path)[0], (QuestionAnswer{"q one", "a one"}));
  EXPECT_THROW(read_question_answers(path, {"sai", ""}), InvalidArgument);
}

TEST_F(QuestionFiles, YamlTextsGoOnInDeeperLinesAndBlocks) {
  const auto entries = read_question_answers(
      write("a.yml",
            "conversations:\n- - Tell me\n    a joke # not this\n  - One 'quoted' word\n  - |\n    first\n"
            "      second\n\n    third\n- - 'It''s'\n  - \"a\\tb\\u4f60\"\n- - alone\n"));
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0], (QuestionAnswer{"Tell me a joke", "One 'quoted' word"}));
  EXPECT_EQ(entries[1].answer, "first\n  second\n\nthird");
  EXPECT_EQ(entries[2], (QuestionAnswer{"It's", "a\tb你"}));
}

TEST_F(QuestionFiles, FoldersAreReadInOrderAndRepeatedEntriesOnce) {
  write("faq/b.json", R"([["b", "2"], ["a", "1"]])");
  write("faq/a.csv", "question,answer\na,1\na,other\n");
  write("faq/notes.txt", "nothing of it");
  const auto entries = read_question_answers(folder_ / "faq");
  EXPECT_EQ(entries, (std::vector<QuestionAnswer>{{"a", "1"}, {"a", "other"}, {"b", "2"}}));
}

TEST_F(QuestionFiles, BadFilesAreRefused) {
  const auto has = [](const std::string& message, const char* words) {
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  EXPECT_NE(refused("empty.csv", ""), "nothing");
  EXPECT_NE(refused("header.csv", "question,answer\n"), "nothing");
  has(refused("one.csv", "question\nwhere\nwhen\n"), "two columns");
  has(refused("latin.csv", "question,answer\ncaf\xe9,yes\n"), "no UTF-8");
  has(refused("blank.csv", "question,answer\nwhere,\n"), "line 2: the answer is empty");
  has(refused("long.json", "[[\"q\", \"" + std::string(70000, 'x') + "\"]]"), "70000 bytes");
  has(refused("shape.json", R"([{"question": "q"}])"), "element 0");
  has(refused("none.json", "[]"), "no questions");
  has(refused("other.yml", "greetings:\n- hello\n"), "conversations:");
  has(refused("odd.yml", "conversations:\n- - a\n  - b\n-- c\n"), "line 4");
  has(refused("open.yml", "conversations:\n- - 'a\n  - b\n"), "does not end");
  has(refused("faq.docx", "PK"), ".jsonl");
}

TEST_F(QuestionFiles, CorporaThatCompaniesHave) {
  const std::string english = test::shared_data("dialogue_chatterbot/english");
  const std::string chinese = test::shared_data("qa_egret_zh/qa.tsv");
  if (english.empty() || chinese.empty()) GTEST_SKIP() << "the shared data are not there";
  // As many different pairs as PyYAML finds in these files.
  EXPECT_EQ(read_question_answers(english).size(), 1176u);
  EXPECT_GT(read_question_answers(test::shared_data("dialogue_chatterbot/chinese")).size(), 450u);
  EXPECT_GT(read_question_answers(chinese).size(), 2800u);
}

}  // namespace
}  // namespace lamina
