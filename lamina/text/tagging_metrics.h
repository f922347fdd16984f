// Precision, recall and F1 of tagged texts (names, slots): of whole spans, as seqeval and conlleval count
// them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lamina {

/// How tags are read. A tag is "O", or a prefix and a type: "B-PER".
struct TagOptions {
  /// "": as conlleval reads them (seqeval's default mode), which takes a span wherever one may be meant:
  /// "I-PER" after "O" begins one. Or exactly one of "IOB1", "IOB2", "IOE1", "IOE2", "IOBES" and "BILOU"
  /// (seqeval's mode="strict"): what does not begin or end as the scheme wants is no span.
  std::string scheme = {};
  bool suffix = false;  ///< whether the prefix stands behind the type: "PER-B"
};

/// Words begin ... end - 1 of a text, of one type.
struct TaggedSpan {
  std::string type;  ///< "PER"; "_" where tags name none
  int64_t begin = 0, end = 0;
  bool operator==(const TaggedSpan&) const = default;
};

/// Of one type, or of all together.
struct TagScore {
  double precision = 0;  ///< share of the spans found that are right; 0 where none was found
  double recall = 0;     ///< share of the true spans that were found; 0 where there is none
  double f1 = 0;         ///< their harmonic mean
  int64_t correct = 0, found = 0;
  int64_t support = 0;  ///< true spans
};

/// What score_tags says.
struct TagScores {
  TagScore all;              ///< over all spans (micro average): the number that papers give
  TagScore macro, weighted;  ///< means over the types: each counts the same, or by its true spans
  std::vector<std::pair<std::string, TagScore>> types;  ///< in alphabetical order
  double accuracy = 0;                                  ///< share of the tags that are right
};

/// The spans of one text in their order. Throws InvalidArgument for an unknown scheme (suggesting the
/// nearest), an empty tag, and a prefix that is none of B, I, O, E, S, U, L, or not one of the scheme's.
std::vector<TaggedSpan> tagged_spans(const std::vector<std::string>& tags, const TagOptions& options = {});

/// How well tags were found: a span is right if type, begin and end are. The numbers of seqeval 1.2
/// (f1_score, classification_report), with zero_division=0.
///
///   const TagScores scores = score_tags({{"B-PER", "I-PER", "O"}}, {{"B-PER", "O", "O"}});
///   scores.all.f1         // 0
///   scores.accuracy       // 0.667
/// @param truth, predicted  a list of tags for each text. Throws InvalidArgument for lists of other numbers
/// of
///                          texts or tags (naming the text), and as tagged_spans does.
TagScores score_tags(const std::vector<std::vector<std::string>>& truth,
                     const std::vector<std::vector<std::string>>& predicted, const TagOptions& options = {});

}  // namespace lamina
