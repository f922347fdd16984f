// A model with its tokenizer: tokens that are characters, bits of a character, prompts that cannot be read.
#include "lamina/zoo/transformers/language_model.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/trainers.h"
#include "tests/support/temporary_folder.h"
#include "tests/zoo/transformers/small_models.h"

namespace lamina::test {
namespace {

const std::vector<std::string> kTexts = {"to be or not to be\n", "be to, né or\n"};

LanguageModel model_of(Json config, bool starts) {
  const Json pipeline = character_pipeline();
  const PretrainedTokenizer tokenizer =
      train_tokenizer(starts ? with_text_starts(pipeline) : pipeline, kTexts);
  config["vocab_size"] = tokenizer.size();
  return {small(config), tokenizer};
}

TEST(CharacterTokens, AreTheCharacters) {
  const LanguageModel model = model_of(small_lstm(), false);
  const Encoding encoding = model.tokenizer().encode("né to\n\n");
  EXPECT_EQ(encoding.tokens, (std::vector<std::string>{"n", "é", " ", "t", "o", "\n", "\n"}));
  EXPECT_EQ(model.tokenizer().decode(encoding.ids), "né to\n\n");
  EXPECT_EQ(model.tokenizer().token_to_id("<|endoftext|>"), 0);
  EXPECT_EQ(model_of(small_lstm(), true).tokenizer().encode("to").tokens.at(0), "<|endoftext|>");
}

TEST(LanguageModel, NamesCharactersThatItCannotRead) {
  const LanguageModel model = model_of(small_lstm(), true);
  const std::string message = message_of<InvalidArgument>([&] { model.write({"to 中 be 日 中"}); });
  EXPECT_NE(message.find("has never seen '中', '日'"), std::string::npos) << message;
  EXPECT_NE(message_of<InvalidArgument>([&] { model.write({""}); }).find("is empty"), std::string::npos);
  EXPECT_TRUE(unknown_characters(model.tokenizer(), "to be").empty());
}

TEST(LanguageModel, GoesOnWithTexts) {
  const LanguageModel model = model_of(small_lstm(), true);
  const std::vector<std::string> both = model.write({"to be", "n"}, {.max_new_tokens = 8});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_TRUE(both[0].starts_with("to be"));
  EXPECT_EQ(both[1], model.write({"n"}, {.max_new_tokens = 8}).at(0));
}

// Mean bits by one pass over all tokens.
double bits_at_once(const LanguageModel& model, const std::vector<int32_t>& ids, int64_t characters) {
  const auto count = static_cast<int64_t>(ids.size());
  const std::vector<float> logits =
      model.model().run({Tensor::from(ids, {1, count})})["logits"].to_vector<float>();
  const auto width = static_cast<size_t>(model.model().vocab_size());
  double nats = 0;
  for (size_t i = 0; i + 1 < ids.size(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < width; ++k) sum += std::exp(logits[i * width + k]);
    nats += std::log(sum) - logits[i * width + static_cast<size_t>(ids[i + 1])];
  }
  return nats / std::log(2.0) / static_cast<double>(characters);
}

TEST(LanguageModel, CountsBitsOfCharacters) {
  for (const Json& config : {small_lstm(), small_llama()}) {
    const LanguageModel model = model_of(config, true);
    const LanguageScore score = model.evaluate(kTexts, 64);
    EXPECT_EQ(score.tokens, 19 + 13 + 1);
    EXPECT_EQ(score.characters, 33) << "one text ends within";
    EXPECT_NEAR(score.bits_per_character, bits_at_once(model, model.tokens(kTexts), 33), 1e-5);
    EXPECT_NEAR(score.loss, score.bits_per_character * std::log(2.0), 1e-6);
    const LanguageModel plain = model_of(config, false);
    const LanguageScore one = plain.evaluate({kTexts[0]}, 64);
    EXPECT_EQ(one.tokens, 18) << "the first character is given";
    EXPECT_EQ(one.characters, 18);
    EXPECT_NEAR(one.bits_per_character, bits_at_once(plain, plain.tokens({kTexts[0]}), 18), 1e-5);
  }
}

TEST(LanguageModel, JudgesEveryTokenOnceInAnyBlocks) {
  // Of a model that sees only the last token, blocks change nothing.
  const Json near = with(with(with(small_llama(), "model_type", "mistral"), "sliding_window", 1),
                         "max_position_embeddings", 512);
  const LanguageModel model = model_of(near, false);
  std::string text;
  for (int i = 0; i < 9; ++i) text += kTexts[i % 2 == 0 ? 0 : 1];
  const LanguageScore whole = model.evaluate({text}, 400);
  for (const int64_t length : {2, 3, 7, 8, 50, 147, 148, 149}) {
    const LanguageScore score = model.evaluate({text}, length);
    EXPECT_EQ(score.tokens, whole.tokens) << length;
    EXPECT_NEAR(score.loss, whole.loss, 1e-5) << length;
  }
}

TEST(LanguageModel, PaysForUnknownCharacters) {
  const LanguageModel model = model_of(small_lstm(), false);
  const LanguageScore known = model.evaluate({"to be"}), unknown = model.evaluate({"to中be"});
  EXPECT_EQ(known.unknown, 0);
  EXPECT_EQ(unknown.unknown, 1);
  EXPECT_EQ(unknown.characters, 4);
  EXPECT_NEAR(unknown.bits_per_character, (unknown.loss / std::log(2.0) * 4 + 20) / 4, 1e-9);
}

TEST(LanguageModel, CountsCharactersOfSubwords) {
  const PretrainedTokenizer tokenizer =
      train_tokenizer(byte_level_bpe_pipeline(), kTexts, {.vocab_size = 270});
  const LanguageModel model(small(with(small_lstm(), "vocab_size", tokenizer.size())), tokenizer);
  const LanguageScore score = model.evaluate({kTexts[1]});
  const std::vector<int32_t> ids = model.tokens({kTexts[1]});
  EXPECT_EQ(score.tokens, static_cast<int64_t>(ids.size()) - 1);
  EXPECT_EQ(score.characters, 13 - static_cast<int64_t>(tokenizer.decode({ids[0]}).size()));
  EXPECT_NEAR(score.bits_per_character, bits_at_once(model, ids, score.characters), 1e-5);
}

TEST(LanguageModel, RefusesWhatDoesNotGoTogether) {
  const PretrainedTokenizer tokenizer = train_tokenizer(character_pipeline(), kTexts);
  EXPECT_NE(message_of<InvalidArgument>([&] {
              LanguageModel(small(with(small_lstm(), "vocab_size", 5)), tokenizer);
            }).find("and the model 5: they do not belong together"),
            std::string::npos);
  EXPECT_THROW(LanguageModel(small(small_t5()), tokenizer), InvalidArgument);
  EXPECT_THROW(model_of(small_lstm(), false).evaluate({"t"}), InvalidArgument);
}

TEST(LanguageModel, ComesBackFromItsFolder) {
  const TemporaryFolder folder;
  const LanguageModel model = model_of(small_lstm(), true);
  model.save_pretrained(folder / "model");
  const LanguageModel again = LanguageModel::from_pretrained(folder / "model");
  EXPECT_EQ(again.write({"to"}), model.write({"to"}));
  EXPECT_EQ(again.evaluate(kTexts).bits_per_character, model.evaluate(kTexts).bits_per_character);
}

}  // namespace
}  // namespace lamina::test
