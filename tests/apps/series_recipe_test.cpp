// lamina train series: from a table to a forecast with intervals, and what is refused.
#include <cmath>

#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "tests/apps/recipe_test.h"

namespace lamina {
namespace {

using test::Outcome;

class SeriesRecipe : public test::RecipeTest<SeriesRecipe> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new test::TemporaryFolder;
    // A wave with a season of 12 months, and noise that is the same everywhere.
    std::string text = "Month,Load\n";
    uint32_t noise = 1;
    for (int i = 0; i < 240; ++i) {
      noise = noise * 1664525u + 1013904223u;
      const double value = 100 + 20 * std::sin(i * 2 * 3.14159265358979 / 12) + (noise >> 24) / 64.0;
      char line[64];
      std::snprintf(line, sizeof line, "%d-%02d,%.3f\n", 2000 + i / 12, i % 12 + 1, value);
      text += line;
    }
    write_file(*folder_ / "wave.csv", text);
    trained_ = new Outcome(run({"train", "series", "--data", "wave.csv", "--json", "--run-dir", "notes"}));
  }
};

TEST_F(SeriesRecipe, BeatsPersistenceOnTheLastFifth) {
  ASSERT_EQ(trained_->status, 0) << trained_->err;
  const Json last = Json::parse(trained_->lines().back());
  EXPECT_EQ(last.at("metrics_of").as_string(), "test");
  const double error = last.at("metrics").at("root_mean_squared_error").as_double();
  const Json& others = last.at("compared_with");
  EXPECT_LT(error, 0.7 * others.at("persistence").as_double());
  EXPECT_TRUE(others.contains("seasonal (12)")) << others.dump();
  EXPECT_TRUE(others.contains("linear (10)")) << others.dump();
}

TEST_F(SeriesRecipe, IsJudgedByWhatItHasNotSeen) {
  const Outcome all = run({"evaluate", "series.keras", "--data", "wave.csv", "--json"});
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_NE(all.err.find("begins with the 192 values that the model has learned"), std::string::npos)
      << all.err;
  const Json trained = Json::parse(trained_->lines().back());
  const Json result = Json::parse(all.out);
  EXPECT_EQ(result.at("samples").as_int(), 48);
  EXPECT_EQ(result.at("metrics").dump(), trained.at("metrics").dump());
  // Another series is judged as a whole.
  write_file(*folder_ / "other.csv",
             "Month,Load\n2020-01,1\n2020-02,2\n2020-03,3\n2020-04,3\n2020-05,3\n"
             "2020-06,3\n2020-07,3\n2020-08,3\n2020-09,3\n2020-10,3\n2020-11,3\n");
  const Outcome other = run({"evaluate", "series.keras", "--data", "other.csv", "--json"});
  ASSERT_EQ(other.status, 0) << other.err;
  EXPECT_EQ(Json::parse(other.out).at("samples").as_int(), 1);
}

TEST_F(SeriesRecipe, ForecastsSeveralStepsWithIntervals) {
  const Outcome said = run({"predict", "series.keras", "wave.csv", "--steps", "14", "--json"});
  ASSERT_EQ(said.status, 0) << said.err;
  const Json line = Json::parse(said.out);
  EXPECT_EQ(line.at("column").as_string(), "Load");
  EXPECT_EQ(line.at("after").as_string(), "2019-12");
  ASSERT_EQ(line.at("forecast").size(), 14u);
  ASSERT_EQ(line.at("lower").size(), 12u);  // a quarter of the 48 values held out
  EXPECT_DOUBLE_EQ(line.at("coverage").as_double(), 0.9);
  for (size_t i = 0; i < 12; ++i) {
    const double value = line.at("forecast").at(i).as_double();
    EXPECT_LE(line.at("lower").at(i).as_double(), line.at("upper").at(i).as_double());
    // The season goes on.
    EXPECT_NEAR(value, 102 + 20 * std::sin((240.0 + static_cast<double>(i)) * 2 * 3.14159265358979 / 12), 12)
        << i;
  }
  const Outcome person = run({"predict", "series.keras", "wave.csv"});
  EXPECT_NE(person.out.find("Load after 2019-12"), std::string::npos) << person.out;
  EXPECT_NE(person.out.find("90% within"), std::string::npos) << person.out;
}

