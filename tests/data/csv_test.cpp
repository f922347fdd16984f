// Tables: what RFC 4180 allows, what is refused and where, and how columns become tensors.
#include "lamina/data/csv.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using Row = std::vector<std::string>;
using test::message_of;
using test::TemporaryFolder;

TEST(Csv, ParsesQuotesAndLineEnds) {
  const CsvTable table = parse_csv("\xef\xbb\xbfname,\"a \"\"b\"\"\"\r\n\"x,\ny\",2\r\n\r\n,", "t.csv");
  EXPECT_EQ(table.columns, (Row{"name", "a \"b\""}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (Row{"x,\ny", "2"}));
  EXPECT_EQ(table.rows[1], (Row{"", ""}));
}

TEST(Csv, SkipsBlankLinesAtTheStart) {
  const CsvTable table = parse_csv("\r\n\na,b\n1,2\n", "t");
  EXPECT_EQ(table.columns, (Row{"a", "b"}));
  EXPECT_EQ(table.rows.size(), 1u);
  const std::string message = message_of<FileError>([] { parse_csv("\n\na,a\n", "t.csv"); });
  EXPECT_NE(message.find("'t.csv', line 3: two columns"), std::string::npos) << message;
  EXPECT_THROW(parse_csv("\n\n", "t"), FileError);
}

TEST(Csv, NamesColumnsOfATableWithoutHeader) {
  const CsvTable table = parse_csv("5.1,iris\n4.9,rose\n", "t");
  EXPECT_EQ(table.columns, (Row{"column_0", "column_1"}));
  EXPECT_EQ(table.rows.size(), 2u);
}

TEST(Csv, SaysWhichLineIsWrong) {
  const auto refusal = [](const std::string& text) {
    return message_of<FileError>([&] { parse_csv(text, "t.csv"); });
  };
  EXPECT_NE(refusal("a,b\n1,2\n3\n").find("'t.csv', line 3: it has 1 field"), std::string::npos);
  EXPECT_NE(refusal("a,b\n\"1,2\n").find("line 2: a quote opens"), std::string::npos);
  EXPECT_NE(refusal("a,b\n\"1\"x,2\n").find("line 2: text follows"), std::string::npos);
  EXPECT_NE(refusal("a,a\n").find("two columns are called 'a'"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
}

TEST(Csv, TurnsColumnsIntoTensors) {
  const LabelledData data =
      parse_table("kind,width,height\nrose, 1.5,-2\nlily,3e2,+4\nrose,0,0\n", "t", {.label_column = "kind"});
  EXPECT_EQ(data.x.type(), (TensorType{DType::kFloat32, {3, 2}}));
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1.5f, -2, 300, 4, 0, 0}));
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(data.class_names, (Row{"lily", "rose"}));
  EXPECT_EQ(data.features, (Row{"width", "height"}));
  EXPECT_EQ(data.target, "kind");
}

TEST(Csv, TellsClassesFromNumbers) {
  const LabelledData classes = parse_table("1,2\n1,0\n", "t");
  EXPECT_EQ(classes.y.type(), (TensorType{DType::kInt32, {2}}));
  EXPECT_EQ(classes.class_names, (Row{"0", "1", "2"}));
  const LabelledData prices = parse_table("1,2.5\n1,0\n", "t");
  EXPECT_EQ(prices.y.type(), (TensorType{DType::kFloat32, {2}}));
  EXPECT_TRUE(prices.class_names.empty());
}

TEST(Csv, NamesTheFieldThatIsNoNumber) {
  const std::string table = "city,price\nParis,3\n";
  const std::string message =
      message_of<FileError>([&] { parse_table(table, "t.csv", {.label_column = "price"}); });
  EXPECT_NE(message.find("'t.csv', line 2: column 'city' of row 1 holds 'Paris'"), std::string::npos)
      << message;
  EXPECT_NE(message_of<InvalidArgument>([&] {
              parse_table(table, "t", {.label_column = "prize"});
            }).find("did you mean 'price'"),
            std::string::npos);
  EXPECT_THROW(parse_table("a\nb\n", "t"), FileError);
}

TEST(Csv, AMissingTargetIsNoClass) {
  const std::string message = message_of<FileError>([&] { parse_table("x,y\n1,2.5\n2,\n", "t.csv"); });
  EXPECT_NE(message.find("'t.csv', line 3: column 'y' of row 2 is empty"), std::string::npos) << message;
}

TEST(Csv, LoadsThroughLoadData) {
  TemporaryFolder folder;
  const test::Told told;
  write_file(folder / "a.tsv", "width\tkind\n1\tx\n2\ty\n");
  const LabelledData data = load_data(folder / "a.tsv");
  EXPECT_EQ(data.y.to_vector<int>(), (std::vector<int>{0, 1}));
  // The column that is left then is text.
  EXPECT_THROW(load_data(folder / "a.tsv", {.label_column = "width"}), FileError);
  EXPECT_THROW(load_data((folder / "a.tsv") + ":test"), InvalidArgument);
}

}  // namespace
}  // namespace lamina
