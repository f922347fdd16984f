// BLEU: n-grams that hypotheses share with their references.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/text/detail/bleu_tokenizers.h"
#include "lamina/text/detail/chunks.h"
#include "lamina/text/detail/clean_texts.h"
#include "lamina/text/detail/number_text.h"
#include "lamina/text/detail/segments.h"
#include "lamina/text/detail/unicode.h"
#include "lamina/text/translation_metrics.h"

namespace lamina {
namespace {

constexpr int kMostOrders = 64;
constexpr double kLogOfNothing = -9999999999;  // sacreBLEU's

struct Smoothing {
  const char* name;
  std::optional<double> value;  // that it has unless one is given; absent: it takes none
};
constexpr Smoothing kSmoothings[] = {{"exp", {}}, {"floor", 0.1}, {"add-k", 1}, {"none", {}}};

Smoothing smoothing_of(const BleuOptions& options) {
  std::vector<std::string> known;
  for (Smoothing each : kSmoothings) {
    known.emplace_back(each.name);
    if (options.smooth_method != each.name) continue;
    if (options.smooth_value) {
      if (!each.value)
        throw InvalidArgument("BLEU: smooth_value has no meaning for smooth_method '" +
                              options.smooth_method + "': leave it out, or take 'floor' or 'add-k'");
      if (!(*options.smooth_value >= 0) || std::isinf(*options.smooth_value))
        throw InvalidArgument("BLEU: smooth_value must be finite and at least 0; got " +
                              std::to_string(*options.smooth_value));
      each.value = options.smooth_value;
    }
    return each;
  }
  throw InvalidArgument("BLEU: unknown smooth_method '" + options.smooth_method.substr(0, 40) + "'" +
                        suggest(options.smooth_method, known));
}

// A segment as tokens. What is counted of it are views of `text`.
struct Tokens {
  std::string text;
  std::vector<detail::TokenPlace> places;
};

// The tokens with one space between them, so that n-grams are equal where their bytes are.
Tokens tokens_of(std::string_view segment, const BleuOptions& options, detail::BleuTokenizer tokenizer) {
  std::string line = options.lowercase ? detail::lower(segment) : std::string(segment);
  const std::vector<detail::TokenPlace> words = detail::split_at_spaces(line);
  line.resize(words.empty() ? 0 : words.back().second);
  line = tokenizer(line);
  Tokens tokens;
  for (const auto& [begin, end] : detail::split_at_spaces(line)) {
    if (!tokens.text.empty()) tokens.text += ' ';
    const size_t at = tokens.text.size();
    tokens.text.append(line, begin, end - begin);
    tokens.places.emplace_back(at, tokens.text.size());
  }
  return tokens;
}

struct Statistics {
  int64_t sys_len = 0, ref_len = 0;
  std::vector<int64_t> counts, totals;

