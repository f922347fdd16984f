// Weights in fewer bits: which ones, how near the numbers stay, that loading and quantizing are one, and what
// is refused.
#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/nn/detail/stored_weights.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/quantized_matmul.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

constexpr const char* kModes[] = {"int8", "int4", "bfloat16"};

/// Wide enough for groups.
Json wide_t5(bool tied) {
  Json json = with(with(small_t5(), "d_model", 64), "d_ff", 96);
  return with(with(std::move(json), "vocab_size", 90), "tie_word_embeddings", tied);
}
Json wide_gpt2() { return with(with(small_gpt2(), "n_embd", 32), "vocab_size", 90); }
Json wide_llama() {
  return with(with(with(small_llama(), "hidden_size", 64), "intermediate_size", 96), "vocab_size", 90);
}
std::vector<Json> kinds() {
  return {wide_t5(true), wide_t5(false), wide_gpt2(), wide_llama(), small_marian(), small_bert()};
}

const Tensor kText = Tensor::from(std::vector<int32_t>{2, 5, 7, 9, 3, 4, 11, 6}, {2, 4});

std::vector<float> outputs(const PretrainedModel& model) {
  std::vector<Tensor> inputs;
  for (const ModelInput& input : model.takes()) {
    if (input.required) inputs.push_back(kText);
  }
  return model.run(Tensors(inputs))[0].to_vector<float>();
}

/// The largest difference as a share of the largest number.
double difference(const std::vector<float>& a, const std::vector<float>& b) {
  float far = 0, most = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    far = std::max(far, std::abs(a[i] - b[i]));
    most = std::max(most, std::abs(a[i]));
  }
  return far / most;
}

TEST(Quantize, StaysNearFloat32) {
  for (const Json& kind : kinds()) {
    // Numbers as small as models have: with larger ones a step decides which token is looked at.
    const Json calm = kind.find("initializer_range") ? with(kind, "initializer_range", 0.1) : kind;
    const auto whole = small(calm);
    SCOPED_TRACE(whole->class_name());
    const std::vector<float> exact = outputs(*whole);
    for (const char* mode : kModes) {
      const auto model = small(calm);
      model->quantize(mode);
      EXPECT_EQ(model->quantization(), mode);
      const double far = difference(exact, outputs(*model));
      EXPECT_GT(far, 0) << mode;
      EXPECT_LT(far, mode == std::string("int4") ? 0.5 : 0.05) << mode;
    }
  }
}

// By the record of what is done with it, and by no list: products of all layers, and no table that is only
// looked up.
TEST(Quantize, TakesWhatIsMultipliedBy) {
  const auto stored = [](const Json& kind) {
    const auto model = small(kind);
    model->quantize("int8");
    std::vector<std::string> names;
    for (const WeightPtr& weight : model->Layer::weights()) {
      if (!weight->value.defined()) names.push_back(weight->path);
    }
    return names;
  };
  const auto has = [](const std::vector<std::string>& names, const std::string& part) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return name.find(part) != std::string::npos; });
  };
  const auto tied = stored(wide_t5(true)), apart = stored(wide_t5(false)), gpt2 = stored(wide_gpt2());
  EXPECT_TRUE(has(tied, "shared"));
  EXPECT_FALSE(has(apart, "shared"));
  EXPECT_TRUE(has(apart, "lm_head"));
  for (const char* part : {".q/", ".k/", ".v/", ".o/", ".wi/", ".wo/", "EncDecAttention"})
    EXPECT_TRUE(has(tied, part));
  EXPECT_FALSE(has(tied, "relative_attention_bias"));
  EXPECT_FALSE(has(tied, "layer_norm"));
  for (const char* part : {"c_attn", "c_proj", "c_fc", "wte"}) EXPECT_TRUE(has(gpt2, part)) << part;
  EXPECT_FALSE(has(gpt2, "wpe"));
}

// Nothing of a whole matrix is ever made: neither for the scores of tokens nor for their rows.
TEST(Quantize, ChoosesByTheGraph) {
  const auto weight = [](const char* name, const Shape& shape) {
    auto made = std::make_shared<Weight>();
    made->name = made->path = name;
    made->type = {DType::kFloat32, shape};
    return made;
  };
  const WeightPtr lines = weight("lines", {6, 8}), columns = weight("columns", {8, 6}),
                  table = weight("table", {9, 8}), tied = weight("tied", {10, 8}),
                  summed = weight("summed", {6, 8}), odd = weight("odd", {5, 7}),
                  idle = weight("idle", {8, 8}), square = weight("square", {8, 8}),
                  vector = weight("vector", {8});
  const auto f = [&](std::span<const Tensor> in, CallContext& context) {
    const auto value = [&](const WeightPtr& one) { return context.value(*one); };
    const Tensor x =
        embedding_lookup(value(table), in[0]) + embedding_lookup(value(tied), in[0]) * value(vector);
    return std::vector{matmul(x, value(lines), false, true),
                       relu(matmul(x, value(columns))),
                       matmul(x, value(tied), false, true),
                       matmul(x, value(summed), false, true) + sum(value(summed)),
                       matmul(sum(x, {-1}, true) * value(odd)[0], value(odd), false, true),
                       matmul(x, value(square))};
  };
  const std::vector<TensorType> types{{DType::kInt32, {1, 3}}};
  const std::vector<WeightPtr> all{lines, columns, table, tied, summed, odd, idle, square, vector};
  const auto of = [&](const char* mode, std::optional<int64_t> group = {}) {
    return detail::stored_by(detail::Storage(mode, group), all, f, types);
  };
  const std::map<const Weight*, bool> expected{
      {lines.get(), false}, {columns.get(), true}, {tied.get(), false}, {square.get(), true}};
  EXPECT_EQ(of("int4"), expected);
  EXPECT_THROW(of("int8", 32), InvalidArgument);
}

