// Retrieval: BM25 and cosines of learned vectors, mixed as held-out entries say.
#include "lamina/chat/answer_index.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <unordered_map>

#include "lamina/base/error.h"
#include "lamina/chat/bm25.h"
#include "lamina/chat/neighbours.h"

namespace lamina {
namespace {

constexpr int64_t kCandidates = 100;  // nearest neighbours that are looked at
constexpr double kWeights[] = {0, 0.2, 0.35, 0.5, 0.65, 0.8};
constexpr int kPartners = 2;
constexpr size_t kFewestToHoldOut = 20, kMostHeldOut = 400;
constexpr double kUsualWeight = 0.35, kUsualThreshold = 0.4;  // where nothing can be held out

using Entries = std::vector<QuestionAnswer>;

// The number of the answer of each entry: equal for equal answers.
std::vector<int64_t> answer_numbers(const Entries& entries) {
  std::unordered_map<std::string, int64_t> known;
  std::vector<int64_t> numbers;
  for (const QuestionAnswer& entry : entries)
    numbers.push_back(known.try_emplace(entry.answer, static_cast<int64_t>(known.size())).first->second);
  return numbers;
}

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

// Both scores of one text of the index.
struct Scores {
  int64_t text;
  double words, cosine;
};

// All texts that questions are compared with, and their two rankings.
class Texts {
 public:
  Texts(const Entries& entries, const AnswerIndexOptions& options) {
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
    encoder_.emplace(
        SentenceEncoder::learn(texts_, pairs_of(entries, answers_, options.search_answers), options.encoder));
    neighbours_.emplace(
        (*encoder_)(texts_),
        NeighboursOptions{.approximate = static_cast<int64_t>(texts_.size()) >= options.approximate_from});
  }

  int64_t entry(int64_t text) const { return entries_[static_cast<size_t>(text)]; }
  int64_t answer(int64_t text) const { return answers_[static_cast<size_t>(entry(text))]; }

