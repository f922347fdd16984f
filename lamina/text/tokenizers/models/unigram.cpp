// Unigram: the most probable way to write a piece as independent tokens.
#include "lamina/text/tokenizers/detail/unigram.h"

#include <array>
#include <limits>

#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/config.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr double kUnknownPenalty = 10;

class Unigram : public Model {
 public:
  explicit Unigram(UnigramParts parts) : parts_(std::move(parts)) {
    const auto count = static_cast<int64_t>(parts_.vocab.size());
    if (parts_.unk_id && (*parts_.unk_id < 0 || *parts_.unk_id >= count)) {
      throw InvalidArgument("unk_id " + std::to_string(*parts_.unk_id) + " is not among the " +
                            std::to_string(count) + " tokens of the vocabulary");
    }
    std::vector<std::pair<std::string, int64_t>> tokens;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t id = 0; id < count; ++id) {
      tokens.emplace_back(parts_.vocab[static_cast<size_t>(id)].first, id);
      least = std::min(least, parts_.vocab[static_cast<size_t>(id)].second);
    }
    vocabulary_ = Vocabulary(tokens);
    unknown_score_ = least - kUnknownPenalty;
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (const auto& [token, id] : tokens) {
      if (!token.empty()) keys.emplace_back(token, static_cast<int32_t>(id));
    }
    trie_ = Trie(std::move(keys));
    if (parts_.byte_fallback) fallback_ = byte_tokens(vocabulary_);
  }

  void tokenize(std::string_view piece, uint64_t, std::vector<Token>& tokens) const override {
    thread_local std::vector<PathToken> path;
    const auto& vocab = parts_.vocab;
    best_path<double>(
        piece, trie_,
        [&](int32_t id, size_t, double& score) {
          score = vocab[static_cast<size_t>(id)].second;
          return true;
        },
        unknown_score_, path);
    const auto unknown = [this](const PathToken& token) { return token.id < 0 || token.id == parts_.unk_id; };
    for (size_t i = 0; i < path.size(); ++i) {
      if (!unknown(path[i])) {
        tokens.push_back({path[i].id, path[i].begin, path[i].end});
        continue;
      }
      const uint32_t begin = path[i].begin;
      while (i + 1 < path.size() && unknown(path[i + 1])) ++i;
      add_unknown(piece.substr(begin, path[i].end - begin), begin, tokens);
    }
  }

  const Vocabulary& vocabulary() const override { return vocabulary_; }

  Json to_json() const override {
    Json::List vocab;
    vocab.reserve(parts_.vocab.size());
    for (const auto& [token, score] : parts_.vocab) vocab.push_back(Json::list({token, score}));
    return Json::object({{"type", "Unigram"},
                         {"unk_id", parts_.unk_id ? Json(*parts_.unk_id) : Json()},
                         {"vocab", Json(std::move(vocab))},
                         {"byte_fallback", parts_.byte_fallback}});
  }

 private:
  // A stretch of unknown characters: by its bytes, or as one unknown token.
  void add_unknown(std::string_view text, uint32_t begin, std::vector<Token>& tokens) const {
    const uint32_t end = begin + static_cast<uint32_t>(text.size());
    if (const int32_t id = vocabulary_.find(text); id >= 0) {
      tokens.push_back({id, begin, end});
      return;
    }
    bool all = parts_.byte_fallback;
    for (const char c : text) all = all && fallback_[static_cast<unsigned char>(c)] >= 0;
    if (all) {
      for (const char c : text) tokens.push_back({fallback_[static_cast<unsigned char>(c)], begin, end});
      return;
    }
    if (!parts_.unk_id) {
      throw InvalidArgument("'" + std::string(text.substr(0, 40)) +
                            "' is not in the vocabulary, which has no unknown token (unk_id)");
    }
    tokens.push_back({static_cast<int32_t>(*parts_.unk_id), begin, end, true});
  }

  UnigramParts parts_;
  Vocabulary vocabulary_;
  Trie trie_;
  double unknown_score_;
  std::array<int32_t, 256> fallback_ = {};
};

std::shared_ptr<Model> read_unigram(const Json& config) {
  ConfigReader reader = read_part(config, "Unigram");
  UnigramParts parts;
  parts.unk_id = reader.optional_integer("unk_id");
  parts.byte_fallback = reader.boolean("byte_fallback", false);
  reader.known("vocab");
  reader.done();
  const Json* vocab = config.find("vocab");
  if (vocab == nullptr || !vocab->is_list()) reader.fail("vocab", "a list of tokens and scores was expected");
  parts.vocab.reserve(vocab->size());
  for (const Json& entry : vocab->as_list()) {
    if (!entry.is_list() || entry.size() != 2 || !entry.at(size_t{0}).is_string() ||
        !entry.at(size_t{1}).is_number()) {
      reader.fail("vocab", "entry " + std::to_string(parts.vocab.size()) + " is " +
                               entry.dump().substr(0, 60) + " where a token and a number were expected");
    }
    parts.vocab.emplace_back(entry.at(size_t{0}).as_string(), entry.at(size_t{1}).as_double());
  }
  return make_unigram(std::move(parts));
}

const bool kUnigramKnown = Registry<Model>::add("Unigram", read_unigram);

}  // namespace

std::shared_ptr<Model> make_unigram(UnigramParts parts) {
  return std::make_shared<Unigram>(std::move(parts));
}

}  // namespace lamina::detail::tokenizers
