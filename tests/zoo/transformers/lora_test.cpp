// Adapters: at first nothing changes, then they alone are trained; files and merging keep what they compute.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/zoo/transformers/t5.h"
#include "lamina/zoo/transformers/token_batches.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

T5Config tiny() {
  return {.vocab_size = 40,
          .d_model = 16,
          .d_kv = 4,
          .d_ff = 32,
          .num_layers = 2,
          .num_heads = 4,
          .dropout_rate = 0};
}

std::unique_ptr<T5ForConditionalGeneration> model() {
  auto made = std::make_unique<T5ForConditionalGeneration>(tiny(), ModelOptions{.seed = 4});
  return made;
}

const Tensor kIds = Tensor::from(std::vector<int32_t>{5, 6, 7, 8, 9, 10}, {2, 3});

std::vector<float> logits(const PretrainedModel& of) {
  return of.run({kIds, Tensor(), kIds})[0].to_vector<float>();
}

std::vector<float> values_of(const Model& of, const std::string& name) {
  return of.weight(name)->value.to_vector<float>();
}

void train(PretrainedModel& of) {
  of.compile({.optimizer = Adam(0.01)});
  TokenBatches batches({{5, 6, 1}, {7, 8, 1}}, {{9, 1}, {10, 1}}, {.tokens = 8, .shuffle = false});
  of.fit(batches, {.epochs = 4, .verbose = 0});
}

constexpr char kName[] = "encoder.block.0.layer.0.SelfAttention.q";

TEST(Lora, ChangesNothingUntilItIsTrained) {
  auto plain = model(), adapted = model();
  adapted->add_adapter({.r = 2, .lora_alpha = 6});
  const auto a = logits(*plain), b = logits(*adapted);
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-6);
}

TEST(Lora, TrainsTheNarrowMatricesAlone) {
  auto adapted = model();
  adapted->add_adapter({.r = 2});
  const auto before = logits(*adapted);
  const auto matrix = values_of(*adapted, std::string(kName) + "/weight"),
             narrow = values_of(*adapted, std::string(kName) + ".lora_B/weight");
  train(*adapted);
  // Two layers, encoder, decoder, cross: queries and values, two matrices each.
  EXPECT_EQ(adapted->weights(true).size(), 2u * 3u * 2u * 2u);
  EXPECT_EQ(values_of(*adapted, std::string(kName) + "/weight"), matrix);
  EXPECT_NE(values_of(*adapted, std::string(kName) + ".lora_B/weight"), narrow);
  EXPECT_NE(logits(*adapted), before);
  // No optimizer's state for what is frozen: step, rate, two moments for each narrow matrix.
  EXPECT_EQ(adapted->optimizer_variables().size(), 2u + 2u * adapted->weights(true).size());
}

TEST(Lora, TravelsInFilesAndMerges) {
  const test::TemporaryFolder folder;
  auto adapted = model();
  adapted->add_adapter({.r = 3, .lora_alpha = 12, .target_modules = {"q", "v", "wi"}});
  train(*adapted);
  const auto expected = logits(*adapted);
  adapted->save_adapter(folder.path());
  auto other = model();
  other->load_adapter(folder.path());
  EXPECT_EQ(logits(*other), expected);
  other->merge_adapter();
  const auto merged = logits(*other);
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(merged[i], expected[i], 1e-5);
}

TEST(Lora, RefusesWhatCannotBe) {
  EXPECT_THROW(model()->add_adapter({.target_modules = {"query"}}), InvalidArgument);
  EXPECT_THROW(model()->add_adapter({.r = 0}), InvalidArgument);
  EXPECT_THROW(model()->save_adapter("nowhere"), InvalidArgument);
  EXPECT_THROW(model()->load_adapter("nowhere"), FileError);
  auto used = model();
  logits(*used);
  EXPECT_THROW(used->add_adapter({}), InvalidArgument);
  auto twice = model();
  twice->add_adapter({});
  EXPECT_THROW(twice->add_adapter({}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
