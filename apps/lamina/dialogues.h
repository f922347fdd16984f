// train and evaluate, for trackers of dialogues, whose samples are no rows.
#pragma once

#include <string>

#include "lamina/chat/dialogue_recipe.h"
#include "lamina/nn/model.h"
#include "train_job.h"

namespace lamina::cli {

/// lamina train of the recipe "dialogue"; the exit status. It leaves the model alone, without a run folder.
int train_dialogue(const TrainOptions& options);
/// lamina evaluate of such a model on the dialogues of `source` (FOLDER, FOLDER:dev or a file).
int evaluate_dialogue(const Model& model, const std::string& source, bool json);

}  // namespace lamina::cli
