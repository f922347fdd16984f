// TurnCode: turns of dialogues as rows of numbers, and rows of labels as values.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/chat/dialogue.h"

namespace lamina::detail {

/// What a tracker's network reads and says, as words and labels by name.
struct TurnCode {
  /// What a slot's place may say.
  enum SlotLabel : int { kNone, kValue, kAny, kAccepted, kSlotLabels };

  std::vector<std::string> slots;              // rising
  std::vector<std::string> user_acts;          // rising
  std::map<std::string, int32_t> vocabulary;   // from 2 on; 0 fills up, 1 is any other word
  std::map<std::string, std::string> prompts;  // of slots
  std::set<std::string> taken;                 // acts, as tokens, whose values users take
  int64_t length = 0;                          // of a row

  /// Labels: none, two for each slot (a value begins, goes on), those of slots' places, those of acts.
  int32_t begins(size_t slot) const { return static_cast<int32_t>(1 + 2 * slot); }
  int32_t goes_on(size_t slot) const { return begins(slot) + 1; }
  int32_t first_slot_label() const { return begins(slots.size()); }
  int32_t first_act() const { return first_slot_label() + kSlotLabels; }
  int64_t labels() const { return first_act() + static_cast<int64_t>(user_acts.size()); }

  /// A row: its tokens, and where the places of the slots begin (the act's follows them, then the words).
  struct Row {
    std::vector<std::string> tokens;
    size_t places = 0;
    size_t words(const TurnCode& code) const { return places + code.slots.size() + 1; }
  };
  Row row(const std::vector<DialogueAct>& acts, const std::vector<std::string>& tokens) const;
  /// The numbers of a row's tokens; those beyond `length` are left out.
  std::vector<int32_t> numbers(const Row& row) const;
  /// The labels of a turn in that row, -1 where none is asked for. `before` is the state before it.
  std::vector<int32_t> targets(const DialogueTurn& turn, const Row& row) const;
  /// What probabilities (places, labels) of a row say of slots.
  DialogueState decode(const float* probabilities, const Row& row,
                       const std::vector<DialogueAct>& acts) const;

  /// "@CONFIRM:time": no word of a user begins so, since dialogue_tokens parts the sign from it.
  static std::string token_of(const DialogueAct& act);
  /// What the system said of each slot that can be accepted: the value of its first act that is taken.
  std::map<std::string, std::string> offered_values(const std::vector<DialogueAct>& acts) const;

  Json to_json() const;
  /// Throws FileError, beginning with `name`, for what cannot be.
  static TurnCode from_json(const Json& json, const std::string& name);
};

/// The likeliest row of labels 0 ... labels - 1 in which no value goes on that has not begun (label 2k + 2
/// stands behind 2k + 1 or itself). `probabilities` have `stride` numbers a place.
std::vector<int> best_spans(const float* probabilities, size_t places, size_t labels, size_t stride);

}  // namespace lamina::detail
