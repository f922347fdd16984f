// DialogueTracker: what is known after each turn of a dialogue about a task.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lamina/chat/dialogue.h"
#include "lamina/nn/model.h"

namespace lamina {

namespace detail {
struct TurnCode;
}

/// What an epoch of DialogueTracker::learn reached.
struct TrackerEpoch {
  int epoch = 0;  ///< from 1
  double loss = 0;
  double joint_goal_accuracy = 0;  ///< on the validation dialogues; only where `judged`
  bool judged = false;
};

/// Options of DialogueTracker::learn.
struct TrackerOptions {
  int epochs = 40;
  int batch_size = 32;
  int features = 64;  ///< of a token, and of each direction of the LSTM
  double dropout = 0.3;
  /// Share of the values in open slots that are replaced by others, 0 to 1: known ones, changed and joined,
  /// and words at random, so that what stands around a value tells it, and not the value itself: titles of
  /// films come that nobody has seen.
  double replaced = 0.9;
  uint64_t seed = 0;
  /// Called after each epoch; false ends the training. May be empty.
  std::function<bool(const TrackerEpoch&)> on_epoch = {};
};

/// What a turn of the user says.
struct TurnReading {
  DialogueState values;  ///< what it sets: values, kDontCare, and what of the system's it accepts
  std::string user_act;  ///< "AFFIRM"; the likeliest of those that were in the training
  double act_probability = 0;
};

/// A bidirectional LSTM over one row of tokens: the acts of the system before, a place for each slot, one for
/// the user's act, and the user's words. At a slot's place it says whether the turn sets nothing there, a
/// value, "any will do", or accepts what the system said; at the words, where values begin and go on (after
/// Rastogi et al., "Scalable Multi-Domain Dialogue State Tracking", 2017, and Liu and Lane, "An End-to-End
/// Trainable Neural Network Model with Belief Tracking", 2017). Copies share one network. It is saved as a
/// .keras file like any model; what it knows of slots and words lies in the DataInfo section "dialogue".
class DialogueTracker {
 public:
  /// Learns from dialogues. Throws InvalidArgument for none, for options out of range, and for dialogues
  /// without slots.
  /// @param validation  judged after every fifth epoch and the last; may be empty.
  static DialogueTracker learn(const std::vector<Dialogue>& training, const std::vector<Dialogue>& validation,
                               const TrackerOptions& options = {});
  /// The tracker in a model that was saved. Throws InvalidArgument where it is none, and FileError for a
  /// section that cannot be.
  explicit DialogueTracker(const Model& model);
  /// Whether a model is one.
  static bool is_in(const Model& model);

  const Model& model() const { return model_; }
  /// Slots by name, rising.
  const std::vector<std::string>& slots() const;
  /// What the system says to ask for a slot: the text that did so most often in the training, or else
  /// "NAME?".
  std::string prompt(const std::string& slot) const;

  /// What one turn says. `tokens` as dialogue_tokens gives them; those beyond the network's length are not
  /// read, and a warning tells it.
  TurnReading read(const std::vector<DialogueAct>& system_acts, const std::vector<std::string>& tokens) const;
  /// The state after a turn: before, with what the turn sets.
  DialogueState update(const DialogueState& before, const std::vector<DialogueAct>& system_acts,
                       const std::vector<std::string>& tokens) const;
  /// Share of all turns after which every slot is as the data say, where states are the tracker's own from
  /// the first turn on.
  double joint_goal_accuracy(const std::vector<Dialogue>& dialogues) const;

 private:
  DialogueTracker(Model model, std::shared_ptr<const detail::TurnCode> code);
  std::vector<TurnReading> read_all(const std::vector<const DialogueTurn*>& turns) const;

  Model model_;
  std::shared_ptr<const detail::TurnCode> code_;
};

}  // namespace lamina