  void add(const Statistics& other) {
    sys_len += other.sys_len;
    ref_len += other.ref_len;
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i], totals[i] += other.totals[i];
  }
};

Statistics no_statistics(int orders) {
  const std::vector<int64_t> zeros(static_cast<size_t>(orders));
  return {0, 0, zeros, zeros};
}

int64_t nearest(int64_t length, const std::vector<int64_t>& others) {
  return *std::min_element(others.begin(), others.end(), [length](int64_t a, int64_t b) {
    return std::pair(std::abs(a - length), a) < std::pair(std::abs(b - length), b);
  });
}

Statistics compare(const Tokens& hypothesis, const std::vector<Tokens>& references, int orders) {
  Statistics result = no_statistics(orders);
  std::vector<int64_t> lengths;
  std::vector<detail::NgramCounts> known(references.size());
  for (size_t i = 0; i < references.size(); ++i) {
    lengths.push_back(static_cast<int64_t>(references[i].places.size()));
    detail::count_ngrams(references[i].text, references[i].places, orders, known[i]);
  }
  result.sys_len = static_cast<int64_t>(hypothesis.places.size());
  result.ref_len = nearest(result.sys_len, lengths);
  detail::NgramCounts own;
  detail::count_ngrams(hypothesis.text, hypothesis.places, orders, own);
  for (size_t order = 0; order < own.size(); ++order) {
    for (const auto& [ngram, count] : own[order]) {
      int64_t most = 0;
      for (const detail::NgramCounts& reference : known) {
        const auto found = reference[order].find(ngram);
        if (found != reference[order].end()) most = std::max(most, found->second);
      }
      result.totals[order] += count;
      result.counts[order] += std::min(count, most);
    }
  }
  return result;
}

// The score, its precisions and its penalty, of the counts that are there.
void settle(BleuScore& bleu, const BleuOptions& options, const Smoothing& smoothing) {
  if (bleu.sys_len < bleu.ref_len) {
    bleu.brevity_penalty =
        bleu.sys_len == 0
            ? 0
            : std::exp(1 - static_cast<double>(bleu.ref_len) / static_cast<double>(bleu.sys_len));
  }
  const size_t orders = bleu.counts.size();
  bleu.precisions.assign(orders, 0);
  if (std::all_of(bleu.counts.begin(), bleu.counts.end(), [](int64_t count) { return count == 0; })) return;
  const std::string& method = options.smooth_method;
  double halves = 1;
  size_t effective = orders;
  for (size_t i = 0; i < orders; ++i) {
    const double added = method == "add-k" && i > 0 ? *smoothing.value : 0;
    const double count = static_cast<double>(bleu.counts[i]) + added;
    const double total = static_cast<double>(bleu.totals[i]) + added;
    if (total == 0) break;
    if (options.effective_order) effective = i + 1;
    if (count > 0) {
      bleu.precisions[i] = 100 * count / total;
    } else if (method == "exp") {
      halves *= 2;
      bleu.precisions[i] = 100 / (halves * total);
    } else if (method == "floor") {
      bleu.precisions[i] = 100 * *smoothing.value / total;
    }
  }
  double sum = 0;
  for (size_t i = 0; i < effective; ++i)
    sum += bleu.precisions[i] == 0 ? kLogOfNothing : std::log(bleu.precisions[i]);
  bleu.score = bleu.brevity_penalty * std::exp(sum / static_cast<double>(effective));
}

std::string signature_of(const BleuOptions& options, const Smoothing& smoothing, size_t references) {
  std::string smooth = options.smooth_method;
  if (smoothing.value) smooth += "[" + detail::with_digits(*smoothing.value, 2) + "]";
  return "nrefs:" + std::to_string(references) + "|case:" + (options.lowercase ? "lc" : "mixed") +
         "|eff:" + (options.effective_order ? "yes" : "no") + "|tok:" + options.tokenize +
         "|smooth:" + smooth + "|version:2.6.0";
}

}  // namespace

std::string BleuScore::str() const {
  std::string each;
  for (const double precision : precisions)
    each += (each.empty() ? "" : "/") + detail::with_digits(precision, 1);
  const double ratio = ref_len > 0 ? static_cast<double>(sys_len) / static_cast<double>(ref_len) : 0;
  return "BLEU = " + detail::with_digits(score, 2) + " " + each +
         " (BP = " + detail::with_digits(brevity_penalty, 3) + " ratio = " + detail::with_digits(ratio, 3) +
         " hyp_len = " + std::to_string(sys_len) + " ref_len = " + std::to_string(ref_len) + ")";
}

BleuScore corpus_bleu(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references, const BleuOptions& options) {
  if (options.max_ngram_order < 1 || options.max_ngram_order > kMostOrders)
    throw InvalidArgument("BLEU: max_ngram_order must be 1 to 64; got " +
                          std::to_string(options.max_ngram_order));
  const detail::BleuTokenizer tokenizer = detail::bleu_tokenizer(options.tokenize);
  const Smoothing smoothing = smoothing_of(options);
  detail::check_segments(hypotheses, references, "BLEU");
  const detail::CleanTexts said(hypotheses, "BLEU, hypotheses");
  std::vector<detail::CleanTexts> meant;
  for (const std::vector<std::string>& list : references) meant.emplace_back(list, "BLEU, references");

  const int orders = options.max_ngram_order;
  std::vector<Statistics> parts(static_cast<size_t>(detail::chunks_of(hypotheses.size())),
                                no_statistics(orders));
  detail::for_each_chunk(hypotheses.size(), [&](size_t chunk, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      std::vector<Tokens> known;
      for (const detail::CleanTexts& list : meant) known.push_back(tokens_of(list[i], options, tokenizer));
      parts[chunk].add(compare(tokens_of(said[i], options, tokenizer), known, orders));
    }
  });
  Statistics sum = no_statistics(orders);
  for (const Statistics& part : parts) sum.add(part);
  BleuScore bleu;
  bleu.counts = std::move(sum.counts);
  bleu.totals = std::move(sum.totals);
  bleu.sys_len = sum.sys_len;
  bleu.ref_len = sum.ref_len;
  settle(bleu, options, smoothing);
  bleu.signature = signature_of(options, smoothing, references.size());
  return bleu;
}

BleuScore sentence_bleu(const std::string& hypothesis, const std::vector<std::string>& references,
                        const BleuOptions& options) {
  return corpus_bleu({hypothesis}, detail::one_segment_each(references), options);
}

}  // namespace lamina
