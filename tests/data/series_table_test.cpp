// Tables as series: which column, in which order, and without gaps.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using test::Told;

DataOptions of_series(DataOptions options = {}) {
  options.needs.samples = SampleKind::kSeries;
  return options;
}

TEST(SeriesTable, TakesTheNumbersAndTheTimes) {
  const Told told;
  const LabelledData data =
      parse_table("\"Date\",\"Temp\"\n\"1981-01-01\",20.7\n\"1981-01-02\",17.9\n", "t", of_series());
  EXPECT_EQ(data.x.shape(), (Shape{2, 1}));
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{20.7f, 17.9f}));
  EXPECT_EQ(data.names, (std::vector<std::string>{"1981-01-01", "1981-01-02"}));
  EXPECT_EQ(data.features, (std::vector<std::string>{"Temp"}));
  EXPECT_FALSE(data.y.defined());
  EXPECT_EQ(told.text(), "");
}

TEST(SeriesTable, SaysWhichOfSeveralColumnsItTakes) {
  const Told told;
  const std::string text = "date,open,close,direction\n2015-02-17,1,2,up\n2015-02-18,3,4,down\n";
  EXPECT_EQ(parse_table(text, "t", of_series()).x.to_vector<float>(), (std::vector<float>{2, 4}));
  EXPECT_TRUE(told.holds("the last one with numbers, 'close', is taken for the series")) << told.text();
  const LabelledData open = parse_table(text, "t", of_series({.label_column = "open"}));
  EXPECT_EQ(open.x.to_vector<float>(), (std::vector<float>{1, 3}));
  DataOptions trained = of_series();
  trained.needs.known.features = {"open"};
  EXPECT_EQ(parse_table(text, "t", trained).features, (std::vector<std::string>{"open"}));
  trained.needs.known.features = {"load"};
  parse_table(text, "t", trained);
  EXPECT_TRUE(told.holds("has no column 'load', which the model was trained with")) << told.text();
  EXPECT_NE(message_of<InvalidArgument>([&] {
              parse_table(text, "t", of_series({.label_column = "opn"}));
            }).find("unknown column 'opn'"),
            std::string::npos);
}

TEST(SeriesTable, RefusesGapsAndTimesThatGoBack) {
  const auto refusal = [](const std::string& text) {
    return message_of<FileError>([&] { parse_table(text, "t", of_series()); });
  };
  EXPECT_NE(refusal("d,v\n2020-01-01,1\n2020-01-02,\n").find("'t', line 3: column 'v' of row 2 is empty"),
            std::string::npos);
  EXPECT_NE(refusal("d,v\n\n\"a\nb\",1\n\nc,\nd,3\n").find("'t', line 6: column 'v' of row 2 is empty"),
            std::string::npos);
  EXPECT_NE(refusal("d,v\n2020-01-02,1\n2020-01-01,2\n").find("a series goes forward in time"),
            std::string::npos);
  EXPECT_NE(refusal("d,e\n2020-01-02,x\n").find("none of them holds numbers alone"), std::string::npos);
  EXPECT_NE(refusal("d,v\n2020-01-01,1\n2020-01-02,inf\n").find("row 2 is 'inf'"), std::string::npos);
  EXPECT_NE(refusal("v\n1\n1e300\n").find("'1e300'; a number was expected that float32 can hold"),
            std::string::npos);
  EXPECT_NE(refusal("v\n1000000001.5\n1000000002.5\n").find("differ by less than float32 can tell"),
            std::string::npos);
  const Told told;
  DataOptions options = of_series();
  options.missing = Missing::kDrop;
  const LabelledData data = parse_table("d,v\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n", "t", options);
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 3}));
  EXPECT_EQ(data.names, (std::vector<std::string>{"2020-01-01", "2020-01-03"}));
  EXPECT_TRUE(told.holds("as if there was no gap")) << told.text();
}

TEST(SeriesTable, ReadsTimesAsItIsToldAndTellsWhatIsMissing) {
  const Told told;
  const std::string text =
      "d,v\n30/01/2020,1\n31/01/2020,2\n01/02/2020,3\n02/02/2020,4\n05/02/2020,5\n06/02/2020,6\n";
  EXPECT_EQ(parse_table(text, "t", of_series()).names[0], "30/01/2020");
  EXPECT_TRUE(told.holds("(--date-format, such as %d/%m/%Y)")) << told.text();
  DataOptions options = of_series();
  options.date_format = "%d/%m/%Y";
  const LabelledData data = parse_table(text, "t", options);
  EXPECT_EQ(data.names[0], "2020-01-30");
  EXPECT_TRUE(
      told.holds("2 times of the series are missing, in 1 gap; the first is between '2020-02-02' and "
                 "'2020-02-05', rows 4 and 5"))
      << told.text();
  const auto refusal = [&](const std::string& rows) {
    return message_of<FileError>([&] { parse_table("d,v\n" + rows, "t", options); });
  };
  EXPECT_NE(refusal("02/02/2020,1\n01/02/2020,2\n").find("a series goes forward in time"), std::string::npos);
  EXPECT_NE(refusal("02/02/2020,1\n2020-02-03,2\n").find("row 2 is '2020-02-03', which is not written as"),
            std::string::npos);
  EXPECT_NE(refusal("2020-02-03,2\n").find("none begins with a time as '%d/%m/%Y'"), std::string::npos);
  EXPECT_NE(refusal("02/02/2020,1\n,2\n").find("column 'd' of row 2 is empty; a time was expected"),
            std::string::npos);
}

}  // namespace
}  // namespace lamina
