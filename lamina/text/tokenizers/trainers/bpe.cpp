// BPE: the most frequent pair of neighbours becomes a token, again and again. WordPiece learns in the same
// way, and forgets the merges.
#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"
#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/training.h"

namespace lamina::detail::tokenizers {
namespace {

using Pair = std::pair<int32_t, int32_t>;

struct Word {
  std::vector<int32_t> symbols;
  std::vector<uint32_t> lengths;  // in characters
};

// How often a pair occurs, and in which words it may.
struct Occurrences {
  int64_t count = 0;
  std::vector<uint32_t> words;
};

struct Candidate {
  int64_t count;
  Pair pair;
  // The most frequent first, of several that with the lowest ids.
  bool operator<(const Candidate& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class BpeLearner {
 public:
  BpeLearner(std::string prefix, std::string suffix, const TokenizerTrainerOptions& options)
      : prefix_(std::move(prefix)), suffix_(std::move(suffix)), options_(options) {}

  void learn(const WordCounts& words, const std::vector<std::string>& with_alphabet, bool with_bytes) {
    for (const std::string& token : options_.special_tokens) id_of(token);
    for (int byte = 0; with_bytes && byte < 256; ++byte) id_of(byte_token(static_cast<unsigned char>(byte)));
    add_alphabet(words, with_alphabet);
    split(words);
    merge_all();
  }

  Json vocabulary() const {
    Json::Object object;
    for (size_t i = 0; i < tokens_.size(); ++i) object.emplace_back(tokens_[i], static_cast<int64_t>(i));
    return Json(std::move(object));
  }
  Json merges() const {
    Json::List list;
    for (const auto& [left, right] : merges_)
      list.push_back(Json::list({tokens_[static_cast<size_t>(left)], tokens_[static_cast<size_t>(right)]}));
    return Json(std::move(list));
  }

 private:
  int32_t id_of(const std::string& token) {
    const auto [place, added] = ids_.emplace(token, static_cast<int32_t>(tokens_.size()));
    if (added) tokens_.push_back(token);
    return place->second;
  }

  void add_alphabet(const WordCounts& words, const std::vector<std::string>& with_alphabet) {
    std::map<uint32_t, int64_t> counts;
    for (size_t i = 0; i < words.words.size(); ++i)
      for_each_character(words.words[i], [&](const Character& c) { counts[c.code] += words.counts[i]; });
    for (const std::string& character : with_alphabet) counts[character_at(character, 0).code] = INT64_MAX;
    std::vector<std::pair<int64_t, uint32_t>> kept;
    for (const auto& [code, count] : counts) kept.emplace_back(count, code);
    if (options_.limit_alphabet > 0 && kept.size() > static_cast<size_t>(options_.limit_alphabet)) {
      std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
      });
      kept.resize(static_cast<size_t>(options_.limit_alphabet));
    }
    std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const auto& [count, code] : kept) {
      std::string character;
      append_utf8(character, code);
      id_of(character);
    }
  }

  void split(const WordCounts& words) {
    counts_ = words.counts;
    words_.resize(words.words.size());
    for (size_t i = 0; i < words_.size(); ++i) {
      const std::string_view text = words.words[i];
      for_each_character(text, [&](const Character& c) {
        std::string token(text.substr(c.begin, c.end - c.begin));
        if (ids_.find(token) == ids_.end()) return;  // not of the alphabet
        if (c.begin > 0) token.insert(0, prefix_);
        if (c.end == text.size()) token += suffix_;
        words_[i].symbols.push_back(id_of(token));
        words_[i].lengths.push_back(1);
      });
      const std::vector<int32_t>& symbols = words_[i].symbols;
      for (size_t j = 0; j + 1 < symbols.size(); ++j) count({symbols[j], symbols[j + 1]}, counts_[i], i);
    }
    for (const auto& [key, found] : pairs_) queue_.push({found.count, pair_of(key)});
  }

  static uint64_t key_of(Pair pair) {
    return static_cast<uint64_t>(static_cast<uint32_t>(pair.first)) << 32 |
           static_cast<uint32_t>(pair.second);
  }
  static Pair pair_of(uint64_t key) {
    return {static_cast<int32_t>(key >> 32), static_cast<int32_t>(key & UINT32_MAX)};
  }

  void count(Pair pair, int64_t times, size_t word) {
    Occurrences& found = pairs_[key_of(pair)];
    found.count += times;
    const auto index = static_cast<uint32_t>(word);
    if (times > 0 && (found.words.empty() || found.words.back() != index)) found.words.push_back(index);
  }

