// Texts to terms, as scikit-learn's analyzers make them: "word", "char" and "char_wb".
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/base/utf8.h"
#include "lamina/text/detail/count_vectorizer_state.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::detail {

/// Calls sink with the longest runs of word characters, those of at least `shortest`.
template <class Sink>
void for_each_word(std::string_view text, int shortest, Sink&& sink) {
  size_t begin = 0;
  int length = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (is_word_character(character.code)) {
      if (length++ == 0) begin = at;
    } else {
      if (length >= shortest) sink(text.substr(begin, at - begin));
      length = 0;
    }
    at = character.end;
  }
  if (length >= shortest) sink(text.substr(begin));
}

/// Runs of white space of two characters and more as one space.
inline std::string with_single_spaces(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t end = at, count = 0;
    while (end < text.size()) {
      const Character character = character_at(text, end);
      if (!is_space(character.code)) break;
      end = character.end;
      ++count;
    }
    if (count == 0) end = character_at(text, at).end;
    result += count > 1 ? std::string_view(" ") : text.substr(at, end - at);
    at = end;
  }
  return result;
}

/// Where each character begins, and the end.
inline std::vector<size_t> boundaries_of(std::string_view text) {
  std::vector<size_t> at = {0};
  for_each_character(text, [&](const Character& character) { at.push_back(character.end); });
  return at;
}

/// Runs of tokens, joined by spaces.
template <class Sink>
void word_runs(const std::vector<std::string_view>& tokens, std::pair<int, int> lengths, Sink&& sink) {
  std::string run;
  for (auto n = static_cast<size_t>(lengths.first); n <= static_cast<size_t>(lengths.second); ++n) {
    if (n > tokens.size()) break;
    for (size_t i = 0; i + n <= tokens.size(); ++i) {
      run = tokens[i];
      for (size_t j = 1; j < n; ++j) (run += ' ') += tokens[i + j];
      sink(std::string_view(run));
    }
  }
}

template <class Sink>
void character_runs(std::string_view text, std::pair<int, int> lengths, Sink&& sink) {
  const std::vector<size_t> at = boundaries_of(text);
  for (auto n = static_cast<size_t>(lengths.first); n <= static_cast<size_t>(lengths.second); ++n) {
    if (n >= at.size()) break;
    for (size_t i = 0; i + n < at.size(); ++i) sink(text.substr(at[i], at[i + n] - at[i]));
  }
}

/// Runs within each word with a space on both sides; a word shorter than a run counts once, whole.
template <class Sink>
void character_runs_within_words(std::string_view text, std::pair<int, int> lengths, Sink&& sink) {
  std::string word;
  const auto runs_of_word = [&] {
    if (word.empty()) return;
    word = " " + word + " ";
    const std::vector<size_t> at = boundaries_of(word);
    const size_t length = at.size() - 1;
    for (auto n = static_cast<size_t>(lengths.first); n <= static_cast<size_t>(lengths.second); ++n) {
      if (n >= length) {
        sink(std::string_view(word));
        break;
      }
      for (size_t i = 0; i + n <= length; ++i) sink(std::string_view(word).substr(at[i], at[i + n] - at[i]));
    }
    word.clear();
  };
  for_each_character(text, [&](const Character& character) {
    if (is_space(character.code)) {
      runs_of_word();
    } else {
      word += text.substr(character.begin, character.end - character.begin);
    }
  });
  runs_of_word();
}

template <class Sink>
void CountVectorizerState::terms_of(std::string_view text, Sink&& sink) const {
  std::string changed;
  if (options.preprocessor) {
    changed = options.preprocessor(std::string(text));
    if (!is_utf8(changed)) changed = valid_utf8(changed);
    text = changed;
  } else if (options.lowercase) {
    text = changed = lower(text);
  }
  if (analyzer == Analyzer::kChar) {
    character_runs(with_single_spaces(text), options.ngram_range, sink);
    return;
  }
  if (analyzer == Analyzer::kCharWithinWords) {
    character_runs_within_words(text, options.ngram_range, sink);
    return;
  }
  const bool runs = options.ngram_range.second > 1;
  std::vector<std::string_view> tokens;
  const auto take = [&](std::string_view token) {
    if (!stop_words.empty() && stop_words.contains(std::string(token))) return;
    if (runs) {
      tokens.push_back(token);
    } else {
      sink(token);
    }
  };
  std::vector<std::string> own;
  if (options.tokenizer) {
    own = options.tokenizer(std::string(text));
    for (const std::string& token : own) take(token);
  } else {
    for_each_word(text, shortest_word, take);
  }
  if (runs) word_runs(tokens, options.ngram_range, sink);
}

}  // namespace lamina::detail
