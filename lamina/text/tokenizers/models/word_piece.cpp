// WordPiece: the longest token that begins a word, then the longest that goes on, and so forth. WordLevel:
// whole words.
#include "lamina/text/tokenizers/detail/word_piece.h"
#include "lamina/base/utf8.h"

#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/trie.h"

namespace lamina::detail::tokenizers {
namespace {

[[noreturn]] void lacks_unknown(const std::string& unk) {
  throw InvalidArgument("a word is not in the vocabulary, and neither is the unknown token '" +
                        unk.substr(0, 40) + "'");
}

class WordPiece : public Model {
 public:
  explicit WordPiece(WordPieceParts parts) : parts_(std::move(parts)) {
    const Vocabulary& vocabulary = parts_.vocabulary;
    std::vector<std::pair<std::string_view, int32_t>> first, next;
    for (int32_t id = 0; id < vocabulary.end(); ++id) {
      if (!vocabulary.has(id)) continue;
      const std::string_view token = vocabulary.token(id);
      const int32_t found = vocabulary.find(token);
      if (!token.empty()) first.emplace_back(token, found);
      if (token.size() > parts_.continuing_subword_prefix.size() &&
          token.starts_with(parts_.continuing_subword_prefix))
        next.emplace_back(token.substr(parts_.continuing_subword_prefix.size()), found);
    }
    first_ = Trie(std::move(first));
    next_ = Trie(std::move(next));
    unk_ = vocabulary.find(parts_.unk_token);
  }

  void tokenize(std::string_view piece, uint64_t, std::vector<Token>& tokens) const override {
    const size_t before = tokens.size();
    bool known = static_cast<int64_t>(count_characters(piece)) <= parts_.max_input_chars_per_word;
    for (size_t at = 0; known && at < piece.size();) {
      const auto [size, id] = (at == 0 ? first_ : next_).longest(piece.substr(at));
      known = size > 0;
      if (known) tokens.push_back({id, static_cast<uint32_t>(at), static_cast<uint32_t>(at + size)});
      at += size;
    }
    if (known) return;
    tokens.resize(before);
    if (unk_ < 0) lacks_unknown(parts_.unk_token);
    tokens.push_back({unk_, 0, static_cast<uint32_t>(piece.size())});
  }

  const Vocabulary& vocabulary() const override { return parts_.vocabulary; }

  Json to_json() const override {
    return Json::object({{"type", "WordPiece"},
                         {"unk_token", parts_.unk_token},
                         {"continuing_subword_prefix", parts_.continuing_subword_prefix},
                         {"max_input_chars_per_word", parts_.max_input_chars_per_word},
                         {"vocab", parts_.vocabulary.to_json()}});
  }

 private:
  WordPieceParts parts_;
  Trie first_, next_;
  int32_t unk_;
};

class WordLevel : public Model {
 public:
  WordLevel(Vocabulary vocabulary, std::string unk_token)
      : vocabulary_(std::move(vocabulary)),
        unk_token_(std::move(unk_token)),
        unk_(vocabulary_.find(unk_token_)) {}

  void tokenize(std::string_view piece, uint64_t, std::vector<Token>& tokens) const override {
    const int32_t id = vocabulary_.find(piece);
    if (id < 0 && unk_ < 0) lacks_unknown(unk_token_);
    tokens.push_back({id >= 0 ? id : unk_, 0, static_cast<uint32_t>(piece.size())});
  }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool repeats() const override { return false; }  // a look-up is no dearer than what remembers it
  Json to_json() const override {
    return Json::object({{"type", "WordLevel"}, {"vocab", vocabulary_.to_json()}, {"unk_token", unk_token_}});
  }

 private:
  Vocabulary vocabulary_;
  std::string unk_token_;
  int32_t unk_;
};

Vocabulary vocabulary_of(ConfigReader& reader, const Json& config) {
  reader.known("vocab");
  const Json* vocab = config.find("vocab");
  if (vocab == nullptr) reader.fail("vocab", "is missing");
  return Vocabulary::from_json(*vocab);
}

const bool kWordPieceKnown[] = {
    Registry<Model>::add("WordPiece",
                         [](const Json& config) -> std::shared_ptr<Model> {
                           ConfigReader reader = read_part(config, "WordPiece");
                           WordPieceParts parts;
                           parts.unk_token = reader.string("unk_token", "[UNK]");
                           parts.continuing_subword_prefix = reader.string("continuing_subword_prefix", "##");
                           parts.max_input_chars_per_word = reader.integer("max_input_chars_per_word", 100);
                           parts.vocabulary = vocabulary_of(reader, config);
                           reader.done();
                           return make_word_piece(std::move(parts));
                         }),
    Registry<Model>::add("WordLevel", [](const Json& config) -> std::shared_ptr<Model> {
      ConfigReader reader = read_part(config, "WordLevel");
      std::string unk_token = reader.string("unk_token", "<unk>");
      Vocabulary vocabulary = vocabulary_of(reader, config);
      reader.done();
      return make_word_level(std::move(vocabulary), std::move(unk_token));
    })};

}  // namespace

std::shared_ptr<Model> make_word_piece(WordPieceParts parts) {
  return std::make_shared<WordPiece>(std::move(parts));
}

std::shared_ptr<Model> make_word_level(Vocabulary vocabulary, std::string unk_token) {
  return std::make_shared<WordLevel>(std::move(vocabulary), std::move(unk_token));
}

}  // namespace lamina::detail::tokenizers
