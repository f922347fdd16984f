// Standardising, splitting and looking up, as tf.strings does it: byte by byte.
#include "lamina/text/text_vectorization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/count_words.h"
#include "lamina/text/detail/text_vectorization_state.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

constexpr const char* kUnknown = "[UNK]";
constexpr int64_t kMostElements = int64_t{1} << 37;
constexpr int64_t kMost = int64_t{1} << 24;  // tokens of a vocabulary, and of a text

[[noreturn]] void fail(const std::string& what) { throw InvalidArgument("TextVectorization: " + what); }

size_t one_of(const std::vector<std::string>& names, const std::string& name, const char* what) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) fail(std::string("unknown ") + what + " '" + name + "'" + suggest(name, names));
  return static_cast<size_t>(found - names.begin());
}

bool is_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// What each byte becomes; 0 for those that are left out, and for 0 itself, which no rule touches.
using Bytes = std::array<unsigned char, 256>;
Bytes table_of(bool lower, bool strip) {
  Bytes table;
  std::iota(table.begin(), table.end(), static_cast<unsigned char>(0));
  for (unsigned c = 0; c < 128; ++c) {
    if (lower && c >= 'A' && c <= 'Z') table[c] = static_cast<unsigned char>(c + ('a' - 'A'));
    if (strip && is_punctuation(static_cast<unsigned char>(c))) table[c] = 0;
  }
  return table;
}
std::string translated(std::string_view text, const Bytes& table) {
  std::string result(text.size(), '\0');
  size_t size = 0;
  for (const char c : text) {
    const unsigned char after = table[static_cast<unsigned char>(c)];
    result[size] = static_cast<char>(after);
    size += after != 0 || c == '\0';
  }
  result.resize(size);
  return result;
}

}  // namespace