TEST(Quantize, TextsDoNotDependOnThreadsAndNeighbours) {
  const std::vector<std::vector<int32_t>> prompts{{3, 4, 5, 6, 7, 8, 9}, {10}, {11, 12, 13}};
  const int before = num_threads();
  for (const Json& kind : {wide_t5(true), wide_gpt2(), wide_llama(), small_marian()}) {
    for (const char* mode : kModes) {
      const auto model = small(kind);
      model->quantize(mode);
      SCOPED_TRACE(model->class_name() + " " + mode);
      std::vector<std::vector<std::vector<int32_t>>> answers;
      for (const int threads : {1, 2, 5}) {
        set_num_threads(threads);
        answers.push_back(model->generate(prompts, {.max_new_tokens = 12}));
        EXPECT_EQ(outputs(*model), [&] {
          set_num_threads(1);
          return outputs(*model);
        }());
      }
      set_num_threads(before);
      EXPECT_EQ(answers[0], answers[1]);
      EXPECT_EQ(answers[0], answers[2]);
      for (size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(model->generate(prompts[i], {.max_new_tokens = 12}), answers[0][i]);
    }
  }
}

TEST(Quantize, LoadingIsTheSame) {
  const TemporaryFolder folder;
  const auto whole = small(wide_t5(true));
  whole->save_pretrained(folder.path());
  for (const char* mode : kModes) {
    SCOPED_TRACE(mode);
    const auto loaded = AutoModel::from_pretrained(folder.path(), {.quantize = mode});
    EXPECT_EQ(loaded->quantization(), mode);
    const auto later = AutoModelForSeq2SeqLM::from_pretrained(folder.path());
    later->quantize(mode);
    EXPECT_EQ(outputs(*loaded), outputs(*later));
    // What is written is what the integers stand for, and they are found again.
    const TemporaryFolder copy;
    loaded->save_pretrained(copy.path());
    const auto again = AutoModel::from_pretrained(copy.path());
    EXPECT_LT(difference(outputs(*again), outputs(*loaded)), mode == std::string("bfloat16") ? 1e-5 : 0.02);
    again->quantize(mode);
    EXPECT_LT(difference(outputs(*again), outputs(*loaded)), 1e-5);
  }
}

TEST(Quantize, AnAssignedWeightCounts) {
  const auto model = small(wide_t5(true));
  model->quantize("int8");
  const std::vector<float> before = outputs(*model);
  for (const WeightPtr& weight : model->Layer::weights()) {
    if (weight->path.find(".wo/") == std::string::npos) continue;
    weight->assign(Tensor::from(std::vector<float>(static_cast<size_t>(weight->type.shape.size()), 0.5f),
                                weight->type.shape));
  }
  EXPECT_NE(outputs(*model), before);
}

TEST(Quantize, SaysWhatIsWrong) {
  const auto refusal = [](const auto& f) { return message_of<InvalidArgument>(f); };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  const auto model = small(wide_t5(true));
  expect(refusal([&] { model->quantize("int9"); }),
         "'int9' is not known; int8, int4 or bfloat16 was expected");
  expect(refusal([&] { model->quantize("int8", 48); }), "the group is 48; 0, 32, 64 or a multiple of 128");
  expect(refusal([&] { model->quantize("int8", -128); }), "the group is -128");
  expect(refusal([&] { model->quantize("bfloat16", 32); }), "bfloat16 has no groups");
  expect(refusal([&] { model->quantize("int8", 64); }), "groups of 64 do not divide the lines of weight");
  expect(refusal([&] { AutoModel::from_pretrained("nowhere", {.group = 32}); }),
         "a group belongs to quantize");
  EXPECT_EQ(model->quantization(), "");
  outputs(*model);  // is as it was
  model->quantize("int8");
  expect(refusal([&] { model->quantize("int4"); }), "the model is quantized already (int8)");
  expect(refusal([&] { model->add_adapter({.r = 2}); }), "the model is quantized; load it without");
  expect(refusal([&] { model->weights().at(0)->read(); }), "its model was quantized");
  const char* const elsewhere = "is quantized (int8): generate() and run() ask it";
  expect(refusal([&] { model->predict_outputs({kText, kText}); }), elsewhere);
  expect(refusal([&] { model->save("model.keras"); }), "no weights to save yet");
  const auto used = small(wide_t5(true));
  used->predict_outputs({kText, kText});
  expect(refusal([&] { used->quantize("int8"); }),
         "save_pretrained() and load that with {.quantize = \"int8\"}");
  const auto adapted = small(wide_t5(true));
  adapted->add_adapter({.r = 2});
  expect(refusal([&] { adapted->quantize("int8"); }), "merge_adapter() comes first");
}

}  // namespace
}  // namespace lamina::test
