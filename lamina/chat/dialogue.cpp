// Reads dialogues.
#include "lamina/chat/dialogue.h"

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/utf8.h"
#include "lamina/data/detail/text_file.h"
#include "lamina/text/detail/unicode.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

std::string file_of(const std::string& path, const std::string& split) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  for (const char* ending : {".json.gz", ".json"}) {
    const std::string file = path + "/" + split + ending;
    if (fs::exists(file, error)) return file;
  }
  throw FileError("'" + path + "': expected " + split + ".json or " + split + ".json.gz in it");
}

std::string text_of(const Json& object, const char* name) {
  const Json* member = object.find(name);
  return member && member->is_string() ? member->as_string() : "";
}

const Json::List& list_of(const Json& object, const char* name) {
  static const Json::List none;
  const Json* member = object.find(name);
  return member && member->is_list() ? member->as_list() : none;
}

DialogueTurn turn_of(const Json& json, const std::string& place) {
  const auto fail = [&](const std::string& what) { return FileError(place + ": " + what); };
  DialogueTurn turn;
  for (const Json& act : list_of(json, "system_acts"))
    turn.system_acts.push_back({text_of(act, "type"), text_of(act, "slot"), text_of(act, "value")});
  if (const Json* said = json.find("system_utterance")) turn.system_text = text_of(*said, "text");
  const Json* user = json.find("user_utterance");
  if (!user || !user->is_object()) throw fail("expected a user_utterance with tokens and slots");
  for (const Json& token : list_of(*user, "tokens")) {
    if (!token.is_string()) throw fail("a token that is no text");
    turn.tokens.push_back(token.as_string());
  }
  const auto count = static_cast<int64_t>(turn.tokens.size());
  for (const Json& slot : list_of(*user, "slots")) {
    const Json *begin = slot.find("start"), *end = slot.find("exclusive_end");
    if (!begin || !end || !begin->is_int() || !end->is_int() || text_of(slot, "slot").empty())
      throw fail("expected slots with slot, start and exclusive_end");
    const DialogueSpan span{text_of(slot, "slot"), begin->as_int(), end->as_int()};
    if (span.begin < 0 || span.begin >= span.end || span.end > count)
      throw fail("slot '" + span.slot + "' stands at tokens " + std::to_string(span.begin) + " to " +
                 std::to_string(span.end) + " of " + std::to_string(count));
    turn.spans.push_back(span);
  }
  for (const Json& act : list_of(json, "user_acts")) {
    if (turn.user_act.empty()) turn.user_act = text_of(act, "type");
  }
  for (const Json& known : list_of(json, "dialogue_state")) {
    if (text_of(known, "slot").empty()) throw fail("expected a dialogue_state of slots and values");
    turn.state[text_of(known, "slot")] = text_of(known, "value");
  }
  return turn;
}

}  // namespace

std::vector<Dialogue> read_dialogues(const std::string& path, const std::string& split) {
  const std::string file = file_of(path, split);
  const Json json = Json::parse(detail::whole_text(detail::text_file(file), file), file);
  if (!json.is_list()) throw FileError("'" + file + "': expected a list of dialogues");
  std::vector<Dialogue> dialogues;
  for (const Json& entry : json.as_list()) {
    const std::string place = "'" + file + "', dialogue " + std::to_string(dialogues.size());
    if (!entry.is_object() || list_of(entry, "turns").empty())
      throw FileError(place + ": expected an object with turns");
    Dialogue dialogue{text_of(entry, "dialogue_id"), {}};
    for (const Json& json_turn : list_of(entry, "turns")) {
      DialogueTurn turn = turn_of(json_turn, place + ", turn " + std::to_string(dialogue.turns.size()));
      for (const auto& [slot, value] : turn.state) {
        if (value != kDontCare) continue;
        const bool first = dialogue.turns.empty();
        const auto before = first ? turn.state.end() : dialogue.turns.back().state.find(slot);
        const bool known = !first && before != dialogue.turns.back().state.end() && before->second == value;
        if (!known) turn.any.insert(slot);
      }
      dialogue.turns.push_back(std::move(turn));
    }
    dialogues.push_back(std::move(dialogue));
  }
  if (dialogues.empty()) throw FileError("'" + file + "': no dialogues in it");
  return dialogues;
}

std::vector<std::string> dialogue_tokens(const std::string& text) {
  const std::string lowered = detail::lower(valid_utf8(text));
  std::vector<detail::Character> all;
  detail::for_each_character(lowered, [&](const detail::Character& c) { all.push_back(c); });
  const auto digit = [&](size_t i) { return i < all.size() && all[i].code >= '0' && all[i].code <= '9'; };
  const auto word = [&](size_t i) {
    if (detail::is_word_character(all[i].code)) return true;
    return (all[i].code == ':' || all[i].code == '.') && i > 0 && digit(i - 1) && digit(i + 1);
  };
  std::vector<std::string> tokens;
  for (size_t i = 0; i < all.size();) {
    size_t end = i + 1;
    if (word(i) && !detail::is_unspaced(all[i].code)) {
      while (end < all.size() && word(end) && !detail::is_unspaced(all[end].code)) ++end;
    }
    if (!detail::is_space(all[i].code))
      tokens.push_back(lowered.substr(all[i].begin, all[end - 1].end - all[i].begin));
    i = end;
  }
  return tokens;
}

}  // namespace lamina
