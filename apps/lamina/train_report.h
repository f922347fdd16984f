// What a finished training leaves in its run folder beside the history.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/explain/run_report.h"
#include "train_files.h"
#include "train_job.h"
#include "train_log.h"

namespace lamina::cli {

/// What pages of all trainings say in the same way: title, data, command, day, history, epochs, seconds.
RunDescription description_of(const std::string& title, const std::string& data, const TrainOptions& options,
                              const TrainLog& log);
/// What run.json keeps of a page: its first table, and the number of parameters.
Json table_of(const TrainingReport& report, const Model& model);
/// What `lamina report` shows of a run beside its history. `table` is table_of the page.
Json about(const std::string& name, const std::string& task, const Json& table, const RunDescription& run);
/// Writes report.html, and `about` into run.json; the path of the page.
std::string write_page(const TrainingReport& report, const Json& about, const TrainLog& log,
                       const TrainFiles& files);

/// Writes report.html, and into run.json what `lamina report` shows of the run; the path of the page.
/// @param model       what is left of the training, which the page judges.
/// @param metrics     of that model.
/// @param comparison  the same first metric of others.
std::string write_training_report(const TrainOptions& options, const TrainJob& job, Model& model,
                                  const TrainingData& data, const TrainLog& log,
                                  const std::vector<std::pair<std::string, double>>& metrics,
                                  const Comparison& comparison, const TrainFiles& files);

}  // namespace lamina::cli
