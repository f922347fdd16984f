// Substrings are counted length by length: one that occurs once cannot be the beginning of one that occurs
// twice.
#include "lamina/text/detail/unigram_candidates.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/unicode.h"

namespace lamina::detail {
namespace {

// Counts the substrings of `length` whose first length - 1 characters are candidates.
void count_length(Corpus& corpus, uint32_t length) {
  std::unordered_map<uint64_t, int32_t> known;
  const auto first = static_cast<int32_t>(corpus.candidates.size());
  for (size_t run = 0; run < corpus.runs(); ++run) {
    for (uint32_t place = corpus.begins[run]; place + length <= corpus.begins[run + 1]; ++place) {
      const int32_t prefix = length == 1 ? 0 : corpus.at(place, length - 1);
      if (prefix < 0) continue;
      const uint64_t key = static_cast<uint64_t>(prefix) << 32 | corpus.characters[place + length - 1];
      const auto [found, is_new] = known.try_emplace(key, static_cast<int32_t>(corpus.candidates.size()));
      if (is_new) corpus.candidates.push_back({place, length, 0});
      corpus.candidates[static_cast<size_t>(found->second)].count += corpus.times[run];
      corpus.starts[static_cast<size_t>(place) * corpus.longest_word + length - 1] = found->second;
    }
  }
  if (length == 1) return;
  // Those that occur once go.
  std::vector<int32_t> kept(corpus.candidates.size() - static_cast<size_t>(first), -1);
  auto next = static_cast<size_t>(first);
  for (size_t i = next; i < corpus.candidates.size(); ++i) {
    if (corpus.candidates[i].count < 2) continue;
    kept[i - static_cast<size_t>(first)] = static_cast<int32_t>(next);
    corpus.candidates[next++] = corpus.candidates[i];
  }
  corpus.candidates.resize(next);
  for (size_t place = 0; place < corpus.characters.size(); ++place) {
    int32_t& start = corpus.starts[place * corpus.longest_word + length - 1];
    if (start >= 0) start = kept[static_cast<size_t>(start - first)];
  }
}

}  // namespace

std::string Corpus::text(const Candidate& candidate) const {
  std::string text;
  for (uint32_t i = 0; i < candidate.length; ++i) append_utf8(text, characters[candidate.place + i]);
  return text;
}

Corpus corpus_of(const WordCounts& runs, uint32_t longest_word) {
  Corpus corpus;
  corpus.longest_word = longest_word;
  for (size_t i = 0; i < runs.words.size(); ++i) {
    uint32_t length = Corpus::kLongestRun;
    for_each_character(runs.words[i], [&](const Character& character) {
      if (length == Corpus::kLongestRun) {
        corpus.begins.push_back(static_cast<uint32_t>(corpus.characters.size()));
        corpus.times.push_back(runs.counts[i]);
        length = 0;
      }
      corpus.characters.push_back(character.code);
      ++length;
    });
    if (corpus.characters.size() > (size_t{1} << 31) / longest_word)
      throw InvalidArgument("UnigramSegmenter: too much text; a part of it teaches as many words");
  }
  corpus.begins.push_back(static_cast<uint32_t>(corpus.characters.size()));
  corpus.starts.assign(corpus.characters.size() * longest_word, -1);
  for (uint32_t length = 1; length <= longest_word; ++length) count_length(corpus, length);
  return corpus;
}

void keep_seeds(Corpus& corpus, size_t most) {
  std::vector<int32_t> order(corpus.candidates.size());
  std::iota(order.begin(), order.end(), 0);
  const auto covered = [&](int32_t i) {
    const Candidate& candidate = corpus.candidates[static_cast<size_t>(i)];
    return candidate.length == 1 ? INT64_MAX : candidate.count * static_cast<int64_t>(candidate.length);
  };
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return covered(a) > covered(b); });
  size_t count = 0;
  while (count < order.size() && (count < most || covered(order[count]) == INT64_MAX)) ++count;
  std::vector<int32_t> kept(corpus.candidates.size(), -1);
  std::vector<Candidate> seeds;
  for (size_t i = 0; i < count; ++i) {
    kept[static_cast<size_t>(order[i])] = static_cast<int32_t>(i);
    seeds.push_back(corpus.candidates[static_cast<size_t>(order[i])]);
  }
  corpus.candidates = std::move(seeds);
  for (int32_t& start : corpus.starts) {
    if (start >= 0) start = kept[static_cast<size_t>(start)];
  }
}

}  // namespace lamina::detail
