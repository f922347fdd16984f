// Added tokens are taken out, the rest is normalised, added tokens are taken out again, the rest is cut and
// tokenised.
#include "lamina/text/tokenizers/detail/encode.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

// Byte offsets to code points, for places that mostly come in order.
void to_code_points(std::string_view text, std::vector<std::pair<int32_t, int32_t>>& offsets) {
  size_t byte = 0;
  int32_t code_point = 0;
  const auto at = [&](int32_t place) {
    const auto target = std::min(static_cast<size_t>(place), text.size());
    if (target < byte) {
      if (byte - target > target) {  // from the beginning again
        byte = 0;
        code_point = 0;
      }
      while (byte > target) code_point -= (static_cast<unsigned char>(text[--byte]) & 0xC0) != 0x80;
    }
    while (byte < target) code_point += (static_cast<unsigned char>(text[byte++]) & 0xC0) != 0x80;
    return code_point;
  };
  for (auto& [begin, end] : offsets) {
    begin = at(begin);
    end = at(end);
  }
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool side_is_left(const std::string& side, const char* option) {
  if (side != "left" && side != "right")
    throw InvalidArgument(std::string("encode: ") + option + " '" + side + "'" +
                          suggest(side, {"left", "right"}));
  return side == "left";
}

}  // namespace

TextEncoder::TextEncoder(const TokenizerState& state) : state_(state), cache_(state.caches->take()) {}

TextEncoder::~TextEncoder() { state_.caches->give_back(std::move(cache_)); }

void TextEncoder::add_token(int32_t id, std::string_view token, Span origin) {
  result_.ids.push_back(id);
  if (ids_only_) return;
  result_.tokens.emplace_back(token);
  result_.offsets.emplace_back(static_cast<int32_t>(origin.begin), static_cast<int32_t>(origin.end));
  result_.word_ids.push_back(word_);
}

void TextEncoder::encode_part(std::string_view part, size_t place, const EncodeOptions& options) {
  pieces_.text.reset(part, place);
  if (state_.normalizer.part) state_.normalizer.part->normalize(pieces_.text);
  inner_.clear();
  state_.added.split(pieces_.text.text(), true, inner_);
  pieces_.list.clear();
  for (const AddedTokens::Stretch& stretch : inner_) {
    if (stretch.begin < stretch.end)
      pieces_.list.push_back(
          {static_cast<uint32_t>(stretch.begin), static_cast<uint32_t>(stretch.end), stretch.id});
  }
  if (state_.fast_pre_tokenizer) state_.fast_pre_tokenizer->pre_tokenize(pieces_);
  const Model& model = *state_.fast_model;
  const Vocabulary& vocabulary = model.vocabulary();
  for (const Piece& piece : pieces_.list) {
    if (piece.token >= 0) {
      add_token(piece.token, pieces_.of(piece), pieces_.text.origin(piece.begin, piece.end));
      ++word_;
      continue;
    }
    const std::string_view text = pieces_.of(piece);
    for (const Token& token : cache_->tokens_of(model, text, options.seed + drawn_++)) {
      const Span origin = ids_only_ || token.begin == token.end
                              ? Span{piece.begin, piece.begin}
                              : pieces_.text.origin(piece.begin + token.begin, piece.begin + token.end);
      add_token(
          token.id,
          token.as_written ? text.substr(token.begin, token.end - token.begin) : vocabulary.token(token.id),
          origin);
    }
    ++word_;
  }
}

