// Trials of retrieval.
#include "lamina/chat/retrieval_trial.h"

#include "lamina/base/error.h"

namespace lamina {

RetrievalTrial try_retrieval(const std::vector<QuestionAnswer>& entries,
                             const std::vector<QuestionAnswer>& questions,
                             const AnswerIndexOptions& options) {
  if (questions.empty()) throw InvalidArgument("try_retrieval: expected questions; got none");
  AnswerIndexOptions words = options;
  words.embed = false;
  const AnswerIndex index(entries, options);
  RetrievalTrial trial{.questions = static_cast<int64_t>(questions.size()),
                       .bm25 = AnswerIndex(entries, words).evaluate(questions),
                       .learned = index.evaluate(questions),
                       .weight = index.weight(),
                       .threshold = index.threshold()};
  int64_t told = 0, right = 0;
  for (const QuestionAnswer& question : questions) {
    const std::vector<AnswerHit> hits = index.search(question.question, 1);
    if (hits.empty() || hits[0].confidence < index.threshold()) continue;
    ++told;
    right += entries[static_cast<size_t>(hits[0].entry)].answer == question.answer;
  }
  trial.told = static_cast<double>(told) / static_cast<double>(questions.size());
  trial.told_right = told > 0 ? static_cast<double>(right) / static_cast<double>(told) : 0;
  return trial;
}

RetrievalTrial try_retrieval_held_out(std::vector<QuestionAnswer> entries, int64_t each,
                                      const AnswerIndexOptions& options) {
  const auto size = static_cast<int64_t>(entries.size());
  if (each < 2 || size < each)
    throw InvalidArgument("try_retrieval_held_out: every " + std::to_string(each) + "-th question of " +
                          std::to_string(size) + " cannot be held out");
  std::vector<QuestionAnswer> questions;
  for (int64_t i = each - 1; i < size; i += each) {
    QuestionAnswer& entry = entries[static_cast<size_t>(i)];
    questions.push_back(entry);
    entry.question.clear();
  }
  return try_retrieval(entries, questions, options);
}

}  // namespace lamina
