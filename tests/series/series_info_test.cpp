// SeriesInfo: what is saved comes back, and nonsense is refused.
#include "lamina/series/series_info.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

SeriesInfo full() {
  return {.window = 10,
          .trained_on = 2920,
          .fingerprint = "0123456789abcdef",
          .coverage = 0.9,
          .lower = {-1, -2.5},
          .upper = {1, 3}};
}

TEST(SeriesInfo, IsWhatTheDataInfoSays) {
  DataInfo info;
  EXPECT_FALSE(SeriesInfo::of(info));
  full().save(info);
  EXPECT_EQ(SeriesInfo::of(DataInfo::from_json(info.to_json(), "d")), full());
  const SeriesInfo plain{.window = 3, .trained_on = 5, .fingerprint = "x"};
  plain.save(info);
  EXPECT_EQ(SeriesInfo::of(info), plain);
  EXPECT_FALSE(info.sections.at("series").contains("lower"));
}

TEST(SeriesInfo, RefusesNonsense) {
  const auto refusal = [](const char* key, const Json& value) {
    DataInfo info;
    full().save(info);
    info.sections["series"][key] = value;
    return test::message_of<FileError>([&] { SeriesInfo::of(info, "'m.keras'"); });
  };
  EXPECT_NE(refusal("window", 0).find("'m.keras': series: a window of 1"), std::string::npos);
  EXPECT_NE(refusal("window", int64_t{1} << 40).find("a window of 1"), std::string::npos);
  EXPECT_NE(refusal("window", "ten").find("string"), std::string::npos);
  EXPECT_NE(refusal("trained_on", -1).find("negative"), std::string::npos);
  EXPECT_NE(refusal("coverage", 2).find("coverage"), std::string::npos);
  EXPECT_NE(refusal("lower", Json::list({1.0})).find("do not agree"), std::string::npos);
  EXPECT_NE(refusal("lower", Json::list({2.0, 1.0})).find("ends before it begins"), std::string::npos);
}

TEST(SeriesFingerprint, TellsSeriesApart) {
  const Tensor a = Tensor::from(std::vector<float>{1, 2, 3}, Shape{3, 1});
  const Tensor b = Tensor::from(std::vector<float>{1, 2, 4}, Shape{3, 1});
  EXPECT_EQ(series_fingerprint(a, 2), series_fingerprint(b, 2));
  EXPECT_NE(series_fingerprint(a, 3), series_fingerprint(b, 3));
  EXPECT_THROW(series_fingerprint(a, 4), InvalidArgument);
}

}  // namespace
}  // namespace lamina
