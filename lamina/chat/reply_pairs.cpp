// Reads turns and replies.
#include "lamina/chat/reply_pairs.h"

#include <filesystem>
#include <unordered_set>

#include "lamina/base/error.h"
#include "lamina/chat/detail/answer_texts.h"
#include "lamina/chat/detail/words.h"
#include "lamina/chat/dialogue.h"

namespace lamina {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFewest = 20, kEach = 10;

std::vector<QuestionAnswer> pairs_of(const std::vector<Dialogue>& dialogues) {
  std::vector<QuestionAnswer> pairs;
  for (const Dialogue& dialogue : dialogues) {
    for (size_t i = 0; i + 1 < dialogue.turns.size(); ++i) {
      const std::string said = detail::joined(dialogue.turns[i].tokens);
      const std::string& reply = dialogue.turns[i + 1].system_text;
      if (!said.empty() && !reply.empty()) pairs.push_back({said, reply});
    }
  }
  return pairs;
}

bool has_dialogues(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path + "/train.json", ignored) || fs::exists(path + "/train.json.gz", ignored);
}

}  // namespace

ReplyPairs read_reply_pairs(const std::string& path, const QuestionColumns& columns) {
  ReplyPairs pairs;
  if (has_dialogues(path)) {
    if (!columns.question.empty() || !columns.answer.empty())
      throw InvalidArgument("'" + path + "' holds dialogues, which have no columns to choose from");
    pairs.training = pairs_of(read_dialogues(path, "train"));
    pairs.held_out = pairs_of(read_dialogues(path, "dev"));
  } else {
    const std::vector<QuestionAnswer> entries = read_question_answers(path, columns);
    const std::vector<detail::AskedQuestion> questions = detail::different_questions(entries);
    std::unordered_set<std::string> out;
    for (size_t i = kEach - 1; i < questions.size(); i += kEach)
      out.insert(detail::question_key(questions[i].text));
    for (const QuestionAnswer& entry : entries)
      (out.count(detail::question_key(entry.question)) != 0 ? pairs.held_out : pairs.training)
          .push_back(entry);
  }
  if (pairs.training.size() + pairs.held_out.size() < kFewest || pairs.held_out.empty())
    throw FileError("'" + path + "': " + std::to_string(pairs.training.size() + pairs.held_out.size()) +
                    " turns with replies are too few to learn from; at least " + std::to_string(kFewest) +
                    " are needed");
  return pairs;
}

}  // namespace lamina
