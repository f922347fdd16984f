// generate(): what is refused, what ends a text, and that a text does not depend on its neighbours.
#include <algorithm>
#include <cmath>
#include <set>

#include "lamina/base/error.h"
#include "lamina/ops/binary.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

using Ids = std::vector<int32_t>;

std::vector<std::shared_ptr<PretrainedModel>> writers() {
  return {
      small(small_gpt2()),   small(small_llama()),
      small(small_marian()), small(small_t5()),
      small(small_lstm()),   small(with(with(small_llama(), "model_type", "mistral"), "sliding_window", 3))};
}

std::string refusal(const PretrainedModel& model, const Ids& prompt, const GenerateOptions& options = {}) {
  return message_of<InvalidArgument>([&] { model.generate(prompt, options); });
}

TEST(Generate, RefusesPromptsThatCannotBe) {
  for (const auto& model : writers()) {
    EXPECT_EQ(refusal(*model, {}), "generate: prompt 0 is empty; give at least one token");
    EXPECT_NE(refusal(*model, {3, 20}).find("token 20 of prompt 0 is not one of the model's, 0 to 19"),
              std::string::npos);
    EXPECT_NE(refusal(*model, {-1}).find("token -1"), std::string::npos);
    EXPECT_TRUE(model->generate(std::vector<Ids>()).empty());
  }
}

TEST(Generate, RefusesMoreThanTheContext) {
  const auto gpt2 = small(small_gpt2()), marian = small(small_marian());
  EXPECT_NE(
      refusal(*gpt2, Ids(25, 3)).find("prompt 0 has 25 tokens, more than the 24 that the model can look at"),
      std::string::npos);
  EXPECT_NE(refusal(*marian, Ids(33, 3)).find("prompt 0 has 33 tokens, more than the 32"), std::string::npos);
  EXPECT_NE(refusal(*gpt2, Ids(10, 3), {.max_new_tokens = 15})
                .find("the prompt has 10 tokens, and with 15 new ones that is more than the 24"),
            std::string::npos);
  EXPECT_EQ(gpt2->generate(Ids(10, 3), {.max_new_tokens = 14}).size(), 14u);
}

TEST(Generate, RefusesModelsThatDoNotWrite) {
  const auto bert = small(small_bert());
  const std::string message = message_of<Unsupported>([&] { bert->generate(Ids{3}); });
  EXPECT_NE(message.find("BertForSequenceClassification does not write text"), std::string::npos) << message;
  const auto headless = small(with(small_gpt2(), "architectures", Json::list({"GPT2Model"})));
  EXPECT_NE(message_of<Unsupported>([&] { headless->generate(Ids{3}); }).find("GPT2Model"),
            std::string::npos);
}

TEST(Generate, SaysThatScoresAreNoNumbersAndThatNothingIsAllowed) {
  for (const int64_t beams : {1, 2}) {
    const auto model = small(small_gpt2());
    model->generate(Ids{3}, {.max_new_tokens = 1, .num_beams = beams});  // builds it
    model->weights().at(0)->assign(model->weights().at(0)->value * std::nan(""));
    EXPECT_NE(
        message_of<Error>([&] { model->generate(Ids{3}, {.num_beams = beams}); }).find("no numbers (NaN)"),
        std::string::npos);
  }
  const auto model = small(small_llama());
  GenerationConfig none = model->generation_config();
  for (int32_t id = 0; id < 20; ++id) none.suppress_tokens.push_back(id);
  EXPECT_NE(refusal(*model, {3}, {.config = none}).find("no token is allowed"), std::string::npos);
  none.do_sample = true;
  EXPECT_NE(refusal(*model, {3}, {.config = none}).find("no token is allowed"), std::string::npos);
}

TEST(Generate, PaddingChangesNothing) {
  const std::vector<Ids> prompts{{3, 4, 5, 6, 7, 8, 9}, {10}, {11, 12, 13}};
  for (const auto& model : writers()) {
    SCOPED_TRACE(model->class_name());
    for (const int64_t beams : {1, 3}) {
      const GenerateOptions options{.max_new_tokens = 12, .num_beams = beams};
      const auto together = model->generate(prompts, options);
      for (size_t i = 0; i < prompts.size(); ++i)
        EXPECT_EQ(together[i], model->generate(prompts[i], options)) << i;
    }
  }
}

