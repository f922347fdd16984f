// Layers that are called on one masked tensor by several threads at once: none of them writes to it.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lamina/nn/layers/dropout.h"
#include "lamina/nn/layers/embedding.h"
#include "lamina/nn/layers/multi_head_attention.h"
#include "lamina/ops/compare.h"

namespace lamina {
namespace {

Tensor masked() { return Embedding(9, 8, {.mask_zero = true})(Tensor::from<int32_t>({0, 0, 3, 4}, {1, 4})); }

TEST(MasksThreads, AttentionReadsAMaskThatOthersRead) {
  const Tensor x = masked().eval();
  const MultiHeadAttention attention(2, 4);
  const std::vector<float> alone = attention({x, x}).to_vector<float>();
  std::vector<std::vector<float>> heard(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& result : heard) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) result = attention({x, x}).to_vector<float>();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& result : heard) EXPECT_EQ(result, alone);
}

// What hands its input through gives a mask to a handle of its own.
TEST(MasksThreads, AMaskByKeywordStaysOffTheInput) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4}, {1, 4});
  const Tensor mask = Tensor::from<float>({1, 0, 1, 0}, {1, 4}) > 0.0;
  const Tensor y = Dropout(0.5)(Tensors{x}, {.tensors = {{"mask", {mask}}}}, false);
  EXPECT_TRUE(mask_of(y).defined());
  EXPECT_FALSE(mask_of(x).defined());
  EXPECT_EQ(y.to_vector<float>(), x.to_vector<float>());
}

}  // namespace
}  // namespace lamina
