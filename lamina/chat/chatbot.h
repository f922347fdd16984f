// Chatbot: one conversation, from what is known of questions, intents and slots.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/chat/answer_index.h"
#include "lamina/chat/dialogue_tracker.h"
#include "lamina/chat/intents.h"
#include "lamina/chat/reply_generator.h"

namespace lamina {

namespace detail {
struct Phrases;
}

/// In which language the bot says what stands in none of its sources.
enum class ChatLanguage {
  kAuto,  ///< Chinese to a text with Chinese characters, else English
  kEnglish,
  kChinese
};

/// Where a reply came from.
enum class ReplySource {
  kAnswer,    ///< an entry of questions and answers, found by the question
  kIntent,    ///< the intent: the answer of the entry whose question is its name; without entries, the name
  kDialogue,  ///< the task: a slot is asked for, or what is known is confirmed
  kWritten,   ///< a reply that a ReplyGenerator wrote
  kHandOver,  ///< a person shall answer
  kNone       ///< nothing was said
};
/// "answer", "intent", "dialogue", "written", "hand_over", "none".
std::string name(ReplySource source);

/// What the bot says to one text.
struct ChatReply {
  std::string text;
  ReplySource source = ReplySource::kNone;
  double confidence = 0;         ///< 0 to 1, of the source
  bool handed_over = false;      ///< whether a person shall go on
  std::optional<Intent> intent;  ///< where there is a model of intents
  DialogueState slots;           ///< what is known of the task after this turn
  std::string matched;           ///< the question of the entry that answers; "" for other sources

  /// {"reply", "source", "confidence", "handed_over", "intent", "out_of_scope", "slots", "matched"}, without
  /// what there is not.
  Json to_json() const;
};

/// What a Chatbot consists of; at least one part.
struct ChatbotParts {
  std::optional<AnswerIndex> answers = {};
  std::optional<IntentReader> intents = {};
  std::optional<DialogueTracker> tracker = {};
  std::optional<ReplyGenerator> writer = {};
};

/// Options of Chatbot.
struct ChatbotOptions {
  ChatLanguage language = ChatLanguage::kAuto;
  /// How confident an answer has to be to be told, 0 to 1; absent: as AnswerIndex has chosen.
  std::optional<double> answer_threshold = {};
  /// How probable an intent has to be where the model knows no out_of_scope, 0 to 1.
  double intent_threshold = 0.5;
  /// How confident a written reply has to be to be told, 0 to 1; absent: ReplyGenerator::threshold().
  std::optional<double> reply_threshold = {};
  size_t most_bytes = 4096;  ///< of one text; longer ones are not read, and the bot asks for fewer words
};

/// A conversation. Of each text: an answer that is found with confidence is told; else, what the text says
/// about the task is kept, and the next slot is asked for until all are known, confirmed and done; else an
/// intent in scope is told; else a reply is written, and told where its writer is sure of it; else a person
/// shall answer. One object is one conversation: copies go on alone.
///
///   Chatbot bot({.answers = AnswerIndex(read_question_answers("faq.csv"))});
///   std::cout << bot.reply("where is my parcel?").text;
class Chatbot {
 public:
  /// Throws InvalidArgument without any part and for options out of range.
  explicit Chatbot(ChatbotParts parts, const ChatbotOptions& options = {});

  /// The next turn. Bytes of `text` that are no UTF-8 are taken for U+FFFD.
  ChatReply reply(const std::string& text);
  /// What is known of the task so far.
  const DialogueState& slots() const { return slots_; }
  /// Forgets everything that was said.
  void reset();

 private:
  bool answer(const std::string& text, ChatReply& reply) const;
  bool go_on(const std::string& text, bool chinese, ChatReply& reply);
  std::string next_question(const detail::Phrases& say);
  bool tell_intent(ChatReply& reply) const;
  bool write(const std::string& text, ChatReply& reply) const;

  ChatbotParts parts_;
  ChatbotOptions options_;
  DialogueState slots_;
  std::vector<DialogueAct> acts_;  // of the bot's last turn
};

}  // namespace lamina
