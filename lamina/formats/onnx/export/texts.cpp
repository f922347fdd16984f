// Nodes that turn texts into numbers. Strings lie (batch,) until they are cut and (batch, tokens) then; "" is no token.
#include "lamina/formats/onnx/export/texts.h"

#include <utility>

#include "lamina/formats/onnx/export/text_replace.h"
#include "lamina/formats/onnx/operators/microsoft.h"

namespace lamina::onnx {
namespace {

class TextWriter {
 public:
  TextWriter(Builder& builder, const TextPlan& plan) : b_(builder), plan_(plan) {}

  std::string write(const std::string& texts, int64_t length, DType dtype) {
    std::string text = b_.node("Reshape", {texts, b_.integers({-1})});
    for (const auto& [from, to] : plan_.replaced) text = replaced(b_, text, from, to);
    std::string tokens = cut(text);
    if (!plan_.runs.empty()) tokens = runs(without_gaps(tokens));
    const std::string result = plan_.result == TextPlan::Result::kNumbers ? rows(tokens, length) : counts(tokens);
    return b_.cast(result, dtype);
  }

 private:
  std::string cut(const std::string& text) {
    switch (plan_.cut) {
      case TextPlan::Cut::kNot:
        return b_.node("Unsqueeze", {text, b_.integers({1})});
      case TextPlan::Cut::kSeparator:
        return b_.nodes("StringSplit", {text}, 2, {{"delimiter", plan_.separator}})[0];
      case TextPlan::Cut::kCharacters:
        break;
    }
    const std::string characters =
        b_.node("Tokenizer", {text}, {{"mark", 0}, {"mincharnum", 1}, {"pad_value", ""}, {"separators", std::vector<std::string>{""}}}, kMicrosoft);
    b_.declare_value(characters, ElementType::kString, {{-1, ""}, {-1, ""}});  // ONNX's checker knows no operator of other domains
    return characters;
  }

  std::string is_token(const std::string& tokens) { return b_.node("Not", {b_.node("Equal", {tokens, b_.text("")})}); }

  /// 0, 1, ... for each token of a row.
  std::string places(const std::string& tokens) {
    const std::string width = b_.node("Squeeze", {b_.node("Shape", {tokens}, {{"start", 1}, {"end", 2}})});
    return b_.node("Range", {b_.integer(0), width, b_.integer(1)});
  }

  std::string zeros(const std::string& like, const std::string& columns, DType dtype) {
    const std::string batch = b_.node("Shape", {like}, {{"start", 0}, {"end", 1}});
    const std::string shape = b_.node("Concat", {batch, b_.node("Reshape", {columns, b_.integers({1})})}, {{"axis", 0}});
    return b_.node("Expand", {b_.number(0, dtype), shape});
  }

  std::string first_columns(const std::string& x, const std::string& count) {
    return b_.node("Slice", {x, b_.integers({0}), b_.node("Reshape", {count, b_.integers({1})}), b_.integers({1})});
  }

  /// The column into which each of those that are `kept` goes when gaps are closed, and `length` for the others.
  std::string places_without_gaps(const std::string& kept, const std::string& count, const std::string& length) {
    const std::string one = b_.integer(1);
    std::string place = b_.node("Sub", {b_.node("CumSum", {b_.cast(kept, DType::kInt64), one}), one});
    if (plan_.cut_front) place = b_.node("Sub", {place, above_zero(b_.node("Sub", {count, length}))});
    if (plan_.fill_front) place = b_.node("Add", {place, above_zero(b_.node("Sub", {length, count}))});
    const std::string inside = b_.node("And", {b_.node("Less", {place, length}), b_.node("GreaterOrEqual", {place, b_.integer(0)})});
    return b_.node("Where", {b_.node("And", {kept, inside}), place, length});
  }
  std::string above_zero(const std::string& x) { return b_.node("Max", {x, b_.integer(0)}); }

  std::string count_of(const std::string& kept) {
    return b_.node("ReduceSum", {b_.cast(kept, DType::kInt64), b_.integers({1})}, {{"keepdims", 1}});
  }
  /// The largest number of `counts`, 0 where there are none.
  std::string longest(const std::string& counts) {
    const std::string all = b_.node("Concat", {b_.node("Reshape", {counts, b_.integers({-1})}), b_.integers({0})}, {{"axis", 0}});
    return b_.node("ReduceMax", {all}, {{"keepdims", 0}});
  }

  std::string put(const std::string& into, const std::string& places, const std::string& values) {
    return b_.node("ScatterElements", {into, places, values}, {{"axis", 1}, {"reduction", "add"}});
  }

