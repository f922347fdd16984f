// Choices on held-out entries: the cosine's weight by reciprocal ranks, the threshold by precision.
#include <algorithm>
#include <cmath>
#include <random>
#include <unordered_map>
#include <unordered_set>

#include "lamina/chat/detail/answer_choice.h"

namespace lamina::detail {
namespace {

constexpr double kWeights[] = {0.2, 0.35, 0.5, 0.65, 0.8};
constexpr size_t kFewestToHoldOut = 20, kMostHeldOut = 400, kEnough = 1000;  // questions
constexpr size_t kParts = 5;
constexpr double kUsualWeight = 0.35, kUsualThreshold = 0.4;  // where nothing can be held out
constexpr double kUnanswerable = 1.0 / 3;                     // what such a question counts
constexpr double kHighest = 0.99;                             // a question of the file is always answered

using Entries = std::vector<QuestionAnswer>;

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

// What is held out: questions that the index shall answer without them.
struct HeldOut {
  Entries kept;
  std::vector<AskedQuestion> taken;      // out of the entries
  std::vector<AskedQuestion> shortened;  // still there, but asked in fewer words
};

// Of the different questions from number `first` on, every kParts-th: taken out, or else asked in fewer words
// where nothing would be left by which the answer could be found.
HeldOut hold_out(const Entries& entries, const AnswerIndexOptions& options, size_t first) {
  std::unordered_map<std::string, int> left;  // different questions of each answer
  const std::vector<AskedQuestion> all = different_questions(entries);
  for (const AskedQuestion& question : all) {
    for (const std::string& answer : question.answers) ++left[answer];
  }
  HeldOut result{entries, {}, {}};
  std::unordered_set<std::string> taken;
  std::mt19937_64 random(options.encoder.seed + 29);
  const size_t each = std::max<size_t>(kParts, all.size() / kMostHeldOut);
  for (size_t i = first; i < all.size(); i += each) {
    const bool others = std::any_of(all[i].answers.begin(), all[i].answers.end(),
                                    [&](const std::string& answer) { return left[answer] > 1; });
    if (others || options.search_answers) {
      for (const std::string& answer : all[i].answers) --left[answer];
      taken.insert(question_key(all[i].text));
      result.taken.push_back(all[i]);
    } else {
      result.shortened.push_back({shortened(all[i].text, random), all[i].answers});
    }
  }
  for (QuestionAnswer& entry : result.kept) {
    if (taken.count(question_key(entry.question)) != 0) entry.question.clear();
  }
  return result;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(std::max<size_t>(values.size(), 1));
}

// One part of the questions that was asked without being in the index.
struct Part {
  HeldOut held;
  AnswerTexts texts;
  std::vector<AnsweredQuestion> asked;

