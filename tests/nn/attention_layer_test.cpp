// MultiHeadAttention against Keras; what it holds and what it refuses.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/embedding.h"
#include "lamina/nn/layers/input_layer.h"
#include "lamina/nn/layers/layer_normalization.h"
#include "lamina/nn/layers/merging.h"
#include "lamina/nn/layers/multi_head_attention.h"
#include "lamina/nn/model.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "tests/support/golden.h"
#include "tests/support/layer_case.h"

namespace lamina {
namespace {

class AttentionGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(AttentionGolden, ComputesWhatKerasComputes) { test::expect_computes_as_keras(GetParam()); }
TEST_P(AttentionGolden, WritesWhatKerasWrites) { test::expect_writes_as_keras(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Keras, AttentionGolden, ::testing::ValuesIn(test::layer_cases("attention", true)),
                         test::CaseName());

TEST(AttentionGoldenFiles, AreAllThere) { EXPECT_GE(test::layer_cases("attention", true).size(), 15u); }

TEST(MultiHeadAttention, HoldsKerassLayers) {
  const MultiHeadAttention layer(2, 3, {.name = "mha"});
  const MultiHeadAttention same = layer;
  layer(Tensors{zeros({2, 4, 5}), zeros({2, 4, 5})});
  std::vector<std::string> members, paths;
  for (const auto& [member, inner] : layer.sublayers()) members.push_back(member + ":" + inner->class_name());
  for (const WeightPtr& weight : layer.weights()) paths.push_back(weight->path + weight->type.shape.str());
  EXPECT_EQ(members, (std::vector<std::string>{"query_dense:EinsumDense", "key_dense:EinsumDense",
                                               "value_dense:EinsumDense", "output_dense:EinsumDense"}));
  EXPECT_EQ(paths, (std::vector<std::string>{
                       "mha/query/kernel(5, 2, 3)", "mha/query/bias(2, 3)", "mha/key/kernel(5, 2, 3)",
                       "mha/key/bias(2, 3)", "mha/value/kernel(5, 2, 3)", "mha/value/bias(2, 3)",
                       "mha/attention_output/kernel(2, 3, 5)", "mha/attention_output/bias(5,)"}));
  // A copy made before the build is the same layer.
  EXPECT_EQ(same(Tensors{ones({1, 2, 5}), ones({1, 2, 5})}).to_vector<float>(),
            layer(Tensors{ones({1, 2, 5}), ones({1, 2, 5})}).to_vector<float>());
  EXPECT_EQ(same.weights(), layer.weights());
}

TEST(MultiHeadAttention, DropsWeightsWhileTraining) {
  const MultiHeadAttention layer(1, 2, {.dropout = 0.5, .seed = 3});
  const Tensor x = ones({1, 6, 4});
  layer(Tensors{x, x});
  const std::vector<float> once = layer(Tensors{x, x}, {}, true).to_vector<float>();
  EXPECT_NE(once, layer(Tensors{x, x}).to_vector<float>());
  EXPECT_EQ(once, layer(Tensors{x, x}, {}, true).to_vector<float>());
}

TEST(MultiHeadAttention, DrawsIntoGraphs) {
  const Tensor x = Input({4, 6});
  const Tensor attended = MultiHeadAttention(2, 3, {.name = "mha"})(
      Tensors{x, x}, {.flags = Json::object({{"use_causal_mask", true}})});
  EXPECT_EQ(attended.shape(), Shape({-1, 4, 6}));
  const Tensor y = LayerNormalization()(Add()(Tensors{x, attended}));
  Model model({x}, {y});
  const Tensor data = ones({2, 4, 6});
  const Tensor before = model.predict(data);
  Model copy = Model::from_json(model.serialize());
  copy.set_weights(model.get_weights());
  EXPECT_EQ(copy.predict(data).to_vector<float>(), before.to_vector<float>());
}

TEST(MultiHeadAttention, ComputesInTheComputeDtype) {
  const MultiHeadAttention layer(2, 3, {.dtype = "mixed_bfloat16"});
  const Tensor x = ones({1, 4, 6});
  EXPECT_EQ(layer(Tensors{x, x}).type().str(), "bfloat16(1, 4, 6)");
  for (const WeightPtr& weight : layer.weights()) EXPECT_EQ(weight->type.dtype, DType::kFloat32);
}

std::string complaint(const MultiHeadAttention& layer, const Tensors& inputs) {
  try {
    layer(inputs);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "none";
}

TEST(MultiHeadAttentionErrors, NameTheShapes) {
  const std::string where = "layer 'multi_head_attention' (MultiHeadAttention): ";
  EXPECT_EQ(complaint(MultiHeadAttention(1, 2), {zeros({2, 3, 4})}),
            where + "expected query, value and perhaps key, received 1 inputs: (None, 3, 4)");
  EXPECT_EQ(complaint(MultiHeadAttention(1, 2), {zeros({2, 3}), zeros({2, 3})}),
            where +
                "expected query, value and key of one rank, 3 or more, (batch, ..., dim), received shapes "
                "(None, 3), (None, 3)");
  EXPECT_EQ(
      complaint(MultiHeadAttention(1, 2), {zeros({2, 3, 4}), zeros({2, 3, 4}), zeros({2, 5, 4})}),
      where +
          "value and key must agree on all axes but the last, received shapes (None, 3, 4), (None, 3, 4), "
          "(None, 5, 4)");
  EXPECT_THROW(MultiHeadAttention(0, 2), InvalidArgument);
  EXPECT_THROW(MultiHeadAttention(1, 0), InvalidArgument);
  EXPECT_THROW(MultiHeadAttention(1, 2, {.value_dim = 0}), InvalidArgument);
  EXPECT_THROW(MultiHeadAttention(1, 2, {.dropout = 1}), InvalidArgument);
  EXPECT_THROW(MultiHeadAttention(1, 2, {.sliding_window = 0}), InvalidArgument);
}

// Keras 3.15.1: MultiHeadAttention.call takes the masks of its inputs away, so that sums of them with its
// output, as in every residual block, are not masked. Here for the rest of the pass alone: the caller's
// tensor keeps its own.
TEST(AttentionLayer, TakesTheMasksOfItsInputsAway) {
  const Tensor ids = Tensor::from<int32_t>({0, 0, 3, 4}, {1, 4});
  const Tensor x = Embedding(9, 8, {.mask_zero = true})(ids);
  ASSERT_TRUE(mask_of(x).defined());
  const MultiHeadAttention attention(2, 4);
  CallContext pass(false);
  const Tensor heard = attention.outputs(LayerCall{{x, x}}, pass)[0];
  EXPECT_EQ(cast(mask_of(heard), DType::kInt32).to_vector<int32_t>(), (std::vector<int32_t>{0, 0, 1, 1}));
  EXPECT_FALSE(mask_of(Add().outputs(LayerCall{{x, heard}, true}, pass)[0]).defined());
  EXPECT_TRUE(mask_of(x).defined());
}

TEST(AttentionLayer, LeavesTheCallersMaskAlone) {
  const Tensor x = Embedding(9, 8, {.mask_zero = true})(Tensor::from<int32_t>({0, 0, 3, 4}, {1, 4}));
  const MultiHeadAttention attention(2, 4);
  const Tensor first = attention({x, x}), second = attention({x, x});
  EXPECT_TRUE(mask_of(x).defined());
  EXPECT_EQ(first.to_vector<float>(), second.to_vector<float>());
}

}  // namespace
}  // namespace lamina
