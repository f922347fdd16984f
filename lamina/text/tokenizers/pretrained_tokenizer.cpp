// The face: texts are checked, work is shared among threads, parts do the rest.
#include "lamina/text/tokenizers/pretrained_tokenizer.h"

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/base/threads.h"
#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/decoding.h"
#include "lamina/text/tokenizers/detail/encode.h"

namespace lamina {

namespace tok = detail::tokenizers;

namespace {

// A text as it is where it is UTF-8, else mended.
class CleanText {
 public:
  explicit CleanText(std::string_view text) : text_(text) {
    if (is_utf8(text)) return;
    mended_ = valid_utf8(text);
    text_ = mended_;
    warn("PretrainedTokenizer: a text is no UTF-8; each byte that belongs to no character became U+FFFD");
  }
  CleanText(const CleanText&) = delete;
  CleanText& operator=(const CleanText&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  std::string mended_;
};

const tok::TokenizerState& side_of(const tok::TokenizerState& state, const EncodeOptions& options) {
  return options.as_target && state.target ? *state.target : state;
}

// The encodings of count items, body(encoder, i) giving one or two of each.
template <class Body>
std::vector<Encoding> encode_all(const tok::TokenizerState& state, size_t count, size_t bytes,
                                 const EncodeOptions& options, Body&& body) {
  std::vector<Encoding> result(count);
  constexpr size_t kChunk = 32;
  constexpr double kNanosecondsPerByte = 20;
  const size_t chunks = (count + kChunk - 1) / kChunk;
  parallel_parts(static_cast<int64_t>(chunks), static_cast<double>(bytes) * kNanosecondsPerByte,
                 [&](int64_t first, int64_t last) {
                   tok::TextEncoder encoder(state);
                   const size_t end = std::min(static_cast<size_t>(last) * kChunk, count);
                   for (size_t i = static_cast<size_t>(first) * kChunk; i < end; ++i)
                     result[i] = tok::put_together(state, body(encoder, i), options);
                 });
  tok::pad(state, result, options);
  return result;
}

}  // namespace

PretrainedTokenizer::PretrainedTokenizer(std::shared_ptr<const tok::TokenizerState> state)
    : state_(std::move(state)) {}

Encoding PretrainedTokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  const tok::TokenizerState& state = side_of(*state_, options);
  std::vector<Encoding> encodings;
  tok::TextEncoder encoder(state);
  encodings.push_back(encoder.encode(CleanText(text).text(), 0, options));
  std::vector<Encoding> result;
  result.push_back(tok::put_together(state, std::move(encodings), options));
  tok::pad(state, result, options);
  return std::move(result[0]);
}

Encoding PretrainedTokenizer::encode(std::string_view text, std::string_view text_pair,
                                     const EncodeOptions& options) const {
  const tok::TokenizerState& state = side_of(*state_, options);
  std::vector<Encoding> encodings;
  tok::TextEncoder encoder(state);
  encodings.push_back(encoder.encode(CleanText(text).text(), 0, options));
  encodings.push_back(encoder.encode(CleanText(text_pair).text(), 1, options));
  std::vector<Encoding> result;
  result.push_back(tok::put_together(state, std::move(encodings), options));
  tok::pad(state, result, options);
  return std::move(result[0]);
}

std::vector<Encoding> PretrainedTokenizer::encode_batch(const std::vector<std::string>& texts,
                                                        const EncodeOptions& options) const {
  size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return encode_all(side_of(*state_, options), texts.size(), bytes, options,
                    [&](tok::TextEncoder& encoder, size_t i) {
                      std::vector<Encoding> encodings;
                      encodings.push_back(encoder.encode(CleanText(texts[i]).text(), 0, options));
                      return encodings;
                    });
}

std::vector<Encoding> PretrainedTokenizer::encode_batch(
    const std::vector<std::pair<std::string, std::string>>& pairs, const EncodeOptions& options) const {
  size_t bytes = 0;
  for (const auto& [first, second] : pairs) bytes += first.size() + second.size();
  return encode_all(side_of(*state_, options), pairs.size(), bytes, options,
                    [&](tok::TextEncoder& encoder, size_t i) {
                      std::vector<Encoding> encodings;
                      encodings.push_back(encoder.encode(CleanText(pairs[i].first).text(), 0, options));
                      encodings.push_back(encoder.encode(CleanText(pairs[i].second).text(), 1, options));
                      return encodings;
                    });
}

std::string PretrainedTokenizer::decode(const std::vector<int32_t>& ids, const DecodeOptions& options) const {
  const tok::Vocabulary& vocabulary = state_->model->vocabulary();
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const int32_t id : ids) {
    std::optional<std::string> token = state_->added.text_of(id);
    if (!token && vocabulary.has(id)) token = std::string(vocabulary.token(id));
    if (!token || (options.skip_special_tokens && state_->added.is_special(*token))) continue;
    tokens.push_back(std::move(*token));
  }
  const bool joined = state_->decoder.part != nullptr;
  if (joined && !tokens.empty()) state_->decoder.part->decode(tokens);
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && !joined) text += ' ';
    text += tokens[i];
  }
  if (options.clean_up_tokenization_spaces.value_or(state_->config.clean_up_tokenization_spaces))
    tok::clean_up(text);
  return text;
}