  void merge_all() {
    while (static_cast<int64_t>(tokens_.size()) < options_.vocab_size && !queue_.empty()) {
      const Candidate top = queue_.top();
      queue_.pop();
      Occurrences& found = pairs_[key_of(top.pair)];
      if (top.count != found.count) {
        if (found.count > 0) queue_.push({found.count, top.pair});
        continue;
      }
      if (top.count < 1 || top.count < options_.min_frequency) break;
      const std::string& left = tokens_[static_cast<size_t>(top.pair.first)];
      std::string right = tokens_[static_cast<size_t>(top.pair.second)];
      if (!prefix_.empty() && right.starts_with(prefix_)) right.erase(0, prefix_.size());
      const int32_t id = id_of(left + right);
      merges_.push_back(top.pair);
      std::vector<uint32_t> where = std::move(found.words);
      found.words.clear();
      std::sort(where.begin(), where.end());
      where.erase(std::unique(where.begin(), where.end()), where.end());
      changed_.clear();
      for (const uint32_t word : where) merge(word, top.pair, id);
      pairs_[key_of(top.pair)].count = 0;
      std::sort(changed_.begin(), changed_.end());
      changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
      for (const uint64_t key : changed_) {
        if (const int64_t times = pairs_[key].count; times > 0) queue_.push({times, pair_of(key)});
      }
    }
  }

  // Merges a pair in one word, and counts which neighbours come and go.
  void merge(uint32_t index, Pair pair, int32_t id) {
    Word& word = words_[index];
    std::vector<int32_t>& symbols = word.symbols;
    const int64_t times = counts_[index];
    const auto limit =
        options_.max_token_length > 0 ? static_cast<uint32_t>(options_.max_token_length) : UINT32_MAX;
    const auto comes = [&](Pair other, uint32_t length) {
      if (length >= limit) return;
      count(other, times, index);
      changed_.push_back(key_of(other));
    };
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      if (symbols[i] != pair.first || symbols[i + 1] != pair.second) continue;
      const uint32_t length = word.lengths[i] + word.lengths[i + 1];
      if (i > 0) {
        count({symbols[i - 1], pair.first}, -times, index);
        comes({symbols[i - 1], id}, word.lengths[i - 1] + length);
      }
      symbols[i] = id;
      word.lengths[i] = length;
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      word.lengths.erase(word.lengths.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (i + 1 < symbols.size()) {
        count({pair.second, symbols[i + 1]}, -times, index);
        comes({id, symbols[i + 1]}, word.lengths[i + 1] + length);
      }
    }
  }

  std::string prefix_, suffix_;
  const TokenizerTrainerOptions& options_;
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<Word> words_;
  std::vector<int64_t> counts_;
  std::unordered_map<uint64_t, Occurrences> pairs_;
  std::priority_queue<Candidate> queue_;
  std::vector<Pair> merges_;
  std::vector<uint64_t> changed_;
};

std::string text_or_empty(const Json& model, const char* key) {
  const Json* value = model.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

class BpeTrainer : public ModelTrainer {
 public:
  Json train(const Json& model, const WordCounts& words, const std::vector<std::string>& with_alphabet,
             const TokenizerTrainerOptions& options) const override {
    BpeLearner learner(text_or_empty(model, "continuing_subword_prefix"),
                       text_or_empty(model, "end_of_word_suffix"), options);
    const Json* fallback = model.find("byte_fallback");
    learner.learn(words, with_alphabet, fallback != nullptr && fallback->is_bool() && fallback->as_bool());
    Json result = model;
    result["vocab"] = learner.vocabulary();
    result["merges"] = learner.merges();
    return result;
  }
};

class WordPieceTrainer : public ModelTrainer {
 public:
  Json train(const Json& model, const WordCounts& words, const std::vector<std::string>& with_alphabet,
             const TokenizerTrainerOptions& options) const override {
    const bool told = model.contains("continuing_subword_prefix");
    BpeLearner learner(told ? text_or_empty(model, "continuing_subword_prefix") : "##", "", options);
    learner.learn(words, with_alphabet, false);
    Json result = model;
    result["vocab"] = learner.vocabulary();
    return result;
  }
};

const bool kBpeKnown[] = {
    Registry<ModelTrainer>::add(
        "BPE", [](const Json&) -> std::shared_ptr<ModelTrainer> { return std::make_shared<BpeTrainer>(); }),
    Registry<ModelTrainer>::add("WordPiece", [](const Json&) -> std::shared_ptr<ModelTrainer> {
      return std::make_shared<WordPieceTrainer>();
    })};

}  // namespace
}  // namespace lamina::detail::tokenizers
