// ReplyGenerator: writes replies by an encoder-decoder that reads the turn and what was replied to one like
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/chat/answer_index.h"
#include "lamina/zoo/transformers/translator.h"

namespace lamina {

/// Options of ReplyGenerator::learn and prepare.
struct ReplyOptions {
  int epochs = 25;
  int64_t batch_tokens = 1024;  ///< as TokenBatchesOptions::tokens
  uint64_t seed = 0;
  /// Folder of an encoder-decoder of Hugging Face's to go on from; empty: a small T5 with a vocabulary of its
  /// own.
  std::string from = {};
};

/// A generator before its training, for a loop of one's own.
struct ReplyLesson {
  Translator translator;  ///< whose model is compiled for fit() with these batches
  TokenBatches batches;
  int averaged = 1;  ///< the weights are to be the mean of those after so many last epochs (AverageWeights)
};

/// A reply.
struct WrittenReply {
  std::string text;
  double confidence = 0;  ///< the geometric mean of its tokens' probabilities, 0 to 1
};

/// How good replies to held-out turns are, beside those that are found.
struct ReplyScores {
  int64_t turns = 0;
  double perplexity = 0;      ///< of a token
  double chrf = 0;            ///< of what is written, 0 to 100
  double retrieval_chrf = 0;  ///< of the best hit of an AnswerIndex of the same training turns
  /// The least confidence from which three of four written replies fit: their chrF beside what was replied is
  /// at least 50. 1 where there is none.
  double threshold = 1;
  int64_t told = 0;  ///< turns whose written reply is as confident as that
};

/// Reads a turn and the reply to the turn that BM25 finds nearest ("retrieve and refine": Weston et al.,
/// 2018, arXiv 1808.04776), and writes a reply: of what its beams write and what the nearest turns were
/// replied, the one that is most like all of these (minimum Bayes risk: Kumar and Byrne, 2004; the risk is
/// chrF's). Its folder is one of Hugging Face's with the turns in replies.json. Copies share one model.
class ReplyGenerator {
 public:
  /// Learns from turns and replies; what each reads beside its turn comes from other turns. Throws
  /// InvalidArgument for fewer than 10 pairs or options out of range, and what reading `from` throws.
  static ReplyGenerator learn(const std::vector<QuestionAnswer>& pairs, const ReplyOptions& options = {});
  /// What learn() gives to fit(). Throws as it does.
  static ReplyLesson prepare(const std::vector<QuestionAnswer>& pairs, const ReplyOptions& options = {});
  /// Of what prepare() gave for these pairs, after the training.
  static ReplyGenerator trained(Translator translator, const std::vector<QuestionAnswer>& pairs);
  /// From a folder that save_pretrained wrote, or one of another encoder-decoder, which then reads turns
  /// alone. Throws FileError, and what Translator::from_pretrained throws.
  static ReplyGenerator from_pretrained(const std::string& folder);
  void save_pretrained(const std::string& folder) const;
  /// Whether a folder is one that save_pretrained wrote.
  static bool is_in(const std::string& folder);

  /// The reply to one turn. An empty turn has none.
  WrittenReply operator()(const std::string& turn) const;
  /// Replies to turns with known replies, beside those that are found. Throws InvalidArgument for none, and
  /// without turns of its own.
  ReplyScores evaluate(const std::vector<QuestionAnswer>& held_out) const;

  /// How confident a reply should be to be told, 0 to 1: 0.5 unless it was set, and kept in the folder.
  double threshold() const { return threshold_; }
  /// Throws InvalidArgument for what is not 0 to 1.
  void set_threshold(double threshold);

  const Translator& translator() const { return translator_; }

 private:
  ReplyGenerator(Translator translator, const std::vector<QuestionAnswer>& pairs);
  std::vector<WrittenReply> write(const std::vector<std::string>& turns) const;
  double confidence(const std::string& prompt, const std::string& reply) const;

  Translator translator_;
  std::optional<AnswerIndex> index_;  // of all turns, by BM25
  double threshold_ = 0.5;
};

}  // namespace lamina
