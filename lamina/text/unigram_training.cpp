// Training of the unigram language model: Kudo, "Subword Regularization: Improving Neural Network Translation
// Models with Multiple Subword Candidates" (2018), section 3.2. From many words to fewer: expectation and
// maximisation give their probabilities, then those go whose loss costs the corpus least likelihood.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/runs-inl.h"
#include "lamina/text/detail/unigram_candidates.h"
#include "lamina/text/detail/unigram_segmenter_state.h"
#include "lamina/text/detail/unigram_training.h"
#include "lamina/text/unigram_segmenter.h"

namespace lamina {
namespace {

using detail::Candidate;
using detail::Corpus;

// Sums are made in so many parts, whatever the number of threads.
constexpr size_t kParts = 8;
// Words are expected at least so often, or they go.
constexpr double kLeastCount = 0.5;
// Probabilities are multiplied by e to this power a character, so that the product over a run of
// Corpus::kLongestRun characters is a number that double precision can hold.
constexpr double kScale = 6;
// More words than asked for stay until the end, where the most probable are taken.
constexpr double kSurplus = 1.1;

void check(const UnigramOptions& options) {
  const auto fail = [](const std::string& what) { throw InvalidArgument("UnigramSegmenter: " + what); };
  if (options.vocab_size < 1) fail("vocab_size is " + std::to_string(options.vocab_size));
  if (options.max_word_length < 1 || options.max_word_length > 16)
    fail("max_word_length is " + std::to_string(options.max_word_length) + "; 1 to 16 are possible");
  if (options.seed_size < options.vocab_size) fail("seed_size is less than vocab_size");
  if (options.num_iterations < 1 || options.num_iterations > 100)
    fail("num_iterations is " + std::to_string(options.num_iterations) + "; 1 to 100 are possible");
  if (!(options.shrinking_factor > 0 && options.shrinking_factor < 1))
    fail("shrinking_factor is " + std::to_string(options.shrinking_factor) + "; it lies between 0 and 1");
}

// The words that are left, with the logarithms of their probabilities; -infinity: gone.
class Trainer {
 public:
  explicit Trainer(const Corpus& corpus) : corpus_(corpus), log_(corpus.candidates.size()) {
    std::vector<double> counts;
    for (const Candidate& candidate : corpus.candidates)
      counts.push_back(static_cast<double>(candidate.count));
    set_counts(counts);
  }

  size_t words() const {
    return static_cast<size_t>(
        std::count_if(log_.begin(), log_.end(), [](double p) { return std::isfinite(p); }));
  }
  const std::vector<double>& log_probabilities() const { return log_; }

  /// One step of expectation and maximisation.
  void step() { set_counts(expected_counts()); }

  /// Takes words away until `target` are left, those first whose loss costs least. Characters stay.
  void prune(size_t target) {
    const std::vector<double> counts = best_counts();
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
    std::vector<std::pair<double, size_t>> losses;
    size_t left = 0;
    for (size_t i = 0; i < log_.size(); ++i) {
      if (!std::isfinite(log_[i])) continue;
      ++left;
      if (corpus_.candidates[i].length > 1) losses.emplace_back(loss(i, counts, all), i);
    }
    std::sort(losses.begin(), losses.end());
    for (const auto& [cost, i] : losses) {
      if (left <= target) break;
      log_[i] = -std::numeric_limits<double>::infinity();
      --left;
    }
  }

 private:
  bool alive(int32_t word) const { return word >= 0 && std::isfinite(log_[static_cast<size_t>(word)]); }

