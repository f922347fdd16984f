// Files that are damaged, hostile or not there, texts that are no UTF-8, options that cannot be: an error
// that says so.
#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told.h"

namespace lamina {
namespace {

constexpr const char* kWords =
    R"({"version": "1.0", "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2}},
  "pre_tokenizer": {"type": "Whitespace"}, "decoder": null,
  "added_tokens": [{"id": 3, "content": "<s>", "special": true}]})";

PretrainedTokenizer words() { return PretrainedTokenizer::from_json(Json::parse(kWords)); }

std::string refusal(const std::string& text) {
  return test::message_of<FileError>([&] { PretrainedTokenizer::from_json(Json::parse(text), "t.json"); });
}

TEST(TokenizerBadInput, FilesSayWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "no JSON object"},
      {"{}", "\"model\" is missing"},
      {R"({"version": "2.0", "model": {}})", "version \"2.0\""},
      {R"({"model": {"type": "BPF", "vocab": {}}})", "unknown model 'BPF'"},
      {R"({"model": {"type": "BPE", "merges": []}})", "vocab"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]}})", "lacks 'b'"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}})", "two tokens"},
      {R"({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})", "the id -1"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 99999999}, "merges": []}})", "the id 99999999"},
      {R"({"model": {"type": "BPE", "vocab": {"a": "0"}, "merges": []}})", "a whole number was expected"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 2}})", "dropout"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "surprise": 2}})", "surprise"},
      {R"({"model": {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 5}})", "unk_id 5"},
      {R"({"model": {"type": "Unigram", "vocab": [["a"]]}})", "a token and a number"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "normalizer": {"type": "NFX"}})",
       "unknown normalizer 'NFX'"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "/////w=="}})",
       "charsmap"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "normalizer": {"type": "Replace", "pattern": {"Regex": "("}, "content": ""}})",
       "does not compile"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}})",
       "one character"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "Gone"}})",
       "unknown behavior 'Gone'"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "pre_tokenizer": {"type": "FixedLength", "length": 0}})",
       "length"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "post_processor": {"type": "BertProcessing", "sep": ["x"], "cls": ["y", 1]}})",
       "[token, id]"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "post_processor": {"type": "TemplateProcessing", "single":
          [{"SpecialToken": {"id": "x", "type_id": 0}}], "pair": [], "special_tokens": {}}})",
       "'x'"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "decoder": {"type": "Sequence", "decoders": 3}})",
       "list of parts"},
      {R"({"model": {"type": "WordLevel", "vocab": {}}, "truncation": {"strategy": "Most", "max_length": 3}})",
       "'Most'"},
  };
  for (const auto& [text, words] : cases) {
    const std::string message = refusal(text);
    EXPECT_NE(message.find("'t.json'"), std::string::npos) << message;
    EXPECT_NE(message.find(words), std::string::npos) << message << "\nfor " << text;
  }
}

// Found by the fuzzer: the token that another one pushed aside got a new number when the file was written.
TEST(TokenizerBadInput, TokensThatShareANumberStay) {
  const Json json = Json::parse(R"({"added_tokens": [{"id": 1, "content": "<unk>", "special": true}],
      "pre_tokenizer": {"type": "Whitespace"},
      "model": {"type": "WordLevel", "vocab": {"a": 0, "<unk>": 1, "b": 1}, "unk_token": "<unk>"}})");
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(json);
  const Json written = tokenizer.to_json();
  EXPECT_EQ(PretrainedTokenizer::from_json(written).to_json(), written);
  EXPECT_EQ(PretrainedTokenizer::from_json(written).encode("a b c").ids, tokenizer.encode("a b c").ids);
}

// Also found by the fuzzer: "y" is given 1 since the vocabulary has one word, "x" takes it back, and "z", which has 2 now,
// would be given 1 by the next reader.
TEST(TokenizerBadInput, AddedTokensThatWouldComeBackWithOtherIdsAreNotWritten) {
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(Json::parse(R"({
      "added_tokens": [{"id": 1, "content": "y"}, {"id": 2, "content": "z"}, {"id": 1, "content": "x"}],
      "model": {"type": "WordLevel", "vocab": {"x": 1}, "unk_token": "x"}})"));
  EXPECT_EQ(tokenizer.encode("z").ids, std::vector<int32_t>{2});
  const std::string message = test::message_of<Unsupported>([&] { tokenizer.to_json(); });
  EXPECT_NE(message.find("the added token 'z' of"), std::string::npos) << message;
  EXPECT_NE(message.find("has the id 2, and would come back from tokenizer.json with 1"), std::string::npos) << message;
}