Encoding TextEncoder::encode(std::string_view text, int32_t type_id, const EncodeOptions& options) {
  if (text.size() > INT32_MAX) throw InvalidArgument("encode: a text of more than 2 GiB; encode it in parts");
  ids_only_ = options.ids_only;
  result_ = {};
  word_ = 0;
  drawn_ = 0;
  const size_t expected = text.size() / 4 + 8;
  result_.ids.reserve(expected);
  if (!ids_only_) {
    result_.tokens.reserve(expected);
    result_.offsets.reserve(expected);
    result_.word_ids.reserve(expected);
  }
  outer_.clear();
  state_.added.split(text, false, outer_);
  for (const AddedTokens::Stretch& stretch : outer_) {
    if (stretch.id < 0) {
      encode_part(text.substr(stretch.begin, stretch.end - stretch.begin), stretch.begin, options);
    } else {
      add_token(stretch.id, text.substr(stretch.begin, stretch.end - stretch.begin),
                {static_cast<uint32_t>(stretch.begin), static_cast<uint32_t>(stretch.end)});
      ++word_;
    }
  }
  if (!ids_only_ && !options.byte_offsets && !is_ascii(text)) to_code_points(text, result_.offsets);
  result_.attention_mask.assign(result_.size(), 1);
  result_.type_ids.assign(result_.size(), type_id);
  result_.special_tokens_mask.assign(result_.size(), 0);
  return std::move(result_);
}

Encoding put_together(const TokenizerState& state, std::vector<Encoding> encodings,
                      const EncodeOptions& options) {
  const PostProcessor* processor = state.post_processor.part.get();
  const bool pair = encodings.size() > 1;
  std::optional<Truncation> truncation = state.truncation;
  if (options.truncation && *options.truncation == "do_not_truncate") truncation.reset();
  if (options.truncation && *options.truncation != "do_not_truncate") {
    static const std::vector<std::string> kStrategies = {"longest_first", "only_first", "only_second",
                                                         "do_not_truncate"};
    if (std::find(kStrategies.begin(), kStrategies.end(), *options.truncation) == kStrategies.end()) {
      throw InvalidArgument("encode: truncation '" + *options.truncation + "'" +
                            suggest(*options.truncation, kStrategies));
    }
    const int64_t length =
        options.max_length > 0 ? options.max_length : state.config.model_max_length.value_or(0);
    if (length <= 0) {
      throw InvalidArgument(
          "encode: truncation was asked for, and neither max_length nor the tokenizer's "
          "model_max_length says to how many tokens; set max_length");
    }
    truncation = Truncation{*options.truncation, length, options.stride, false};
    truncation->left =
        side_is_left(options.truncation_side.value_or(state.config.truncation_side), "truncation_side");
  }
  if (truncation) {
    const int64_t added = options.add_special_tokens && processor ? processor->added(pair) : 0;
    truncate(encodings, truncation->max_length - added, *truncation);
  }
  if (processor) processor->process(encodings, options.add_special_tokens);
  for (size_t i = 1; i < encodings.size(); ++i) append(encodings[0], std::move(encodings[i]));
  return std::move(encodings[0]);
}

void pad(const TokenizerState& state, std::vector<Encoding>& encodings, const EncodeOptions& options) {
  if (!options.padding) {
    if (state.padding) pad(encodings, *state.padding);
    return;
  }
  if (*options.padding == "do_not_pad") return;
  if (*options.padding != "longest" && *options.padding != "max_length") {
    throw InvalidArgument("encode: padding '" + *options.padding + "'" +
                          suggest(*options.padding, {"longest", "max_length", "do_not_pad"}));
  }
  Padding padding;
  if (*options.padding == "max_length") {
    padding.length = options.max_length > 0 ? options.max_length : state.config.model_max_length.value_or(0);
    if (padding.length <= 0) {
      throw InvalidArgument(
          "encode: padding 'max_length' was asked for, and neither max_length nor the tokenizer's "
          "model_max_length says how long; set max_length");
    }
  }
  const auto id = state.id_of_role("pad_token");
  if (id) {
    padding.token = {*id, state.added.options(*id) ? state.added.options(*id)->content
                                                   : std::string(state.model->vocabulary().token(*id))};
  } else if (state.padding) {
    padding.token = state.padding->token;
  } else {
    throw InvalidArgument("encode: padding was asked for, and '" + state.name +
                          "' has no padding token; pad_token of tokenizer_config.json names one");
  }
  padding.type_id = state.padding ? state.padding->type_id : 0;
  padding.multiple_of = options.pad_to_multiple_of;
  padding.left = side_is_left(options.padding_side.value_or(state.config.padding_side), "padding_side");
  pad(encodings, padding);
}

}  // namespace lamina::detail::tokenizers
