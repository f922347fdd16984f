// Small tokenizers of every kind, as Hugging Face's tokenizers and sentencepiece run them
// (tools/golden/subword_tokenizers.py).
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/threads.h"
#include "lamina/text/tokenizers/detail/base64.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

const Json& golden() {
  static const Json content = Json::parse(
      read_file_or_gzip(std::string(LAMINA_SOURCE_DIR) + "/tests/golden/text/tokenizers.json.gz"));
  return content;
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& text : list.as_list()) texts.push_back(text.as_string());
  return texts;
}

std::vector<int32_t> numbers_of(const Json& list) {
  std::vector<int32_t> numbers;
  for (const Json& number : list.as_list()) numbers.push_back(static_cast<int32_t>(number.as_int()));
  return numbers;
}

std::vector<std::pair<int32_t, int32_t>> pairs_of(const Json& list) {
  std::vector<std::pair<int32_t, int32_t>> pairs;
  for (const Json& pair : list.as_list()) {
    pairs.emplace_back(static_cast<int32_t>(pair.at(size_t{0}).as_int()),
                       static_cast<int32_t>(pair.at(size_t{1}).as_int()));
  }
  return pairs;
}

void expect_same(const Encoding& encoding, const Json& expected, const std::string& what) {
  EXPECT_EQ(encoding.ids, numbers_of(expected.at("ids"))) << what;
  EXPECT_EQ(encoding.tokens, texts_of(expected.at("tokens"))) << what;
  EXPECT_EQ(encoding.offsets, pairs_of(expected.at("offsets"))) << what;
  EXPECT_EQ(encoding.type_ids, numbers_of(expected.at("type_ids"))) << what;
  EXPECT_EQ(encoding.special_tokens_mask, numbers_of(expected.at("special_tokens_mask"))) << what;
  EXPECT_EQ(encoding.word_ids, numbers_of(expected.at("word_ids"))) << what;
  EXPECT_EQ(encoding.attention_mask, std::vector<int32_t>(encoding.size(), 1)) << what;
}

std::string streamed(const PretrainedTokenizer& tokenizer, const std::vector<int32_t>& ids) {
  StreamingDecoder stream(tokenizer);
  std::string text;
  for (const int32_t id : ids) text += stream.put(id);
  return text + stream.finish();
}

class TokenizerGolden : public ::testing::TestWithParam<size_t> {
 protected:
  const Json& one() const { return golden().at("cases").at(GetParam()); }
  PretrainedTokenizer tokenizer() const {
    return PretrainedTokenizer::from_json(one().at("tokenizer"), one().at("name").as_string());
  }
};

TEST_P(TokenizerGolden, GivesTheTokensOfTheReference) {
  const PretrainedTokenizer tokenizer = this->tokenizer();
  const std::vector<std::string> texts = texts_of(golden().at("texts"));
  size_t tokens = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    const Json& expected = one().at("results").at(i);
    const std::string what = one().at("name").as_string() + " of '" + texts[i] + "'";
    const Encoding encoding = tokenizer.encode(texts[i]);
    expect_same(encoding, expected.at("alone"), what);
    expect_same(tokenizer.encode(texts[i], texts[(i + 3) % texts.size()]), expected.at("pair"),
                what + ", of a pair");
    EXPECT_EQ(tokenizer.decode(encoding.ids), expected.at("decoded").as_string()) << what;
    EXPECT_EQ(tokenizer.decode(encoding.ids, {.skip_special_tokens = true}),
              expected.at("skipped").as_string())
        << what;
    EXPECT_EQ(streamed(tokenizer, encoding.ids), expected.at("decoded").as_string()) << what;
    EncodeOptions ids_only;
    ids_only.ids_only = true;
    EXPECT_EQ(tokenizer.encode(texts[i], ids_only).ids, encoding.ids) << what;
    tokens += encoding.size();
  }
  EXPECT_GT(tokens, 80u);
}

TEST_P(TokenizerGolden, IsTheSameAfterSaving) {
  const PretrainedTokenizer tokenizer = this->tokenizer();
  test::TemporaryFolder folder;
  tokenizer.save_pretrained(folder / "saved");
  const PretrainedTokenizer again = AutoTokenizer::from_pretrained(folder / "saved");
  EXPECT_EQ(again.to_json(), tokenizer.to_json());
  const std::vector<std::string> texts = texts_of(golden().at("texts"));
  for (const std::string& text : texts) EXPECT_EQ(again.encode(text).ids, tokenizer.encode(text).ids) << text;
}

