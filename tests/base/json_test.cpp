// Json: round trips, order, numbers as Python reads them, damaged and hostile text.
#include "lamina/base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lamina/base/error.h"

namespace lamina {
namespace {

TEST(Json, KeepsTheOrderOfMembersAndTheKindsOfNumbers) {
  const std::string text = R"({"z": 1, "a": [1.0, -2, 1e-07, true, null, "x"], "m": {}, "n": []})";
  const Json value = Json::parse(text);
  EXPECT_EQ(value.dump(), text);
  EXPECT_TRUE(value.at("z").is_int());
  EXPECT_EQ(value.at("a").at(0).kind(), Json::Kind::kDouble);
  EXPECT_EQ(value.at("a").at(1).as_int(), -2);
  EXPECT_EQ(Json::parse(value.dump(2)), value);
}

TEST(Json, DoublesPrintShortestAndNeverAsIntegers) {
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(0.001).dump(), "0.001");
  EXPECT_EQ(Json(0.1 + 0.2).dump(), "0.30000000000000004");
  EXPECT_EQ(Json::parse(Json(1e300).dump()).as_double(), 1e300);
  EXPECT_EQ(Json(std::nan("")).dump(), "NaN");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).dump(), "-Infinity");
}

TEST(Json, ReadsTheNumbersThatOnlyPythonWrites) {
  const std::string text =
      R"({"a": [1, NaN, -2.5e-07, Infinity, "NaN \" Infinity", -Infinity], "Infinity": 3})";
  const Json value = Json::parse(text);
  EXPECT_EQ(value.dump(), text);
  EXPECT_TRUE(std::isnan(value.at("a").at(1).as_double()));
  EXPECT_EQ(value.at("a").at(5).as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(Json::parse("NaN").as_double()));
  for (const char* damaged :
       {"[1NaN]", "[NaN1]", "[NaN.5]", "[--Infinity]", "[-NaN]", "{NaN: 1}", "[nan]", "[NaN NaN]"})
    EXPECT_THROW(Json::parse(damaged), FileError) << damaged;
}

TEST(Json, StringsEscapeAndReadBack) {
  const Json value(std::string("a\"b\\c\n\t\x01 \xc3\xa9"));
  EXPECT_EQ(value.dump(), "\"a\\\"b\\\\c\\n\\t\\u0001 \xc3\xa9\"");
  EXPECT_EQ(Json::parse(value.dump()), value);
  EXPECT_EQ(Json::parse("\"\\u00e9\"").as_string(), "\xc3\xa9");
}

TEST(Json, BuildsLikeAMap) {
  Json value = Json::object({{"units", 10}, {"bias", nullptr}});
  value["name"] = "dense";
  value["units"] = 12;
  EXPECT_EQ(value.dump(), R"({"units": 12, "bias": null, "name": "dense"})");
  EXPECT_TRUE(value.contains("bias"));
  EXPECT_EQ(value.find("other"), nullptr);
}

TEST(Json, MembersOfATemporaryOutliveIt) {
  std::string keys;
  for (const auto& [key, value] : Json::parse(R"({"first": [1], "second": "two"})").as_object()) keys += key;
  EXPECT_EQ(keys, "firstsecond");
  const std::string& text = Json("a string too long to be stored in place").as_string();
  EXPECT_EQ(text, "a string too long to be stored in place");
}

TEST(Json, LastOfTwoEqualKeysWins) {
  EXPECT_EQ(Json::parse(R"({"a": 1, "b": 2, "a": 3})").dump(), R"({"a": 3, "b": 2})");
}

TEST(Json, ErrorsNameTheKindTheKeyAndThePosition) {
  const Json value = Json::object({{"units", 10}});
  EXPECT_THROW(value.at("unit"), InvalidArgument);
  EXPECT_THROW(value.at("units").as_string(), InvalidArgument);
  EXPECT_THROW(Json(1.5).as_int(), InvalidArgument);
  try {
    Json::parse("{\"a\": 1,, }", "config.json");
    FAIL() << "damaged text was accepted";
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find("config.json: damaged JSON at byte 9"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(Json::parse(""), FileError);
  EXPECT_THROW(Json::parse("[1] 2"), FileError);
  EXPECT_THROW(Json::parse("\"\xff\""), FileError);
}

TEST(Json, DepthAndSizeAreBounded) {
  EXPECT_THROW(Json::parse(std::string(100000, '[')), FileError);
  EXPECT_EQ(Json::parse(std::string(200, '[') + std::string(200, ']')).size(), 1u);
  EXPECT_THROW(Json::parse("[1, 2, 3]", "x", 4), FileError);
}

}  // namespace
}  // namespace lamina
