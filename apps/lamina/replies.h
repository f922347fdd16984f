// The commands, for generators of replies: what trains and judges them.
#pragma once

#include <string>

#include "train_job.h"

namespace lamina::cli {

/// Name and description of the recipe.
inline constexpr char kReplies[] = "replies";
inline constexpr char kRepliesDescription[] =
    "write replies to turns like those of a file or of dialogues (a small T5, or --from DIR gone on with)";

/// lamina train replies; the exit status.
int train_replies(const TrainOptions& options);
/// lamina evaluate of such a folder, on the turns that read_reply_pairs holds out of `source`.
/// @param arguments  columns of the turns and the replies
int evaluate_replies(const std::string& folder, const std::string& source, const DataArguments& arguments,
                     bool json);

}  // namespace lamina::cli
