// SentencePiece's models: Unigram with its own arithmetic (sums in float32), BPE by scores, words,
// characters.
#include <algorithm>
#include <array>
#include <limits>
#include <queue>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/sentencepiece.h"
#include "lamina/text/tokenizers/detail/unigram.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";

// What all kinds share: ids by text, and what becomes of unknown characters.
class SentencePieceModel : public Model {
 public:
  explicit SentencePieceModel(const SentencePieceFile& file) : unk_id_(static_cast<int32_t>(file.unk_id)) {
    std::vector<std::pair<std::string, int64_t>> all, searched;
    for (size_t i = 0; i < file.pieces.size(); ++i) {
      const SentencePieceFile::Piece& piece = file.pieces[i];
      const auto id = static_cast<int64_t>(i);
      all.emplace_back(piece.text, id);
      types_.push_back(piece.type);
      scores_.push_back(piece.score);
      if (found_in_texts(piece.type)) searched.emplace_back(piece.text, id);
    }
    vocabulary_ = Vocabulary(all);
    pieces_ = Vocabulary(searched);
    std::vector<std::pair<std::string_view, int32_t>> user_defined;
    for (const auto& [text, id] : searched) {
      if (types_[static_cast<size_t>(id)] == PieceType::kUserDefined)
        user_defined.emplace_back(text, static_cast<int32_t>(id));
    }
    user_defined_ = Trie(std::move(user_defined));
    bytes_ = byte_tokens(vocabulary_);
    byte_fallback_ = file.byte_fallback;
    for (const int32_t id : bytes_)
      byte_fallback_ = byte_fallback_ && id >= 0 && types_[static_cast<size_t>(id)] == PieceType::kByte;
  }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool repeats() const override { return false; }  // a piece is a whole text
  Json to_json() const override {
    throw InternalError("a SentencePiece model has no form in tokenizer.json");
  }

 protected:
  static bool found_in_texts(PieceType type) {
    return type == PieceType::kNormal || type == PieceType::kUserDefined || type == PieceType::kUnused;
  }
  PieceType type(int32_t id) const { return types_[static_cast<size_t>(id)]; }
  float score(int32_t id) const { return scores_[static_cast<size_t>(id)]; }

  // Appends a token, or what an unknown stretch becomes: its bytes, or one token with the unknown ones before
  // it.
  void add(std::string_view text, uint32_t begin, uint32_t end, int32_t id,
           std::vector<Token>& tokens) const {
    if (id >= 0 && id != unk_id_) {
      tokens.push_back({id, begin, end});
    } else if (byte_fallback_) {
      for (uint32_t at = begin; at < end; ++at) {
        const int32_t byte = bytes_[static_cast<unsigned char>(text[at])];
        tokens.push_back({byte, begin, end});
      }
    } else if (!tokens.empty() && tokens.back().id == unk_id_ && tokens.back().end == begin) {
      tokens.back().end = end;
    } else {
      tokens.push_back({unk_id_, begin, end, true});
    }
  }

  int32_t unk_id_;
  Vocabulary vocabulary_, pieces_;  // all, and those that texts are searched for
  Trie user_defined_;

 private:
  std::vector<PieceType> types_;
  std::vector<float> scores_;
  std::array<int32_t, 256> bytes_;
  bool byte_fallback_;
};

class SentencePieceUnigram : public SentencePieceModel {
 public:
  explicit SentencePieceUnigram(const SentencePieceFile& file) : SentencePieceModel(file) {
    float least = std::numeric_limits<float>::max();
    std::vector<std::pair<std::string_view, int32_t>> keys;
    for (size_t i = 0; i < file.pieces.size(); ++i) {
      const SentencePieceFile::Piece& piece = file.pieces[i];
      if (piece.type == PieceType::kNormal) {
        least = std::min(least, piece.score);
        greatest_ = std::max(greatest_, piece.score);
      }
      if (found_in_texts(piece.type)) keys.emplace_back(piece.text, static_cast<int32_t>(i));
    }
    trie_ = Trie(std::move(keys));
    constexpr float kUnknownPenalty = 10;
    unknown_score_ = least - kUnknownPenalty;
  }

