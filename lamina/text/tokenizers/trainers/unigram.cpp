// Unigram and WordLevel vocabularies.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/text/detail/unigram_training.h"
#include "lamina/text/tokenizers/detail/training.h"

namespace lamina::detail::tokenizers {
namespace {

class UnigramTrainer : public ModelTrainer {
 public:
  Json train(const Json& model, const WordCounts& words, const std::vector<std::string>&,
             const TokenizerTrainerOptions& options) const override {
    // The unknown token is "<unk>" unless one of the special ones is called so otherwise.
    std::vector<std::string> special = options.special_tokens;
    auto unk = std::find_if(special.begin(), special.end(),
                            [](const std::string& token) { return token == "<unk>" || token == "[UNK]"; });
    if (unk == special.end()) unk = special.insert(special.begin(), "<unk>");
    UnigramOptions unigram;
    unigram.vocab_size = options.vocab_size - static_cast<int64_t>(special.size());
    if (unigram.vocab_size < 1)
      throw InvalidArgument("train_tokenizer: the special tokens leave no room in vocab_size");
    unigram.max_word_length = options.max_token_length > 0 ? options.max_token_length : 16;
    if (unigram.max_word_length > 16)
      throw InvalidArgument("train_tokenizer: Unigram's max_token_length is at most 16");
    unigram.seed_size = std::max<int64_t>(1000000, options.vocab_size);
    unigram.num_iterations = options.num_iterations;
    unigram.shrinking_factor = options.shrinking_factor;
    Json::List vocab;
    for (const std::string& token : special) vocab.push_back(Json::list({token, 0.0}));
    for (const auto& [token, score] : train_unigram(words, unigram)) {
      if (std::find(special.begin(), special.end(), token) == special.end())
        vocab.push_back(Json::list({token, score}));
    }
    if (static_cast<int64_t>(vocab.size()) > options.vocab_size) {
      throw InvalidArgument("train_tokenizer: the texts have " +
                            std::to_string(vocab.size() - special.size()) +
                            " characters, which with the special tokens are more than a vocab_size of " +
                            std::to_string(options.vocab_size));
    }
    Json result = model;
    result["unk_id"] = static_cast<int64_t>(unk - special.begin());
    result["vocab"] = Json(std::move(vocab));
    return result;
  }
};

class WordLevelTrainer : public ModelTrainer {
 public:
  Json train(const Json& model, const WordCounts& words, const std::vector<std::string>&,
             const TokenizerTrainerOptions& options) const override {
    std::vector<std::pair<int64_t, std::string>> order;
    for (size_t i = 0; i < words.words.size(); ++i) {
      if (words.counts[i] >= options.min_frequency) order.emplace_back(words.counts[i], words.words[i]);
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    Json::Object vocab;
    const auto add = [&](const std::string& token) {
      if (static_cast<int64_t>(vocab.size()) < options.vocab_size)
        vocab.emplace_back(token, static_cast<int64_t>(vocab.size()));
    };
    for (const std::string& token : options.special_tokens) add(token);
    for (const auto& [count, token] : order) {
      const auto& special = options.special_tokens;
      if (std::find(special.begin(), special.end(), token) == special.end()) add(token);
    }
    Json result = model;
    result["vocab"] = Json(std::move(vocab));
    return result;
  }
};

const bool kUnigramKnown[] = {
    Registry<ModelTrainer>::add(
        "Unigram",
        [](const Json&) -> std::shared_ptr<ModelTrainer> { return std::make_shared<UnigramTrainer>(); }),
    Registry<ModelTrainer>::add("WordLevel", [](const Json&) -> std::shared_ptr<ModelTrainer> {
      return std::make_shared<WordLevelTrainer>();
    })};

}  // namespace
}  // namespace lamina::detail::tokenizers
