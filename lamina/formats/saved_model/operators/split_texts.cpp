// Texts cut into words and characters, and words joined to n-grams: lists of different lengths, which TensorFlow keeps as
// all their elements and where each list begins.
#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

#include "lamina/base/terminal.h"
#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/formats/saved_model/operators/texts.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::tensorflow {
namespace {

Value splits_value(const std::vector<int64_t>& splits, ElementType type) {
  return like(Tensor::from(splits, Shape{static_cast<int64_t>(splits.size())}), type);
}

Value texts_value(std::vector<std::string> texts) {
  const auto count = static_cast<int64_t>(texts.size());
  return Value::of_strings(std::move(texts), Shape{count});
}

ElementType type_of_splits(Call& call) {
  return static_cast<ElementType>(call.integer("Tsplits", static_cast<int64_t>(ElementType::kInt64)));
}

// Where each list begins and the last one ends, checked.
std::vector<int64_t> splits_of(const Call& call, size_t i, int64_t count) {
  const std::vector<int64_t> splits = call.known_integers(i);
  if (splits.empty() || splits.front() != 0 || splits.back() != count || !std::is_sorted(splits.begin(), splits.end()))
    call.fail(fmt::format("where its lists begin does not fit {} elements", count));
  return splits;
}

// At runs of white space without empty words, or at each separator.
std::vector<std::string> words_of(const std::string& text, const std::string& separator) {
  std::vector<std::string> words;
  if (separator.empty()) {
    for (auto at = text.begin(); at != text.end();) {
      const auto begin = std::find_if_not(at, text.end(), ascii_space);
      at = std::find_if(begin, text.end(), ascii_space);
      if (begin != at) words.emplace_back(begin, at);
    }
    return words;
  }
  for (size_t from = 0;;) {
    const size_t at = text.find(separator, from);
    words.push_back(text.substr(from, at == std::string::npos ? at : at - from));
    if (at == std::string::npos) return words;
    from = at + separator.size();
  }
}

// All words, for each its text and its place there, and the extents of that table.
std::vector<Value> split(Call& call) {
  if (call.integer("maxsplit", -1) != -1) throw Unsupported("stops after a number of words");
  const Value& input = call.value(0);
  if (input.rank() != 1 || call.value(1).strings().size() != 1) call.fail("takes texts along one axis and one separator");
  std::vector<std::string> words;
  std::vector<int64_t> places;
  int64_t row = 0, longest = 0;
  for (const std::string& text : input.strings()) {
    int64_t column = 0;
    for (std::string& word : words_of(text, call.value(1).strings()[0])) {
      places.push_back(row);
      places.push_back(column++);
      words.push_back(std::move(word));
    }
    longest = std::max(longest, column);
    ++row;
  }
  const auto count = static_cast<int64_t>(words.size());
  return {Value(Tensor::from(places, Shape{count, 2})), texts_value(std::move(words)),
          integers_value({row, longest})};
}

std::vector<Value> decoded(Call& call) {
  call.ignore({"errors", "replacement_char"});  // what becomes of bytes that are no characters: here they are refused
  if (call.text("input_encoding") != "UTF-8") throw Unsupported("decodes another encoding than UTF-8");
  const bool no_control = call.integer("replace_control_characters", 0) != 0;
  std::vector<int64_t> codes, splits{0};
  for (const std::string& text : utf8_of(call, 0)) {
    lamina::detail::for_each_character(text, [&](const lamina::detail::Character& each) {
      codes.push_back(no_control && each.code < 0x20 ? 0xFFFD : each.code);
    });
    splits.push_back(static_cast<int64_t>(codes.size()));
  }
  const auto count = static_cast<int64_t>(codes.size());
  return {splits_value(splits, type_of_splits(call)), like(Tensor::from(codes, Shape{count}), ElementType::kInt32)};
}

std::vector<Value> encoded(Call& call) {
  call.ignore({"errors", "replacement_char"});
  if (call.text("output_encoding") != "UTF-8") throw Unsupported("encodes to another encoding than UTF-8");
  const std::vector<int64_t> codes = call.known_integers(0);
  const std::vector<int64_t> splits = splits_of(call, 1, static_cast<int64_t>(codes.size()));
  std::vector<std::string> texts;
  for (size_t i = 1; i < splits.size(); ++i) {
    std::string text;
    for (int64_t k = splits[i - 1]; k < splits[i]; ++k) {
      const int64_t code = codes[static_cast<size_t>(k)];
      utf8proc_uint8_t bytes[4];
      const bool known = code >= 0 && code <= 0x10FFFF && utf8proc_codepoint_valid(static_cast<utf8proc_int32_t>(code));
      const auto size = utf8proc_encode_char(known ? static_cast<utf8proc_int32_t>(code) : 0xFFFD, bytes);
      text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    }
    texts.push_back(std::move(text));
  }
  return {texts_value(std::move(texts))};
}

// For each list those of every width, one width after the other.
std::vector<Value> ngrams(Call& call) {
  const std::vector<int64_t> widths = call.integer_list("ngram_widths").value_or(std::vector<int64_t>{});
  const std::string separator = call.text("separator", " "), left = call.text("left_pad", ""),
                    right = call.text("right_pad", "");
  const int64_t padding = call.integer("pad_width", 0);
  const bool keeps_short = call.integer("preserve_short_sequences", 0) != 0;
  constexpr int64_t kWidest = 1 << 10;
  for (const int64_t width : widths) {
    if (width < 1 || width > kWidest) call.fail(fmt::format("{} words to an n-gram", width));
  }
  const std::vector<std::string>& words = call.value(0).strings();
  const std::vector<int64_t> splits = splits_of(call, 1, static_cast<int64_t>(words.size()));
  std::vector<std::string> made;
  std::vector<int64_t> begins{0};
  size_t bytes = 0;
  for (size_t row = 1; row < splits.size(); ++row) {
    const int64_t begin = splits[row - 1], count = splits[row] - begin;
    const auto add = [&](int64_t from, int64_t width) {  // from: may lie before the first word
      std::string text;
      for (int64_t k = from; k < from + width; ++k) {
        if (k > from) text += separator;
        text += k < 0 ? left : k >= count ? right : words[static_cast<size_t>(begin + k)];
      }
      constexpr size_t kMostBytes = size_t{1} << 28, kMostTexts = size_t{1} << 24;
      bytes += text.size();
      if (bytes > kMostBytes || made.size() >= kMostTexts) call.fail("its n-grams have more than 2^28 bytes, or are more than 2^24");
      made.push_back(std::move(text));
    };
    const size_t before = made.size();
    for (const int64_t width : widths) {
      const int64_t pad = padding < 0 ? width - 1 : std::min(padding, width - 1);
      for (int64_t i = -pad; i + width <= count + pad; ++i) add(i, width);
    }
    if (keeps_short && made.size() == before && count > 0) {
      const int64_t pad = std::clamp<int64_t>(padding, 0, kWidest);
      add(-pad, count + 2 * pad);
    }
    begins.push_back(static_cast<int64_t>(made.size()));
  }
  return {texts_value(std::move(made)), splits_value(begins, type_of_splits(call))};
}

const bool kSplitTextsRegistered[] = {
    register_operator("StringSplitV2", split, {"indices", "values", "shape"}),
    register_operator("UnicodeDecode", decoded, {"row_splits", "char_values"}),
    register_operator("UnicodeEncode", encoded),
    register_run_operator("StringNGrams", ngrams, {"ngrams", "ngrams_splits"})};

}  // namespace
}  // namespace lamina::tensorflow