  // The vectors of questions; empty ones where nothing is embedded.
  std::vector<std::vector<float>> vectors(const std::vector<std::string>& questions) const {
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

  // Both scores of the texts with a word of the question, and of its nearest neighbours.
  std::vector<Scores> scores(const std::string& question, const std::vector<float>& vector) const {
    const std::vector<std::pair<int64_t, double>> words = words_->scores(question);  // by text, rising
    const double own = std::max(words_->own_score(question), 1e-9);
    std::vector<Scores> result;
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

  // The best texts of different answers, best first.
  std::vector<AnswerHit> ranked(const std::vector<Scores>& scores, double weight, size_t count) const {
    std::unordered_map<int64_t, AnswerHit> best;  // by answer
    for (const Scores& score : scores) {
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

 private:
  void add(const std::string& text, size_t entry) {
    texts_.push_back(text);
    entries_.push_back(static_cast<int64_t>(entry));
  }

  std::vector<std::string> texts_;
  std::vector<int64_t> entries_;  // of each text
  std::vector<int64_t> answers_;  // of each entry
  std::optional<Bm25> words_;
  std::optional<SentenceEncoder> encoder_;
  std::optional<Neighbours> neighbours_;
};

struct Asked {
  std::vector<Scores> scores;
  std::string answer;  // the right one
};

std::vector<Asked> ask(const Texts& texts, const Entries& questions) {
  std::vector<std::string> asked;
  for (const QuestionAnswer& question : questions) asked.push_back(question.question);
  const std::vector<std::vector<float>> vectors = texts.vectors(asked);
  std::vector<Asked> result;
  for (size_t i = 0; i < questions.size(); ++i)
    result.push_back({texts.scores(asked[i], vectors[i]), questions[i].answer});
  return result;
}

RetrievalMetrics metrics_of(const Texts& texts, const Entries& entries, const std::vector<Asked>& asked,
                            double weight) {
  RetrievalMetrics metrics;
  for (const Asked& question : asked) {
    const std::vector<AnswerHit> hits = texts.ranked(question.scores, weight, 10);
    for (size_t rank = 0; rank < hits.size(); ++rank) {
      if (entries[static_cast<size_t>(hits[rank].entry)].answer != question.answer) continue;
      metrics.recall_at_1 += rank == 0;
      metrics.recall_at_5 += rank < 5;
      metrics.mrr += 1.0 / static_cast<double>(rank + 1);
    }
  }
  const auto n = static_cast<double>(std::max<size_t>(asked.size(), 1));
  metrics.recall_at_1 /= n, metrics.recall_at_5 /= n, metrics.mrr /= n;
  return metrics;
}

// The confidence that parts best the hits that are right from the best of the wrong ones.
double parting(const std::vector<double>& right, const std::vector<double>& wrong) {
  if (right.empty() || wrong.empty()) return kUsualThreshold;
  double best = kUsualThreshold, most = -1;
  for (int step = 1; step < 100; ++step) {
    const double threshold = step / 100.0;
    const auto share = [&](const std::vector<double>& values) {
      const auto above = [&](double value) { return value >= threshold; };
      return static_cast<double>(std::count_if(values.begin(), values.end(), above)) /
             static_cast<double>(values.size());
    };
    const double gain = share(right) - share(wrong);
    if (gain > most) most = gain, best = threshold;
  }
  return best;
}

// The question in fewer words: a quarter of them in a row is left out, of what has no spaces of the
// characters.
std::string shortened(const std::string& question, std::mt19937_64& random) {
  const bool spaced = question.find(' ') != std::string::npos;
  std::vector<size_t> ends;
  for (size_t i = 1; i <= question.size(); ++i) {
    const bool inside =
        i < question.size() &&
        (spaced ? question[i - 1] != ' ' : (static_cast<unsigned char>(question[i]) & 0xC0) == 0x80);
    if (!inside) ends.push_back(i);
  }
  const size_t out = ends.size() / 4, first = random() % (ends.size() - out + 1);
  const size_t begin = first == 0 ? 0 : ends[first - 1];
  const size_t end = first + out == 0 ? 0 : ends[first + out - 1];
  return question.substr(0, begin) + question.substr(end);
}

// What is held out: questions that the index shall answer without them. One whose answer has other questions,
// or at least its own text, is taken away; every second of the others is asked in fewer words.
struct HeldOut {
  Entries kept, questions;
};

HeldOut hold_out(const Entries& entries, const AnswerIndexOptions& options) {
  const std::vector<int64_t> answers = answer_numbers(entries);
  std::unordered_map<int64_t, int> left;  // questions of each answer
  for (size_t i = 0; i < entries.size(); ++i) left[answers[i]] += !entries[i].question.empty();
  HeldOut result{entries, {}};
  std::mt19937_64 random(options.encoder.seed + 29);
  const size_t each = std::max<size_t>(5, entries.size() / kMostHeldOut);
  for (size_t i = 0; i < entries.size(); i += each) {
    const std::string& question = entries[i].question;
    if (question.empty()) continue;
    const bool others = left[answers[i]] > 1;
    if (others || (options.search_answers && result.questions.size() % 2 == 0)) {
      result.kept[i].question.clear();
      --left[answers[i]];
      result.questions.push_back(entries[i]);
    } else {
      result.questions.push_back({shortened(question, random), entries[i].answer});
    }
  }
  return result;
}

struct Chosen {
  double weight, threshold;
};

Chosen choose(const Entries& entries, const AnswerIndexOptions& options) {
  const double usual = options.embed ? kUsualWeight : 0;
  if (entries.size() < kFewestToHoldOut) return {usual, kUsualThreshold};
  const HeldOut held = hold_out(entries, options);
  const Texts texts(held.kept, options);
  const std::vector<Asked> asked = ask(texts, held.questions);
  Chosen chosen{0, kUsualThreshold};
  double best = -1;
  for (const double weight : kWeights) {
    if (!options.embed && weight > 0) break;
    const RetrievalMetrics metrics = metrics_of(texts, held.kept, asked, weight);
    if (metrics.recall_at_1 + metrics.mrr > best)
      best = metrics.recall_at_1 + metrics.mrr, chosen.weight = weight;
  }
  std::vector<double> right, wrong;
  for (const Asked& question : asked) {
    double best_wrong = 0;
    const std::vector<AnswerHit> hits = texts.ranked(question.scores, chosen.weight, 2);
    for (size_t rank = 0; rank < hits.size(); ++rank) {
      const bool is_right = held.kept[static_cast<size_t>(hits[rank].entry)].answer == question.answer;
      if (is_right && rank == 0) right.push_back(hits[rank].confidence);
      if (!is_right) best_wrong = std::max(best_wrong, hits[rank].confidence);
    }
    wrong.push_back(best_wrong);
  }
  chosen.threshold = parting(right, wrong);
  return chosen;
}

}  // namespace

struct AnswerIndex::State {
  State(Entries all, const AnswerIndexOptions& options)
      : entries(std::move(all)), texts(entries, options), chosen(choose(entries, options)) {}
  Entries entries;
  Texts texts;
  Chosen chosen;
};

AnswerIndex::AnswerIndex(std::vector<QuestionAnswer> entries, const AnswerIndexOptions& options) {
  if (entries.empty()) throw InvalidArgument("AnswerIndex: expected questions and answers; got none");
  state_ = std::make_shared<const State>(std::move(entries), options);
}

const std::vector<QuestionAnswer>& AnswerIndex::entries() const { return state_->entries; }
double AnswerIndex::weight() const { return state_->chosen.weight; }
double AnswerIndex::threshold() const { return state_->chosen.threshold; }

std::vector<AnswerHit> AnswerIndex::search(const std::string& question, int64_t count) const {
  const Texts& texts = state_->texts;
  const std::vector<Scores> scores = texts.scores(question, texts.vectors({question})[0]);
  std::vector<AnswerHit> hits =
      texts.ranked(scores, state_->chosen.weight, static_cast<size_t>(std::max<int64_t>(count, 0)));
  std::erase_if(hits, [](const AnswerHit& hit) { return hit.confidence <= 0; });
  for (AnswerHit& hit : hits) hit.confidence = std::min(hit.confidence, 1.0);
  return hits;
}

RetrievalMetrics AnswerIndex::evaluate(const std::vector<QuestionAnswer>& questions) const {
  return metrics_of(state_->texts, state_->entries, ask(state_->texts, questions), state_->chosen.weight);
}

}  // namespace lamina
