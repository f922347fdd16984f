// Decoders look at the tokens around a token, so that the last ids are decoded again each time; older ones,
// whose text is certain, are let go.
#include "lamina/text/tokenizers/detail/state.h"
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

namespace lamina {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kMost = 64, kContext = 16;  // ids

// Bytes of a text that will not change: U+FFFD at the end may be the beginning of a character, and cleaning
// up looks at up to seven bytes from a blank on.
size_t certain(std::string_view text, bool cleans_up) {
  constexpr size_t kLongestPattern = 7;
  size_t end = text.size();
  while (text.substr(0, end).ends_with(kReplacement)) end -= kReplacement.size();
  if (!cleans_up) return end;
  const size_t blank = text.find(' ', end < kLongestPattern ? 0 : end - kLongestPattern);
  return std::min(end, blank);
}

}  // namespace

StreamingDecoder::StreamingDecoder(PretrainedTokenizer tokenizer, DecodeOptions options)
    : tokenizer_(std::move(tokenizer)), options_(options) {
  cleans_up_ =
      options_.clean_up_tokenization_spaces.value_or(tokenizer_.state().config.clean_up_tokenization_spaces);
}

std::string StreamingDecoder::put(int32_t id) {
  ids_.push_back(id);
  const std::string text = tokenizer_.decode(ids_, options_);
  const size_t end = certain(text, cleans_up_);
  if (end <= given_.size() || !text.starts_with(given_)) return "";
  std::string next = text.substr(given_.size(), end - given_.size());
  given_ += next;
  if (ids_.size() > kMost && end == text.size()) {
    const std::vector<int32_t> context(ids_.end() - kContext, ids_.end());
    // Without text the context would take the blank from the next word, as decoders do at the beginning.
    // And it may not begin amid the bytes of a character.
    std::string known = tokenizer_.decode(context, options_);
    if (!known.empty() && known.find(kReplacement) == std::string::npos) {
      ids_ = context;
      given_ = std::move(known);
    }
  }
  return next;
}

std::string StreamingDecoder::finish() {
  const std::string text = tokenizer_.decode(ids_, options_);
  // Where bytes that end amid a character make all of their run unknown, what was given stays.
  std::string rest = text.starts_with(given_) ? text.substr(given_.size()) : std::string(kReplacement);
  ids_.clear();
  given_.clear();
  return rest;
}

}  // namespace lamina
