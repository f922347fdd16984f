// What a reply generator reads. Internal header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/chat/answer_index.h"

namespace lamina::detail {

/// An index by BM25 alone, without choices.
AnswerIndex words_index(const std::vector<QuestionAnswer>& pairs);
/// A reply to another turn.
struct FoundReply {
  std::string text;
  double confidence = 0;
};
/// Those to the nearest turns, the nearest first; none without an index.
std::vector<FoundReply> found_replies(const std::string& turn, const std::optional<AnswerIndex>& index,
                                      int64_t count);
/// The turn, and the first of what was found for it; the turn alone where nothing was.
std::string reply_prompt(const std::string& turn, const std::vector<FoundReply>& found);
/// The same with what `index`, if there is one, finds.
std::string reply_prompt(const std::string& turn, const std::optional<AnswerIndex>& index);
/// The reply that is most like all of them, itself included, by chrF times the weights; the first of equal
/// ones.
size_t most_like_all(const std::vector<std::string>& replies, const std::vector<double>& weights);

}  // namespace lamina::detail