std::vector<std::string> PretrainedTokenizer::decode_batch(const std::vector<std::vector<int32_t>>& ids,
                                                           const DecodeOptions& options) const {
  std::vector<std::string> texts(ids.size());
  parallel_for(static_cast<int64_t>(ids.size()), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      texts[static_cast<size_t>(i)] = decode(ids[static_cast<size_t>(i)], options);
  });
  return texts;
}

std::optional<int32_t> PretrainedTokenizer::token_to_id(std::string_view token) const {
  const int32_t id = state_->find(token);
  return id >= 0 ? std::optional(id) : std::nullopt;
}

std::optional<std::string> PretrainedTokenizer::id_to_token(int32_t id) const {
  if (const auto* added = state_->added.options(id)) return added->content;
  const tok::Vocabulary& vocabulary = state_->model->vocabulary();
  return vocabulary.has(id) ? std::optional(std::string(vocabulary.token(id))) : std::nullopt;
}

int64_t PretrainedTokenizer::vocab_size() const {
  return static_cast<int64_t>(state_->model->vocabulary().size());
}

int64_t PretrainedTokenizer::size() const {
  int64_t count = vocab_size();
  for (const auto& [id, token] : state_->added.all()) count += !state_->model->vocabulary().has(id);
  return count;
}

std::optional<int64_t> PretrainedTokenizer::model_max_length() const {
  return state_->config.model_max_length;
}

std::optional<int32_t> PretrainedTokenizer::bos_token_id() const { return state_->id_of_role("bos_token"); }
std::optional<int32_t> PretrainedTokenizer::eos_token_id() const { return state_->id_of_role("eos_token"); }
std::optional<int32_t> PretrainedTokenizer::unk_token_id() const { return state_->id_of_role("unk_token"); }
std::optional<int32_t> PretrainedTokenizer::sep_token_id() const { return state_->id_of_role("sep_token"); }
std::optional<int32_t> PretrainedTokenizer::pad_token_id() const { return state_->id_of_role("pad_token"); }
std::optional<int32_t> PretrainedTokenizer::cls_token_id() const { return state_->id_of_role("cls_token"); }
std::optional<int32_t> PretrainedTokenizer::mask_token_id() const { return state_->id_of_role("mask_token"); }

const std::vector<std::pair<std::string, std::string>>& PretrainedTokenizer::special_tokens_map() const {
  return state_->config.special_tokens;
}

std::vector<int32_t> PretrainedTokenizer::all_special_ids() const { return state_->added.special_ids(); }

Json PretrainedTokenizer::to_json() const { return tok::state_to_json(*state_); }

PretrainedTokenizer PretrainedTokenizer::from_json(const Json& json, const std::string& name) {
  return PretrainedTokenizer(tok::read_state(json, name));
}

}  // namespace lamina
