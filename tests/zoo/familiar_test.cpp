// Pictures of another kind than those of the training are told.
#include "lamina/zoo/familiar.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

using test::message_of;

// Light from the left, or from above, with noise.
Tensor lit(int count, bool from_left, uint32_t seed) {
  std::vector<float> pixels;
  uint32_t state = seed;
  for (int i = 0; i < count; ++i) {
    for (int at = 0; at < 16 * 16; ++at) {
      state = state * 1664525u + 1013904223u;
      pixels.push_back(static_cast<float>((from_left ? at % 16 : at / 16) * 10 + (state >> 26)));
    }
  }
  return Tensor::from(pixels, Shape{count, 16, 16, 1});
}

TEST(Familiar, TellsOtherLightFromThatOfTheTraining) {
  const Familiar familiar = Familiar::of_pictures(lit(40, true, 1));
  for (const double distance : familiar.distances(lit(20, true, 2))) EXPECT_LT(distance, familiar.most);
  for (const double distance : familiar.distances(lit(20, false, 3))) EXPECT_GT(distance, familiar.most);
}

TEST(Familiar, IsKeptInWhatAModelKnows) {
  DataInfo info;
  EXPECT_FALSE(Familiar::of(info).has_value());
  const Familiar familiar = Familiar::of_pictures(lit(10, true, 1));
  familiar.save(info);
  const auto read = Familiar::of(DataInfo::from_json(info.to_json(), "it"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->mean, familiar.mean);
  EXPECT_EQ(read->most, familiar.most);
  info.sections["familiar"] = Json::object({{"mean", Json::list({1})}});
  EXPECT_NE(message_of<FileError>([&] { Familiar::of(info); }).find("lacks 64 numbers 'mean'"), std::string::npos);
  info.sections["familiar"] = 3;
  EXPECT_NE(message_of<FileError>([&] { Familiar::of(info); }).find("no object"), std::string::npos);
  EXPECT_THROW(Familiar::of_pictures(lit(1, true, 1)), InvalidArgument);
  EXPECT_THROW(Familiar::of_pictures(Tensor()), InvalidArgument);
}

}  // namespace
}  // namespace lamina
