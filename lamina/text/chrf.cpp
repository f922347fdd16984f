// chrF: runs of characters and words that hypotheses share with their references.
#include <algorithm>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/text/detail/chunks.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/number_text.h"
#include "lamina/text/detail/segments.h"
#include "lamina/text/detail/unicode.h"
#include "lamina/text/translation_metrics.h"

namespace lamina {
namespace {

constexpr int kMostOrders = 64, kMostBeta = 1000;

void check(const ChrfOptions& options) {
  const auto within = [](const char* name, int value, int least, int most) {
    if (value >= least && value <= most) return;
    throw InvalidArgument(std::string("chrF: ") + name + " must be " + std::to_string(least) + " to " +
                          std::to_string(most) + "; got " + std::to_string(value));
  };
  within("char_order", options.char_order, 1, kMostOrders);
  within("word_order", options.word_order, 0, kMostOrders);
  within("beta", options.beta, 0, kMostBeta);
}

bool is_ascii_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// A segment, and the runs in it. The counts are views of the texts: a Runs is not copied.
struct Runs {
  std::string characters, words;
  detail::NgramCounts counts;

  Runs(std::string_view segment, const ChrfOptions& options) {
    const std::string line = options.lowercase ? detail::lower(segment) : std::string(segment);
    const std::vector<detail::TokenPlace> places = detail::split_at_spaces(line);
    for (const auto& [begin, end] : places) characters.append(line, begin, end - begin);
    if (options.whitespace) characters = line;
    std::vector<detail::TokenPlace> each;
    detail::for_each_character(characters,
                               [&](const detail::Character& c) { each.emplace_back(c.begin, c.end); });
    detail::count_ngrams(characters, each, options.char_order, counts);
    each.clear();
    for (const auto& [begin, end] : places) add_word(std::string_view(line).substr(begin, end - begin), each);
    detail::count_ngrams(words, each, options.word_order, counts);
  }
  Runs(const Runs&) = delete;
  Runs& operator=(const Runs&) = delete;

 private:
  // A word without the mark at its end, or else at its start, which is a word of its own.
  void add_word(std::string_view word, std::vector<detail::TokenPlace>& each) {
    const auto add = [&](std::string_view part) {
      if (!words.empty()) words += ' ';
      const size_t at = words.size();
      words += part;
      each.emplace_back(at, words.size());
    };
    const size_t cut = word.size() == 1                     ? 0
                       : is_ascii_punctuation(word.back())  ? word.size() - 1
                       : is_ascii_punctuation(word.front()) ? 1
                                                            : 0;
    if (cut > 0) add(word.substr(0, cut));
    add(word.substr(cut));
  }
};

struct Matches {
  int64_t hypothesis = 0, reference = 0, both = 0;
};

std::vector<Matches> compare(const Runs& hypothesis, const Runs& reference) {
  std::vector<Matches> result;
  for (size_t order = 0; order < hypothesis.counts.size(); ++order) {
    const auto& own = hypothesis.counts[order];
    const auto& known = reference.counts[order];
    Matches& matches = result.emplace_back();
    for (const auto& [run, count] : known) matches.reference += count;
    if (known.empty()) continue;  // what cannot be met does not count against the hypothesis
    for (const auto& [run, count] : own) {
      matches.hypothesis += count;
      const auto found = known.find(run);
      if (found != known.end()) matches.both += std::min(count, found->second);
    }
  }
  return result;
}

// 0 to 100, of all orders. Sums are in the order of sacreBLEU's.
double f_score(const std::vector<Matches>& orders, const ChrfOptions& options) {
  constexpr double kNextToNothing = 1e-16;
  const double factor = static_cast<double>(options.beta) * options.beta;
  double sum = 0, precisions = 0, recalls = 0;
  int effective = 0;
  for (const Matches& m : orders) {
    const auto share = [&m](int64_t of) {
      return of > 0 ? static_cast<double>(m.both) / static_cast<double>(of) : kNextToNothing;
    };
    const double precision = share(m.hypothesis), recall = share(m.reference);
    const double denominator = factor * precision + recall;
    sum += denominator > 0 ? (1 + factor) * precision * recall / denominator : kNextToNothing;
    if (m.hypothesis == 0 || m.reference == 0) continue;
    precisions += precision;
    recalls += recall;
    ++effective;
  }
  if (options.eps_smoothing) return 100 * sum / static_cast<double>(orders.size());
  if (effective == 0 || precisions + recalls == 0) return 0;
  precisions /= effective;
  recalls /= effective;
  const double denominator = factor * precisions + recalls;
  return denominator > 0 ? 100 * (1 + factor) * precisions * recalls / denominator : 0;
}

std::vector<Matches> best_of(std::string_view hypothesis, const std::vector<std::string_view>& references,
                             const ChrfOptions& options) {
  const Runs own(hypothesis, options);
  std::vector<Matches> best;
  double most = -1;
  for (const std::string_view reference : references) {
    std::vector<Matches> matches = compare(own, Runs(reference, options));
    const double score = f_score(matches, options);
    if (score <= most) continue;
    most = score;
    best = std::move(matches);
  }
  return best;
}

void add(std::vector<Matches>& sum, const std::vector<Matches>& some) {
  for (size_t i = 0; i < sum.size(); ++i) {
    sum[i].hypothesis += some[i].hypothesis;
    sum[i].reference += some[i].reference;
    sum[i].both += some[i].both;
  }
}

}  // namespace

std::string ChrfScore::str() const { return name + " = " + detail::with_digits(score, 2); }

ChrfScore corpus_chrf(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references, const ChrfOptions& options) {
  check(options);
  detail::check_segments(hypotheses, references, "chrF");
  const detail::CleanTexts said(hypotheses, "chrF, hypotheses");
  std::vector<detail::CleanTexts> meant;
  for (const std::vector<std::string>& list : references) meant.emplace_back(list, "chrF, references");

  const std::vector<Matches> none(static_cast<size_t>(options.char_order + options.word_order));
  std::vector<std::vector<Matches>> parts(static_cast<size_t>(detail::chunks_of(hypotheses.size())), none);
  detail::for_each_chunk(hypotheses.size(), [&](size_t chunk, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      std::vector<std::string_view> known;
      for (const detail::CleanTexts& list : meant) known.push_back(list[i]);
      add(parts[chunk], best_of(said[i], known, options));
    }
  });
  std::vector<Matches> sum = none;
  for (const std::vector<Matches>& part : parts) add(sum, part);
  ChrfScore chrf;
  chrf.score = f_score(sum, options);
  chrf.name =
      "chrF" + std::to_string(options.beta) + std::string(static_cast<size_t>(options.word_order), '+');
  chrf.signature = "nrefs:" + std::to_string(references.size()) +
                   "|case:" + (options.lowercase ? "lc" : "mixed") +
                   "|eff:" + (options.eps_smoothing ? "no" : "yes") +
                   "|nc:" + std::to_string(options.char_order) + "|nw:" + std::to_string(options.word_order) +
                   "|space:" + (options.whitespace ? "yes" : "no") + "|version:2.6.0";
  return chrf;
}

ChrfScore sentence_chrf(const std::string& hypothesis, const std::vector<std::string>& references,
                        const ChrfOptions& options) {
  return corpus_chrf({hypothesis}, detail::one_segment_each(references), options);
}

}  // namespace lamina