  // Words that are expected too seldom go; a character is kept, as one expected that often.
  void set_counts(std::vector<double> counts) {
    double all = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] < kLeastCount) counts[i] = corpus_.candidates[i].length == 1 ? kLeastCount : 0;
      all += counts[i];
    }
    for (size_t i = 0; i < counts.size(); ++i) log_[i] = std::log(counts[i] / all);
  }

  // Calls body(counts, run) for every run, and adds what it counts in an order that threads do not change.
  template <class Body>
  std::vector<double> counted(Body&& body) const {
    std::vector<std::vector<double>> parts(kParts);
    parallel_parts(
        kParts, static_cast<double>(corpus_.characters.size()) * 100, [&](int64_t begin, int64_t end) {
          for (auto part = static_cast<size_t>(begin); part < static_cast<size_t>(end); ++part) {
            parts[part].resize(log_.size());
            const size_t first = corpus_.runs() * part / kParts, last = corpus_.runs() * (part + 1) / kParts;
            for (size_t run = first; run < last; ++run) body(parts[part], run);
          }
        });
    for (size_t part = 1; part < kParts; ++part) {
      for (size_t i = 0; i < log_.size(); ++i) parts[0][i] += parts[part][i];
    }
    return std::move(parts[0]);
  }

  // How often each word is expected over all ways to split the corpus (forward and backward sums).
  std::vector<double> expected_counts() const {
    std::vector<double> scaled(log_.size());
    for (size_t i = 0; i < log_.size(); ++i)
      scaled[i] = std::exp(log_[i] + kScale * corpus_.candidates[i].length);
    return counted([&](std::vector<double>& counts, size_t run) {
      const uint32_t begin = corpus_.begins[run], length = corpus_.begins[run + 1] - begin;
      std::array<double, Corpus::kLongestRun + 1> before{}, after{};
      const auto each = [&](uint32_t i, auto&& visit) {
        for (uint32_t n = 1; n <= std::min(corpus_.longest_word, length - i); ++n) {
          const int32_t word = corpus_.at(begin + i, n);
          if (word >= 0) visit(n, static_cast<size_t>(word));
        }
      };
      before[0] = after[length] = 1;
      for (uint32_t i = 0; i < length; ++i)
        each(i, [&](uint32_t n, size_t word) { before[i + n] += before[i] * scaled[word]; });
      for (uint32_t i = length; i-- > 0;)
        each(i, [&](uint32_t n, size_t word) { after[i] += scaled[word] * after[i + n]; });
      const double factor = static_cast<double>(corpus_.times[run]) / before[length];
      for (uint32_t i = 0; i < length; ++i)
        each(i, [&](uint32_t n, size_t word) {
          counts[word] += factor * before[i] * scaled[word] * after[i + n];
        });
    });
  }

  // The most probable way to split `length` characters from `begin`, but not into the word `without`: calls
  // sink(word).
  template <class Sink>
  void best_split(uint32_t begin, uint32_t length, int32_t without, Sink&& sink) const {
    std::array<double, Corpus::kLongestRun + 1> score;
    std::array<int32_t, Corpus::kLongestRun + 1> word;
    score.fill(-std::numeric_limits<double>::infinity());
    score[0] = 0;
    for (uint32_t i = 0; i < length; ++i) {
      for (uint32_t n = 1; n <= std::min(corpus_.longest_word, length - i); ++n) {
        const int32_t candidate = corpus_.at(begin + i, n);
        if (!alive(candidate) || candidate == without) continue;
        const double sum = score[i] + log_[static_cast<size_t>(candidate)];
        if (sum > score[i + n]) {
          score[i + n] = sum;
          word[i + n] = candidate;
        }
      }
    }
    for (uint32_t end = length; end > 0; end -= corpus_.candidates[static_cast<size_t>(word[end])].length)
      sink(static_cast<size_t>(word[end]));
  }

  // How often each word occurs in the most probable way to split the corpus.
  std::vector<double> best_counts() const {
    return counted([&](std::vector<double>& counts, size_t run) {
      const uint32_t begin = corpus_.begins[run];
      best_split(begin, corpus_.begins[run + 1] - begin, -1,
                 [&](size_t word) { counts[word] += static_cast<double>(corpus_.times[run]); });
    });
  }

  // What the log-likelihood loses, a word of the corpus, when the occurrences of word i are split into
  // others.
  double loss(size_t i, const std::vector<double>& counts, double all) const {
    if (counts[i] == 0) return 0;
    const Candidate& candidate = corpus_.candidates[i];
    double others = 0, number = 0;
    best_split(candidate.place, candidate.length, static_cast<int32_t>(i), [&](size_t word) {
      others += std::log(counts[word] + counts[i]);
      ++number;
    });
    const double alone = std::log(counts[i]) - std::log(all);
    const double split = others - number * std::log(all + counts[i] * (number - 1));
    return counts[i] / all * (alone - split);
  }

  const Corpus& corpus_;
  std::vector<double> log_;
};

// The most probable words, all characters among them, with probabilities that add up to one.
std::vector<std::pair<std::string, double>> final_words(const Corpus& corpus, const Trainer& trainer,
                                                        size_t most) {
  const std::vector<double>& log = trainer.log_probabilities();
  std::vector<size_t> order;
  size_t characters = 0;
  for (size_t i = 0; i < log.size(); ++i) {
    if (!std::isfinite(log[i])) continue;
    order.push_back(i);
    characters += corpus.candidates[i].length == 1;
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return log[a] > log[b]; });
  size_t longer = most > characters ? most - characters : 0;
  std::vector<std::pair<std::string, double>> words;
  double sum = 0;
  for (const size_t i : order) {
    if (corpus.candidates[i].length > 1) {
      if (longer == 0) continue;
      --longer;
    }
    words.emplace_back(corpus.text(corpus.candidates[i]), log[i]);
    sum += std::exp(log[i]);
  }
  for (auto& [word, score] : words) score = std::min(score - std::log(sum), 0.0);
  return words;
}

}  // namespace

std::vector<std::pair<std::string, double>> detail::train_unigram(const WordCounts& runs,
                                                                  const UnigramOptions& options) {
  Corpus corpus = corpus_of(runs, static_cast<uint32_t>(options.max_word_length));
  keep_seeds(corpus, static_cast<size_t>(options.seed_size));
  Trainer trainer(corpus);
  const auto wanted = static_cast<size_t>(static_cast<double>(options.vocab_size) * kSurplus);
  while (true) {
    for (int64_t i = 0; i < options.num_iterations; ++i) trainer.step();
    const size_t words = trainer.words();
    if (words <= wanted) break;
    const auto target = static_cast<size_t>(static_cast<double>(words) * options.shrinking_factor);
    trainer.prune(std::max(wanted, target));
    if (trainer.words() == words) break;  // characters alone are left
  }
  return final_words(corpus, trainer, static_cast<size_t>(options.vocab_size));
}

UnigramSegmenter UnigramSegmenter::train(const std::vector<std::string>& texts,
                                         const UnigramOptions& options) {
  check(options);
  const detail::CleanTexts clean(texts, "UnigramSegmenter");
  const detail::WordCounts runs = detail::count_words(texts.size(), false, [&](size_t i, auto&& sink) {
    detail::for_each_run(clean[i], [&](std::string_view run, bool unspaced) {
      if (unspaced) sink(run);
    });
  });
  if (runs.words.empty()) {
    throw InvalidArgument(
        "UnigramSegmenter: the texts hold no character of a script that is written without spaces; where "
        "words "
        "are apart, Tokenizer and its like need no segmenter");
  }
  return UnigramSegmenter(
      std::make_shared<detail::UnigramSegmenterState>(detail::train_unigram(runs, options)));
}

}  // namespace lamina