  /// Tokens with those that are none behind all others.
  std::string without_gaps(const std::string& tokens) {
    const std::string kept = is_token(tokens), counts = count_of(kept), length = longest(counts), one = b_.integer(1);
    const std::string numbered = b_.node("Expand", {b_.node("Add", {places(tokens), one}), b_.node("Shape", {tokens})});
    TextPlan plain;
    const std::string target = TextWriter(b_, plain).places_without_gaps(kept, counts, length);
    const std::string from = put(zeros(tokens, b_.node("Add", {length, one}), DType::kInt64), target, numbered);
    // Where each comes from, counted from 1; 0, for none, is the "" in front.
    const std::string nothing = b_.node("Expand", {b_.text(""), b_.node("Concat", {b_.node("Shape", {tokens}, {{"start", 0}, {"end", 1}}), b_.integers({1})}, {{"axis", 0}})});
    return b_.node("GatherElements", {b_.node("Concat", {nothing, tokens}, {{"axis", 1}}), first_columns(from, length)}, {{"axis", 1}});
  }

  /// Runs of tokens, joined by spaces; "" where a text has no more.
  std::string runs(const std::string& tokens) {
    Names all;
    for (const int64_t length : plan_.runs) {
      std::string run = tokens, last = tokens;
      for (int64_t i = 1; i < length; ++i) {
        last = moved(last);
        run = b_.node("StringConcat", {b_.node("StringConcat", {run, b_.text(" ")}), last});
      }
      all.push_back(length == 1 ? tokens : b_.node("Where", {is_token(last), run, b_.text("")}));
    }
    return b_.node("Concat", all, {{"axis", 1}});
  }
  /// Each row without its first token, and "" behind.
  std::string moved(const std::string& tokens) {
    constexpr int64_t kEnd = INT64_MAX;
    const std::string batch = b_.node("Shape", {tokens}, {{"start", 0}, {"end", 1}});
    const std::string nothing = b_.node("Expand", {b_.text(""), b_.node("Concat", {batch, b_.integers({1})}, {{"axis", 0}})});
    const std::string wider = b_.node("Concat", {tokens, nothing}, {{"axis", 1}});
    return b_.node("Slice", {wider, b_.integers({1}), b_.integers({kEnd}), b_.integers({1})});
  }

  std::string looked_up(const std::string& tokens, int64_t nothing, int64_t unknown, int64_t shift) {
    std::vector<std::string> keys{""};
    std::vector<int64_t> values{nothing};
    for (size_t i = 0; i < plan_.words.size(); ++i) {
      if (plan_.words[i].empty()) continue;
      keys.push_back(plan_.words[i]);
      values.push_back(plan_.numbers[i] + shift);
    }
    return b_.node("LabelEncoder", {tokens}, {{"keys_strings", keys}, {"values_int64s", values}, {"default_int64", unknown}}, kMlDomain);
  }

  std::string rows(const std::string& tokens, int64_t length) {
    const std::string numbers = looked_up(tokens, 0, plan_.unknown, 0);
    if (plan_.cut == TextPlan::Cut::kNot && length == 1) return numbers;
    const std::string kept = b_.node("Greater", {numbers, b_.integer(0)}), counts = count_of(kept);
    const std::string width = length < 0 ? longest(counts) : b_.integer(length);
    const std::string target = places_without_gaps(kept, counts, width);
    const std::string wider = put(zeros(tokens, b_.node("Add", {width, b_.integer(1)}), DType::kInt64), target, numbers);
    return first_columns(wider, width);
  }

  std::string counts(const std::string& tokens) {
    const int64_t nowhere = plan_.columns;
    const std::string places = looked_up(tokens, nowhere, plan_.unknown == 0 ? nowhere : plan_.unknown - 1, -1);
    const std::string ones = b_.node("Expand", {b_.number(1, DType::kFloat32), b_.node("Shape", {places})});
    const std::string all = put(zeros(tokens, b_.integer(nowhere + 1), DType::kFloat32), places, ones);
    std::string counted = first_columns(all, b_.integer(nowhere));
    if (plan_.result == TextPlan::Result::kOnce) counted = b_.node("Min", {counted, b_.number(1, DType::kFloat32)});
    if (plan_.weights.empty()) return counted;
    const Tensor weights = Tensor::from(plan_.weights, {static_cast<int64_t>(plan_.weights.size())});
    return b_.node("Mul", {counted, b_.constant(weights, "idf_weights")});
  }

  Builder& b_;
  const TextPlan& plan_;
};

}  // namespace

std::string write_texts(Builder& builder, const TextPlan& plan, const std::string& texts, int64_t length, DType dtype) {
  return TextWriter(builder, plan).write(texts, length, dtype);
}

}  // namespace lamina::onnx
