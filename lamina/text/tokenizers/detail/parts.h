// The parts of a tokenizer: what each kind does. Parts are made from their JSON by Registry<Kind>::make and
// do not change; each part is a file of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/registry.h"
#include "lamina/text/tokenizers/detail/pieces.h"
#include "lamina/text/tokenizers/detail/vocabulary.h"
#include "lamina/text/tokenizers/encoding.h"

namespace lamina::detail::tokenizers {

/// Rewrites a text before it is cut.
class Normalizer {
 public:
  static constexpr const char* kKind = "normalizer";
  virtual ~Normalizer() = default;
  virtual void normalize(AlignedText& text) const = 0;
};

/// Cuts a text into what the model looks at piece by piece.
class PreTokenizer {
 public:
  static constexpr const char* kKind = "pre-tokenizer";
  virtual ~PreTokenizer() = default;
  virtual void pre_tokenize(Pieces& pieces) const = 0;
  /// Whether all that this does last is to write bytes as ByteLevel's characters, and if so, the same without
  /// that: a model that knows its tokens as bytes takes the bytes themselves.
  virtual std::shared_ptr<const PreTokenizer> without_byte_level() const { return nullptr; }
};

/// A token in a piece: from byte `begin` up to `end`.
struct Token {
  int32_t id;
  uint32_t begin, end;
  bool as_written =
      false;  ///< whether it is told by its bytes, not by the vocabulary: Unigram's unknown ones
};

/// Gives the pieces their tokens.
class Model {
 public:
  static constexpr const char* kKind = "model";
  virtual ~Model() = default;
  /// Appends the tokens of a piece, which is not empty. `seed` is for models that draw (repeats() is false).
  /// Throws InvalidArgument where a character has no token and there is none for what is unknown.
  virtual void tokenize(std::string_view piece, uint64_t seed, std::vector<Token>& tokens) const = 0;
  virtual const Vocabulary& vocabulary() const = 0;
  /// Whether a piece always gives the same tokens, so that they may be remembered.
  virtual bool repeats() const { return true; }
  /// As "model" of tokenizer.json.
  virtual Json to_json() const = 0;
  /// The same for pieces that ByteLevel's characters stand for: bytes. Null where it cannot.
  virtual std::shared_ptr<const Model> of_bytes() const { return nullptr; }
};

/// Puts special tokens around the one or two encodings of a text or pair, and makes them one.
class PostProcessor {
 public:
  static constexpr const char* kKind = "post-processor";
  virtual ~PostProcessor() = default;
  /// How many tokens it adds.
  virtual int64_t added(bool pair) const = 0;
  virtual void process(std::vector<Encoding>& encodings, bool add_special_tokens) const = 0;
};

/// Tokens to text: a step of it. What the last step leaves is joined.
class Decoder {
 public:
  static constexpr const char* kKind = "decoder";
  virtual ~Decoder() = default;
  virtual void decode(std::vector<std::string>& tokens) const = 0;
};

}  // namespace lamina::detail::tokenizers

namespace lamina {
extern template class Registry<detail::tokenizers::Normalizer>;
extern template class Registry<detail::tokenizers::PreTokenizer>;
extern template class Registry<detail::tokenizers::Model>;
extern template class Registry<detail::tokenizers::PostProcessor>;
extern template class Registry<detail::tokenizers::Decoder>;
}  // namespace lamina
