// Counting, numbering, and the way there and back.
#include "lamina/text/tokenizer.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/count_words.h"
#include "lamina/text/detail/split_words.h"
#include "lamina/text/detail/tokenizer_state.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

using detail::CleanTexts;

// Calls a sink with the words of a clean text.
class Words {
 public:
  explicit Words(const TokenizerOptions& options)
      : lower_(options.lower), char_level_(options.char_level), splitter_(options.filters, options.split) {}

  template <class Sink>
  void operator()(std::string_view text, Sink&& sink) const {
    std::string lowered;
    if (lower_) text = lowered = detail::lower(text);
    if (char_level_) {
      detail::for_each_character(text, [&](const detail::Character& character) {
        sink(text.substr(character.begin, character.end - character.begin));
      });
    } else {
      splitter_(text, sink);
    }
  }

 private:
  bool lower_, char_level_;
  detail::WordSplitter splitter_;
};

// The same of a text that is words already; those are mended one by one.
template <class Sink>
void taken_words(const Tokenizer::Words& words, bool lower, Sink&& sink) {
  for (const std::string& word : words) {
    const std::string clean = is_utf8(word) ? word : valid_utf8(word);
    if (lower) {
      sink(detail::lower(clean));
    } else {
      sink(clean);
    }
  }
}

template <class Body>
void each_text(size_t texts, Body&& body) {
  detail::for_each_chunk(texts, [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) body(i);
  });
}

void add_counts(detail::TokenizerState& state, const detail::WordCounts& counted, size_t texts);

}  // namespace

namespace detail {

void check_tokenizer(const TokenizerOptions& options) {
  const auto fail = [](const std::string& what) { throw InvalidArgument("Tokenizer: " + what); };
  if (options.num_words < 0)
    fail("num_words is " + std::to_string(options.num_words) + "; it must be positive, or 0 for all words");
  if (options.document_count < 0)
    fail("document_count is " + std::to_string(options.document_count) + "; it must not be negative");
  if (options.split.empty()) fail("split is empty; it must be what separates words");
  for (const std::string& text : {options.split, options.filters, options.oov_token.value_or("")}) {
    if (!is_utf8(text)) fail("'" + valid_utf8(text) + "' among the arguments is no UTF-8");
  }
}

}  // namespace detail

void detail::TokenizerState::order() {
  by_index.assign(index.size() + 2, detail::WordTable::kNone);
  for (size_t i = 0; i < index.size(); ++i) {
    if (index[i] < 1 || index[i] >= static_cast<int64_t>(by_index.size())) {
      throw InvalidArgument("word_index: the number " + std::to_string(index[i]) + " among " +
                            std::to_string(index.size()) + " words");
    }
    int32_t& place = by_index[static_cast<size_t>(index[i])];
    if (place != detail::WordTable::kNone)
      throw InvalidArgument("word_index: the number " + std::to_string(index[i]) + " occurs twice");
    place = static_cast<int32_t>(i);
  }
}

