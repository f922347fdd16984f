// BPE: characters, or bytes, merged by a list of pairs.
#include "lamina/text/tokenizers/detail/bpe.h"

#include <array>

#include "lamina/text/tokenizers/detail/byte_characters.h"
#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/merging.h"

namespace lamina::detail::tokenizers {
namespace {

std::string shown(std::string_view token) { return "'" + std::string(token.substr(0, 40)) + "'"; }

class Bpe : public Model {
 public:
  explicit Bpe(BpeParts parts) : parts_(std::move(parts)), merges_(parts_.merges.size()) {
    const Vocabulary& vocabulary = parts_.vocabulary;
    for (size_t rank = 0; rank < parts_.merges.size(); ++rank) {
      const auto& [left, right] = parts_.merges[rank];
      const int32_t a = vocabulary.find(left), b = vocabulary.find(right);
      const size_t prefix = std::min(parts_.continuing_subword_prefix.size(), right.size());
      const std::string made = left + right.substr(prefix);
      const int32_t id = vocabulary.find(made);
      if (a < 0 || b < 0 || id < 0) {
        throw InvalidArgument("merge " + std::to_string(rank) + " of " + shown(left) + " and " +
                              shown(right) + ": the vocabulary lacks " +
                              shown(a < 0   ? left
                                    : b < 0 ? right
                                            : made));
      }
      merges_.add(a, b, {static_cast<uint32_t>(rank), id});
    }
    if (parts_.unk_token) unk_ = vocabulary.find(*parts_.unk_token);
    if (parts_.byte_fallback) fallback_ = byte_tokens(vocabulary);
  }

  void tokenize(std::string_view piece, uint64_t seed, std::vector<Token>& tokens) const override {
    if (parts_.ignore_merges) {
      if (const int32_t id = find_whole(piece); id >= 0) {
        tokens.push_back({id, 0, static_cast<uint32_t>(piece.size())});
        return;
      }
    }
    thread_local std::vector<Symbol> symbols;
    symbols.clear();
    if (of_bytes_) {
      bytes_to_symbols(piece, symbols);
    } else {
      characters_to_symbols(piece, symbols);
    }
    merge_symbols(symbols, merges_, parts_.dropout, seed);
    uint32_t at = 0;
    for (const Symbol& symbol : symbols) {
      tokens.push_back({symbol.id, at, at + symbol.size});
      at += symbol.size;
    }
  }

  const Vocabulary& vocabulary() const override { return parts_.vocabulary; }
  bool repeats() const override { return parts_.dropout == 0; }

  Json to_json() const override {
    const auto text_or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    Json::List merges;
    merges.reserve(parts_.merges.size());
    for (const auto& [left, right] : parts_.merges) merges.push_back(Json::list({left, right}));
    return Json::object({{"type", "BPE"},
                         {"dropout", parts_.dropout > 0 ? Json(parts_.dropout) : Json()},
                         {"unk_token", parts_.unk_token ? Json(*parts_.unk_token) : Json()},
                         {"continuing_subword_prefix", text_or_null(parts_.continuing_subword_prefix)},
                         {"end_of_word_suffix", text_or_null(parts_.end_of_word_suffix)},
                         {"fuse_unk", parts_.fuse_unk},
                         {"byte_fallback", parts_.byte_fallback},
                         {"ignore_merges", parts_.ignore_merges},
                         {"vocab", parts_.vocabulary.to_json()},
                         {"merges", Json(std::move(merges))}});
  }

  std::shared_ptr<const Model> of_bytes() const override {
    if (!parts_.continuing_subword_prefix.empty() || !parts_.end_of_word_suffix.empty() ||
        parts_.byte_fallback)
      return nullptr;
    auto other = std::make_shared<Bpe>(*this);
    other->of_bytes_ = true;
    for (int byte = 0; byte < 256; ++byte) {
      other->byte_ids_[static_cast<size_t>(byte)] =
          parts_.vocabulary.find(byte_character_utf8(static_cast<unsigned char>(byte)));
    }
    if (parts_.ignore_merges) {
      std::vector<std::pair<std::string, int64_t>> whole;
      for (int32_t id = 0; id < parts_.vocabulary.end(); ++id) {
        std::string bytes;
        if (parts_.vocabulary.has(id) && to_bytes(parts_.vocabulary.token(id), bytes))
          whole.emplace_back(std::move(bytes), id);
      }
      other->whole_ = Vocabulary(whole);
    }
    return other;
  }

 private:
  int32_t find_whole(std::string_view piece) const {
    return of_bytes_ ? whole_.find(piece) : parts_.vocabulary.find(piece);
  }

  // Gives what is not in the vocabulary to the unknown token, if there is one: else it vanishes.
  class Unknown {
   public:
    Unknown(const Bpe& bpe, std::vector<Symbol>& symbols) : bpe_(bpe), symbols_(symbols) {}
    void add(uint32_t size) {
      if (!bpe_.parts_.unk_token) return;
      if (bpe_.unk_ < 0)
        throw InvalidArgument("the unknown token " + shown(*bpe_.parts_.unk_token) +
                              " is not in the vocabulary");
      if (size_ > 0 && !bpe_.parts_.fuse_unk) flush();
      size_ += size;
    }
    void flush() {
      if (size_ > 0) symbols_.push_back({bpe_.unk_, size_});
      size_ = 0;
    }

