// What a reply generator reads. Internal header.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/chat/answer_index.h"

namespace lamina::detail {

/// An index by BM25 alone, without choices.
AnswerIndex words_index(const std::vector<QuestionAnswer>& pairs);
/// The turn, and the reply to the nearest one; the turn alone where nothing is near, or without an index.
std::string reply_prompt(const std::string& turn, const std::optional<AnswerIndex>& index);
/// The reply that is most like all of them, itself included, by chrF times the weights; the first of equal
/// ones.
size_t most_like_all(const std::vector<std::string>& replies, const std::vector<double>& weights);

}  // namespace lamina::detail
