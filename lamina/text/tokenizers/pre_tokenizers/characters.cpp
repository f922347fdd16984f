// Pre-tokenizers that cut at characters of a kind: WhitespaceSplit, Whitespace, BertPreTokenizer,
// Punctuation, Digits, CharDelimiterSplit, FixedLength.
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/splitting.h"

namespace lamina::detail::tokenizers {
namespace {

class WhitespaceSplit : public PreTokenizer {
 public:
  explicit WhitespaceSplit(const Json& config) { read_part(config, "WhitespaceSplit").done(); }
  void pre_tokenize(Pieces& pieces) const override {
    split_at_characters(pieces, Behavior::kRemoved, [](uint32_t code) { return is_any(code, kSpace); });
  }
};

// Runs of word characters and runs of what is neither those nor white space: \w+|[^\w\s]+.
class Whitespace : public PreTokenizer {
 public:
  explicit Whitespace(const Json& config) { read_part(config, "Whitespace").done(); }
  void pre_tokenize(Pieces& pieces) const override {
    pieces.split([](std::string_view text, auto&& emit) {
      size_t from = 0;
      int last = 0;  // 0: white space, 1: word, 2: else
      for_each_character(text, [&](const Character& character) {
        const int kind = is_any(character.code, kWord) ? 1 : is_any(character.code, kSpace) ? 0 : 2;
        if (kind == last) return;
        if (last != 0) emit(from, character.begin);
        from = character.begin;
        last = kind;
      });
      if (last != 0) emit(from, text.size());
    });
  }
};

class BertPreTokenizer : public PreTokenizer {
 public:
  explicit BertPreTokenizer(const Json& config) { read_part(config, "BertPreTokenizer").done(); }
  void pre_tokenize(Pieces& pieces) const override {
    pieces.split([](std::string_view text, auto&& emit) {
      const uint16_t* kinds = character_kinds();
      size_t from = 0;
      for_each_character(text, [&](const Character& character) {
        const uint16_t kind = kinds[character.code];
        if ((kind & (kSpace | kPunctuation)) == 0) return;
        emit(from, character.begin);
        if ((kind & kSpace) == 0) emit(character.begin, character.end);
        from = character.end;
      });
      emit(from, text.size());
    });
  }
};

class Punctuation : public PreTokenizer {
 public:
  explicit Punctuation(const Json& config) {
    ConfigReader reader = read_part(config, "Punctuation");
    behavior_ = behavior_of(reader.string("behavior", "Isolated"));
    reader.done();
  }
  void pre_tokenize(Pieces& pieces) const override {
    split_at_characters(pieces, behavior_, [](uint32_t code) { return is_any(code, kPunctuation); });
  }

 private:
  Behavior behavior_;
};

class Digits : public PreTokenizer {
 public:
  explicit Digits(const Json& config) {
    ConfigReader reader = read_part(config, "Digits");
    behavior_ = reader.boolean("individual_digits", false) ? Behavior::kIsolated : Behavior::kContiguous;
    reader.done();
  }
  void pre_tokenize(Pieces& pieces) const override {
    split_at_characters(pieces, behavior_, [](uint32_t code) { return is_any(code, kNumeric); });
  }

 private:
  Behavior behavior_;
};

class CharDelimiterSplit : public PreTokenizer {
 public:
  explicit CharDelimiterSplit(const Json& config) {
    ConfigReader reader = read_part(config, "CharDelimiterSplit");
    delimiter_ = character_of(reader, "delimiter");
    reader.done();
  }
  void pre_tokenize(Pieces& pieces) const override {
    split_at_characters(pieces, Behavior::kRemoved, [this](uint32_t code) { return code == delimiter_; });
  }

 private:
  uint32_t delimiter_;
};

class FixedLength : public PreTokenizer {
 public:
  explicit FixedLength(const Json& config) {
    ConfigReader reader = read_part(config, "FixedLength");
    length_ = reader.integer("length", 5);
    if (length_ < 1) reader.fail("length", "a whole number from 1 was expected");
    reader.done();
  }
  void pre_tokenize(Pieces& pieces) const override {
    pieces.split([this](std::string_view text, auto&& emit) {
      size_t from = 0;
      int64_t count = 0;
      for_each_character(text, [&](const Character& character) {
        if (++count % length_ != 0) return;
        emit(from, character.end);
        from = character.end;
      });
      emit(from, text.size());
    });
  }

 private:
  int64_t length_;
};

template <class Part>
bool add(const char* name) {
  return Registry<PreTokenizer>::add(name, [](const Json& config) -> std::shared_ptr<PreTokenizer> {
    return std::make_shared<Part>(config);
  });
}

const bool kCharactersKnown[] = {add<WhitespaceSplit>("WhitespaceSplit"),
                       add<Whitespace>("Whitespace"),
                       add<BertPreTokenizer>("BertPreTokenizer"),
                       add<Punctuation>("Punctuation"),
                       add<Digits>("Digits"),
                       add<CharDelimiterSplit>("CharDelimiterSplit"),
                       add<FixedLength>("FixedLength")};

}  // namespace
}  // namespace lamina::detail::tokenizers