TEST(Generate, IsWhatTheWholeTextSays) {
  for (const auto& model : writers()) {
    if (model->is_encoder_decoder()) continue;
    Ids text{5, 6, 7};
    const Ids written = model->generate(text, {.max_new_tokens = 12});
    for (const int32_t id : written) {
      const auto length = static_cast<int64_t>(text.size());
      const std::vector<float> logits =
          model->run({Tensor::from(text, {1, length})})["logits"].to_vector<float>();
      const auto last = logits.end() - 20;
      EXPECT_EQ(id, std::max_element(last, logits.end()) - last);
      text.push_back(id);
    }
  }
}

TEST(Generate, StopsWhereItIsTold) {
  for (const auto& model : writers()) {
    const Ids whole = model->generate(Ids{5, 6}, {.max_new_tokens = 10});
    ASSERT_GE(whole.size(), 3u);
    size_t calls = 0;
    GenerateOptions options{.max_new_tokens = 10};
    options.on_token = [&](size_t row, int32_t id) {
      EXPECT_EQ(row, 0u);
      EXPECT_EQ(id, whole.at(calls));
      return ++calls < 2;
    };
    EXPECT_EQ(model->generate(Ids{5, 6}, options), Ids(whole.begin(), whole.begin() + 2));
    EXPECT_EQ(calls, 2u);
  }
}

TEST(Generate, EndsWithWordsAcrossTokens) {
  for (const auto& model : writers()) {
    const Ids whole = model->generate(Ids{5, 6}, {.max_new_tokens = 10});
    ASSERT_GE(whole.size(), 4u);
    GenerateOptions options{.max_new_tokens = 10};
    options.stops = [&](std::span<const int32_t> tokens) {
      return tokens.size() >= 2 && tokens[tokens.size() - 2] == whole[1] && tokens.back() == whole[2];
    };
    const Ids ended = model->generate(Ids{5, 6}, options);
    ASSERT_GE(ended.size(), 2u);
    EXPECT_EQ(ended[ended.size() - 2], whole[1]);
    EXPECT_EQ(ended.back(), whole[2]);
    EXPECT_EQ(ended, Ids(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(ended.size())));
    options.num_beams = 2;
    EXPECT_NO_THROW(model->generate(Ids{5, 6}, options));
  }
}

TEST(Generate, DrawsTheSameFromASeed) {
  for (const auto& model : writers()) {
    const GenerateOptions options{.max_new_tokens = 8, .do_sample = true, .temperature = 2.0, .seed = 7};
    EXPECT_EQ(model->generate(Ids{5, 6}, options), model->generate(Ids{5, 6}, options));
    GenerateOptions other = options;
    std::set<Ids> texts;
    for (other.seed = 0; other.seed < 8; ++other.seed) texts.insert(model->generate(Ids{5, 6}, other));
    EXPECT_GT(texts.size(), 1u);
  }
}

TEST(Generate, NamesTheKeyOfAnIdThatCannotBe) {
  const auto model = small(small_gpt2());
  for (const char* key : {"pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id",
                          "forced_bos_token_id", "forced_eos_token_id"}) {
    const auto with_id = [&](const Json& id) {
      return GenerationConfig::from_json(Json::object({{key, id}}), "generation_config.json");
    };
    const std::string beyond =
        message_of<InvalidArgument>([&] { model->set_generation_config(with_id(20)); });
    EXPECT_NE(beyond.find(std::string(key) + " is 20; a token from 0 to 19 was expected"), std::string::npos)
        << beyond;
    for (const Json& id : {Json(-1), Json(int64_t{1} << 40), Json("x")}) {
      const std::string message = message_of<FileError>([&] { with_id(id); });
      EXPECT_NE(message.find("'generation_config.json': \"" + std::string(key) + "\": "), std::string::npos)
          << message;
    }
  }
}

}  // namespace
}  // namespace lamina::test
