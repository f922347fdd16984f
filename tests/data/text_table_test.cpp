// Tables of texts: which column is what, quotes that are text, and what is refused.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using Texts = std::vector<std::string>;
using test::message_of;
using test::Told;

DataOptions of_texts(DataOptions options = {}) {
  options.needs.samples = SampleKind::kTexts;
  options.needs.target = TargetKind::kClassNumbers;
  return options;
}

TEST(TextTable, FindsTextsAndTargetsByTheirNames) {
  const Told told;
  const LabelledData data =
      parse_table("label\trating\ttext\npos\t9\tgood one\nneg\t1\tbad\npos\t8\tfine\n", "t.tsv", of_texts());
  EXPECT_EQ(data.texts, (Texts{"good one", "bad", "fine"}));
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(data.class_names, (Texts{"neg", "pos"}));
  EXPECT_EQ(data.features, (Texts{"text"}));
  EXPECT_EQ(data.target, "label");
  EXPECT_FALSE(data.x.defined());
  EXPECT_EQ(data.samples(), 3);
  EXPECT_EQ(told.text(), "");
}

TEST(TextTable, GoesByOptionsBeforeNames) {
  const LabelledData data = parse_table("label,stars,text,title\na,1,long text,short\n", "t",
                                        of_texts({.label_column = "stars", .text_column = "title"}));
  EXPECT_EQ(data.texts, (Texts{"short"}));
  EXPECT_EQ(data.target, "stars");
  const std::string message = message_of<InvalidArgument>(
      [] { parse_table("label,text\na,b\n", "t", of_texts({.text_column = "txt"})); });
  EXPECT_NE(message.find("unknown column 'txt' of texts"), std::string::npos) << message;
  EXPECT_NE(message.find("text"), std::string::npos) << message;
}

TEST(TextTable, GoesByTheColumnsOfTheTraining) {
  DataOptions options = of_texts();
  options.needs.known = {.class_names = {"no", "yes"}, .features = {"said"}, .target = "meant"};
  const LabelledData data = parse_table("text\tsaid\tmeant\tlabel\nx\ty\tyes\t3\n", "t.tsv", options);
  EXPECT_EQ(data.texts, (Texts{"y"}));
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{1}));
  const std::string message =
      message_of<FileError>([&] { parse_table("said\tmeant\ny\tmaybe\n", "t.tsv", options); });
  EXPECT_NE(message.find("line 2"), std::string::npos) << message;
  EXPECT_NE(message.find("maybe"), std::string::npos) << message;
}

TEST(TextTable, TakesQuotesBetweenTabsForTextWhereTheyAreNone) {
  // No field stands in quotes as a whole, and every line has one tab.
  const LabelledData plain =
      parse_table("label\ttext\na\t\"Great\" they said\nb\t\"never closed\na\tall of it \"quoted\"\n",
                  "t.tsv", of_texts());
  EXPECT_EQ(plain.texts, (Texts{"\"Great\" they said", "\"never closed", "all of it \"quoted\""}));
  // As pandas writes them: every field with a quote stands in quotes.
  const LabelledData quoted =
      parse_table("label\ttext\na\t\"he said \"\"hi\"\"\"\nb\tplain\n", "t.tsv", of_texts());
  EXPECT_EQ(quoted.texts, (Texts{"he said \"hi\"", "plain"}));
  // Lines break off within quotes.
  const LabelledData broken = parse_table("label\ttext\na\t\"two\nlines\"\nb\tplain\n", "t.tsv", of_texts());
  EXPECT_EQ(broken.texts, (Texts{"two\nlines", "plain"}));
  // They do so even where the pieces have as many tabs as a row, which doubled quotes give away.
  const LabelledData hidden = parse_table(
      "label\ttext\na\t\"he said \"\"hi\"\"\"\nb\t\"line one\nline two\twith tab\"\n", "t.tsv", of_texts());
  EXPECT_EQ(hidden.texts, (Texts{"he said \"hi\"", "line one\nline two\twith tab"}));
  // Where nothing gives it away, what is taken is told.
  {
    const Told told;
    parse_table("label\ttext\na\tx\nb\t\"line one\nb\tline two\"\n", "t.tsv", of_texts());
    EXPECT_TRUE(told.holds("its quotes are taken for text")) << told.text();
  }
  // Said by the user.
  DataOptions options = of_texts();
  options.table.quotes = false;
  EXPECT_EQ(parse_table("label,text\na,\"b\"\n", "t.csv", options).texts, (Texts{"\"b\""}));
}

TEST(TextTable, TakesALineForARowUnlessItNamesColumns) {
  const Told told;
  const LabelledData data =
      parse_table("neg\tnot a good film at all\npos\tvery good indeed\n", "t.tsv", of_texts());
  EXPECT_EQ(data.texts, (Texts{"not a good film at all", "very good indeed"}));
  EXPECT_EQ(data.class_names, (Texts{"neg", "pos"}));
  EXPECT_TRUE(told.holds("line 1, 'neg', ..., names neither a text nor a label")) << told.text();
  EXPECT_TRUE(told.holds("'column_1' holds the longest fields")) << told.text();
  EXPECT_TRUE(told.holds("'column_0' is taken for the target")) << told.text();
}

TEST(TextTable, NeedsNoTargetsWhereTheModelIsAsked) {
  DataOptions options = of_texts();
  options.needs.target_optional = true;
  options.needs.known = {.features = {"text"}, .target = "label"};
  const LabelledData data = parse_table("text\nhello\nworld\n", "t.csv", options);
  EXPECT_EQ(data.texts, (Texts{"hello", "world"}));
  EXPECT_FALSE(data.y.defined());
}

TEST(TextTable, RefusesWhatCannotBeAndNamesThePlace) {
  const auto refusal = [](const std::string& text) {
    return message_of<FileError>([&] { parse_table(text, "t.tsv", of_texts()); });
  };
  EXPECT_NE(refusal("label\ttext\na\tb\na\tb\tc\n").find("line 3: it has 3 fields"), std::string::npos);
  EXPECT_NE(refusal("label\ttext\n").find("a header and no rows"), std::string::npos);
  EXPECT_NE(refusal("label\ttext\na\t\nb\t \n").find("every text in the column 'text' is empty"),
            std::string::npos);
  EXPECT_NE(refusal("label\ttext\na\tb\n\tc\n").find("line 3: column 'label' of row 2 is empty"),
            std::string::npos);
  EXPECT_NE(refusal("text\nb\n").find("one column"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
}

TEST(TextTable, LeavesOutRowsWithoutATargetWhenAsked) {
  const Told told;
  DataOptions options = of_texts();
  options.missing = Missing::kDrop;
  const LabelledData data = parse_table("label\ttext\na\tb\n\tc\nb\td\n", "t.tsv", options);
  EXPECT_EQ(data.texts, (Texts{"b", "d"}));
  EXPECT_EQ(data.numbers, (std::vector<int64_t>{0, 2}));
  EXPECT_TRUE(told.holds("1 of 3 rows lack a target")) << told.text();
}

}  // namespace
}  // namespace lamina
