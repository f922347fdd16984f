// What is kept of tokens: shared beginnings, integers, and memory that follows what is written.
#include <algorithm>
#include <cmath>

#include "lamina/base/threads.h"
#include "lamina/ops/binary.h"
#include "lamina/zoo/transformers/detail/writing.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Ids = std::vector<int32_t>;

Json dynamic_llama() {
  return with(with(small_llama(), "max_position_embeddings", 8), "rope_scaling",
              Json::object({{"type", "dynamic"}, {"factor", 2.0}}));
}

std::vector<std::shared_ptr<PretrainedModel>> continuing() {
  return {small(small_gpt2()), small(small_llama()), small(small_lstm()), small(dynamic_llama()),
          small(with(with(small_llama(), "model_type", "mistral"), "sliding_window", 3))};
}

TEST(PromptPrefix, ChangesNoText) {
  const Ids beginning{3, 4, 5, 6};
  const std::vector<Ids> prompts{{3, 4, 5, 6, 7, 8}, {3, 4, 5, 6}, {3, 4, 9}, {11, 12, 13}, {3, 4, 5, 6, 9}};
  for (const auto& model : continuing()) {
    SCOPED_TRACE(model->class_name());
    GenerateOptions options{.max_new_tokens = 12};
    const auto prefix = model->read_prefix(beginning);
    for (const int64_t beams : {1, 3}) {
      options.num_beams = beams;
      options.prefix = nullptr;
      const auto whole = model->generate(prompts, options);
      const Ids one = model->generate(prompts[0], options);
      options.prefix = prefix;
      EXPECT_EQ(model->generate(prompts, options), whole);
      for (int again = 0; again < 2; ++again) EXPECT_EQ(model->generate(prompts[0], options), one);
    }
  }
}

TEST(PromptPrefix, IsNotReadAgain) {
  for (const auto& model : {small(small_gpt2()), small(small_lstm())}) {
    int64_t read = 0;
    GenerateOptions options{.max_new_tokens = 1};
    options.on_end = [&](const GenerationFigures& figures) { read = figures.read; };
    const Ids prompt{3, 4, 5, 6, 7, 8};
    model->generate(prompt, options);
    EXPECT_EQ(read, 6);
    options.prefix = model->read_prefix({3, 4, 5, 6});
    model->generate(prompt, options);
    EXPECT_EQ(read, 2);
    options.prefix = model->read_prefix(prompt);  // the last token is read in any case
    model->generate(prompt, options);
    EXPECT_EQ(read, model->class_name() == "GPT2LMHeadModel" ? 1 : 6);
  }
}

TEST(PromptPrefix, SaysWhereItDoesNotBelong) {
  const auto model = small(small_gpt2()), other = AutoModel::from_config(small_gpt2(), {.seed = 9});
  const auto prefix = model->read_prefix({3, 4});
  const auto refusal = [&](const PretrainedModel& asked, GenerateOptions options = {}) {
    options.prefix = prefix;
    return message_of<InvalidArgument>([&] { asked.generate(Ids{3, 4, 5}, options); });
  };
  EXPECT_NE(refusal(*other).find("read by another model"), std::string::npos);
  EXPECT_NE(refusal(*model, {.cache = "int8"}).find("read with cache '', and cache is 'int8'"),
            std::string::npos);
  EXPECT_NO_THROW(model->generate(Ids{3, 4, 5}, {.prefix = prefix}));
  model->weights().at(0)->assign(model->weights().at(0)->value * 2.0);
  EXPECT_NE(refusal(*model).find("before its weights changed"), std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { model->read_prefix({}); }).find("the prefix is empty"),
            std::string::npos);
  EXPECT_NE(message_of<InvalidArgument>([&] { model->read_prefix({20}); }).find("token 20 of the prefix"),
            std::string::npos);
  EXPECT_NE(message_of<Unsupported>([&] { small(small_t5())->read_prefix({3}); }).find("from both ends"),
            std::string::npos);
  EXPECT_NE(refusal(*small(small_t5())).find("a prefix is of no use"), std::string::npos);
}

Json wide_gpt2() { return with(with(small_gpt2(), "n_embd", 128), "n_positions", 512); }

