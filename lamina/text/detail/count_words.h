// Counts the words of texts: what every vocabulary is learned from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lamina/text/detail/chunks.h"
#include "lamina/text/detail/word_table.h"

namespace lamina::detail {

/// Words in the order in which they are first seen, and how often they occur.
struct WordCounts {
  WordTable words;
  std::vector<int64_t> counts;  ///< of each word, in all texts
  std::vector<int64_t> texts;   ///< with each word
  /// Where rows are kept: the words of text i are indices[indptr[i]] ... in the order in which they come,
  /// each once, values[...] times.
  std::vector<int64_t> indptr = {0};
  std::vector<int32_t> indices, values;

  /// Adds what was counted in the texts that follow.
  void append(const WordCounts& later, bool keep_rows);
  /// Counts one more text; `words_of(sink)` calls the sink with every word.
  template <class WordsOf>
  void add_text(bool keep_rows, WordsOf&& words_of);

 private:
  std::vector<int64_t> place_;  // of each word in the row of the present text, plus one; 0: not in it
};

template <class WordsOf>
void WordCounts::add_text(bool keep_rows, WordsOf&& words_of) {
  const size_t begin = indices.size();
  words_of([&](std::string_view word) {
    const auto number = static_cast<size_t>(words.add(word));
    if (number == counts.size()) {
      counts.push_back(0);
      texts.push_back(0);
      place_.push_back(0);
    }
    ++counts[number];
    if (place_[number] == 0) {
      ++texts[number];
      indices.push_back(static_cast<int32_t>(number));
      values.push_back(0);
      place_[number] = static_cast<int64_t>(indices.size());
    }
    ++values[static_cast<size_t>(place_[number] - 1)];
  });
  for (size_t i = begin; i < indices.size(); ++i) place_[static_cast<size_t>(indices[i])] = 0;
  if (keep_rows) {
    indptr.push_back(static_cast<int64_t>(indices.size()));
  } else {
    indices.clear();
    values.clear();
  }
}

inline void WordCounts::append(const WordCounts& later, bool keep_rows) {
  std::vector<int32_t> number(later.words.size());
  for (size_t i = 0; i < number.size(); ++i) {
    number[i] = words.add(later.words[i]);
    const auto at = static_cast<size_t>(number[i]);
    if (at == counts.size()) {
      counts.push_back(0);
      texts.push_back(0);
      place_.push_back(0);
    }
    counts[at] += later.counts[i];
    texts[at] += later.texts[i];
  }
  if (!keep_rows) return;
  const int64_t before = indptr.back();
  for (const int32_t index : later.indices) indices.push_back(number[static_cast<size_t>(index)]);
  values.insert(values.end(), later.values.begin(), later.values.end());
  for (size_t i = 1; i < later.indptr.size(); ++i) indptr.push_back(before + later.indptr[i]);
}

/// Counts the words of so many texts on several threads: words_of(i, sink) calls sink(word) for every word of
/// text i, from any thread.
template <class WordsOf>
WordCounts count_words(size_t texts, bool keep_rows, WordsOf&& words_of) {
  std::vector<WordCounts> parts(static_cast<size_t>(chunks_of(texts)));
  for_each_chunk(texts, [&](size_t chunk, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      parts[chunk].add_text(keep_rows, [&](auto&& sink) { words_of(i, sink); });
    }
  });
  WordCounts all;
  for (WordCounts& part : parts) {
    all.append(part, keep_rows);
    part = {};
  }
  return all;
}

}  // namespace lamina::detail