   private:
    const Bpe& bpe_;
    std::vector<Symbol>& symbols_;
    uint32_t size_ = 0;
  };

  void bytes_to_symbols(std::string_view piece, std::vector<Symbol>& symbols) const {
    Unknown unknown(*this, symbols);
    for (const char c : piece) {
      const int32_t id = byte_ids_[static_cast<unsigned char>(c)];
      if (id < 0) {
        unknown.add(1);
        continue;
      }
      unknown.flush();
      symbols.push_back({id, 1});
    }
    unknown.flush();
  }

  void characters_to_symbols(std::string_view piece, std::vector<Symbol>& symbols) const {
    Unknown unknown(*this, symbols);
    std::string with;
    for (size_t at = 0; at < piece.size();) {
      const size_t size = character_size(piece[at]);
      std::string_view character = piece.substr(at, size);
      const bool prefixed = at > 0 && !parts_.continuing_subword_prefix.empty();
      const bool suffixed = at + size == piece.size() && !parts_.end_of_word_suffix.empty();
      if (prefixed || suffixed) {
        with.assign(prefixed ? parts_.continuing_subword_prefix : "").append(character);
        if (suffixed) with += parts_.end_of_word_suffix;
        character = with;
      }
      at += size;
      if (const int32_t id = parts_.vocabulary.find(character); id >= 0) {
        unknown.flush();
        symbols.push_back({id, static_cast<uint32_t>(size)});
      } else if (!add_bytes(character, symbols)) {
        unknown.add(static_cast<uint32_t>(size));
      }
    }
    unknown.flush();
  }

  // The tokens <0x00> to <0xFF> of the bytes, if the vocabulary has all of them. What is unknown before them
  // is put behind them: so does the reference.
  bool add_bytes(std::string_view character, std::vector<Symbol>& symbols) const {
    if (!parts_.byte_fallback) return false;
    for (const char c : character) {
      if (fallback_[static_cast<unsigned char>(c)] < 0) return false;
    }
    for (const char c : character) symbols.push_back({fallback_[static_cast<unsigned char>(c)], 1});
    return true;
  }

  BpeParts parts_;
  PairTable merges_;
  int32_t unk_ = -1;
  std::array<int32_t, 256> fallback_ = {};
  bool of_bytes_ = false;
  std::array<int32_t, 256> byte_ids_ = {};
  Vocabulary whole_;  // tokens as bytes, for ignore_merges
};

std::vector<std::pair<std::string, std::string>> read_merges(ConfigReader& reader, const Json* json) {
  std::vector<std::pair<std::string, std::string>> merges;
  if (json == nullptr || !json->is_list()) reader.fail("merges", "a list of pairs was expected");
  merges.reserve(json->size());
  for (const Json& merge : json->as_list()) {
    if (merge.is_list() && merge.size() == 2 && merge.at(size_t{0}).is_string() &&
        merge.at(size_t{1}).is_string()) {
      merges.emplace_back(merge.at(size_t{0}).as_string(), merge.at(size_t{1}).as_string());
      continue;
    }
    const std::string text = merge.is_string() ? merge.as_string() : "";
    if (text.starts_with("#version")) continue;
    const size_t blank = text.find(' ');
    if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos) {
      reader.fail("merges", "entry " + std::to_string(merges.size()) + " is " + merge.dump().substr(0, 60) +
                                " where two tokens were expected");
    }
    merges.emplace_back(text.substr(0, blank), text.substr(blank + 1));
  }
  return merges;
}

std::shared_ptr<Model> read_bpe(const Json& config) {
  ConfigReader reader = read_part(config, "BPE");
  BpeParts parts;
  parts.dropout = reader.number("dropout", 0.0);
  if (!(parts.dropout >= 0 && parts.dropout <= 1))
    reader.fail("dropout", "a number from 0 to 1 was expected");
  if (const Json unk = reader.json("unk_token"); !unk.is_null()) parts.unk_token = unk.as_string();
  parts.continuing_subword_prefix = reader.string("continuing_subword_prefix", "");
  parts.end_of_word_suffix = reader.string("end_of_word_suffix", "");
  parts.fuse_unk = reader.boolean("fuse_unk", false);
  parts.byte_fallback = reader.boolean("byte_fallback", false);
  parts.ignore_merges = reader.boolean("ignore_merges", false);
  reader.known("vocab");
  reader.known("merges");
  const Json* vocab = config.find("vocab");
  if (vocab == nullptr) reader.fail("vocab", "is missing");
  parts.vocabulary = Vocabulary::from_json(*vocab);
  parts.merges = read_merges(reader, config.find("merges"));
  reader.done();
  return make_bpe(std::move(parts));
}

const bool kBpeKnown = Registry<Model>::add("BPE", read_bpe);

}  // namespace

std::shared_ptr<Model> make_bpe(BpeParts parts) { return std::make_shared<Bpe>(std::move(parts)); }

}  // namespace lamina::detail::tokenizers
