// The substrings of a corpus from which a unigram vocabulary is chosen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/text/detail/count_words.h"

namespace lamina::detail {

/// A substring that occurs at least twice, or a single character.
struct Candidate {
  uint32_t place = 0;   ///< where it stands first, among all characters
  uint32_t length = 0;  ///< in characters
  int64_t count = 0;
};

/// All runs of a corpus, one behind the other, each cut so that probabilities of a run stay in range.
struct Corpus {
  static constexpr uint32_t kLongestRun = 64;

  std::vector<uint32_t> characters;
  std::vector<uint32_t> begins;  ///< of each run, and the end of the last
  std::vector<int64_t> times;    ///< how often each run occurs
  uint32_t longest_word = 1;
  std::vector<Candidate> candidates;
  /// Of each place, the candidates of 1, 2, ... longest_word characters that begin there; -1: none.
  std::vector<int32_t> starts;

  size_t runs() const { return times.size(); }
  int32_t at(size_t place, uint32_t length) const { return starts[place * longest_word + length - 1]; }
  /// The candidate in UTF-8.
  std::string text(const Candidate& candidate) const;
};

/// @param runs          runs with their counts, in the order in which they were first seen.
/// @param longest_word  in characters.
/// Throws InvalidArgument when there are more than 2^31 characters.
Corpus corpus_of(const WordCounts& runs, uint32_t longest_word);

/// Keeps single characters and, of the others, the `most` that cover most text.
void keep_seeds(Corpus& corpus, size_t most);

}  // namespace lamina::detail
