// What an index chooses on entries that are held out. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/chat/detail/answer_texts.h"

namespace lamina::detail {

/// What the cosine counts, and how confident a hit has to be to be told.
struct AnswerChoice {
  double weight, threshold;
};

/// Chosen on a fifth of the different questions, at most 400, which are taken out and asked, and on each
/// other fifth in its turn until a thousand have been; the usual values where there are too few. The cosine
/// counts only where it beats BM25 by two standard errors.
AnswerChoice choose_on_held_out(const std::vector<QuestionAnswer>& entries,
                                const AnswerIndexOptions& options);

/// A question's best hit, and whether it is right.
struct BestHit {
  double confidence;
  bool right;
};

/// The lowest confidence from which at least `precision` of what is told is right, where each hit of
/// `answerable` counts 1 and each of `unanswerable`, which are never right, a third: a quarter of what people
/// ask has no answer in the file. Where there is none, 0.99: only questions of the file are answered.
double least_confidence(const std::vector<BestHit>& answerable, const std::vector<double>& unanswerable,
                        double precision);

/// Takes every `each`-th different question out of the entries, beginning with number `first`; the entries
/// keep their answers.
std::vector<AskedQuestion> take_out(std::vector<QuestionAnswer>& entries, size_t each, size_t first);

/// The best hit, and the best of those that are wrong: what would be said if the right answers were not
/// there.
struct BestOfBoth {
  bool right_first;
  double first, wrong;  // confidences; 0 where there is none
};
BestOfBoth best_of_both(const std::vector<AnswerHit>& hits, const std::vector<QuestionAnswer>& entries,
                        const std::set<std::string>& answers);

}  // namespace lamina::detail
