// Finding the most probable words (Viterbi), and keeping them.
#include "lamina/text/unigram_segmenter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/nn/config.h"
#include "lamina/text/detail/chunks.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/runs-inl.h"
#include "lamina/text/detail/saved_object.h"
#include "lamina/text/detail/unigram_segmenter_state.h"

namespace lamina {
namespace {

using State = detail::UnigramSegmenterState;

constexpr size_t kLongestWord = 64;
constexpr double kUnknownPenalty = 10;  // below the least probable word, as SentencePiece has it

size_t characters_of(std::string_view text) {
  size_t count = 0;
  detail::for_each_character(text, [&](const detail::Character&) { ++count; });
  return count;
}

// Calls sink with the most probable words of a run.
template <class Sink>
void best_words(const State& state, std::string_view run, Sink&& sink) {
  std::vector<size_t> at = {0};
  detail::for_each_character(run, [&](const detail::Character& c) { at.push_back(c.end); });
  const size_t length = at.size() - 1;
  struct Best {
    double score = -std::numeric_limits<double>::infinity();
    size_t from = 0;
  };
  std::vector<Best> best(length + 1);
  best[0].score = 0;
  for (size_t i = 0; i < length; ++i) {
    for (size_t n = 1; n <= std::min(state.longest, length - i); ++n) {
      const int32_t word = state.table.find(run.substr(at[i], at[i + n] - at[i]));
      if (word < 0 && n > 1) continue;
      const double score =
          best[i].score + (word < 0 ? state.unknown : state.words[static_cast<size_t>(word)].second);
      if (score > best[i + n].score) best[i + n] = {score, i};
    }
  }
  std::vector<size_t> ends;
  for (size_t end = length; end > 0; end = best[end].from) ends.push_back(end);
  size_t begin = 0;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    sink(run.substr(at[begin], at[*end] - at[begin]));
    begin = *end;
  }
}

template <class Sink>
void words_of(const State& state, std::string_view text, Sink&& sink) {
  detail::for_each_run(text, [&](std::string_view run, bool unspaced) {
    if (unspaced) {
      best_words(state, run, sink);
    } else {
      sink(run);
    }
  });
}

}  // namespace

namespace detail {

UnigramSegmenterState::UnigramSegmenterState(std::vector<std::pair<std::string, double>> given)
    : words(std::move(given)) {
  const auto fail = [](const std::string& what) { throw InvalidArgument("UnigramSegmenter: " + what); };
  if (words.empty()) fail("no words");
  double least = 0;
  for (const auto& [word, score] : words) {
    if (word.empty() || !is_utf8(word)) fail("the word '" + valid_utf8(word) + "' is empty or no UTF-8");
    const size_t length = characters_of(word);
    if (length > kLongestWord) fail("a word of " + std::to_string(length) + " characters");
    if (!std::isfinite(score) || score > 0)
      fail("'" + word + "' has the log-probability " + std::to_string(score));
    const size_t before = table.size();
    table.add(word);
    if (table.size() == before) fail("the word '" + word + "' is there twice");
    longest = std::max(longest, length);
    least = std::min(least, score);
  }
  unknown = least - kUnknownPenalty;
}

}  // namespace detail

UnigramSegmenter::UnigramSegmenter(std::shared_ptr<const State> state) : state_(std::move(state)) {}

std::vector<std::string> UnigramSegmenter::segment(const std::string& text) const {
  const std::vector<std::string> texts = {text};
  const detail::CleanTexts clean(texts, "UnigramSegmenter");
  std::vector<std::string> words;
  words_of(*state_, clean[0], [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

std::vector<std::string> UnigramSegmenter::join(const std::vector<std::string>& texts) const {
  const detail::CleanTexts clean(texts, "UnigramSegmenter");
  std::vector<std::string> joined(texts.size());
  detail::for_each_chunk(texts.size(), [&](size_t, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      joined[i].reserve(clean[i].size() * 5 / 4);
      words_of(*state_, clean[i], [&](std::string_view word) {
        if (!joined[i].empty()) joined[i] += ' ';
        joined[i] += word;
      });
    }
  });
  return joined;
}

const std::vector<std::pair<std::string, double>>& UnigramSegmenter::words() const { return state_->words; }

Json UnigramSegmenter::to_json() const {
  Json::List words, scores;
  for (const auto& [word, score] : state_->words) {
    words.emplace_back(word);
    scores.emplace_back(score);
  }
  return detail::saved_object(
      "UnigramSegmenter",
      Json::object({{"words", Json(std::move(words))}, {"log_probabilities", Json(std::move(scores))}}));
}

UnigramSegmenter UnigramSegmenter::from_json(const Json& json, const std::string& name) {
  return detail::read_saved(json, "UnigramSegmenter", name, [](const Json& config) {
    ConfigReader reader(config, "UnigramSegmenter");
    const std::vector<std::string> words = detail::strings_from(reader.json("words"), "words");
    const std::vector<double> scores = reader.numbers("log_probabilities");
    reader.done();
    if (words.size() != scores.size())
      reader.fail("log_probabilities", "has " + std::to_string(scores.size()) + " numbers for " +
                                           std::to_string(words.size()) + " words");
    std::vector<std::pair<std::string, double>> all;
    for (size_t i = 0; i < words.size(); ++i) all.emplace_back(words[i], scores[i]);
    return UnigramSegmenter(std::make_shared<State>(std::move(all)));
  });
}

std::vector<std::string> split_characters(const std::string& text) {
  const std::vector<std::string> texts = {text};
  const detail::CleanTexts clean(texts, "split_characters");
  std::vector<std::string> characters;
  detail::for_each_character(clean[0], [&](const detail::Character& c) {
    if (!detail::is_space(c.code)) characters.emplace_back(clean[0].substr(c.begin, c.end - c.begin));
  });
  return characters;
}

}  // namespace lamina
