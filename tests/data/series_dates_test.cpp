// Series with gaps in their dates, beside what pandas makes of them.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/data/csv.h"
#include "lamina/data/fill_dates.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

using test::message_of;
using test::Told;

LabelledData series(const std::string& text, std::optional<FillDates> way) {
  DataOptions options;
  options.needs.samples = SampleKind::kSeries;
  if (way) remember_fill_dates(options.needs.known, *way);
  return parse_table(text, "t", options);
}

TEST(SeriesDates, AreFilledAsPandasFillsThem) {
  const Json golden = Json::parse(test::golden_text("data/series_dates.json"), "series_dates.json");
  size_t cases = 0;
  for (const auto& [name, expected] : golden.at("cases").as_object()) {
    for (const FillDates way : {FillDates::kDrop, FillDates::kPrevious, FillDates::kInterpolate}) {
      SCOPED_TRACE(name + ", " + lamina::name(way));
      const Told told;
      const LabelledData data = series(expected.at("text").as_string(), way);
      const Json& filled = expected.at(lamina::name(way));
      std::vector<std::string> times;
      for (const Json& time : filled.at("times").as_list()) times.push_back(time.as_string());
      EXPECT_EQ(data.names, times);
      const std::vector<float> values = data.x.to_vector<float>();
      ASSERT_EQ(values.size(), filled.at("values").as_list().size());
      for (size_t i = 0; i < values.size(); ++i)
        EXPECT_NEAR(values[i], filled.at("values").as_list()[i].as_double(), 2e-6 * 16) << times[i];
      const bool clean = name == "nothing_to_do";
      EXPECT_EQ(told.text().empty(), clean) << told.text();
      if (!clean) {
        EXPECT_TRUE(told.holds("'t': its rows are sorted by time, which went back")) << told.text();
        EXPECT_TRUE(told.holds("1 time comes more than once; the mean of the values there is taken"));
        EXPECT_TRUE(told.holds("3 times of the series are missing, in 2 gaps")) << told.text();
      }
      ++cases;
    }
  }
  EXPECT_EQ(cases, 36u);
}

const char* const kGap = "d,v\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,4\n2020-01-06,6\n";
const char* const kTwice =
    "d,v\n2020-01-01,1\n2020-01-02,2\n2020-01-02,3\n2020-01-03,4\n2020-01-04,4\n2020-01-05,4\n";
const char* const kBack = "d,v\n2020-01-02,1\n2020-01-01,2\n";

TEST(SeriesDates, AreToldWhenNobodySaysWhatToDo) {
  const Told told;
  EXPECT_EQ(series(kGap, std::nullopt).x.shape()[0], 5);
  EXPECT_TRUE(
      told.holds("1 time of the series is missing, in 1 gap; the first is between '2020-01-04' and "
                 "'2020-01-06', rows 4 and 5: the series goes on as if there was none (--fill-dates"))
      << told.text();
  EXPECT_EQ(series(kTwice, std::nullopt).x.shape()[0], 6);
  EXPECT_TRUE(told.holds("1 time comes twice, the first '2020-01-02' and '2020-01-02', rows 2 and 3"))
      << told.text();
  const std::string message = message_of<FileError>([] { series(kBack, std::nullopt); });
  EXPECT_NE(message.find("sort the rows, or say so (--fill-dates drop"), std::string::npos) << message;
}

TEST(SeriesDates, MayBeErrors) {
  const Told told;
  for (const char* text : {kGap, kTwice, kBack}) {
    const std::string message = message_of<FileError>([&] { series(text, FillDates::kFail); });
    EXPECT_NE(message.find("--fill-dates"), std::string::npos) << message;
  }
  EXPECT_EQ(told.text(), "");
}

TEST(SeriesDates, ThatCannotBeFilledAreErrors) {
  const Told told;
  const auto refusal = [](const std::string& rows) {
    return message_of<FileError>([&] { series("d,v\n" + rows, FillDates::kInterpolate); });
  };
  EXPECT_NE(
      refusal("2020-01-01,1\n2020-01-02,2\n").find("fewer than seven in ten of its times are equally far"),
      std::string::npos);
  const std::string days = "2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,4\n";
  EXPECT_NE(refusal(days + "2020-01-05T12:00:00,5\n").find("are no whole number of steps apart"),
            std::string::npos);
  EXPECT_NE(refusal(days + "2920-01-05,5\n").find("is one of its dates wrong?"), std::string::npos);
}

TEST(SeriesDates, ThatAreNoneAreTold) {
  const Told told;
  series("v\n1\n2\n", FillDates::kPrevious);
  EXPECT_TRUE(told.holds("no column holds times, so that nobody looks for gaps")) << told.text();
  series("d,v\nfirst,1\nsecond,2\n", FillDates::kPrevious);
  EXPECT_TRUE(told.holds("times such as 'first' are no dates as in ISO 8601")) << told.text();
}

TEST(SeriesDates, FillWhatRowsWithoutAValueLeave) {
  const Told told;
  DataOptions options;
  options.needs.samples = SampleKind::kSeries;
  options.missing = Missing::kDrop;
  remember_fill_dates(options.needs.known, FillDates::kInterpolate);
  const LabelledData data =
      parse_table("d,v\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,4\n2020-01-05,\n2020-01-06,8\n",
                  "t", options);
  EXPECT_EQ(data.x.to_vector<float>(), (std::vector<float>{1, 2, 3, 4, 6, 8}));
  EXPECT_EQ(data.names.at(4), "2020-01-05");
}

TEST(FillDates, AreKnownByName) {
  DataInfo info;
  EXPECT_FALSE(known_fill_dates(info));
  remember_fill_dates(info, FillDates::kPrevious);
  EXPECT_EQ(known_fill_dates(DataInfo::from_json(info.to_json(), "t")), FillDates::kPrevious);
  EXPECT_NE(message_of<InvalidArgument>([] { fill_dates_from("previus"); }).find("'previous'"),
            std::string::npos);
  info.sections["times"] = Json::object({{"fill_dates", "never"}});
  EXPECT_NE(message_of<FileError>([&] { known_fill_dates(info); }).find("'never'"), std::string::npos);
}

}  // namespace
}  // namespace lamina
