// Dialogues about a task: turns, what the system did, what the user said, and what is known after each.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lamina {

/// What the system did in its turn: {"REQUEST", "date"}, {"CONFIRM", "time", "6 pm"}, {"NOTIFY_SUCCESS"}.
struct DialogueAct {
  std::string type, slot = {}, value = {};
  bool operator==(const DialogueAct& other) const = default;
};

/// Tokens begin ... end - 1 of what the user said are a value of the slot.
struct DialogueSpan {
  std::string slot;
  int64_t begin = 0, end = 0;
};

/// The values of slots that are known; "dontcare" where any will do.
using DialogueState = std::map<std::string, std::string>;
inline constexpr char kDontCare[] = "dontcare";

/// What the system said, and the user's answer to it.
struct DialogueTurn {
  std::vector<DialogueAct> system_acts = {};  ///< none where the user begins
  std::string system_text = {};
  std::vector<std::string> tokens = {};  ///< of the user, in lower case
  std::vector<DialogueSpan> spans = {};
  std::string user_act = {};       ///< the first one: "AFFIRM"; "" where none is given
  DialogueState state = {};        ///< after this turn
  std::set<std::string> any = {};  ///< slots of which it is said in this turn that any value will do
};

struct Dialogue {
  std::string id;
  std::vector<DialogueTurn> turns;
};

/// Dialogues in the form of Google's Simulated Dialogue (a JSON list with `turns`, each with `system_acts`,
/// `user_utterance` of tokens and slots, and `dialogue_state`), plain or gzip-compressed: a file, or the part
/// `split` of a folder (SPLIT.json or SPLIT.json.gz). Throws FileError for files that are not there or have
/// another form, naming dialogue and turn.
std::vector<Dialogue> read_dialogues(const std::string& path, const std::string& split);

/// The tokens of a text as those data have them: lower case, words and signs apart ("don ' t"), but 6:00 and
/// 8.30 whole. Bytes that are no UTF-8 become U+FFFD.
std::vector<std::string> dialogue_tokens(const std::string& text);

}  // namespace lamina