void detail::TokenizerState::number_words() {
  std::vector<int32_t> sorted(words.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::stable_sort(sorted.begin(), sorted.end(), [&](int32_t a, int32_t b) {
    return counts[static_cast<size_t>(a)] > counts[static_cast<size_t>(b)];
  });
  index_words = {};
  index.clear();
  int64_t next = 1;
  if (options.oov_token) {
    index_words.add(*options.oov_token);
    index.push_back(next++);
  }
  // The oov_token among the words takes their number and keeps its place, as in a dictionary.
  for (const int32_t word : sorted) {
    const auto place = static_cast<size_t>(index_words.add(words[static_cast<size_t>(word)]));
    if (place == index.size()) index.push_back(0);
    index[place] = next++;
  }
  order();
  for (size_t i = 0; i < words.size(); ++i)
    index_docs[index[static_cast<size_t>(index_words.find(words[i]))]] = docs[i];
}

std::optional<int64_t> detail::TokenizerState::oov_index() const {
  if (!options.oov_token) return std::nullopt;
  const int32_t place = index_words.find(*options.oov_token);
  return place < 0 ? std::nullopt : std::optional(index[static_cast<size_t>(place)]);
}

namespace {

void add_counts(detail::TokenizerState& state, const detail::WordCounts& counted, size_t texts) {
  state.document_count += static_cast<int64_t>(texts);
  for (size_t i = 0; i < counted.words.size(); ++i) {
    const auto word = static_cast<size_t>(state.words.add(counted.words[i]));
    if (word == state.counts.size()) {
      state.counts.push_back(0);
      state.docs.push_back(0);
    }
    state.counts[word] += counted.counts[i];
    state.docs[word] += counted.texts[i];
  }
  state.number_words();
}

// Gives each word its number; what has none, or none below num_words, is left out or takes that of oov_token.
class Numbers {
 public:
  explicit Numbers(const detail::TokenizerState& state)
      : state_(state),
        num_words_(state.options.num_words > 0 ? state.options.num_words : INT64_MAX),
        oov_(state.oov_index()) {
    if (state.options.oov_token && !oov_)
      throw InvalidArgument("Tokenizer: oov_token has no number before fit_on_texts was called");
  }
  void add(Tokenizer::Sequence& sequence, std::string_view word) const {
    const int32_t place = state_.index_words.find(word);
    const int64_t index = place < 0 ? INT64_MAX : state_.index[static_cast<size_t>(place)];
    if (place >= 0 && index < num_words_) {
      sequence.push_back(static_cast<int32_t>(index));
    } else if (oov_) {
      sequence.push_back(static_cast<int32_t>(*oov_));
    }
  }

 private:
  const detail::TokenizerState& state_;
  int64_t num_words_;
  std::optional<int64_t> oov_;
};

}  // namespace

std::vector<std::string> text_to_word_sequence(const std::string& text, const std::string& filters,
                                               bool lower, const std::string& split) {
  const TokenizerOptions options{.filters = filters, .lower = lower, .split = split};
  detail::check_tokenizer(options);
  const std::vector<std::string> texts = {text};
  const CleanTexts clean(texts, "text_to_word_sequence");
  std::vector<std::string> words;
  Words{options}(clean[0], [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

Tokenizer::Tokenizer(TokenizerOptions options) {
  detail::check_tokenizer(options);
  auto state = std::make_shared<detail::TokenizerState>();
  state->document_count = options.document_count;
  state->options = std::move(options);
  state_ = std::move(state);
}

const TokenizerOptions& Tokenizer::options() const { return state_->options; }
int64_t Tokenizer::document_count() const { return state_->document_count; }

void Tokenizer::fit_on_texts(const std::vector<std::string>& texts) {
  const CleanTexts clean(texts, "Tokenizer");
  const ::lamina::Words words(state_->options);
  const detail::WordCounts counted =
      detail::count_words(texts.size(), false, [&](size_t i, auto&& sink) { words(clean[i], sink); });
  auto state = std::make_shared<detail::TokenizerState>(*state_);
  add_counts(*state, counted, texts.size());
  state_ = std::move(state);
}

void Tokenizer::fit_on_words(const std::vector<Words>& texts) {
  const detail::WordCounts counted = detail::count_words(texts.size(), false, [&](size_t i, auto&& sink) {
    taken_words(texts[i], state_->options.lower, sink);
  });
  auto state = std::make_shared<detail::TokenizerState>(*state_);
  add_counts(*state, counted, texts.size());
  state_ = std::move(state);
}

void Tokenizer::fit_on_sequences(const std::vector<Sequence>& sequences) {
  auto state = std::make_shared<detail::TokenizerState>(*state_);
  state->document_count += static_cast<int64_t>(sequences.size());
  for (const Sequence& sequence : sequences) {
    for (const int32_t index : std::set<int32_t>(sequence.begin(), sequence.end()))
      ++state->index_docs[index];
  }
  state_ = std::move(state);
}

std::vector<Tokenizer::Sequence> Tokenizer::texts_to_sequences(const std::vector<std::string>& texts) const {
  const Numbers numbers(*state_);
  const CleanTexts clean(texts, "Tokenizer");
  const ::lamina::Words words(state_->options);
  std::vector<Sequence> sequences(texts.size());
  each_text(texts.size(), [&](size_t i) {
    words(clean[i], [&](std::string_view word) { numbers.add(sequences[i], word); });
  });
  return sequences;
}

std::vector<Tokenizer::Sequence> Tokenizer::words_to_sequences(const std::vector<Words>& texts) const {
  const Numbers numbers(*state_);
  std::vector<Sequence> sequences(texts.size());
  each_text(texts.size(), [&](size_t i) {
    taken_words(texts[i], state_->options.lower,
                [&](std::string_view word) { numbers.add(sequences[i], word); });
  });
  return sequences;
}

std::vector<std::string> Tokenizer::sequences_to_texts(const std::vector<Sequence>& sequences) const {
  const int64_t num_words = state_->options.num_words > 0 ? state_->options.num_words : INT64_MAX;
  const bool has_oov = state_->oov_index().has_value();
  std::vector<std::string> texts(sequences.size());
  for (size_t i = 0; i < sequences.size(); ++i) {
    const char* between = "";
    for (const int32_t number : sequences[i]) {
      const auto place = static_cast<size_t>(number);
      const int32_t word = number >= 0 && place < state_->by_index.size() ? state_->by_index[place] : -1;
      if ((word < 0 || number >= num_words) && !has_oov) continue;
      texts[i] += between;
      texts[i] += word < 0 || number >= num_words ? *state_->options.oov_token
                                                  : state_->index_words[static_cast<size_t>(word)];
      between = " ";
    }
  }
  return texts;
}

std::vector<std::pair<std::string, int64_t>> Tokenizer::word_index() const {
  std::vector<std::pair<std::string, int64_t>> result;
  for (size_t i = 0; i < state_->index.size(); ++i)
    result.emplace_back(state_->index_words[i], state_->index[i]);
  return result;
}

std::optional<int64_t> Tokenizer::index_of(std::string_view word) const {
  const int32_t place = state_->index_words.find(word);
  return place < 0 ? std::nullopt : std::optional(state_->index[static_cast<size_t>(place)]);
}

std::optional<std::string> Tokenizer::index_word(int64_t index) const {
  const bool inside = index >= 0 && index < static_cast<int64_t>(state_->by_index.size());
  const int32_t word = inside ? state_->by_index[static_cast<size_t>(index)] : -1;
  return word < 0 ? std::nullopt : std::optional(state_->index_words[static_cast<size_t>(word)]);
}

std::vector<std::pair<std::string, int64_t>> Tokenizer::word_counts() const {
  std::vector<std::pair<std::string, int64_t>> result;
  for (size_t i = 0; i < state_->words.size(); ++i) result.emplace_back(state_->words[i], state_->counts[i]);
  return result;
}

std::vector<std::pair<std::string, int64_t>> Tokenizer::word_docs() const {
  std::vector<std::pair<std::string, int64_t>> result;
  for (size_t i = 0; i < state_->words.size(); ++i) result.emplace_back(state_->words[i], state_->docs[i]);
  return result;
}

}  // namespace lamina