  void tokenize(std::string_view text, uint64_t, std::vector<Token>& tokens) const override {
    thread_local std::vector<PathToken> path;
    best_path<float>(
        text, trie_,
        [this](int32_t id, size_t bytes, float& to) {
          if (type(id) == PieceType::kUnused) return false;
          to = type(id) == PieceType::kUserDefined
                   ? static_cast<float>(static_cast<double>(static_cast<float>(bytes) * greatest_) - 0.1)
                   : score(id);
          return true;
        },
        unknown_score_, path);
    for (const PathToken& token : path) add(text, token.begin, token.end, token.id, tokens);
  }

 private:
  Trie trie_;
  float greatest_ = std::numeric_limits<float>::min();  // so the library
  float unknown_score_;
};

class SentencePieceBpe : public SentencePieceModel {
 public:
  using SentencePieceModel::SentencePieceModel;

  void tokenize(std::string_view text, uint64_t, std::vector<Token>& tokens) const override {
    struct Symbol {
      uint32_t begin, end;
      int32_t before, after;
      bool frozen;
    };
    struct Pair {
      float score;
      int32_t left, right;
      uint32_t size;
      bool operator<(const Pair& other) const {
        return score != other.score ? score < other.score : left > other.left;
      }
    };
    thread_local std::vector<Symbol> symbols;
    symbols.clear();
    for (size_t at = 0; at < text.size();) {
      const auto [bytes, id] = user_defined_.longest(text.substr(at));
      const size_t size = bytes > 0 ? bytes : character_size(text[at]);
      const auto index = static_cast<int32_t>(symbols.size());
      symbols.push_back(
          {static_cast<uint32_t>(at), static_cast<uint32_t>(at + size), index - 1, index + 1, bytes > 0});
      at += size;
    }
    if (symbols.empty()) return;
    symbols.back().after = -1;
    const auto at = [&](int32_t i) -> Symbol& { return symbols[static_cast<size_t>(i)]; };
    std::priority_queue<Pair> queue;
    const auto push = [&](int32_t left, int32_t right) {
      if (left < 0 || right < 0 || at(left).frozen || at(right).frozen) return;
      const std::string_view both = text.substr(at(left).begin, at(right).end - at(left).begin);
      const int32_t id = pieces_.find(both);
      if (id >= 0) queue.push({score(id), left, right, static_cast<uint32_t>(both.size())});
    };
    for (int32_t i = 1; i < static_cast<int32_t>(symbols.size()); ++i) push(i - 1, i);
    std::vector<std::pair<std::string_view, size_t>>
        unused;  // pieces that are not used, and the size of their left part
    while (!queue.empty()) {
      const Pair top = queue.top();
      queue.pop();
      Symbol &left = at(top.left), &right = at(top.right);
      if (left.begin == left.end || right.begin == right.end || right.end - left.begin != top.size ||
          left.end != right.begin)
        continue;
      const std::string_view both = text.substr(left.begin, top.size);
      if (type(pieces_.find(both)) == PieceType::kUnused) unused.emplace_back(both, left.end - left.begin);
      left.end = right.end;
      left.after = right.after;
      if (right.after >= 0) at(right.after).before = top.left;
      right.end = right.begin;
      push(left.before, top.left);
      push(top.left, left.after);
    }
    for (int32_t i = 0; i >= 0; i = at(i).after) segment(text, at(i).begin, at(i).end, unused, tokens);
  }

