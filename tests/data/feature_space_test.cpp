// FeatureSpace beside scikit-learn, what it tells from columns, and what it refuses.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"
#include "lamina/data/feature_space.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

std::vector<TextColumn> columns_of(const std::string& text) {
  const CsvTable table = parse_csv(text, "t.csv", {.header = true, .separator = ','});
  std::vector<TextColumn> columns;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    columns.emplace_back(table.columns[i]);
    for (const auto& row : table.rows) columns.back().push_back(row[i]);
  }
  return columns;
}

// One column of these fields, so many times over.
TextColumn column(const std::string& name, const std::vector<std::string>& fields, int times = 1) {
  TextColumn result(name);
  for (int i = 0; i < times; ++i)
    for (const std::string& field : fields) result.push_back(field);
  return result;
}

Feature adapted(const TextColumn& some, const FeatureSpaceOptions& options = {}) {
  std::vector<std::string> other;
  for (size_t i = 0; i < some.size(); ++i) other.push_back(i % 2 == 0 ? "0.5" : "1.5");
  return FeatureSpace::adapt({some, column("other", other)}, options).features()[0];
}

std::string refusal(const TextColumn& some, const FeatureSpaceOptions& options = {}) {
  try {
    adapted(some, options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "";
}

TEST(FeatureSpace, GivesTheMatrixOfScikitLearn) {
  const Json golden = Json::parse(test::golden_text("data/feature_space.json"), "feature_space.json");
  const FeatureSpace learned =
      FeatureSpace::adapt(columns_of(golden.at("training").as_string()),
                          {.numeric = {"age", "fare"}, .categorical = {"port", "deck"}});
  DataInfo info;
  learned.save(info);
  const FeatureSpace space = *FeatureSpace::of(DataInfo::from_json(info.to_json(), "data.json"));
  EXPECT_EQ(space.features(), learned.features());
  for (const auto& [table, matrix] : {std::pair{"training", "of_training"}, {"new", "of_new"}}) {
    SCOPED_TRACE(table);
    const test::Told told;
    const Tensor x = space(columns_of(golden.at(table).as_string()));
    const std::vector<float> values = x.to_vector<float>();
    const Json& rows = golden.at(matrix);
    ASSERT_EQ(x.shape(), (Shape{static_cast<int64_t>(rows.size()), 10}));
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], rows.at(i / 10).at(i % 10).as_double(), 1e-6) << i;
    const bool is_new = std::string(table) == "new";
    EXPECT_EQ(
        told.holds("column 'port': 1 row holds a category that the training did not have, the first 'X'"),
        is_new);
  }
  EXPECT_EQ(space.feature_names()[1], "age is missing");
  EXPECT_EQ(space.feature_names()[3], "port = C");
}

TEST(FeatureSpace, TellsKindsFromWhatStandsThere) {
  EXPECT_EQ(adapted(column("n", {"1.5", "2", "7"})).kind, FeatureKind::kFloatNormalized);
  EXPECT_EQ(adapted(column("n", {"1", "2", "3"}, 20)).kind, FeatureKind::kStringCategorical);
  EXPECT_EQ(adapted(column("n", {"1", "2", "3"}, 20), {.numeric = {"n"}}).kind,
            FeatureKind::kFloatNormalized);
  EXPECT_EQ(adapted(column("n", {"0", "1"}, 20)).kind, FeatureKind::kFloatNormalized);
  EXPECT_EQ(adapted(column("n", {"a", "b"}, 5)).categories, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(adapted(column("n", {"2020-02-29", "2021-01-01"})).kind, FeatureKind::kDate);
  for (const auto& [fields, reason] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"", "NA", "?"}, "every row lacks a value"},
           {{"7", "7", "7"}, "constant"},
           {{"4", "5", "6"}, "numbers the rows: whole, and all differ"},
           {{"x", "y", "z"}, "text of 3 different values"}}) {
    EXPECT_EQ(adapted(column("n", fields)).kind, FeatureKind::kLeftOut);
    EXPECT_EQ(adapted(column("n", fields)).reason, reason);
  }
}

