// language_report: what the training of a language model looks like.
#pragma once

#include "lamina/explain/run_report.h"
#include "lamina/zoo/language_texts.h"
#include "lamina/zoo/transformers/language_model.h"

namespace lamina {

/// The report of a training of `model` on `texts`: without passages, which the caller adds.
/// @param run  as for run_report; held_out and train_samples do not count.
TrainingReport language_report(const LanguageModel& model, const LanguageTexts& texts,
                               const RunDescription& run);

}  // namespace lamina
