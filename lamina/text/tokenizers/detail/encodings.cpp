// One function for all lists of an Encoding, so that none is forgotten.
#include "lamina/text/tokenizers/detail/encodings.h"

#include <algorithm>
#include <iterator>

#include "lamina/base/error.h"
#include "lamina/text/tokenizers/detail/characters.h"

namespace lamina::detail::tokenizers {
namespace {

// Calls f on each list, with that of a second encoding.
template <class First, class Second, class F>
void for_each_list(First& a, Second& b, F&& f) {
  f(a.ids, b.ids);
  f(a.tokens, b.tokens);
  f(a.offsets, b.offsets);
  f(a.attention_mask, b.attention_mask);
  f(a.type_ids, b.type_ids);
  f(a.special_tokens_mask, b.special_tokens_mask);
  f(a.word_ids, b.word_ids);
}

Encoding part(const Encoding& encoding, size_t begin, size_t end) {
  Encoding result;
  for_each_list(encoding, result, [&](const auto& from, auto& to) {
    if (from.empty()) return;
    to.assign(from.begin() + static_cast<std::ptrdiff_t>(begin),
              from.begin() + static_cast<std::ptrdiff_t>(end));
  });
  return result;
}

void pad_one(Encoding& encoding, size_t length, const Padding& padding) {
  for (Encoding& other : encoding.overflowing) pad_one(other, length, padding);
  if (encoding.size() >= length) return;
  const size_t count = length - encoding.size();
  const bool ids_only = has_ids_only(encoding) && encoding.size() > 0;
  const auto put = [&](auto& list, const auto& value) {
    list.insert(padding.left ? list.begin() : list.end(), count, value);
  };
  put(encoding.ids, padding.token.id);
  put(encoding.attention_mask, 0);
  put(encoding.type_ids, padding.type_id);
  put(encoding.special_tokens_mask, 1);
  if (ids_only) return;
  put(encoding.tokens, padding.token.token);
  put(encoding.offsets, std::pair<int32_t, int32_t>(0, 0));
  put(encoding.word_ids, -1);
}

}  // namespace

void append(Encoding& encoding, Encoding&& other) {
  if (encoding.size() == 0 && encoding.overflowing.empty()) {
    encoding = std::move(other);
    return;
  }
  std::vector<Encoding> overflowing;
  for (const Encoding& mine : encoding.overflowing) {
    const auto with = [&](const Encoding& more) {
      Encoding both = mine;
      both.overflowing.clear();
      append(both, Encoding(more));
      overflowing.push_back(std::move(both));
    };
    Encoding alone = part(other, 0, other.size());
    with(alone);
    for (const Encoding& theirs : other.overflowing) with(theirs);
  }
  for (const Encoding& theirs : other.overflowing) {
    Encoding both = part(encoding, 0, encoding.size());
    append(both, Encoding(theirs));
    overflowing.push_back(std::move(both));
  }
  for_each_list(other, encoding, [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  });
  encoding.overflowing = std::move(overflowing);
}

Encoding encoding_of(const AddedToken& token, int32_t type_id, bool ids_only) {
  Encoding encoding;
  encoding.ids = {token.id};
  encoding.attention_mask = {1};
  encoding.type_ids = {type_id};
  encoding.special_tokens_mask = {1};
  if (ids_only) return encoding;
  encoding.tokens = {token.token};
  encoding.offsets = {{0, 0}};
  encoding.word_ids = {-1};
  return encoding;
}

void truncate(Encoding& encoding, int64_t length, int64_t stride, bool left) {
  const auto size = static_cast<int64_t>(encoding.size());
  if (length >= size) return;
  if (length == 0) {
    Encoding empty;
    empty.overflowing.push_back(std::move(encoding));
    encoding = std::move(empty);
    return;
  }
  if (stride < 0 || stride >= length) {
    throw InvalidArgument("encode: a stride of " + std::to_string(stride) + " must be below the " +
                          std::to_string(length) + " tokens that max_length leaves for the text");
  }
  Encoding kept;
  const auto cut = [&](int64_t begin, int64_t end) {
    Encoding one = part(encoding, static_cast<size_t>(begin), static_cast<size_t>(end));
    if (kept.size() == 0) {
      kept = std::move(one);
    } else {
      kept.overflowing.push_back(std::move(one));
    }
  };
  const int64_t step = length - stride;
  if (left) {
    for (int64_t end = size; end > 0; end -= step) {
      const int64_t begin = std::max<int64_t>(end - length, 0);
      cut(begin, end);
      if (begin == 0) break;
    }
  } else {
    for (int64_t begin = 0; begin < size; begin += step) {
      const int64_t end = std::min(begin + length, size);
      cut(begin, end);
      if (end == size) break;
    }
  }
  encoding = std::move(kept);
}

void truncate(std::vector<Encoding>& encodings, int64_t length, const Truncation& truncation) {
  const auto size = [&](size_t i) { return static_cast<int64_t>(encodings[i].size()); };
  const auto cut = [&](size_t i, int64_t to) {
    truncate(encodings[i], to, truncation.stride, truncation.left);
  };
  const bool pair = encodings.size() > 1;
  const int64_t total = size(0) + (pair ? size(1) : 0);
  if (length <= 0) {
    for (size_t i = 0; i < encodings.size(); ++i) cut(i, 0);
    return;
  }
  if (total <= length) return;
  if (truncation.strategy == "longest_first") {
    if (!pair) return cut(0, length);
    int64_t shorter = std::min(size(0), size(1)), longer = std::max(size(0), size(1));
    longer = shorter > length ? shorter : std::max(shorter, length - shorter);
    if (shorter + longer > length) {
      shorter = length / 2;
      longer = shorter + length % 2;
    }
    const bool first_is_longer = size(0) > size(1);
    cut(0, first_is_longer ? longer : shorter);
    cut(1, first_is_longer ? shorter : longer);
    return;
  }
  const size_t which = truncation.strategy == "only_first" ? 0 : 1;
  if (which >= encodings.size())
    throw InvalidArgument("encode: truncation 'only_second' was asked for, and there is no second text");
  const int64_t left_over = size(which) - (total - length);
  if (left_over <= 0) {
    throw InvalidArgument("encode: truncation '" + truncation.strategy + "' would have to take " +
                          std::to_string(total - length) + " tokens from a text of " +
                          std::to_string(size(which)) + "; choose 'longest_first' or a greater max_length");
  }
  cut(which, left_over);
}

void pad(std::vector<Encoding>& encodings, const Padding& padding) {
  size_t length = 0;
  if (padding.length >= 0) {
    length = static_cast<size_t>(padding.length);
  } else {
    for (const Encoding& encoding : encodings) length = std::max(length, encoding.size());
  }
  if (padding.multiple_of > 0) {
    const auto multiple = static_cast<size_t>(padding.multiple_of);
    length = (length + multiple - 1) / multiple * multiple;
  }
  for (Encoding& encoding : encodings) pad_one(encoding, length, padding);
}

void set_type(Encoding& encoding, int32_t type_id) { encoding.type_ids.assign(encoding.size(), type_id); }

void trim_offsets(Encoding& encoding, bool add_prefix_space) {
  constexpr uint32_t kBlank = 0x120;  // stands for the byte of a blank
  const auto is_blank = [](uint32_t code) { return code == kBlank || is_any(code, kSpace); };
  for (size_t i = 0; i < encoding.tokens.size(); ++i) {
    const std::string_view token = encoding.tokens[i];
    int32_t leading = 0, trailing = 0;
    bool only = true;
    for_each_character(token, [&](const Character& character) {
      const bool blank = is_blank(character.code);
      only = only && blank;
      leading += only;
      trailing = blank ? trailing + 1 : 0;
    });
    auto& [begin, end] = encoding.offsets[i];
    if (leading > 0) {
      // The blank that add_prefix_space put there stands for no character.
      if ((i == 0 || begin == 0) && add_prefix_space && leading == 1) leading = 0;
      begin = std::min(begin + leading, end);
    }
    if (trailing > 0 && end >= trailing) end = std::max(end - trailing, begin);
  }
  for (Encoding& other : encoding.overflowing) trim_offsets(other, add_prefix_space);
}

}  // namespace lamina::detail::tokenizers