TEST(QuantizedCache, IsCloseAndSmall) {
  const auto model = small(with(wide_gpt2(), "initializer_range", 0.08));
  Ids text;
  for (int32_t i = 0; i < 200; ++i) text.push_back((i * i + 3 * i) % 20);
  std::vector<std::vector<float>> scores;
  std::vector<uint64_t> bytes;
  for (const char* cache : {"", "int8"}) {
    detail::Decoder& decoder = detail::Writing::decoder(*model, cache);
    detail::DecoderState state = decoder.begin(*model, 1, 0);
    const std::span<const float> logits = decoder.step(*model, state, {text});
    scores.emplace_back(logits.begin(), logits.end());
    bytes.push_back(state.cache_bytes());
  }
  // Heads of 64: 64 bytes and a scale of 4 instead of 256.
  EXPECT_EQ(bytes[1] * 256, bytes[0] * 68);
  float largest = 0, furthest = 0;
  for (size_t i = 0; i < scores[0].size(); ++i) {
    largest = std::max(largest, std::abs(scores[0][i]));
    furthest = std::max(furthest, std::abs(scores[0][i] - scores[1][i]));
  }
  EXPECT_GT(furthest, 0);
  EXPECT_LT(furthest, 0.01f * largest);
}

TEST(QuantizedCache, WritesInAllWays) {
  const std::vector<Ids> prompts{{3, 4, 5, 6, 7, 8, 9}, {10}, {11, 12, 13}};
  for (const auto& model :
       {small(small_gpt2()), small(small_llama()), small(small_marian()), small(small_t5())}) {
    SCOPED_TRACE(model->class_name());
    for (const int64_t beams : {1, 3}) {
      GenerateOptions options{.max_new_tokens = 12, .num_beams = beams, .cache = "int8"};
      const auto together = model->generate(prompts, options);
      for (size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(together[i], model->generate(prompts[i], options)) << i;
      if (beams > 1) continue;
      options.draft = model;
      EXPECT_EQ(model->generate(prompts, options), together);
      options.draft = nullptr;
      if (!model->is_encoder_decoder()) {
        options.prefix = model->read_prefix({3, 4, 5}, "int8");
        EXPECT_EQ(model->generate(prompts, options), together);
      }
    }
  }
}

TEST(QuantizedCache, RefusesOtherNames) {
  const auto refusal = [](const PretrainedModel& model, const std::string& cache) {
    return message_of<InvalidArgument>([&] { model.generate(Ids{3}, {.cache = cache}); });
  };
  EXPECT_NE(refusal(*small(small_gpt2()), "int9").find("cache is 'int9'; \"int8\", or nothing"),
            std::string::npos);
  EXPECT_NE(refusal(*small(small_lstm()), "int8").find("keeps no tokens, but a state that does not grow"),
            std::string::npos);
}

TEST(CacheMemory, FollowsWhatIsWritten) {
  const auto model = small(small_t5());
  GenerationConfig endless = model->generation_config();
  endless.eos_token_id = {};
  uint64_t bytes = 0;
  int64_t left = 5;
  GenerateOptions options{.config = endless, .max_new_tokens = int64_t{1} << 60};
  options.on_token = [&](size_t, int32_t) { return --left > 0; };
  options.on_end = [&](const GenerationFigures& figures) { bytes = figures.cache_bytes; };
  model->generate(Ids{3}, options);
  const uint64_t few = bytes;
  EXPECT_EQ(few, 2u * 64 * 8 * 4);
  left = 200;
  const Ids grown = model->generate(Ids{3}, options);
  EXPECT_EQ(bytes, 4 * few);
  options.max_new_tokens = 200;
  options.on_token = {};
  EXPECT_EQ(model->generate(Ids{3}, options), grown);
}

TEST(CacheMemory, IsRefusedWithTheBytes) {
  const auto model = small(small_t5());
  for (const GenerateOptions& options :
       {GenerateOptions{.num_beams = int64_t{1} << 40},
        GenerateOptions{.num_return_sequences = int64_t{1} << 40, .do_sample = true}}) {
    const std::string message = message_of<InvalidArgument>([&] { model->generate(Ids{3}, options); });
    EXPECT_NE(message.find("1099511627776 texts of 64 tokens at a time need"), std::string::npos) << message;
    EXPECT_NE(message.find("MB for what is kept of them, and"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace lamina::test
