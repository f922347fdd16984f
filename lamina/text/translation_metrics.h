// BLEU and chrF: how near translations are to those of people, in sacreBLEU's words and with its numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lamina {

/// Options of BLEU, with the names and defaults of sacreBLEU 2.6 (sacrebleu.metrics.BLEU).
struct BleuOptions {
  bool lowercase = false;  ///< whether both sides are taken to lower case first, as Python's str.lower does
  /// How lines become tokens: "13a" (that of the WMT), "intl" (punctuation and symbols of all of Unicode),
  /// "char" (characters), "zh" (Chinese characters, and the rest as "13a" without its entities), "none" (at
  /// white space).
  std::string tokenize = "13a";
  /// What an order of n-grams without any match counts: "exp" (half of one match, then a quarter, ...),
  /// "floor" (smooth_value matches), "add-k" (smooth_value is added to matches and totals of all orders
  /// above 1), "none" (nothing, so that the score is 0).
  std::string smooth_method = "exp";
  /// Of "floor" and "add-k", finite and at least 0; absent: 0.1 and 1. The others have none.
  std::optional<double> smooth_value = {};
  int max_ngram_order = 4;  ///< longest n-grams, 1 to 64
  /// Whether orders that are longer than the hypothesis do not count: meant for single sentences.
  bool effective_order = false;
};

/// What corpus_bleu and sentence_bleu say.
struct BleuScore {
  double score = 0;                ///< 0 to 100
  std::vector<double> precisions;  ///< of each order, 0 to 100, smoothed; all 0 where nothing matches
  std::vector<int64_t> counts;     ///< matches of each order, before smoothing
  std::vector<int64_t> totals;     ///< n-grams of the hypotheses of each order, before smoothing
  double brevity_penalty = 1;      ///< 1 where the hypotheses are long enough, else less
  int64_t sys_len = 0;             ///< tokens of the hypotheses
  int64_t ref_len = 0;             ///< tokens of the references, of several the nearest in length
  /// What was computed, as sacreBLEU 2.6.0 says it, so that others can repeat it:
  /// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0".
  std::string signature;

  /// "BLEU = 35.36 75.0/33.3/25.0/25.0 (BP = 1.000 ratio = 1.000 hyp_len = 4 ref_len = 4)".
  std::string str() const;
};

/// BLEU of a whole text (Papineni et al., 2002).
///
///   const BleuScore bleu = corpus_bleu({"The dog barks."}, {{"The dog barked."}});
///   bleu.score       // 35.36
/// @param hypotheses  the translations, a segment each, not tokenised. Trailing white space does not count.
/// @param references  one list or several, each with as many segments as `hypotheses`.
/// Bytes that are no UTF-8 become U+FFFD, which a warning counts. Results do not depend on the number of
/// threads. Throws InvalidArgument for lists without segments, of other lengths than `hypotheses` (naming
/// both), and options that cannot be, suggesting the nearest name.
BleuScore corpus_bleu(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references,
                      const BleuOptions& options = {});

/// BLEU of one segment; the orders that it is long enough for count unless options say otherwise.
/// @param references  of this segment, at least one. Throws as corpus_bleu does.
BleuScore sentence_bleu(const std::string& hypothesis, const std::vector<std::string>& references,
                        const BleuOptions& options = {.effective_order = true});

/// Options of chrF, with the names and defaults of sacreBLEU 2.6 (sacrebleu.metrics.CHRF).
struct ChrfOptions {
  int char_order = 6;       ///< longest runs of characters, 1 to 64
  int word_order = 0;       ///< longest runs of words, 0 to 64: 0 is chrF, 2 is chrF++
  int beta = 2;             ///< how many times more recall counts than precision, 0 to 1000
  bool lowercase = false;   ///< whether both sides are taken to lower case first
  bool whitespace = false;  ///< whether runs of characters go across words, white space included
  /// Whether orders that one side is too short for count as next to nothing, as in the first programs for
  /// chrF; else they do not count.
  bool eps_smoothing = false;
};

/// What corpus_chrf and sentence_chrf say.
struct ChrfScore {
  double score = 0;       ///< 0 to 100
  std::string name;       ///< "chrF2", "chrF2++"
  std::string signature;  ///< "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0"

  /// "chrF2 = 74.52".
  std::string str() const;
};

/// chrF of a whole text (Popović, 2015 and 2017): the F score of runs of characters and words. Of several
/// references each segment is compared with the one that it scores best with. Arguments, errors and bytes
/// that are no UTF-8 as in corpus_bleu.
ChrfScore corpus_chrf(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references,
                      const ChrfOptions& options = {});

/// chrF of one segment.
/// @param references  of this segment, at least one. Throws as corpus_bleu does.
ChrfScore sentence_chrf(const std::string& hypothesis, const std::vector<std::string>& references,
                        const ChrfOptions& options = {});

}  // namespace lamina