TEST(TokenizerBadInput, PathsSayWhatWasLookedFor) {
  test::TemporaryFolder folder;
  const auto message = [&](const std::string& name) {
    return test::message_of<FileError>([&] { AutoTokenizer::from_pretrained(folder / name); });
  };
  EXPECT_NE(message("nothing").find("does not exist"), std::string::npos);
  EXPECT_NE(message("").find("tokenizer.json, spiece.model"), std::string::npos);
  write_file(folder / "x.json", "{\"a\": 1}");
  EXPECT_NE(message("x.json").find("no merges.txt beside it"), std::string::npos);
  write_file(folder / "x.model", "\x0a\xff\xff\xff\xff\xff");
  EXPECT_NE(message("x.model").find("x.model"), std::string::npos);
  write_file(folder / "y.model", "");
  EXPECT_NE(message("y.model").find("no pieces"), std::string::npos);
  write_file(folder / "z.model", std::string("\x0a\x03\x0a\x01") + "a");
  EXPECT_NE(message("z.model").find("no piece is the unknown one"), std::string::npos);
}

TEST(TokenizerBadInput, CatastrophicPatternsAreStopped) {
  Json json = Json::parse(kWords);
  json["pre_tokenizer"] =
      Json::parse(R"({"type": "Split", "pattern": {"Regex": "(a+a+)+[bc]"}, "behavior": "Isolated"})");
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(json);
  EXPECT_EQ(tokenizer.encode("aab").ids, std::vector<int32_t>{0});
  const std::string message =
      test::message_of<InvalidArgument>([&] { tokenizer.encode(std::string(100, 'a')); });
  EXPECT_NE(message.find("takes too much work"), std::string::npos) << message;
}

TEST(TokenizerBadInput, BrokenUtf8BecomesReplacementCharacters) {
  test::Told told;
  const PretrainedTokenizer tokenizer = words();
  const Encoding encoding = tokenizer.encode("a \xFF\xC3 b");
  EXPECT_EQ(encoding.ids, (std::vector<int32_t>{1, 0, 2}));
  EXPECT_EQ(encoding.offsets[1], (std::pair<int32_t, int32_t>(2, 4)));
  EXPECT_TRUE(told.holds("no UTF-8")) << told.text();
}

TEST(TokenizerBadInput, OptionsThatCannotBe) {
  const PretrainedTokenizer tokenizer = words();
  const auto message = [&](auto set) {
    EncodeOptions options;
    set(options);
    return test::message_of<InvalidArgument>([&] { tokenizer.encode("a b a", options); });
  };
  EXPECT_NE(message([](EncodeOptions& o) { o.truncation = "longest"; }).find("longest_first"),
            std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) { o.truncation = "only_first"; }).find("set max_length"),
            std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) { o.padding = "most"; }).find("'most'"), std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) { o.padding = "longest"; }).find("no padding token"),
            std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) { o.padding = "max_length"; }).find("set max_length"),
            std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) {
              o.truncation = "longest_first";
              o.max_length = 2;
              o.stride = 2;
            }).find("stride of 2"),
            std::string::npos);
  EXPECT_NE(message([](EncodeOptions& o) {
              o.truncation = "longest_first";
              o.max_length = 2;
              o.truncation_side = "top";
            }).find("'top'"),
            std::string::npos);
}

TEST(TokenizerBadInput, UnknownWordsWithoutAnUnknownToken) {
  Json json = Json::parse(kWords);
  json["model"]["unk_token"] = "gone";
  const PretrainedTokenizer tokenizer = PretrainedTokenizer::from_json(json);
  EXPECT_EQ(tokenizer.encode("a").ids, std::vector<int32_t>{1});
  EXPECT_NE(test::message_of<InvalidArgument>([&] { tokenizer.encode("c"); }).find("'gone'"),
            std::string::npos);
}

TEST(TokenizerBadInput, IdsThatNothingHasAreLeftOut) {
  const PretrainedTokenizer tokenizer = words();
  EXPECT_EQ(tokenizer.decode({1, -5, 99999, 2}), "a b");
  EXPECT_EQ(tokenizer.decode({3, 1}, {.skip_special_tokens = true}), "a");
  EXPECT_FALSE(tokenizer.id_to_token(-1).has_value());
  EXPECT_FALSE(tokenizer.token_to_id("c").has_value());
  EXPECT_EQ(tokenizer.size(), 4);
  EXPECT_EQ(tokenizer.vocab_size(), 3);
  EXPECT_EQ(tokenizer.all_special_ids(), std::vector<int32_t>{3});
}

}  // namespace
}  // namespace lamina
