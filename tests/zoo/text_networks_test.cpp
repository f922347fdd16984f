// The encoder in numbers that can be worked out, and what it refuses.
#include "lamina/zoo/text_networks.h"

#include <gtest/gtest.h>

#include "lamina/nn/layers/layers.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(TransformerEncoder, LooksAwayFromWhatOnlyFillsUp) {
  Sequential model({Input({6}, {.dtype = DType::kInt32}), Embedding(20, 8, {.mask_zero = true}),
                    transformer_encoder(6, 8, {.num_heads = 2, .seed = 3})},
                   {.seed = 3});
  // Attention: 3 * (8*8 + 8) + 8*8 + 8; two normalisations of 16; dense 8*16 + 16 and 16*8 + 8.
  EXPECT_EQ(model.layer("encoder").count_params(), 288 + 32 + 280);
  // What fills up in front changes no word's output, whichever vector it has.
  const auto of_words = [&](const std::vector<int32_t>& ids) {
    const std::vector<float> all = model.predict(Tensor::from(ids, {1, 6})).to_vector<float>();
    return std::vector<float>(all.begin() + 3 * 8, all.end());
  };
  const std::vector<float> before = of_words({0, 0, 0, 5, 6, 7});
  std::vector<Tensor> weights = model.get_weights();
  std::vector<float> table = weights[0].to_vector<float>();
  for (size_t i = 0; i < 8; ++i) table[i] = 100.0f;
  weights[0] = Tensor::from(table, weights[0].shape());
  model.set_weights(weights);
  EXPECT_EQ(of_words({0, 0, 0, 5, 6, 7}), before);
  // The same word in another place is something else.
  const std::vector<float> same = of_words({0, 0, 0, 5, 5, 5});
  EXPECT_NE(std::vector<float>(same.begin(), same.begin() + 8),
            std::vector<float>(same.begin() + 8, same.begin() + 16));
}

TEST(TransformerEncoder, RefusesWhatCannotBe) {
  const std::string message =
      test::message_of<InvalidArgument>([] { transformer_encoder(6, 9, {.num_heads = 2}); });
  EXPECT_NE(message.find("features 9, num_heads 2"), std::string::npos) << message;
  EXPECT_THROW(transformer_encoder(0, 8), InvalidArgument);
}

}  // namespace
}  // namespace lamina
