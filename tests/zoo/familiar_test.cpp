// Pictures of another kind than those of the training are told.
#include "lamina/zoo/familiar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "lamina/zoo/image_dataset.h"
#include "tests/support/shared_data.h"
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
  const Familiar familiar = Familiar::of_pictures(lit(12, true, 1));
  familiar.save(info);
  const auto read = Familiar::of(DataInfo::from_json(info.to_json(), "it"));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->mean, familiar.mean);
  EXPECT_EQ(read->most, familiar.most);
  EXPECT_EQ(read->distances(lit(3, false, 1)), familiar.distances(lit(3, false, 1)));
  info.sections["familiar"] = Json::object({{"mean", Json::list({1})}});
  EXPECT_NE(message_of<FileError>([&] { Familiar::of(info); }).find("lacks a number 'contrast'"), std::string::npos);
  info.sections["familiar"] = 3;
  EXPECT_NE(message_of<FileError>([&] { Familiar::of(info); }).find("no object"), std::string::npos);
  familiar.save(info);
  info.sections["familiar"]["mean"] = Json::list({1});
  EXPECT_NE(message_of<FileError>([&] { Familiar::of(info); }).find("lacks 71 numbers 'mean'"), std::string::npos);
  EXPECT_THROW(Familiar::of_pictures(lit(9, true, 1)), InvalidArgument);
  EXPECT_THROW(Familiar::of_pictures(Tensor()), InvalidArgument);
}

// The X-rays of a folder, or what a model of X-rays may be shown by mistake.
Tensor greys(const std::string& folder) {
  ImageDatasetOptions options{.label_mode = "none", .color_mode = "grayscale", .batch_size = 400, .image_size = {128, 128}, .shuffle = false};
  for (const Element& batch : image_dataset_from_directory(folder, options)) return batch.x[0];
  return {};
}

TEST(Familiar, TellsFacesFromXRays) {
  const std::string rays = test::shared_data("chest_xray"), faces = test::shared_data("faces_att");
  if (rays.empty() || faces.empty()) GTEST_SKIP() << "no shared data";
  const Familiar familiar = Familiar::of_pictures(greys(rays + "/train"));
  const auto share_of_strange = [&](const Tensor& pictures) {
    const std::vector<double> distances = familiar.distances(pictures);
    const auto strange = std::count_if(distances.begin(), distances.end(), [&](double each) { return each > familiar.most; });
    return static_cast<double>(strange) / static_cast<double>(distances.size());
  };
  const Tensor others = greys(rays + "/test");
  EXPECT_LE(share_of_strange(others), 0.02);
  EXPECT_GE(share_of_strange(greys(faces)), 0.95);
  EXPECT_EQ(share_of_strange(others * -1 + 255), 1);  // a negative
}

}  // namespace
}  // namespace lamina
