// Trials of retrieval.
#include "lamina/chat/retrieval_trial.h"

#include "lamina/base/error.h"
#include "lamina/chat/detail/answer_choice.h"

namespace lamina {

RetrievalTrial try_retrieval(const std::vector<QuestionAnswer>& entries,
                             const std::vector<QuestionAnswer>& questions,
                             const AnswerIndexOptions& options) {
  if (questions.empty()) throw InvalidArgument("try_retrieval: expected questions; got none");
  AnswerIndexOptions words = options;
  words.embed = false;
  const AnswerIndex index(entries, options);
  const std::vector<detail::AskedQuestion> asked = detail::different_questions(questions);
  RetrievalTrial trial{.questions = static_cast<int64_t>(asked.size()),
                       .bm25 = AnswerIndex(entries, words).evaluate(questions),
                       .learned = index.evaluate(questions),
                       .weight = index.weight(),
                       .threshold = index.threshold()};
  double told = 0, right = 0, without = 0;
  for (const detail::AskedQuestion& question : asked) {
    const auto hits = index.search(question.text, static_cast<int64_t>(question.answers.size()) + 1);
    const detail::BestOfBoth best = detail::best_of_both(hits, entries, question.answers);
    told += best.first >= index.threshold();
    right += best.first >= index.threshold() && best.right_first;
    without += best.wrong >= index.threshold();
  }
  trial.told = told / static_cast<double>(asked.size());
  trial.told_right = told > 0 ? right / told : 0;
  trial.told_without = without / static_cast<double>(asked.size());
  return trial;
}

RetrievalTrial try_retrieval_held_out(std::vector<QuestionAnswer> entries, int64_t each,
                                      const AnswerIndexOptions& options) {
  const size_t size = detail::different_questions(entries).size();
  if (each < 2 || size < static_cast<size_t>(each))
    throw InvalidArgument("try_retrieval_held_out: every " + std::to_string(each) + "-th question of " +
                          std::to_string(size) + " cannot be held out");
  const auto step = static_cast<size_t>(each);
  std::vector<QuestionAnswer> questions;
  for (const detail::AskedQuestion& taken : detail::take_out(entries, step, step - 1)) {
    for (const std::string& answer : taken.answers) questions.push_back({taken.text, answer});
  }
  return try_retrieval(entries, questions, options);
}

}  // namespace lamina