 private:
  // A symbol as a token; a piece that is not used as the two that it was made of.
  void segment(std::string_view text, uint32_t begin, uint32_t end,
               const std::vector<std::pair<std::string_view, size_t>>& unused,
               std::vector<Token>& tokens) const {
    const std::string_view piece = text.substr(begin, end - begin);
    const int32_t id = pieces_.find(piece);
    if (id >= 0 && type(id) == PieceType::kUnused) {
      for (const auto& [made, left] : unused) {
        if (made != piece) continue;
        segment(text, begin, begin + static_cast<uint32_t>(left), unused, tokens);
        segment(text, begin + static_cast<uint32_t>(left), end, unused, tokens);
        return;
      }
    }
    add(text, begin, end, id, tokens);
  }
};

// Words (up to the mark of the next), or characters.
class SentencePieceWords : public SentencePieceModel {
 public:
  explicit SentencePieceWords(const SentencePieceFile& file)
      : SentencePieceModel(file),
        characters_(file.kind == SentencePieceKind::kChar),
        suffix_(file.treat_whitespace_as_suffix) {}

  void tokenize(std::string_view text, uint64_t, std::vector<Token>& tokens) const override {
    for (size_t at = 0; at < text.size();) {
      const size_t end = characters_ ? character_end(text, at) : word_end(text, at);
      const auto begin = static_cast<uint32_t>(at);
      add(text, begin, static_cast<uint32_t>(end), pieces_.find(text.substr(at, end - at)), tokens);
      at = end;
    }
  }

 private:
  size_t character_end(std::string_view text, size_t at) const {
    const size_t bytes = user_defined_.longest(text.substr(at)).first;
    return at + (bytes > 0 ? bytes : character_size(text[at]));
  }
  size_t word_end(std::string_view text, size_t at) const {
    const size_t mark = text.find(kSpace, suffix_ ? at : at + 1);
    if (mark == std::string_view::npos) return text.size();
    return suffix_ ? mark + kSpace.size() : mark;
  }
  bool characters_, suffix_;
};

class Renumbered : public Model {
 public:
  Renumbered(std::shared_ptr<const Model> model, Vocabulary vocabulary, int32_t unk)
      : model_(std::move(model)), vocabulary_(std::move(vocabulary)) {
    const Vocabulary& from = model_->vocabulary();
    for (int32_t id = 0; id < from.end(); ++id) {
      const int32_t other = from.has(id) ? vocabulary_.find(from.token(id)) : -1;
      ids_.push_back(other >= 0 ? other : unk);
    }
  }
  void tokenize(std::string_view piece, uint64_t seed, std::vector<Token>& tokens) const override {
    const size_t before = tokens.size();
    model_->tokenize(piece, seed, tokens);
    for (size_t i = before; i < tokens.size(); ++i) {
      // An unknown stretch may be a token of this vocabulary.
      const int32_t whole =
          tokens[i].as_written
              ? vocabulary_.find(piece.substr(tokens[i].begin, tokens[i].end - tokens[i].begin))
              : -1;
      tokens[i].id = whole >= 0 ? whole : ids_[static_cast<size_t>(tokens[i].id)];
    }
  }
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  bool repeats() const override { return model_->repeats(); }
  Json to_json() const override { return model_->to_json(); }

 private:
  std::shared_ptr<const Model> model_;
  Vocabulary vocabulary_;
  std::vector<int32_t> ids_;
};

}  // namespace

std::shared_ptr<const Model> sentencepiece_model(const SentencePieceFile& file) {
  switch (file.kind) {
    case SentencePieceKind::kUnigram:
      return std::make_shared<SentencePieceUnigram>(file);
    case SentencePieceKind::kBpe:
      return std::make_shared<SentencePieceBpe>(file);
    default:
      return std::make_shared<SentencePieceWords>(file);
  }
}

std::shared_ptr<const Model> with_vocabulary(std::shared_ptr<const Model> model, Vocabulary vocabulary,
                                             const std::string& unk_token) {
  const int32_t unk = vocabulary.find(unk_token);
  if (unk < 0) throw InvalidArgument("the vocabulary lacks the unknown token '" + unk_token + "'");
  return std::make_shared<Renumbered>(std::move(model), std::move(vocabulary), unk);
}

}  // namespace lamina::detail::tokenizers