  Part(const Entries& entries, const AnswerIndexOptions& options, size_t first)
      : held(hold_out(entries, options, first)),
        texts(held.kept, options),
        asked(ask(texts, held.taken.empty() ? held.shortened : held.taken)) {}
};

// Small files are asked in several parts, since few questions say little.
std::vector<Part> parts_of(const Entries& entries, const AnswerIndexOptions& options, size_t questions) {
  const size_t count = std::clamp<size_t>(kEnough * kParts / questions, 1, kParts);
  std::vector<Part> parts;
  for (size_t first = 0; first < count; ++first) parts.emplace_back(entries, options, first);
  return parts;
}

std::vector<double> ranks_of(const std::vector<Part>& parts, double weight) {
  std::vector<double> all;
  for (const Part& part : parts) {
    const std::vector<double> ranks = reciprocal_ranks(part.texts, part.held.kept, part.asked, weight);
    all.insert(all.end(), ranks.begin(), ranks.end());
  }
  return all;
}

struct Gain {
  double weight, mean, error;  // of reciprocal ranks, beside BM25's; the standard error of that
};

Gain gain_of(const std::vector<Part>& parts, double weight, const std::vector<double>& words) {
  std::vector<double> gains = ranks_of(parts, weight);
  for (size_t i = 0; i < gains.size(); ++i) gains[i] -= words[i];
  const double gain = mean(gains);
  for (double& value : gains) value = (value - gain) * (value - gain);
  return {weight, gain, std::sqrt(mean(gains) / static_cast<double>(std::max<size_t>(gains.size(), 1)))};
}

// The lowest weight that is better than BM25 by two standard errors and as good as the best one but for its
// standard error (Breiman et al., "Classification and Regression Trees", 1984); 0 where none is.
double weight_of(const std::vector<Part>& parts) {
  const std::vector<double> words = ranks_of(parts, 0);
  std::vector<Gain> gains;
  for (const double weight : kWeights) gains.push_back(gain_of(parts, weight, words));
  const auto less = [](const Gain& a, const Gain& b) { return a.mean < b.mean; };
  const Gain best = *std::max_element(gains.begin(), gains.end(), less);
  for (const Gain& gain : gains) {
    if (gain.mean > 2 * gain.error && gain.mean >= best.mean - best.error) return gain.weight;
  }
  return 0;
}

}  // namespace

double least_confidence(const std::vector<BestHit>& answerable, const std::vector<double>& unanswerable,
                        double precision) {
  for (int step = 1; step < 100; ++step) {
    const double threshold = step / 100.0;
    double right = 0, wrong = 0;
    for (const BestHit& hit : answerable) {
      if (hit.confidence >= threshold) ++(hit.right ? right : wrong);
    }
    for (const double confidence : unanswerable) wrong += confidence >= threshold ? kUnanswerable : 0;
    if (right > 0 && right >= precision * (right + wrong)) return threshold;
  }
  return kHighest;
}

std::vector<AskedQuestion> take_out(Entries& entries, size_t each, size_t first) {
  const std::vector<AskedQuestion> all = different_questions(entries);
  std::vector<AskedQuestion> taken;
  std::unordered_set<std::string> keys;
  for (size_t i = first; i < all.size(); i += each) {
    taken.push_back(all[i]);
    keys.insert(question_key(all[i].text));
  }
  for (QuestionAnswer& entry : entries) {
    if (keys.count(question_key(entry.question)) != 0) entry.question.clear();
  }
  return taken;
}

BestOfBoth best_of_both(const std::vector<AnswerHit>& hits, const Entries& entries,
                        const std::set<std::string>& answers) {
  BestOfBoth best{false, 0, 0};
  for (size_t rank = 0; rank < hits.size(); ++rank) {
    const bool right = answers.count(entries[static_cast<size_t>(hits[rank].entry)].answer) != 0;
    const double confidence = std::clamp(hits[rank].confidence, 0.0, 1.0);
    if (rank == 0) best.right_first = right, best.first = confidence;
    if (!right) best.wrong = std::max(best.wrong, confidence);
  }
  return best;
}

AnswerChoice choose_on_held_out(const Entries& entries, const AnswerIndexOptions& options) {
  const size_t questions = different_questions(entries).size();
  if (!options.choose || questions < kFewestToHoldOut)
    return {options.embed ? kUsualWeight : 0, kUsualThreshold};
  const std::vector<Part> parts = parts_of(entries, options, questions);
  AnswerChoice chosen{options.embed ? weight_of(parts) : 0, kUsualThreshold};
  std::vector<BestHit> answerable;
  std::vector<double> unanswerable;
  for (const Part& part : parts) {
    for (const AnsweredQuestion& question : part.asked) {
      const std::vector<AnswerHit> hits =
          part.texts.ranked(question.scores, chosen.weight, question.answers.size() + 1);
      const BestOfBoth best = best_of_both(hits, part.held.kept, question.answers);
      answerable.push_back({best.first, best.right_first});
      unanswerable.push_back(best.wrong);
    }
  }
  chosen.threshold = least_confidence(answerable, unanswerable, options.precision);
  return chosen;
}

}  // namespace lamina::detail
