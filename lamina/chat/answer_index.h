// AnswerIndex: finds the answer to a question in a company's own questions and answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/chat/question_answers.h"
#include "lamina/chat/sentence_encoder.h"

namespace lamina {

/// Options of AnswerIndex.
struct AnswerIndexOptions {
  /// Whether an embedding is learned from the entries and counts beside BM25. Otherwise BM25 alone ranks.
  bool embed = true;
  /// Whether questions are also compared with the answers, not only with the questions of the entries.
  bool search_answers = true;
  SentenceEncoderOptions encoder = {};
  /// An embedding that is taken instead of one that is learned from the entries.
  std::optional<SentenceEncoder> loaded = {};
  /// Share of what is told that shall be right, above 0 to 1: the threshold is chosen so. A quarter of the
  /// questions is taken to have no answer in the index.
  double precision = 0.75;
  /// Whether weight and threshold are chosen on held-out questions; otherwise they are usual ones.
  bool choose = true;
  /// From so many texts on neighbours are approximate (Neighbours); below they are exact.
  int64_t approximate_from = 50000;
};

/// An entry that may answer.
struct AnswerHit {
  int64_t entry = 0;  ///< its number, in the order of the entries
  double confidence =
      0;  ///< 0 to 1: of BM25, as a share of what the question itself would score, and the cosine
};

/// How well a retrieval finds the right answer.
struct RetrievalMetrics {
  double recall_at_1 = 0;  ///< share of the questions whose first hit has the right answer
  double recall_at_5 = 0;  ///< the same among the first five different answers
  double mrr = 0;          ///< mean of 1 / rank of the right answer, among ten; 0 below
};

/// An index of entries by BM25 and by an embedding. What each counts, and how confident an answer has to be,
/// is chosen on questions that are held out: BM25 alone ranks unless the embedding is better by two standard
/// errors. Copies share one index.
///
///   AnswerIndex index(read_question_answers("faq.csv"));
///   for (const AnswerHit& hit : index.search("where is my parcel", 3))
///     std::cout << index.entries()[hit.entry].answer << hit.confidence;
class AnswerIndex {
 public:
  /// Throws InvalidArgument for no entries, and as SentenceEncoder does. An entry without a question is found
  /// by its answer alone.
  explicit AnswerIndex(std::vector<QuestionAnswer> entries, const AnswerIndexOptions& options = {});

  /// Writes the index to a .keras file: the network of its embedding, and in the DataInfo section "answers"
  /// the entries and what was chosen. Throws FileError, and InvalidArgument without a learned embedding.
  void save(const std::string& path, const WriteOptions& options = {}) const;
  /// What save() wrote: the same answers with the same confidence. Throws FileError for another file, a
  /// damaged one, and one of another version.
  static AnswerIndex load(const std::string& path);

  const std::vector<QuestionAnswer>& entries() const;
  /// The `count` best entries, each answer once, the best first; none where nothing has a word of the
  /// question and nothing is embedded.
  std::vector<AnswerHit> search(const std::string& question, int64_t count) const;

  /// What the cosine counts: 0 to 1; the rest is what BM25 counts.
  double weight() const;
  /// How confident a hit has to be to be told: the lowest confidence from which, of what is told to held-out
  /// questions, at least the share `precision` is right; where none is, nearly that of the question itself.
  double threshold() const;

  /// How well the answers of `questions` are found. A question that comes several times is asked once, and
  /// all its answers are right.
  RetrievalMetrics evaluate(const std::vector<QuestionAnswer>& questions) const;

 private:
  struct State;
  explicit AnswerIndex(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace lamina
