// Retrieval: BM25 and cosines of vectors, mixed as held-out entries say.
#include "lamina/chat/answer_index.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/chat/detail/answer_choice.h"

namespace lamina {

struct AnswerIndex::State {
  State(std::vector<QuestionAnswer> all, const AnswerIndexOptions& options)
      : entries(std::move(all)),
        texts(entries, options),
        chosen(detail::choose_on_held_out(entries, options)) {}
  std::vector<QuestionAnswer> entries;
  detail::AnswerTexts texts;
  detail::AnswerChoice chosen;
};

AnswerIndex::AnswerIndex(std::vector<QuestionAnswer> entries, const AnswerIndexOptions& options) {
  if (entries.empty()) throw InvalidArgument("AnswerIndex: expected questions and answers; got none");
  if (!(options.precision > 0 && options.precision <= 1))
    throw InvalidArgument("AnswerIndex: precision is above 0 to 1; got " + std::to_string(options.precision));
  state_ = std::make_shared<const State>(std::move(entries), options);
}

const std::vector<QuestionAnswer>& AnswerIndex::entries() const { return state_->entries; }
double AnswerIndex::weight() const { return state_->chosen.weight; }
double AnswerIndex::threshold() const { return state_->chosen.threshold; }

std::vector<AnswerHit> AnswerIndex::search(const std::string& question, int64_t count) const {
  const detail::AnswerTexts& texts = state_->texts;
  const std::vector<detail::TextScores> scores = texts.scores(question, texts.vectors({question})[0]);
  std::vector<AnswerHit> hits =
      texts.ranked(scores, state_->chosen.weight, static_cast<size_t>(std::max<int64_t>(count, 0)));
  std::erase_if(hits, [](const AnswerHit& hit) { return hit.confidence <= 0; });
  for (AnswerHit& hit : hits) hit.confidence = std::min(hit.confidence, 1.0);
  return hits;
}

RetrievalMetrics AnswerIndex::evaluate(const std::vector<QuestionAnswer>& questions) const {
  const detail::AnswerTexts& texts = state_->texts;
  const std::vector<detail::AnsweredQuestion> asked = ask(texts, detail::different_questions(questions));
  RetrievalMetrics metrics;
  for (const double rank : reciprocal_ranks(texts, state_->entries, asked, state_->chosen.weight)) {
    metrics.recall_at_1 += rank == 1;
    metrics.recall_at_5 += rank >= 0.2;
    metrics.mrr += rank;
  }
  const auto n = static_cast<double>(std::max<size_t>(asked.size(), 1));
  metrics.recall_at_1 /= n, metrics.recall_at_5 /= n, metrics.mrr /= n;
  return metrics;
}

}  // namespace lamina
