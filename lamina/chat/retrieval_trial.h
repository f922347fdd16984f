// How well an AnswerIndex finds answers, beside BM25 alone, in one run.
#pragma once

#include <string>
#include <vector>

#include "lamina/chat/answer_index.h"

namespace lamina {

/// What a trial measured.
struct RetrievalTrial {
  int64_t questions = 0;     ///< that were asked, different ones
  RetrievalMetrics bm25;     ///< of BM25 alone
  RetrievalMetrics learned;  ///< of the index
  double weight = 0;         ///< of the cosine, as the index chose it
  double threshold = 0;      ///< likewise
  double told = 0;           ///< share of the questions that a bot answers itself
  double told_right = 0;     ///< share of these whose answer is right
  double told_without = 0;   ///< share that it would answer if no right answer were in the index
};

/// Asks `questions`, each with an answer that is right (one that comes several times is asked once), of an
/// index of `entries`. Throws as AnswerIndex, and InvalidArgument for no questions.
RetrievalTrial try_retrieval(const std::vector<QuestionAnswer>& entries,
                             const std::vector<QuestionAnswer>& questions,
                             const AnswerIndexOptions& options = {});

/// Every `each`-th different question is taken out and asked; its entries keep their answers alone. Throws
/// InvalidArgument for fewer than 2 or fewer questions than that.
RetrievalTrial try_retrieval_held_out(std::vector<QuestionAnswer> entries, int64_t each,
                                      const AnswerIndexOptions& options = {});

}  // namespace lamina
