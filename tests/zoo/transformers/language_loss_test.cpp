// The loss of language models against its definition, and its gradient against differences.
#include "lamina/zoo/transformers/language_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lamina/core/check_gradients.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/random.h"

namespace lamina {
namespace {

constexpr int64_t kBatch = 2, kTime = 3, kVocabulary = 5;
const std::vector<int32_t> kLabels = {4, 0, kIgnoredLabel, 2, kIgnoredLabel, kIgnoredLabel};

Tensor labels() { return Tensor::from(kLabels, {kBatch, kTime}); }
Tensor logits() { return (random_normal(random_key(7), {kBatch, kTime, kVocabulary}) * 2.0).eval(); }

// Szegedy et al.: the target is 1 - s of the label, and s evenly of all.
double expected(const std::vector<double>& x, double smoothing) {
  double total = 0;
  int counted = 0;
  for (size_t i = 0; i < kLabels.size(); ++i) {
    if (kLabels[i] == kIgnoredLabel) continue;
    const double* row = &x[i * kVocabulary];
    double sum = 0, mean = 0;
    for (int64_t j = 0; j < kVocabulary; ++j) sum += std::exp(row[j]);
    for (int64_t j = 0; j < kVocabulary; ++j) mean += (std::log(sum) - row[j]) / kVocabulary;
    total += (1 - smoothing) * (std::log(sum) - row[kLabels[i]]) + smoothing * mean;
    ++counted;
  }
  return total / counted;
}

TEST(LanguageLoss, IsTheMeanOverTheLabelsThatCount) {
  const Tensor x = logits();
  for (const double smoothing : {0.0, 0.1, 0.5})
    EXPECT_NEAR(language_loss(labels(), x, smoothing).item(), expected(x.to_vector<double>(), smoothing),
                1e-5);
}

TEST(LanguageLoss, HasItsGradient) {
  const auto loss = [](const std::vector<Tensor>& x) {
    return std::vector{language_loss(labels(), x[0], 0.2)};
  };
  EXPECT_NO_THROW(check_gradients(loss, {cast(logits(), DType::kFloat64)}));
}

TEST(LanguageLoss, OfNothingIsZero) {
  const Tensor none = Tensor::from(std::vector<int32_t>(6, kIgnoredLabel), {kBatch, kTime});
  EXPECT_EQ(language_loss(none, logits(), 0.1).item(), 0);
  EXPECT_EQ(language_accuracy(none, logits()).item(), 0);
}

TEST(LanguageLoss, AccuracyCountsTheSameLabels) {
  std::vector<float> x(static_cast<size_t>(kBatch * kTime * kVocabulary), 0);
  x[4] = 1;                                     // right
  x[static_cast<size_t>(kVocabulary + 3)] = 1;  // wrong
  x[static_cast<size_t>(2 * kVocabulary)] = 1;  // does not count
  x[static_cast<size_t>(3 * kVocabulary + 2)] = 1;
  EXPECT_NEAR(language_accuracy(labels(), Tensor::from(x, {kBatch, kTime, kVocabulary})).item(), 2.0 / 3,
              1e-6);
}

}  // namespace
}  // namespace lamina
