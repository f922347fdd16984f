// The recipe by which `lamina train` makes trackers of dialogues.
#pragma once

#include <string>

namespace lamina {

/// A recipe whose samples are dialogues, not rows: DialogueTracker::learn trains it.
struct DialogueRecipe {
  std::string name = "dialogue";
  std::string description =
      "keep what users say of a task over the turns of a dialogue (LSTM in both directions)";
  std::string file = "dialogue.keras";  ///< what it is saved as unless the user says otherwise
};

}  // namespace lamina