TEST(FeatureSpace, KeepsTheMostFrequentOfManyCategories) {
  TextColumn many("城市 名");
  for (int i = 0; i < 100'000; ++i) many.push_back("c" + std::to_string(i));
  for (int i = 0; i < 3; ++i) many.push_back("c7");
  EXPECT_EQ(adapted(many).kind, FeatureKind::kLeftOut);
  const FeatureSpace space = FeatureSpace::adapt({many}, {.categorical = {"城市 名"}, .max_tokens = 3});
  EXPECT_EQ(space.feature_names(),
            (std::vector<std::string>{"城市 名 = c0", "城市 名 = c7", "城市 名 is another"}));
  EXPECT_EQ(space({column("城市 名", {"c7", "c99", "new"})}).to_vector<float>(),
            (std::vector<float>{0, 1, 0, 0, 0, 1, 0, 0, 1}));
}

TEST(FeatureSpace, PutsDatesIntoYearWeekAndDay) {
  // Half of a leap year is over after 183 days.
  const FeatureSpace space =
      FeatureSpace::adapt({column("when", {"2020-01-01", "2020-07-02T12:00:00Z", "2020-04-03T06:00", ""})});
  EXPECT_EQ(space.width(), 8);
  const std::vector<float> x = space({column("when", {"2020-07-02 12:00", ""})}).to_vector<float>();
  EXPECT_GT(x[0], 1);           // the last of the three
  EXPECT_NEAR(x[2], -1, 1e-6);  // half a year
  EXPECT_NEAR(x[6], -1, 1e-6);  // noon
  EXPECT_EQ(x[7], 0);
  EXPECT_EQ(std::vector<float>(x.begin() + 8, x.end()), (std::vector<float>{0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(FeatureSpace, TellsThatDatesInAnotherOrderAreText) {
  const test::Told told;
  EXPECT_NE(adapted(column("n", {"03/04/2020", "1.12.2019"}, 5)).kind, FeatureKind::kDate);
  EXPECT_TRUE(told.holds("column 'n' holds '03/04/2020', which may be a date")) << told.text();
  EXPECT_TRUE(told.holds("(--date-format, such as %d/%m/%Y)")) << told.text();
}

TEST(FeatureSpace, ReadsDatesAsItIsTold) {
  const test::Told told;
  const auto written = [](const std::string& format, const std::vector<std::string>& fields) {
    return FeatureSpace::adapt({column("when", fields)}, {.date_format = format});
  };
  const FeatureSpace iso =
      FeatureSpace::adapt({column("when", {"2020-01-01", "2020-07-02", "1999-12-31", ""})});
  const Tensor expected = iso({column("when", {"2020-02-29"})});
  const auto same = [&](const std::string& format, const std::vector<std::string>& fields,
                        const std::string& leap) {
    const FeatureSpace space = written(format, fields);
    EXPECT_EQ(space.features()[0].kind, FeatureKind::kDate) << format;
    DataInfo info;
    space.save(info);
    const FeatureSpace read = *FeatureSpace::of(info);
    EXPECT_EQ(read({column("when", {leap})}).to_vector<float>(), expected.to_vector<float>()) << format;
  };
  same("%d/%m/%Y", {"01/01/2020", "2/7/2020", "31/12/1999", ""}, "29/02/2020");
  same("%m.%d.%y", {"1.1.20", "07.02.20", "12.31.99", "NA"}, " 2.29.20 ");
  same("%d %b %Y", {"1 Jan 2020", "02 jul 2020", "31 DEC 1999", ""}, "29 Feb 2020");
  same("%B %d, %Y", {"January 1, 2020", "July 2, 2020", "december 31, 1999", ""}, "February 29, 2020");
  same("%Y%m%d", {"20200101", "20200702", "19991231", ""}, "20200229");
  EXPECT_EQ(told.text(), "");
  const FeatureSpace noon = written("%d/%m/%Y %I:%M %p", {"01/01/2020 12:00 AM", "02/01/2020 11:30 pm"});
  EXPECT_NEAR(noon({column("when", {"01/01/2020 12:00 pm"})}).to_vector<float>().back(), -1, 1e-6);
  const auto refusal = [&](const std::string& format, const std::vector<std::string>& fields) {
    return test::message_of<InvalidArgument>([&] { written(format, fields); });
  };
  EXPECT_NE(refusal("%d/%q/%Y", {"1/1/2020"}).find("holds '%q'"), std::string::npos);
  EXPECT_NE(refusal("%m/%Y", {"1/2020"}).find("lacks a year (%Y), a month (%m) or a day (%d)"),
            std::string::npos);
  EXPECT_NE(
      refusal("%d/%m/%Y", {"2020-01-01", "2020-01-02"}).find("no column holds dates as '%d/%m/%Y' alone"),
      std::string::npos);
  EXPECT_NE(refusal("%d/%m/%Y", {"30/02/2020", "01/03/2020"})
                .find("column 'when' of row 1 holds '30/02/2020', a day"),
            std::string::npos);
  const FeatureSpace space = written("%d/%m/%Y", {"01/01/2020", "31/12/2020"});
  EXPECT_NE(test::message_of<InvalidArgument>([&] {
              space({column("when", {"2020-01-01"})});
            }).find("a date as in training was expected"),
            std::string::npos);
}

TEST(FeatureSpace, SaysNothingOfDatesWhereThereAreNone) {
  const test::Told told;
  adapted(column("n", {"1/2", "a.b.c", "12345-1-1", "1.2.3.4"}, 5));
  EXPECT_EQ(told.text(), "");
}

TEST(FeatureSpace, NamesRowsAsTheFileHasThem) {
  const TextColumn days = column("n", {"2020-01-01", "2020-01-02", "2020-02-30", "2020-01-04"});
  EXPECT_NE(refusal(days.rows({3, 1, 2}).rows({2, 0})).find("of row 3 holds '2020-02-30'"), std::string::npos)
      << refusal(days.rows({3, 1, 2}));
}

TEST(FeatureSpace, RefusesWhatCannotBe) {
  const auto holds = [](const std::string& text, const std::string& words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  TextColumn mixed = column("n", {"1.5", "2.5"}, 30);
  mixed.push_back("two");
  holds(refusal(mixed), "column 'n' of row 61 holds 'two', and 60 rows hold numbers");
  holds(refusal(column("n", {"2021-02-30", "2020-01-01"})),
        "row 1 holds '2021-02-30', a day that does not exist");
  holds(refusal(column("n", {"1", "1e999", "2.5"})), "row 2 holds '1e999', which is infinite");
  holds(refusal(column("n", {"1.5", "2"}), {.numeric = {"m"}}), "unknown column 'm'");
  holds(refusal(column("n", {"1.5", "2"}), {.numeric = {"n"}, .left_out = {"n"}}), "two things");
  EXPECT_THROW(FeatureSpace::adapt({column("n", {"7", "7"})}), InvalidArgument);
  const FeatureSpace space = FeatureSpace::adapt({column("n", {"1.5", "2"})});
  EXPECT_THROW(space({column("m", {"1"})}), InvalidArgument);
  EXPECT_THROW(space({column("n", {"text"})}), InvalidArgument);
  const test::Told told;
  EXPECT_EQ(space({column("n", {"?"})}).to_vector<float>(), (std::vector<float>{0}));
  EXPECT_TRUE(told.holds("1 value is missing, and none was in training")) << told.text();
  DataInfo info;
  info.sections["feature_space"] = Json::object({{"columns", Json::list({Json::object({{"name", "n"}})})}});
  EXPECT_THROW(FeatureSpace::of(info), FileError);
}

}  // namespace
}  // namespace lamina
