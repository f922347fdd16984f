// Turns and their replies, as a reply generator learns them.
#pragma once

#include <string>
#include <vector>

#include "lamina/chat/question_answers.h"

namespace lamina {

/// Turns with the replies that followed, and some that are held out to judge by.
struct ReplyPairs {
  std::vector<QuestionAnswer> training, held_out;
};

/// From a folder with train.json and dev.json, plain or .gz (read_dialogues): what the user says, and what
/// the system says next; dev is held out. From anything else that read_question_answers takes: every tenth
/// different question is held out with its answers. Throws as these do, and FileError for fewer than 20 pairs
/// or a part without any.
/// @param columns  of a table, or members of objects; a folder of dialogues has none: InvalidArgument
ReplyPairs read_reply_pairs(const std::string& path, const QuestionColumns& columns = {});

}  // namespace lamina
