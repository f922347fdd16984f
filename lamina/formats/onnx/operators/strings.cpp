// StringConcat, StringSplit, StringNormalizer, RegexFullMatch.
#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <set>

#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/operator.h"
#include "lamina/formats/onnx/operators/text_pattern.h"
#include "lamina/formats/onnx/operators/texts.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::onnx {

void require_utf8(const Call& call, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
      utf8proc_int32_t code = 0;
      const utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
      if (size <= 0) call.fail("'" + printable(text.substr(0, 120)) + "' is no UTF-8");
      at += size;
      left -= size;
    }
  }
}

std::string upper(const std::string& text) {
  std::string result;
  lamina::detail::for_each_character(text, [&](const lamina::detail::Character& each) {
    const auto code = static_cast<utf8proc_int32_t>(each.code);
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(utf8proc_toupper(code), bytes);
    if (size > 0) result.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  });
  return result;
}

namespace {

// The element of a tensor of shape `from` that broadcasts to place `index` of shape `to`.
int64_t broadcast_place(int64_t index, const Shape& from, const Shape& to) {
  int64_t place = 0, step = 1;
  for (int axis = to.rank() - 1; axis >= 0; --axis) {
    const int64_t i = index % to[axis];
    index /= to[axis];
    const int own = axis - (to.rank() - from.rank());
    if (own < 0) continue;
    place += from[own] == 1 ? 0 : i * step;
    step *= from[own];
  }
  return place;
}

std::vector<Value> concat(Call& call) {
  const std::vector<std::string>&a = call.value(0).strings(), &b = call.value(1).strings();
  const Shape from_a = call.value(0).shape(), from_b = call.value(1).shape(),
              shape = broadcast(from_a, from_b);
  std::vector<std::string> joined;
  for (int64_t i = 0; i < shape.size(); ++i)
    joined.push_back(a[static_cast<size_t>(broadcast_place(i, from_a, shape))] +
                     b[static_cast<size_t>(broadcast_place(i, from_b, shape))]);
  return {Value::of_strings(std::move(joined), shape)};
}

const std::vector<std::string>& texts_of(const Call& call) {
  require_utf8(call, call.value(0).strings());
  return call.value(0).strings();
}

// At runs of white space, or at each delimiter; `most` < 0: as often as there are.
std::vector<std::string> parts_of(const std::string& text, const std::string& delimiter, int64_t most) {
  std::vector<std::string> parts;
  if (!delimiter.empty()) {
    size_t from = 0;
    for (int64_t cuts = 0; most < 0 || cuts < most; ++cuts) {
      const size_t at = text.find(delimiter, from);
      if (at == std::string::npos) break;
      parts.push_back(text.substr(from, at - from));
      from = at + delimiter.size();
    }
    parts.push_back(text.substr(from));
    return parts;
  }
  std::vector<std::pair<size_t, size_t>> words;
  bool inside = false;
  lamina::detail::for_each_character(text, [&](const lamina::detail::Character& each) {
    const bool space = lamina::detail::is_space(each.code);
    if (!space && !inside) words.emplace_back(each.begin, each.end);
    if (!space) words.back().second = each.end;
    inside = !space;
  });
  for (size_t i = 0; i < words.size(); ++i) {
    if (most >= 0 && static_cast<int64_t>(i) == most) {  // the rest, without white space at its end
      parts.push_back(text.substr(words[i].first, words.back().second - words[i].first));
      break;
    }
    parts.push_back(text.substr(words[i].first, words[i].second - words[i].first));
  }
  return parts;
}

std::vector<Value> split(Call& call) {
  const std::string delimiter = call.text("delimiter", "");
  const int64_t most = call.integer("maxsplit", -1);
  std::vector<std::vector<std::string>> all;
  std::vector<int64_t> counts;
  size_t longest = 0;
  for (const std::string& text : texts_of(call)) {
    all.push_back(parts_of(text, delimiter, most));
    counts.push_back(static_cast<int64_t>(all.back().size()));
    longest = std::max(longest, all.back().size());
  }
  if (all.size() * longest > (1U << 28)) call.fail("gives more than 2^28 strings");
  std::vector<std::string> table;
  for (std::vector<std::string>& parts : all) {
    parts.resize(longest);
    table.insert(table.end(), parts.begin(), parts.end());
  }
  Shape shape = call.value(0).shape();
  const Tensor counted = Tensor::from(counts, shape);
  shape.push_back(static_cast<int64_t>(longest));
  return {Value::of_strings(std::move(table), shape), Value(counted)};
}

std::vector<Value> normalize(Call& call) {
  const std::string action = call.text("case_change_action", "NONE");
  if (action != "NONE" && action != "LOWER" && action != "UPPER")
    call.fail("attribute 'case_change_action' is '" + printable(action) + "'");
  const bool sensitive = call.integer("is_case_sensitive", 0) != 0;
  call.ignore({"locale"});  // cases of letters are Unicode's, the same everywhere
  const Shape shape = call.value(0).shape();
  if (shape.rank() != 1 && !(shape.rank() == 2 && shape[0] == 1))
    call.fail(fmt::format("takes strings (n,) or (1, n); received {}", shape.str()));
  const auto folded = [&](const std::string& text) { return sensitive ? text : lamina::detail::lower(text); };
  std::set<std::string> stop;
  const std::vector<std::string> words = call.text_list("stopwords").value_or(std::vector<std::string>());
  require_utf8(call, words);
  for (const std::string& word : words) stop.insert(folded(word));
  std::vector<std::string> kept;
  for (const std::string& text : texts_of(call)) {
    if (stop.contains(folded(text))) continue;
    kept.push_back(action == "LOWER" ? lamina::detail::lower(text) : action == "UPPER" ? upper(text) : text);
  }
  if (kept.empty()) kept.emplace_back();
  const auto count = static_cast<int64_t>(kept.size());
  return {Value::of_strings(std::move(kept), shape.rank() == 1 ? Shape{count} : Shape{1, count})};
}

std::vector<Value> full_match(Call& call) {
  const TextPattern pattern(call.text("pattern"), /*whole=*/true);
  std::vector<bool> matches;
  for (const std::string& text : texts_of(call)) matches.push_back(pattern.matches(text));
  return {Value(Tensor::from(matches, call.value(0).shape()))};
}

const bool kStringsRegistered[] = {register_operator("StringConcat", 20, concat),
                            register_operator("StringSplit", 20, split),
                            register_operator("StringNormalizer", 10, normalize),
                            register_operator("RegexFullMatch", 20, full_match)};

}  // namespace
}  // namespace lamina::onnx
