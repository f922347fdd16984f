// Texts: cases, patterns, joins, parts. Without an encoding TensorFlow looks at bytes, and knows the letters of ASCII.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/operators/text_pattern.h"
#include "lamina/formats/onnx/operators/texts.h"
#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/formats/saved_model/operators/texts.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::tensorflow {

const std::vector<std::string>& utf8_of(const Call& call, size_t i) {
  onnx::require_utf8(call, call.value(i).strings());
  return call.value(i).strings();
}

namespace {

// Each text by itself.
template <class F>
std::vector<Value> mapped(const Call& call, const std::vector<std::string>& texts, F&& f) {
  std::vector<std::string> result;
  for (const std::string& text : texts) result.push_back(f(text));
  return {Value::of_strings(std::move(result), call.value(0).shape())};
}

std::string ascii_upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

template <bool up>
std::vector<Value> cased(Call& call) {
  const std::string encoding = call.text("encoding", "");
  if (!encoding.empty() && encoding != "utf-8")
    call.fail("attribute 'encoding' is '" + printable(encoding) + "'; expected '' or 'utf-8'");
  if (encoding.empty())
    return mapped(call, call.value(0).strings(), [](const std::string& text) {
      return up ? ascii_upper(text) : lamina::detail::ascii_lower(text);
    });
  return mapped(call, utf8_of(call, 0), [](const std::string& text) {
    return up ? onnx::upper(text) : lamina::detail::lower(text);
  });
}

std::vector<Value> stripped(Call& call) {
  return mapped(call, call.value(0).strings(), [](const std::string& text) {
    const auto is_word = [](char c) { return !ascii_space(c); };
    const auto first = std::find_if(text.begin(), text.end(), is_word);
    const auto last = std::find_if(text.rbegin(), text.rend(), is_word).base();
    return first < last ? std::string(first, last) : std::string();
  });
}

std::vector<Value> rewritten(Call& call, const std::string& pattern, const std::string& rewrite) {
  const bool all = call.integer("replace_global", 1) != 0;
  const onnx::TextPattern compiled(pattern, /*whole=*/false);
  return mapped(call, utf8_of(call, 0), [&](const std::string& text) { return compiled.replaced(text, rewrite, all); });
}

const std::string& one_text(const Call& call, size_t i) {
  if (call.value(i).strings().size() != 1) call.fail(fmt::format("its input {} is no single text", i));
  return call.value(i).strings()[0];
}

std::vector<Value> matched(Call& call, const std::string& pattern) {
  const onnx::TextPattern compiled(pattern, /*whole=*/true);
  std::vector<bool> matches;
  for (const std::string& text : utf8_of(call, 0)) matches.push_back(compiled.matches(text));
  return {Value(Tensor::from(matches, call.value(0).shape()))};
}

// Single texts stand for all.
std::vector<Value> joined(Call& call) {
  const std::string separator = call.text("separator", "");
  Shape shape;
  for (const Value& part : call.values()) {
    if (part.shape().size() != 1 || part.rank() > shape.rank()) shape = part.shape();
  }
  std::vector<std::string> result(static_cast<size_t>(shape.size()));
  for (size_t k = 0; k < call.size(); ++k) {
    const std::vector<std::string>& part = call.value(k).strings();
    if (part.size() != 1 && part.size() != result.size())
      call.fail("joins texts of shapes " + shape.str() + " and " + call.value(k).shape().str());
    for (size_t i = 0; i < result.size(); ++i) {
      if (k > 0) result[i] += separator;
      result[i] += part[part.size() == 1 ? 0 : i];
    }
  }
  return {Value::of_strings(std::move(result), shape)};
}

// Where characters begin, and where the last one ends: bytes, or by UTF-8.
std::vector<size_t> character_begins(const Call& call, const std::string& text) {
  const std::string unit = call.text("unit", "BYTE");
  if (unit != "BYTE" && unit != "UTF8_CHAR") call.fail("attribute 'unit' is '" + printable(unit) + "'");
  std::vector<size_t> begins;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool inside = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    if (unit == "BYTE" || !inside) begins.push_back(i);
  }
  begins.push_back(text.size());
  return begins;
}

std::vector<Value> lengths(Call& call) {
  std::vector<int64_t> result;
  for (const std::string& text : call.value(0).strings())
    result.push_back(static_cast<int64_t>(character_begins(call, text).size()) - 1);
  return {like(Tensor::from(result, call.value(0).shape()), ElementType::kInt32)};
}

std::vector<Value> parts_of_texts(Call& call) {
  const std::vector<int64_t> places = call.known_integers(1), sizes = call.known_integers(2);
  const std::vector<std::string>& texts = call.value(0).strings();
  const auto fits = [&](size_t count) { return count == 1 || count == texts.size(); };
  if (!fits(places.size()) || !fits(sizes.size())) call.fail("its places and lengths are not one for each text");
  size_t i = 0;
  return mapped(call, texts, [&](const std::string& text) {
    const std::vector<size_t> begins = character_begins(call, text);
    const auto count = static_cast<int64_t>(begins.size()) - 1;
    int64_t from = places[places.size() == 1 ? 0 : i];
    const int64_t size = sizes[sizes.size() == 1 ? 0 : i];
    ++i;
    if (from < -count || from > count) call.fail(fmt::format("place {} lies outside of a text of {}", from, count));
    if (from < 0) from += count;
    const int64_t to = size < 0 ? from : from + std::min(size, count - from);
    return text.substr(begins[static_cast<size_t>(from)],
                       begins[static_cast<size_t>(to)] - begins[static_cast<size_t>(from)]);
  });
}

std::vector<Value> as_numbers(Call& call) {
  const auto type = call.integer("out_type", static_cast<int64_t>(ElementType::kFloat));
  return apply_onnx(call, "Cast", {call.value(0)}, {{"to", type}});
}

std::vector<Value> as_texts(Call& call) {
  if (call.integer("precision", -1) != -1 || call.integer("width", -1) != -1 || call.integer("scientific", 0) != 0 ||
      is_floating(call[0].dtype()))
    throw Unsupported("writes numbers in a way that is not known");
  call.ignore({"shortest", "fill"});
  return apply_onnx(call, "Cast", {call.value(0)}, {{"to", static_cast<int64_t>(ElementType::kString)}});
}

const bool kTextsRegistered[] = {
    register_operator("StringLower", cased<false>),
    register_operator("StringUpper", cased<true>),
    register_operator("StringStrip", stripped),
    register_operator("StaticRegexReplace",
                      [](Call& call) { return rewritten(call, call.text("pattern"), call.text("rewrite")); }),
    register_operator("RegexReplace", [](Call& call) { return rewritten(call, one_text(call, 1), one_text(call, 2)); }),
    register_operator("StaticRegexFullMatch", [](Call& call) { return matched(call, call.text("pattern")); }),
    register_operator("RegexFullMatch", [](Call& call) { return matched(call, one_text(call, 1)); }),
    register_operator("StringJoin", joined),
    register_operator("StringLength", lengths),
    register_operator("Substr", parts_of_texts),
    register_operator("StringToNumber", as_numbers),
    register_operator("AsString", as_texts)};

}  // namespace
}  // namespace lamina::tensorflow
