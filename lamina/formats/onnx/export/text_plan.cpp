// Plans of what Keras's TextVectorization and Tokenizer do.
#include "lamina/formats/onnx/export/text_plan.h"

#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"
#include "lamina/text/text_vectorization.h"
#include "lamina/text/tokenizer.h"

namespace lamina::onnx {
namespace {

using Characters = std::set<uint32_t>;

void add_characters(Characters& all, const std::string& text) {
  lamina::detail::for_each_character(text, [&](const lamina::detail::Character& one) { all.insert(one.code); });
}

Characters characters_of(const std::vector<std::string>& words) {
  Characters all;
  for (const std::string& word : words) add_characters(all, word);
  return all;
}

std::string text_of(uint32_t code) {
  std::string text;
  append_utf8(text, code);
  return text;
}

/// ASCII's letters, as tf.strings.lower knows them. A letter that no word has in either case changes nothing: what has
/// it is unknown before and after.
void lower_ascii(TextPlan& plan) {
  const Characters known = characters_of(plan.words);
  for (char c = 'A'; c <= 'Z'; ++c) {
    const char small = static_cast<char>(c + ('a' - 'A'));
    if (known.contains(static_cast<uint32_t>(c)) || known.contains(static_cast<uint32_t>(small)))
      plan.replaced.emplace_back(std::string(1, c), std::string(1, small));
  }
}

/// All letters, as Python's str.lower knows them, of those that words have. `looked_at`: what else is looked for.
void lower_unicode(TextPlan& plan, const std::string& looked_at) {
  constexpr uint32_t kSigmas[] = {0x3A3, 0x3C2, 0x3C3}, kDotted = 0x130, kLast = 0x10FFFF, kSurrogates = 0xD800, kBehind = 0xE000;
  Characters known = characters_of(plan.words);
  add_characters(known, looked_at);
  for (const uint32_t sigma : kSigmas) {
    if (known.contains(sigma))
      throw Unsupported("its words have a Greek sigma, whose lower case depends on what follows, and ONNX's operators replace "
                        "letter by letter");
  }
  for (uint32_t code = 'A'; code <= kLast; ++code) {
    if (code == kSurrogates) code = kBehind;
    const std::string letter = text_of(code), small = lamina::detail::lower(letter);
    if (small == letter) continue;
    const Characters after = characters_of({small});
    const bool found = known.contains(code) || std::includes(known.begin(), known.end(), after.begin(), after.end());
    // Characters are counted, known or not: the one letter that becomes two must.
    if (found || (plan.cut == TextPlan::Cut::kCharacters && code == kDotted))
      plan.replaced.emplace_back(letter, small);
  }
}

void replace_each(TextPlan& plan, std::string_view characters, const std::string& by) {
  for (const char c : characters) plan.replaced.emplace_back(std::string(1, c), by);
}

TextPlan plan_of_vectorization(const TextVectorization& layer) {
  const TextVectorizationOptions& options = layer.options();
  TextPlan plan;
  const bool rows = options.output_mode == "int";
  plan.words = layer.get_vocabulary(false);
  if (layer.vocabulary_size() == static_cast<int64_t>(rows ? 2 : 1)) throw Unsupported("it has no vocabulary");
  plan.unknown = 1;
  for (size_t i = 0; i < plan.words.size(); ++i) plan.numbers.push_back(static_cast<int64_t>(i) + 2);
  const std::string& standardize = options.standardize.name;
  if (standardize == "lower" || standardize == "lower_and_strip_punctuation") lower_ascii(plan);
  if (standardize == "strip_punctuation" || standardize == "lower_and_strip_punctuation")
    replace_each(plan, "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'", "");
  if (options.split.name == "none") {
    plan.cut = TextPlan::Cut::kNot;
  } else if (options.split.name == "character") {
    plan.cut = TextPlan::Cut::kCharacters;
  } else {
    replace_each(plan, "\t\n\v\f\r", " ");
  }
  plan.runs = options.ngrams;
  if (rows) {
    plan.length = options.output_sequence_length;
    return plan;
  }
  // Columns begin with that of unknown tokens: numbers without 0, which fills up rows.
  plan.result = options.output_mode == "multi_hot" ? TextPlan::Result::kOnce : TextPlan::Result::kCounts;
  plan.columns = options.pad_to_max_tokens ? options.max_tokens : layer.vocabulary_size();
  plan.weights = layer.idf_weights();
  if (!plan.weights.empty()) plan.weights.resize(static_cast<size_t>(plan.columns));
  return plan;
}

TextPlan plan_of_tokenizer(const Tokenizer& tokenizer, const TextInfo& info) {
  const TokenizerOptions& options = tokenizer.options();
  TextPlan plan;
  for (const auto& [word, number] : tokenizer.word_index()) {
    if (options.num_words > 0 && number >= options.num_words) continue;
    plan.words.push_back(word);
    plan.numbers.push_back(number);
  }
  if (options.oov_token) plan.unknown = tokenizer.index_of(*options.oov_token).value_or(0);
  if (plan.words.empty()) throw Unsupported("it knows no words");
  if (options.char_level) plan.cut = TextPlan::Cut::kCharacters;
  if (options.lower) lower_unicode(plan, options.char_level ? "" : options.filters + options.split);
  if (!options.char_level) {
    plan.separator = options.split;
    lamina::detail::for_each_character(options.filters, [&](const lamina::detail::Character& one) {
      const std::string filter = text_of(one.code);
      if (filter == options.split) return;
      if (options.split.find(filter) != std::string::npos)
        throw Unsupported("its separator '" + printable(options.split) + "' holds one of its filters, which would be replaced again");
      plan.replaced.emplace_back(filter, options.split);
    });
  }
  plan.length = info.maxlen;
  plan.fill_front = info.padding == "pre";
  plan.cut_front = info.truncating == "pre";
  return plan;
}

}  // namespace

int TextPlan::oldest_opset() const {
  constexpr int kLabels = 13, kStrings = 20;  // StringSplit and StringConcat came with 20
  return cut == Cut::kNot && replaced.empty() && result == Result::kNumbers ? kLabels : kStrings;
}

TextPlan plan_of(const TextInfo& info) {
  if (!info.segmenter.is_null())
    throw Unsupported("it finds words by what they probably are, for which ONNX has no operator");
  const Json* const kind = info.encoder.find("class_name");
  const std::string name = kind && kind->is_string() ? kind->as_string() : "";
  if (name == "TextVectorization") return plan_of_vectorization(TextVectorization::from_json(info.encoder));
  if (name == "Tokenizer") return plan_of_tokenizer(Tokenizer::from_json(info.encoder), info);
  throw Unsupported("it is a " + printable(name) + ", whose steps ONNX's operators on strings do not have");
}

}  // namespace lamina::onnx
