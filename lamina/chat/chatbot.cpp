// A conversation, turn by turn.
#include "lamina/chat/chatbot.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/chat/detail/phrases.h"

namespace lamina {

namespace {
constexpr char kRequest[] = "REQUEST", kConfirm[] = "CONFIRM";  // what the bot does, as trackers know it
}

std::string name(ReplySource source) {
  switch (source) {
    case ReplySource::kAnswer:
      return "answer";
    case ReplySource::kIntent:
      return "intent";
    case ReplySource::kDialogue:
      return "dialogue";
    case ReplySource::kWritten:
      return "written";
    case ReplySource::kHandOver:
      return "hand_over";
    case ReplySource::kNone:
      break;
  }
  return "none";
}

Json ChatReply::to_json() const {
  Json json = Json::object(
      {{"reply", text}, {"source", name(source)}, {"confidence", confidence}, {"handed_over", handed_over}});
  if (intent) {
    json["intent"] = intent->name;
    json["out_of_scope"] = intent->out_of_scope;
  }
  if (!slots.empty()) {
    json["slots"] = Json::object();
    for (const auto& [slot, value] : slots) json["slots"][slot] = value;
  }
  if (!matched.empty()) json["matched"] = matched;
  return json;
}

Chatbot::Chatbot(ChatbotParts parts, const ChatbotOptions& options)
    : parts_(std::move(parts)), options_(options) {
  if (!parts_.answers && !parts_.intents && !parts_.tracker && !parts_.writer)
    throw InvalidArgument("Chatbot: expected answers, intents, a tracker or a writer; got none of them");
  const auto share = [](double value) { return value >= 0 && value <= 1; };
  if (!share(options.answer_threshold.value_or(0)) || !share(options.intent_threshold) ||
      !share(options.reply_threshold.value_or(0)))
    throw InvalidArgument("Chatbot: thresholds are 0 to 1");
}

void Chatbot::reset() {
  slots_.clear();
  acts_.clear();
}

ChatReply Chatbot::reply(const std::string& given) {
  ChatReply reply;
  const std::string text = valid_utf8(given.substr(0, options_.most_bytes + 1));
  const bool chinese = options_.language == ChatLanguage::kAuto ? detail::has_unspaced(text)
                                                                : options_.language == ChatLanguage::kChinese;
  const detail::Phrases& say = detail::phrases(chinese);
  reply.slots = slots_;
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    reply.text = say.nothing;
    return reply;
  }
  if (given.size() > options_.most_bytes) {
    reply.text = say.too_long;
    return reply;
  }
  if (parts_.intents) reply.intent = (*parts_.intents)(text);
  if (answer(text, reply) || go_on(text, chinese, reply) || tell_intent(reply) || write(text, reply))
    return reply;
  reply.source = ReplySource::kHandOver;
  reply.handed_over = true;
  reply.text = say.hand_over;
  return reply;
}

bool Chatbot::answer(const std::string& text, ChatReply& reply) const {
  if (!parts_.answers) return false;
  const std::vector<AnswerHit> hits = parts_.answers->search(text, 1);
  if (hits.empty()) return false;
  reply.confidence = hits[0].confidence;
  if (hits[0].confidence < options_.answer_threshold.value_or(parts_.answers->threshold())) return false;
  const QuestionAnswer& entry = parts_.answers->entries()[static_cast<size_t>(hits[0].entry)];
  reply.text = entry.answer, reply.matched = entry.question;
  reply.source = ReplySource::kAnswer;
  return true;
}

bool Chatbot::go_on(const std::string& text, bool chinese, ChatReply& reply) {
  if (!parts_.tracker) return false;
  const TurnReading reading = parts_.tracker->read(acts_, dialogue_tokens(text));
  const bool asked = !acts_.empty(), confirming = asked && acts_[0].type == kConfirm;
  const bool affirms = asked && reading.user_act == "AFFIRM", refuses = asked && reading.user_act == "NEGATE";
  const bool ends = asked && (reading.user_act == "GOOD_BYE" || reading.user_act == "THANK_YOU");
  DialogueState after = slots_;
  for (const auto& [slot, value] : reading.values) after[slot] = value;
  const bool changed = after != slots_;
  // A text that says nothing of the task, and answers nothing that was asked, is for the next part.
  if (!changed && !affirms && !refuses && !ends) return false;
  slots_ = after;
  acts_.clear();
  reply.slots = slots_;
  reply.source = ReplySource::kDialogue;
  reply.confidence = reading.act_probability;
  const detail::Phrases& say = detail::phrases(chinese);
  if (!changed && ends) {
    reply.text = say.bye;
  } else if (!changed && confirming && affirms) {
    reply.text = say.done;
  } else if (!changed && confirming && refuses) {
    reply.text = say.change;
    acts_.push_back({kRequest});
  } else {
    reply.text = next_question(say);
  }
  return true;
}

// Asks for the first slot that is missing, or whether all are right.
std::string Chatbot::next_question(const detail::Phrases& say) {
  for (const std::string& slot : parts_.tracker->slots()) {
    if (slots_.count(slot) != 0) continue;
    acts_.push_back({kRequest, slot});
    return parts_.tracker->prompt(slot);
  }
  std::string known;
  for (const auto& [slot, value] : slots_) {
    acts_.push_back({kConfirm, slot, value});
    known += (known.empty() ? "" : ", ") + slot + ": " + (value == kDontCare ? say.any : value);
  }
  return say.confirm_begin + known + say.confirm_end;
}

bool Chatbot::write(const std::string& text, ChatReply& reply) const {
  if (!parts_.writer) return false;
  const WrittenReply written = (*parts_.writer)(text);
  reply.confidence = written.confidence;
  if (written.text.empty() ||
      written.confidence < options_.reply_threshold.value_or(parts_.writer->threshold()))
    return false;
  reply.text = written.text;
  reply.source = ReplySource::kWritten;
  return true;
}

bool Chatbot::tell_intent(ChatReply& reply) const {
  if (!reply.intent || reply.intent->out_of_scope) return false;
  reply.confidence = reply.intent->probability;
  if (reply.intent->probability < options_.intent_threshold) return false;
  reply.text = reply.intent->name;
  reply.source = ReplySource::kIntent;
  if (!parts_.answers) return true;
  const std::vector<QuestionAnswer>& entries = parts_.answers->entries();
  const auto entry = std::find_if(entries.begin(), entries.end(), [&](const QuestionAnswer& one) {
    return one.question == reply.intent->name;
  });
  // Where there are answers, the name of an intent is none.
  if (entry == entries.end()) return false;
  reply.text = entry->answer, reply.matched = entry->question;
  return true;
}

}  // namespace lamina
