// ArcFace by its formula in double, its derivative by differences, and what it refuses.
#include "lamina/nn/losses/arcface.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/check_gradients.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

// Cosines of every kind; in the last row the angle with the margin is beyond a half turn.
const std::vector<double> kCosines{0.9, 0.1, -0.3, -0.2, 0.5, 0.45, 0.3, -0.99, 0.2};
const std::vector<int32_t> kLabels{0, 2, 1};

double by_hand(size_t row, double margin, double scale) {
  std::vector<double> logits(kCosines.begin() + static_cast<int64_t>(3 * row),
                             kCosines.begin() + static_cast<int64_t>(3 * row + 3));
  double& right = logits[static_cast<size_t>(kLabels[row])];
  const double angle = std::acos(right);
  right = angle + margin < M_PI ? std::cos(angle + margin) : right - margin * std::sin(margin);
  double sum = 0;
  for (const double logit : logits) sum += std::exp(scale * logit);
  return std::log(sum) - scale * right;
}

TEST(ArcFace, IsTheCrossEntropyWithAWiderAngle) {
  const Tensor y = Tensor::from(kLabels, {3}), x = Tensor::from(kCosines, {3, 3});
  for (const auto& [margin, scale] : {std::pair{0.5, 64.0}, std::pair{0.3, 16.0}, std::pair{0.0, 1.0}}) {
    const std::vector<double> values =
        ArcFace({.margin = margin, .scale = scale}).values(y, x).to_vector<double>();
    for (size_t row = 0; row < 3; ++row) EXPECT_NEAR(values[row], by_hand(row, margin, scale), 1e-9) << row;
  }
}

TEST(ArcFace, HasItsDerivative) {
  const Tensor y = Tensor::from(kLabels, {3});
  check_gradients(
      [&](const std::vector<Tensor>& in) {
        return std::vector<Tensor>{ArcFace({.margin = 0.4, .scale = 8}).values(y, in[0])};
      },
      {Tensor::from(kCosines, {3, 3})});
}

// Samples that lie on their class, or opposite to it, and numbers that are no cosines: finite, also
// backwards.
TEST(ArcFace, IsFiniteAtTheEnds) {
  const Tensor y = Tensor::from<int32_t>({0, 0, 1}), x = Tensor::from<float>({{1, -1}, {-1, 1}, {-7, 3}});
  const std::vector<Tensor> both =
      value_and_grad([&](const std::vector<Tensor>& in) { return ArcFace()(y, in[0]); })({x});
  EXPECT_TRUE(std::isfinite(both[0].item<float>()));
  for (const float slope : both[1].to_vector<float>()) EXPECT_TRUE(std::isfinite(slope));
}

TEST(ArcFace, ComesBackFromItsConfiguration) {
  const Json json = ArcFace({.margin = 0.25, .scale = 30}).serialize();
  EXPECT_EQ(Registry<Loss>::from_json(json)->serialize(), json);
  EXPECT_EQ(Registry<Loss>::make("arc_face")->name(), "arc_face");
}

TEST(ArcFace, SaysWhatItNeeds) {
  EXPECT_NE(message_of<InvalidArgument>([] { ArcFace({.margin = 1.6}); }).find("margin"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([] { ArcFace({.scale = 0}); }).find("scale"), std::string::npos);
  EXPECT_THROW(ArcFace({.margin = std::nan("")}), InvalidArgument);
  EXPECT_THROW(ArcFace().check_targets(Tensor::from<int32_t>({0, 3}), {-1, 3}), InvalidArgument);
}

}  // namespace
}  // namespace lamina::test
