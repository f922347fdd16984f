// Texts to learn from: their parts, the form of poems, and files that are none.
#include "lamina/zoo/language_texts.h"

#include <cstdlib>
#include <fstream>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

TEST(RunningText, IsCutAtItsEnd) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 250; ++i) text += "né " + std::to_string(1000 + i) + "\n";  // eight characters each
  write_file(folder / "b.txt", text.substr(text.size() / 2));
  write_file(folder / "a.txt", text.substr(0, text.size() / 2));
  write_file(folder / "README.md", "no text");
  const LanguageTexts parts = running_text(folder.path());
  ASSERT_EQ(parts.training.size(), 1u);
  EXPECT_EQ(parts.training[0] + parts.validation.at(0) + parts.test.at(0), text);
  EXPECT_EQ(parts.test[0].size(), 25u * 9u) << "a tenth of the characters, of nine bytes in eight";
  EXPECT_EQ(parts.training[0].substr(0, 5), "né 1");
}

TEST(RunningText, RefusesWhatIsNoText) {
  const TemporaryFolder folder;
  const auto refusal = [&] { return message_of<FileError>([&] { running_text(folder / "text.txt"); }); };
  EXPECT_NE(refusal().find("does not exist"), std::string::npos);
  write_file(folder / "text.txt", "Too short.\n");
  EXPECT_NE(refusal().find("holds 11 characters, which is too short to learn from: at least 1000"),
            std::string::npos)
      << refusal();
  write_file(folder / "text.txt", "One line.\n" + std::string(2000, 'x') +
                                      "\nFran\xe7"
                                      "ais\n");
  EXPECT_NE(refusal().find("text.txt', line 3: the text is no UTF-8"), std::string::npos) << refusal();
  std::filesystem::create_directory(folder / "empty");
  EXPECT_NE(
      message_of<FileError>([&] { running_text(folder / "empty"); }).find("no file that ends with .txt"),
      std::string::npos);
}

TEST(RegularPoem, HasLinesOfFiveOrSeven) {
  EXPECT_TRUE(is_regular_poem("床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。"));
  EXPECT_TRUE(is_regular_poem("床前明月光，\n疑是地上霜。\n舉頭望明月，\n低頭思故鄉。\n"));
  EXPECT_TRUE(is_regular_poem("朝辭白帝彩雲間，千里江陵一日還。兩岸猿聲啼不住，輕舟已過萬重山。"));
  EXPECT_FALSE(is_regular_poem("床前明月光，疑是地上霜。")) << "two lines";
  EXPECT_FALSE(is_regular_poem("床前明月光，疑是地上霜。舉頭望明月，")) << "three lines";
  EXPECT_FALSE(is_regular_poem("床前明月光，疑是地上霜。舉頭望月，低頭思故鄉。")) << "a line of four";
  EXPECT_FALSE(is_regular_poem("關關雎鳩，在河之洲。窈窕淑女，君子好逑。")) << "lines of four";
  EXPECT_FALSE(is_regular_poem(""));
}

std::string poems(int count) {
  std::string table = "title\tauthor\ttext\n";
  const char* const sets[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九", "十"};
  for (int i = 0; i < count; ++i) {
    const std::string mark = std::string(sets[i % 10]) + sets[i / 10 % 10];
    table += "題" + mark + "\t人\t" + mark + "明月光，疑是地上霜。舉頭望明月，低頭思故鄉。\n";
  }
  return table;
}

TEST(RegularPoems, AreDividedEvenly) {
  const TemporaryFolder folder;
  write_file(folder / "a.tsv", poems(100));
  write_file(folder / "b.tsv",
             "title\ttext\n遍\t一一明月光，疑是地上霜。舉頭望明月，低頭思故鄉。\n缺\t□一明月光，疑是地上霜。"
             "舉頭望明月，"
             "低頭思故鄉。\n詩\t關關雎鳩，在河之洲。\n");
  const LanguageTexts parts = regular_poems(folder.path());
  EXPECT_EQ(parts.test.size(), 10u);
  EXPECT_EQ(parts.validation.size(), 5u);
  EXPECT_EQ(parts.training.size(), 85u);
  std::set<std::string> all;
  int titles = 0;
  for (const auto* part : {&parts.training, &parts.validation, &parts.test}) {
    for (const std::string& text : *part) {
      titles += text.starts_with("題");
      EXPECT_TRUE(is_regular_poem(text.substr(text.find('\n') + 1)));
      all.insert(text.substr(text.find('\n') + 1));
    }
  }
  EXPECT_EQ(all.size(), 100u) << "each once, and no other";
  EXPECT_EQ(titles, 80) << "every fourth comes without, but for five that validate";
  for (const std::string& text : parts.test) EXPECT_TRUE(text.starts_with("題"));
}

TEST(RegularPoems, AreTooFew) {
  const TemporaryFolder folder;
  write_file(folder / "a.tsv", poems(12));
  EXPECT_NE(message_of<FileError>([&] {
              regular_poems(folder.path());
            }).find("holds 12 poems of which 12 are in regular form"),
            std::string::npos);
  write_file(folder / "a.tsv", "name\tauthor\twords\na\tb\tc\n");
  EXPECT_NE(
      message_of<FileError>([&] { regular_poems(folder.path()); }).find("no columns 'title' and 'text'"),
      std::string::npos);
}

TEST(LanguageTexts, SayWhatToDoWhereTheyAreNot) {
  const std::string message =
      message_of<FileError>([] { find_language_texts({"no-such-texts"}, "write them"); });
  EXPECT_NE(message.find("the texts 'no-such-texts' are not on this machine (looked for the folders "
                         "'no-such-texts', "),
            std::string::npos)
      << message;
  EXPECT_NE(message.find("write them, or give a text of yours by --data"), std::string::npos) << message;
}

}  // namespace
}  // namespace lamina::test