TEST_F(SeriesRecipe, FineTuningMeasuresItsErrorsAnew) {
  const std::vector<std::string> further = {"train", "series.keras", "--data", "wave.csv", "--epochs", "1"};
  const auto trained = [&](std::vector<std::string> more) {
    more.insert(more.begin(), further.begin(), further.end());
    return run(more);
  };
  const Outcome whole = trained({"--out", "t.keras"});
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_NE(whole.err.find("they have no intervals. Hold some values out (--validation-split"),
            std::string::npos)
      << whole.err;
  const Outcome said = run({"predict", "t.keras", "wave.csv", "--json"});
  EXPECT_FALSE(Json::parse(said.out).contains("lower")) << said.out;

  const Outcome split = trained({"--out", "split.keras", "--validation-split", "0.2"});
  ASSERT_EQ(split.status, 0) << split.err;
  const Outcome old = run({"predict", "series.keras", "wave.csv", "--steps", "14", "--json"});
  const Outcome ahead = run({"predict", "split.keras", "wave.csv", "--steps", "14", "--json"});
  EXPECT_EQ(Json::parse(ahead.out).at("lower").size(), 11u)
      << ahead.out;  // of 46 windows, the last fifth of 230
  EXPECT_NE(Json::parse(ahead.out).at("lower").dump(), Json::parse(old.out).at("lower").dump());
  const Outcome judged = run({"evaluate", "split.keras", "--data", "wave.csv", "--json"});
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 46) << judged.out << judged.err;

  const std::string text = read_file(*folder_ / "wave.csv");
  size_t end = 0;
  for (int line = 0; line < 201; ++line) end = text.find('\n', end) + 1;
  write_file(*folder_ / "start.csv", text.substr(0, end));
  const Outcome given = run({"train", "series.keras", "--data", "start.csv", "--epochs", "1",
                             "--validation-data", "wave.csv", "--out", "given.keras"});
  ASSERT_EQ(given.status, 0) << given.err;
  const Outcome known = run({"predict", "given.keras", "wave.csv", "--steps", "14", "--json"});
  EXPECT_EQ(Json::parse(known.out).at("lower").size(), 10u) << known.out;  // 40 values behind those 200
}

TEST_F(SeriesRecipe, RemembersHowItsDatesAreFilled) {
  // The wave without two of its months.
  std::string text = read_file(*folder_ / "wave.csv");
  for (const char* month : {"2001-03", "2010-10"}) {
    const size_t at = text.find(month);
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  write_file(*folder_ / "holes.csv", text);
  const Outcome trained = run({"train", "series", "--data", "holes.csv", "--epochs", "1", "--fill-dates",
                               "interpolate", "--out", "filled.keras"});
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_NE(
      trained.err.find("2 times of the series are missing, in 2 gaps; the first is between '2001-02' and "
                       "'2001-04', rows 14 and 15: filled with values on the line"),
      std::string::npos)
      << trained.err;
  const Outcome judged = run({"evaluate", "filled.keras", "--data", "holes.csv", "--json"});
  EXPECT_NE(judged.err.find("filled with values on the line"), std::string::npos) << judged.err;
  EXPECT_EQ(Json::parse(judged.out).at("samples").as_int(), 48);
  const Outcome told = run({"predict", "filled.keras", "holes.csv", "--fill-dates", "drop"});
  EXPECT_NE(told.err.find("the series goes on as if there was none"), std::string::npos) << told.err;
  const Outcome wrong = run({"predict", "filled.keras", "holes.csv", "--fill-dates", "line"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("expected tell, fail, drop, previous or interpolate"), std::string::npos)
      << wrong.err;
  const Outcome none = run({"train", "tabular", "--data", "holes.csv", "--fill-dates", "drop"});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("--fill-dates: it is of time series"), std::string::npos) << none.err;
}

TEST_F(SeriesRecipe, RefusesWhatIsNoSeries) {
  const auto refusal = [&](const std::string& text) {
    write_file(*folder_ / "bad.csv", text);
    const Outcome outcome = run({"train", "series", "--data", "bad.csv", "--out", "bad.keras"});
    EXPECT_EQ(outcome.status, 1);
    return outcome.err;
  };
  EXPECT_NE(refusal("v\n1\n2\n3\n").find("need at least 11"), std::string::npos);
  std::string constant = "v\n";
  for (int i = 0; i < 30; ++i) constant += "7\n";
  EXPECT_NE(refusal(constant).find("the series is constant"), std::string::npos);
  const Outcome none = run({"train", "series"});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("--data"), std::string::npos) << none.err;
  const Outcome steps = run({"predict", "series.keras", "wave.csv", "--steps", "0"});
  EXPECT_EQ(steps.status, 2);
}

}  // namespace
}  // namespace lamina
