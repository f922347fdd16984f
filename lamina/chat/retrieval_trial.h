// How well an AnswerIndex finds answers, beside BM25 alone, in one run.
#pragma once

#include <string>
#include <vector>

#include "lamina/chat/answer_index.h"

namespace lamina {

/// What a trial measured.
struct RetrievalTrial {
  int64_t questions = 0;     ///< that were asked
  RetrievalMetrics bm25;     ///< of BM25 alone
  RetrievalMetrics learned;  ///< of the index
  double weight = 0;         ///< of the cosine, as the index chose it
  double threshold = 0;      ///< likewise
  double told = 0;           ///< share of the questions that a bot answers itself
  double told_right = 0;     ///< share of these whose answer is right
};

/// Asks `questions`, each with the answer that is right, of an index of `entries`. Throws as AnswerIndex, and
/// InvalidArgument for no questions.
RetrievalTrial try_retrieval(const std::vector<QuestionAnswer>& entries,
                             const std::vector<QuestionAnswer>& questions,
                             const AnswerIndexOptions& options = {});

/// Every `each`-th question is taken out and asked; its entry keeps the answer alone. Throws InvalidArgument
/// for fewer than 2 or fewer entries than that.
RetrievalTrial try_retrieval_held_out(std::vector<QuestionAnswer> entries, int64_t each,
                                      const AnswerIndexOptions& options = {});

}  // namespace lamina
