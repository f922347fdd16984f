// Folders as models are published in: the vocabularies in ../shared/models/tokenizers with what the reference
// libraries made of 15 texts, and what tokenizer_config.json says.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(TokenizerFolders, ReadTheirConfiguration) {
  test::TemporaryFolder folder;
  write_file(folder / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n");
  write_file(folder / "tokenizer_config.json",
             R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": 6,
             "padding_side": "left", "additional_special_tokens": ["<new>"]})");
  const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(folder.path());
  EXPECT_EQ(tokenizer.encode("Hello WORLDS <new>").ids, (std::vector<int32_t>{2, 5, 6, 7, 8, 3}));
  EXPECT_EQ(tokenizer.model_max_length(), 6);
  EXPECT_EQ(tokenizer.cls_token_id(), 2);
  EXPECT_EQ(tokenizer.pad_token_id(), 0);
  EXPECT_FALSE(tokenizer.bos_token_id().has_value());
  EncodeOptions options;
  options.padding = "max_length";
  options.truncation = "longest_first";
  EXPECT_EQ(tokenizer.encode("hello", options).ids, (std::vector<int32_t>{0, 0, 0, 2, 5, 3}));
  EXPECT_EQ(tokenizer.encode("hello hello hello hello hello", options).ids,
            (std::vector<int32_t>{2, 5, 5, 5, 5, 3}));
  tokenizer.save_pretrained(folder / "again");
  const PretrainedTokenizer again = AutoTokenizer::from_pretrained(folder / "again");
  EXPECT_EQ(again.encode("hello", options).ids, (std::vector<int32_t>{0, 0, 0, 2, 5, 3}));
  EXPECT_EQ(again.special_tokens_map().size(), tokenizer.special_tokens_map().size());
}

// What the README there says of each file's golden texts.
void expect_golden(const std::string& path, const std::string& golden) {
  const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(path);
  const Json json = Json::parse(read_file(golden), golden);
  ASSERT_GE(json.size(), 10u) << golden;
  for (const Json& one : json.as_list()) {
    std::vector<int32_t> ids;
    for (const Json& id : one.at("ids").as_list()) ids.push_back(static_cast<int32_t>(id.as_int()));
    EXPECT_EQ(tokenizer.encode(one.at("text").as_string()).ids, ids)
        << path << " of '" << one.at("text").as_string() << "'";
  }
}

// Pieces of the file are one number higher, but for the first four, and <mask> is behind them.
TEST(TokenizerFolders, OfXlmRobertaCountAsFairseqDoes) {
  const std::string root = test::shared_file("models/tokenizers/spm-unigram-test");
  if (root.empty()) GTEST_SKIP() << "models/tokenizers is not in the shared folder";
  const test::TemporaryFolder folder;
  std::filesystem::copy_file(root + "/test_model.model", folder / "sentencepiece.bpe.model");
  write_file(folder / "tokenizer_config.json", "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}");
  const PretrainedTokenizer tokenizer = AutoTokenizer::from_pretrained(folder.path());
  const auto moved = [](int64_t id) {
    return static_cast<int32_t>(id == 0 ? 3 : id == 1 ? 0 : id == 2 ? 2 : id + 1);
  };
  const Json golden = Json::parse(read_file(root + "/test_model.golden.json"), "golden");
  for (const Json& one : golden.as_list()) {
    // The words of special tokens are theirs here, and plain text to the bare file.
    if (one.at("text").as_string().find("<s>") != std::string::npos) continue;
    std::vector<int32_t> ids{0};
    for (const Json& id : one.at("ids").as_list()) ids.push_back(moved(id.as_int()));
    ids.push_back(2);
    EXPECT_EQ(tokenizer.encode(one.at("text").as_string()).ids, ids) << one.at("text").as_string();
  }
  const PretrainedTokenizer pieces = AutoTokenizer::from_pretrained(root + "/test_model.model");
  EXPECT_EQ(tokenizer.size(), pieces.vocab_size() + 2);
  EXPECT_EQ(tokenizer.mask_token_id(), pieces.vocab_size() + 1);
  EXPECT_EQ(tokenizer.pad_token_id(), 1);
  EXPECT_EQ(tokenizer.unk_token_id(), 3);
  const Encoding pair = tokenizer.encode("a", "b <mask>");
  const std::vector<int32_t> a = pieces.encode("a").ids, b = pieces.encode("b").ids;
  std::vector<int32_t> ids{0};
  for (const int32_t id : a) ids.push_back(moved(id));
  ids.insert(ids.end(), {2, 2});
  for (const int32_t id : b) ids.push_back(moved(id));
  ids.insert(ids.end(), {static_cast<int32_t>(pieces.vocab_size() + 1), 2});
  EXPECT_EQ(pair.ids, ids);
  EXPECT_EQ(pair.type_ids, std::vector<int32_t>(ids.size(), 0));
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("I saw a girl").ids, {.skip_special_tokens = true}),
            "I saw a girl");
  tokenizer.save_pretrained(folder / "again");
  EXPECT_EQ(AutoTokenizer::from_pretrained(folder / "again").encode("a", "b <mask>").ids, ids);
  // A model that begins with other pieces is of another kind.
  std::filesystem::copy_file(test::shared_file("models/tokenizers/albert-base-v2/spiece.model"),
                             folder / "sentencepiece.bpe.model",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_NE(test::message_of<FileError>([&] {
              AutoTokenizer::from_pretrained(folder.path());
            }).find("does not begin with the pieces <unk>, <s> and </s>"),
            std::string::npos);
}

TEST(TokenizerFolders, GiveThePublishedIds) {
  const std::string root = test::shared_file("models/tokenizers");
  if (root.empty()) GTEST_SKIP() << "models/tokenizers is not in the shared folder";
  for (const char* model : {"albert-base-v2/spiece", "spm-bpe-test/test_sentencepiece_bpe",
                            "spm-unigram-test/test_model", "spm-unigram-test/test_ja_model",
                            "seqio-t5-test/sentencepiece", "bpemb-en-100k/en.wiki.bpe.vs100000"})
    expect_golden(root + "/" + model + ".model", root + "/" + model + ".golden.json");
  for (const char* model : {"opus-mt-en-fr/source", "opus-mt-en-fr/target"})
    expect_golden(root + "/" + model + ".spm", root + "/" + model + ".golden.json");
  expect_golden(root + "/gpt2", root + "/gpt2/golden.json");
}

}  // namespace
}  // namespace lamina
