// Texts of an index: BM25 over their words, and neighbours of their vectors.
#include <algorithm>
#include <random>
#include <unordered_map>

#include "lamina/chat/detail/answer_texts.h"
#include "lamina/chat/detail/search_terms.h"

namespace lamina::detail {
namespace {

constexpr int64_t kCandidates = 100;  // nearest neighbours that are looked at
constexpr int kPartners = 2;

using Entries = std::vector<QuestionAnswer>;

// Each question with some others of the same answer, and with the answer itself.
std::vector<TextPair> pairs_of(const Entries& entries, const std::vector<int64_t>& answers,
                               bool with_answers) {
  std::unordered_map<int64_t, std::vector<size_t>> asked;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].question.empty()) asked[answers[i]].push_back(i);
  }
  std::vector<TextPair> pairs;
  std::mt19937_64 random(17);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].question.empty()) continue;
    const std::vector<size_t>& others = asked[answers[i]];
    for (int k = 0; k < kPartners && others.size() > 1; ++k) {
      const size_t other = others[random() % others.size()];
      if (other != i) pairs.push_back({entries[i].question, entries[other].question, answers[i]});
    }
    if (with_answers) pairs.push_back({entries[i].question, entries[i].answer, answers[i]});
  }
  return pairs;
}

}  // namespace

Json pairs_to_json(const Entries& entries) {
  Json pairs = Json::list();
  for (const QuestionAnswer& entry : entries) {
    Json pair = Json::list();
    pair.push_back(entry.question), pair.push_back(entry.answer);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

Entries pairs_from_json(const Json& json) {
  Entries entries;
  for (const Json& pair : json.as_list())
    entries.push_back({pair.at(size_t{0}).as_string(), pair.at(size_t{1}).as_string()});
  return entries;
}

std::vector<int64_t> answer_numbers(const Entries& entries) {
  std::unordered_map<std::string, int64_t> known;
  std::vector<int64_t> numbers;
  for (const QuestionAnswer& entry : entries)
    numbers.push_back(known.try_emplace(entry.answer, static_cast<int64_t>(known.size())).first->second);
  return numbers;
}

AnswerTexts::AnswerTexts(const Entries& entries, const AnswerIndexOptions& options) {
  answers_ = answer_numbers(entries);
  std::unordered_map<std::string, bool> seen;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].question.empty()) add(entries[i].question, i);
    // One text for all entries with that answer.
    const bool alone = entries[i].question.empty();
    if ((options.search_answers || alone) && seen.try_emplace(entries[i].answer).second)
      add(entries[i].answer, i);
  }
  words_.emplace(texts_);
  if (!options.embed) return;
  encoder_ = options.loaded
                 ? options.loaded
                 : SentenceEncoder::learn(texts_, pairs_of(entries, answers_, options.search_answers),
                                          options.encoder);
  neighbours_.emplace(
      (*encoder_)(texts_),
      NeighboursOptions{.approximate = static_cast<int64_t>(texts_.size()) >= options.approximate_from});
}

std::vector<std::vector<float>> AnswerTexts::vectors(const std::vector<std::string>& questions) const {
  std::vector<std::vector<float>> result(questions.size());
  if (!encoder_ || questions.empty()) return result;
  const std::vector<float> values = (*encoder_)(questions).to_vector<float>();
  const auto width = static_cast<std::ptrdiff_t>(encoder_->dimensions());
  for (size_t i = 0; i < questions.size(); ++i) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(i) * width;
    result[i].assign(at, at + width);
  }
  return result;
}

std::vector<TextScores> AnswerTexts::scores(const std::string& question,
                                            const std::vector<float>& vector) const {
  const std::vector<std::pair<int64_t, double>> words = words_->scores(question);  // by text, rising
  const double own = std::max(words_->own_score(question), 1e-9);
  std::vector<TextScores> result;
  for (const auto& [text, score] : words) {
    const double cosine = neighbours_ ? neighbours_->product(text, vector) : 0;
    result.push_back({text, score / own, std::clamp(cosine, 0.0, 1.0)});
  }
  if (!neighbours_) return result;
  for (const auto& [text, cosine] : neighbours_->nearest(vector, kCandidates)) {
    const auto at = std::lower_bound(words.begin(), words.end(), std::pair<int64_t, double>(text, 0));
    if (at == words.end() || at->first != text)
      result.push_back({text, 0, std::clamp(static_cast<double>(cosine), 0.0, 1.0)});
  }
  return result;
}

std::vector<AnswerHit> AnswerTexts::ranked(const std::vector<TextScores>& scores, double weight,
                                           size_t count) const {
  std::unordered_map<int64_t, AnswerHit> best;  // by answer
  for (const TextScores& score : scores) {
    const AnswerHit hit{entry(score.text), (1 - weight) * score.words + weight * score.cosine};
    const auto [at, added] = best.try_emplace(answer(score.text), hit);
    if (!added && hit.confidence > at->second.confidence) at->second = hit;
  }
  std::vector<AnswerHit> hits;
  for (const auto& [number, hit] : best) hits.push_back(hit);
  std::sort(hits.begin(), hits.end(), [](const AnswerHit& a, const AnswerHit& b) {
    return a.confidence != b.confidence ? a.confidence > b.confidence : a.entry < b.entry;
  });
  if (hits.size() > count) hits.resize(count);
  return hits;
}

void AnswerTexts::add(const std::string& text, size_t entry) {
  texts_.push_back(text);
  entries_.push_back(static_cast<int64_t>(entry));
}

std::string question_key(const std::string& question) {
  std::string key;
  for (const std::string& term : search_terms(question)) key += term + '\n';
  return key.empty() ? question : key;
}

std::vector<AskedQuestion> different_questions(const Entries& entries) {
  std::vector<AskedQuestion> questions;
  std::unordered_map<std::string, size_t> known;
  for (const QuestionAnswer& entry : entries) {
    if (entry.question.empty()) continue;
    const auto [at, added] = known.try_emplace(question_key(entry.question), questions.size());
    if (added) questions.push_back({entry.question, {}});
    questions[at->second].answers.insert(entry.answer);
  }
  return questions;
}

std::vector<AnsweredQuestion> ask(const AnswerTexts& texts, const std::vector<AskedQuestion>& questions) {
  std::vector<std::string> asked;
  for (const AskedQuestion& question : questions) asked.push_back(question.text);
  const std::vector<std::vector<float>> vectors = texts.vectors(asked);
  std::vector<AnsweredQuestion> result;
  for (size_t i = 0; i < questions.size(); ++i)
    result.push_back({texts.scores(asked[i], vectors[i]), questions[i].answers});
  return result;
}

std::vector<double> reciprocal_ranks(const AnswerTexts& texts, const Entries& entries,
                                     const std::vector<AnsweredQuestion>& asked, double weight) {
  std::vector<double> result(asked.size(), 0);
  for (size_t i = 0; i < asked.size(); ++i) {
    const std::vector<AnswerHit> hits = texts.ranked(asked[i].scores, weight, 10);
    for (size_t rank = 0; rank < hits.size() && result[i] == 0; ++rank) {
      if (asked[i].answers.count(entries[static_cast<size_t>(hits[rank].entry)].answer) != 0)
        result[i] = 1.0 / static_cast<double>(rank + 1);
    }
  }
  return result;
}

}  // namespace lamina::detail