namespace detail {

TextVectorizationState::TextVectorizationState(TextVectorizationOptions given) : options(std::move(given)) {
  // Keras's older names.
  if (options.output_mode == "binary") options.output_mode = "multi_hot";
  if (options.output_mode == "tf-idf") options.output_mode = "tf_idf";
  mode = static_cast<OutputMode>(
      one_of({"int", "multi_hot", "count", "tf_idf"}, options.output_mode, "output_mode"));
  if (!options.standardize.function) {
    const size_t kind = one_of({"none", "lower", "strip_punctuation", "lower_and_strip_punctuation"},
                               options.standardize.name, "standardize");
    lower = kind & 1;
    strip = kind & 2;
  }
  if (!options.split.function) {
    const size_t kind = one_of({"whitespace", "character", "none"}, options.split.name, "split");
    characters = kind == 1;
    whole = kind == 2;
  }
  if (options.max_tokens < 0 || options.max_tokens == 1)
    fail("max_tokens is " + std::to_string(options.max_tokens) + "; it must be above 1, or 0 for no limit");
  if (options.pad_to_max_tokens && options.max_tokens == 0)
    fail("pad_to_max_tokens needs max_tokens, which is not given");
  if (options.max_tokens > kMost || options.output_sequence_length > kMost)
    fail("max_tokens and output_sequence_length are at most " + std::to_string(kMost));
  if (options.output_sequence_length < 0)
    fail("output_sequence_length is " + std::to_string(options.output_sequence_length));
  if (options.output_sequence_length > 0 && mode != OutputMode::kInt)
    fail("output_sequence_length is for output_mode 'int'; it is '" + options.output_mode + "'");
  for (const int64_t n : options.ngrams) {
    if (n < 1 || n > 1000) fail("ngrams holds " + std::to_string(n) + "; 1 to 1000 are possible");
  }
  if (whole && !options.ngrams.empty()) fail("ngrams need a split: each text is one token with 'none'");
  if (!options.vocabulary.empty()) {
    set_vocabulary(options.vocabulary, options.idf_weights);
  } else if (!options.idf_weights.empty()) {
    fail("idf_weights without a vocabulary");
  }
}

void TextVectorizationState::set_vocabulary(const std::vector<std::string>& vocabulary,
                                            const std::vector<double>& idf_weights) {
  if (vocabulary.empty()) fail("the vocabulary is empty");
  if (mode == OutputMode::kTfIdf) {
    if (idf_weights.size() != vocabulary.size())
      fail("output_mode 'tf_idf' needs idf_weights, one a token: " + std::to_string(idf_weights.size()) +
           " for " + std::to_string(vocabulary.size()) + " tokens");
  } else if (!idf_weights.empty()) {
    fail("idf_weights are for output_mode 'tf_idf'; it is '" + options.output_mode + "'");
  }
  const auto start = static_cast<size_t>(token_start());
  const bool special = vocabulary.size() >= start && vocabulary[start - 1] == kUnknown &&
                       (start == 1 || vocabulary[0].empty());
  tokens = {};
  for (size_t i = special ? start : 0; i < vocabulary.size(); ++i) {
    if (vocabulary[i].empty())
      fail("the vocabulary holds '' at place " + std::to_string(i) +
           "; it stands for padding and may only be in front, followed by '[UNK]'");
    if (!is_utf8(vocabulary[i])) fail("token " + std::to_string(i) + " of the vocabulary is no UTF-8");
    const size_t before = tokens.size();
    tokens.add(vocabulary[i]);
    if (tokens.size() == before) fail("the vocabulary holds '" + vocabulary[i] + "' twice");
  }
  const auto size = static_cast<int64_t>(tokens.size()) + token_start();
  if (options.max_tokens > 0 && size > options.max_tokens)
    fail("a vocabulary of " + std::to_string(size) + " tokens, special ones included, where max_tokens is " +
         std::to_string(options.max_tokens));
  has_vocabulary = true;
  learned = false;
  if (mode != OutputMode::kTfIdf) return;
  if (special) {
    idf.assign(idf_weights.begin(), idf_weights.end());
  } else {
    const double sum = std::accumulate(idf_weights.begin(), idf_weights.end(), 0.0);
    set_idf(idf_weights, static_cast<float>(sum / static_cast<double>(idf_weights.size())));
  }
}

void TextVectorizationState::set_idf(const std::vector<double>& of_tokens, float of_special) {
  idf.assign(static_cast<size_t>(token_start()), of_special);
  for (const double weight : of_tokens) idf.push_back(static_cast<float>(weight));
}

template <class Sink>
void TextVectorizationState::single_tokens(std::string_view text, Sink&& sink) const {
  if (options.split.function) {
    for (const std::string& token : options.split.function(std::string(text))) sink(std::string_view(token));
  } else if (whole) {
    sink(text);
  } else if (characters) {
    for_each_character(text, [&](const Character& c) { sink(text.substr(c.begin, c.end - c.begin)); });
  } else {
    const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    for (size_t at = 0; at < text.size();) {
      const size_t begin = at;
      while (at < text.size() && !space(text[at])) ++at;
      if (at > begin) sink(text.substr(begin, at - begin));
      if (at < text.size()) ++at;
    }
  }
}

template <class Sink>
void TextVectorizationState::tokens_of(std::string_view text, Sink&& sink) const {
  std::string standard;
  if (options.standardize.function) {
    standard = options.standardize.function(std::string(text));
    if (!is_utf8(standard)) standard = valid_utf8(standard);
    text = standard;
  } else if (lower || strip) {
    static const Bytes kTables[] = {table_of(false, false), table_of(true, false), table_of(false, true),
                                    table_of(true, true)};
    text = standard = translated(text, kTables[(lower ? 1 : 0) + (strip ? 2 : 0)]);
  }
  if (options.ngrams.empty()) {
    single_tokens(text, sink);
    return;
  }
  std::vector<std::string> single;
  single_tokens(text, [&](std::string_view token) { single.emplace_back(token); });
  std::string run;
  for (const int64_t length : options.ngrams) {
    const auto n = static_cast<size_t>(length);
    for (size_t i = 0; i + n <= single.size(); ++i) {
      run = single[i];
      for (size_t j = 1; j < n; ++j) (run += ' ') += single[i + j];
      sink(std::string_view(run));
    }
  }
}

}  // namespace detail

using detail::OutputMode;
using State = detail::TextVectorizationState;

std::vector<int64_t> ngrams_of(int64_t n) {
  if (n < 1 || n > 1000) fail("ngrams of " + std::to_string(n) + "; 1 to 1000 are possible");
  std::vector<int64_t> lengths(static_cast<size_t>(n));
  std::iota(lengths.begin(), lengths.end(), 1);
  return lengths;
}

TextVectorization::TextVectorization(TextVectorizationOptions options)
    : state_(std::make_shared<State>(std::move(options))) {}

const TextVectorizationOptions& TextVectorization::options() const { return state_->options; }

void TextVectorization::adapt(const std::vector<std::string>& texts) {
  if (state_->has_vocabulary && !state_->learned)
    fail("adapt() after a vocabulary was given; make another TextVectorization");
  const detail::CleanTexts clean(texts, "TextVectorization");
  const detail::WordCounts counted = detail::count_words(
      texts.size(), false, [&](size_t i, auto&& sink) { state_->tokens_of(clean[i], sink); });
  std::vector<size_t> order;
  for (size_t i = 0; i < counted.words.size(); ++i) {
    if (!counted.words[i].empty() && counted.words[i] != kUnknown) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return counted.counts[a] != counted.counts[b] ? counted.counts[a] > counted.counts[b]
                                                  : counted.words[a] > counted.words[b];
  });
  auto state = std::make_shared<State>(*state_);
  if (state->options.max_tokens > 0) {
    const int64_t most = std::max<int64_t>(state->options.max_tokens - state->token_start(), 0);
    order.resize(std::min(order.size(), static_cast<size_t>(most)));
  }
  state->tokens = {};
  std::vector<double> idf;
  double sum = 0;
  for (const size_t i : order) {
    state->tokens.add(counted.words[i]);
    idf.push_back(
        std::log(1 + static_cast<double>(texts.size()) / static_cast<double>(1 + counted.texts[i])));
    sum += static_cast<float>(idf.back());
  }
  if (state->mode == OutputMode::kTfIdf)
    state->set_idf(idf, idf.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(idf.size())));
  state->has_vocabulary = state->learned = true;
  state_ = std::move(state);
}

