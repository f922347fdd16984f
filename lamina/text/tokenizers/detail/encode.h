// From a text to its tokens.
#pragma once

#include <string_view>

#include "lamina/text/tokenizers/detail/state.h"

namespace lamina::detail::tokenizers {

/// Works through texts one after the other, with memory that it keeps.
class TextEncoder {
 public:
  explicit TextEncoder(const TokenizerState& state);
  ~TextEncoder();
  TextEncoder(const TextEncoder&) = delete;
  TextEncoder& operator=(const TextEncoder&) = delete;

  /// The tokens of `text`, which is UTF-8, without special ones around them.
  /// @param type_id  of all tokens.
  Encoding encode(std::string_view text, int32_t type_id, const EncodeOptions& options);

 private:
  void encode_part(std::string_view part, size_t place, const EncodeOptions& options);
  void add_token(int32_t id, std::string_view token, Span origin);

  const TokenizerState& state_;
  std::unique_ptr<WordCache> cache_;
  Pieces pieces_;
  std::vector<AddedTokens::Stretch> outer_, inner_;
  Encoding result_;
  bool ids_only_ = false;
  int32_t word_ = 0;
  uint64_t drawn_ = 0;
};

/// One or two encodings cut and put together with special tokens, not yet filled up.
Encoding put_together(const TokenizerState& state, std::vector<Encoding> encodings,
                      const EncodeOptions& options);
/// Fills up encodings as the options or the file say. Throws InvalidArgument where there is nothing to fill
/// up with.
void pad(const TokenizerState& state, std::vector<Encoding>& encodings, const EncodeOptions& options);

}  // namespace lamina::detail::tokenizers
