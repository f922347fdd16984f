// AnswerTexts: all texts that questions are compared with, and their two rankings. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/chat/answer_index.h"
#include "lamina/chat/bm25.h"
#include "lamina/chat/neighbours.h"

namespace lamina::detail {

/// Entries as files of ours hold them: [[question, answer], ...].
Json pairs_to_json(const std::vector<QuestionAnswer>& entries);
/// And back. Throws InvalidArgument for anything else.
std::vector<QuestionAnswer> pairs_from_json(const Json& json);

/// Both scores of one text of the index.
struct TextScores {
  int64_t text;
  double words, cosine;
};

/// The questions of entries, and each different answer once.
class AnswerTexts {
 public:
  AnswerTexts(const std::vector<QuestionAnswer>& entries, const AnswerIndexOptions& options);
  /// None where nothing is embedded.
  const std::optional<SentenceEncoder>& encoder() const { return encoder_; }

  /// The vectors of questions; empty ones where nothing is embedded.
  std::vector<std::vector<float>> vectors(const std::vector<std::string>& questions) const;
  /// Both scores of the texts with a word of the question, and of its nearest neighbours.
  std::vector<TextScores> scores(const std::string& question, const std::vector<float>& vector) const;
  /// The best texts of different answers, best first.
  std::vector<AnswerHit> ranked(const std::vector<TextScores>& scores, double weight, size_t count) const;

 private:
  void add(const std::string& text, size_t entry);
  int64_t entry(int64_t text) const { return entries_[static_cast<size_t>(text)]; }
  int64_t answer(int64_t text) const { return answers_[static_cast<size_t>(entry(text))]; }

  std::vector<std::string> texts_;
  std::vector<int64_t> entries_;  // of each text
  std::vector<int64_t> answers_;  // of each entry
  std::optional<Bm25> words_;
  std::optional<SentenceEncoder> encoder_;
  std::optional<Neighbours> neighbours_;
};

/// The number of the answer of each entry: equal for equal answers.
std::vector<int64_t> answer_numbers(const std::vector<QuestionAnswer>& entries);

/// What makes questions the same: their terms, without case and signs.
std::string question_key(const std::string& question);

/// A question, and all answers that are right.
struct AskedQuestion {
  std::string text;
  std::set<std::string> answers;
};
/// Each different question of the entries once, in order; entries without one are left out.
std::vector<AskedQuestion> different_questions(const std::vector<QuestionAnswer>& entries);

/// What an index says of such questions.
struct AnsweredQuestion {
  std::vector<TextScores> scores;
  std::set<std::string> answers;
};
std::vector<AnsweredQuestion> ask(const AnswerTexts& texts, const std::vector<AskedQuestion>& questions);

/// 1 / rank of the first right answer among ten, 0 below, of each question.
std::vector<double> reciprocal_ranks(const AnswerTexts& texts, const std::vector<QuestionAnswer>& entries,
                                     const std::vector<AnsweredQuestion>& asked, double weight);

}  // namespace lamina::detail