std::vector<std::string> TextVectorization::get_vocabulary(bool include_special_tokens) const {
  std::vector<std::string> all;
  if (include_special_tokens) {
    if (state_->mode == OutputMode::kInt) all.emplace_back();
    all.emplace_back(kUnknown);
  }
  all.insert(all.end(), state_->tokens.words().begin(), state_->tokens.words().end());
  return all;
}

int64_t TextVectorization::vocabulary_size() const {
  return state_->token_start() + static_cast<int64_t>(state_->tokens.size());
}

std::vector<float> TextVectorization::idf_weights() const { return state_->idf; }

void TextVectorization::set_vocabulary(const std::vector<std::string>& vocabulary,
                                       const std::vector<double>& idf_weights) {
  auto state = std::make_shared<State>(*state_);
  state->set_vocabulary(vocabulary, idf_weights);
  state_ = std::move(state);
}

namespace {

// Numbers of the tokens of each text; those that are not known have that of [UNK], and "" has kNone.
std::vector<std::vector<int32_t>> look_up(const State& state, const std::vector<std::string>& texts) {
  const detail::CleanTexts clean(texts, "TextVectorization");
  const auto start = static_cast<int32_t>(state.token_start());
  std::vector<std::vector<int32_t>> numbers(texts.size());
  detail::for_each_chunk(texts.size(), [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      state.tokens_of(clean[i], [&](std::string_view token) {
        const int32_t found = state.tokens.find(token);
        numbers[i].push_back(token.empty()                       ? detail::WordTable::kNone
                             : found == detail::WordTable::kNone ? start - 1
                                                                 : found + start);
      });
    }
  });
  return numbers;
}

void check_size(size_t texts, int64_t columns) {
  if (texts > 0 && columns > kMostElements / static_cast<int64_t>(texts))
    fail("a result (" + std::to_string(texts) + ", " + std::to_string(columns) + ") is too large");
}

Tensor rows_of(const std::vector<std::vector<int32_t>>& numbers, int64_t length) {
  if (length == 0) {
    for (const auto& row : numbers) length = std::max(length, static_cast<int64_t>(row.size()));
  }
  check_size(numbers.size(), length);
  std::vector<int64_t> all(numbers.size() * static_cast<size_t>(length));
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t count = std::min(numbers[i].size(), static_cast<size_t>(length));
    for (size_t j = 0; j < count; ++j) all[i * static_cast<size_t>(length) + j] = std::max(numbers[i][j], 0);
  }
  return Tensor::from(all, {numbers.size(), length});
}

// T: int64 of whole numbers, float32 of weights, as the Keras layer gives them when it is called.
template <class T>
Tensor bags_of(const State& state, const std::vector<std::vector<int32_t>>& numbers, int64_t columns) {
  check_size(numbers.size(), columns);
  std::vector<T> all(numbers.size() * static_cast<size_t>(columns));
  for (size_t i = 0; i < numbers.size(); ++i) {
    T* row = all.data() + i * static_cast<size_t>(columns);
    for (const int32_t number : numbers[i]) {
      if (number < 0) continue;
      row[number] = state.mode == OutputMode::kMultiHot ? 1 : row[number] + 1;
    }
    if (state.mode != OutputMode::kTfIdf) continue;
    for (size_t j = 0; j < state.idf.size(); ++j) row[j] *= static_cast<T>(state.idf[j]);
  }
  return Tensor::from(all, {numbers.size(), columns});
}

}  // namespace

Tensor TextVectorization::operator()(const std::vector<std::string>& texts) const {
  if (!state_->has_vocabulary) fail("no vocabulary: call adapt() first, or give one");
  const std::vector<std::vector<int32_t>> numbers = look_up(*state_, texts);
  if (state_->mode == OutputMode::kInt) return rows_of(numbers, state_->options.output_sequence_length);
  const int64_t columns = state_->options.pad_to_max_tokens ? state_->options.max_tokens : vocabulary_size();
  return state_->mode == OutputMode::kTfIdf ? bags_of<float>(*state_, numbers, columns)
                                            : bags_of<int64_t>(*state_, numbers, columns);
}

}  // namespace lamina