TEST_P(TokenizerGolden, DoesNotDependOnTheThreads) {
  const PretrainedTokenizer tokenizer = this->tokenizer();
  std::vector<std::string> texts;
  for (int i = 0; i < 30; ++i) {
    for (const std::string& text : texts_of(golden().at("texts"))) texts.push_back(text + std::to_string(i));
  }
  const int threads = num_threads();
  set_num_threads(1);
  const std::vector<Encoding> alone = tokenizer.encode_batch(texts);
  set_num_threads(3);
  const std::vector<Encoding> together = tokenizer.encode_batch(texts);
  set_num_threads(threads);
  ASSERT_EQ(alone.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_EQ(alone[i].ids, together[i].ids);
    ASSERT_EQ(alone[i].offsets, together[i].offsets);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, TokenizerGolden, ::testing::Range(size_t{0}, golden().at("cases").size()),
                         [](const auto& info) {
                           return golden().at("cases").at(info.param).at("name").as_string();
                         });

TEST(TokenizersGolden, CutAsTheReference) {
  const Json& json = golden().at("cut_and_filled");
  Json content;
  for (const Json& one : golden().at("cases").as_list()) {
    if (one.at("name").as_string() == "bert") content = one.at("tokenizer");
  }
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(content);
  const std::string text = json.at("text").as_string(), other = json.at("other").as_string();
  int failures = 0;
  for (const Json& row : json.at("cut").as_list()) {
    EncodeOptions options;
    options.truncation = row.at("strategy").as_string();
    options.max_length = row.at("length").as_int();
    options.stride = 1;
    options.truncation_side = row.at("side").as_string();
    const auto encode = [&] {
      return row.at("pair").as_bool() ? tokenizer.encode(text, other, options)
                                      : tokenizer.encode(text, options);
    };
    if (row.contains("fails")) {
      EXPECT_THROW(encode(), InvalidArgument) << row.dump();
      ++failures;
      continue;
    }
    const Encoding encoding = encode();
    EXPECT_EQ(encoding.ids, numbers_of(row.at("ids"))) << row.dump();
    EXPECT_EQ(encoding.offsets, pairs_of(row.at("offsets"))) << row.dump();
  }
  EXPECT_GT(failures, 0);
  for (const Json& row : json.at("filled").as_list()) {
    EncodeOptions options;
    options.padding = row.at("length").is_null() ? "longest" : "max_length";
    if (!row.at("length").is_null()) options.max_length = row.at("length").as_int();
    if (!row.at("multiple").is_null()) options.pad_to_multiple_of = row.at("multiple").as_int();
    options.padding_side = row.at("side").as_string();
    content["padding"] =
        Json::parse(R"({"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": null,
                                         "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"})");
    const auto batch =
        PretrainedTokenizer::from_json(content).encode_batch(texts_of(json.at("texts")), options);
    for (size_t i = 0; i < batch.size(); ++i) {
      const Json& expected = row.at("batch").at(i);
      EXPECT_EQ(batch[i].ids, numbers_of(expected.at("ids"))) << row.dump().substr(0, 200);
      EXPECT_EQ(batch[i].attention_mask, numbers_of(expected.at("attention_mask")));
      EXPECT_EQ(batch[i].special_tokens_mask, numbers_of(expected.at("special_tokens_mask")));
    }
  }
}

TEST(TokenizersGolden, RunSentencePieceModels) {
  ASSERT_GE(golden().at("sentencepiece").size(), 5u);
  for (const Json& one : golden().at("sentencepiece").as_list()) {
    test::TemporaryFolder folder;
    write_file(folder / "m.model", detail::tokenizers::from_base64(one.at("model").as_string()));
    const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(folder / "m.model");
    const std::vector<std::string> texts = texts_of(one.at("texts"));
    for (size_t i = 0; i < texts.size(); ++i) {
      const Json& expected = one.at("results").at(i);
      const std::string what = one.at("name").as_string() + " of '" + texts[i] + "'";
      const Encoding encoding = tokenizer.encode(texts[i]);
      EXPECT_EQ(encoding.ids, numbers_of(expected.at("ids"))) << what;
      EXPECT_EQ(encoding.tokens, texts_of(expected.at("tokens"))) << what;
      EXPECT_EQ(tokenizer.decode(encoding.ids), expected.at("decoded").as_string()) << what;
    }
  }
}

}  // namespace
}  // namespace lamina
