// run_report: gathers what a report shows from a model, the history of its training and held-out samples.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/explain/classification.h"
#include "lamina/explain/report.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/estimator_recipes.h"

namespace lamina {

/// A training run, as whoever ran it knows it. Without epochs, and of an estimator without training samples,
/// it is an evaluation: on the held-out samples alone.
struct RunDescription {
  std::string title;                            ///< "fashion-mnist"
  std::string data;                             ///< "fashion-mnist", "data.csv": where the samples came from
  std::string command;                          ///< the command line
  std::string date;                             ///< "22 November 2026"
  std::vector<TrainingReport::Series> history;  ///< logs of all epochs
  TrainingReport::Rows configuration;           ///< names and values: epochs, batch size, seed, ...
  int epochs = 0;                               ///< completed
  int batch_size = 0;
  double seconds = 0;       ///< of training
  double step_seconds = 0;  ///< of one training step
  int64_t train_samples = 0;
  int64_t validation_samples = 0;                       ///< that metrics named val_... are of; 0: not known
  Batch held_out = {};                                  ///< what the model is judged by; may be empty
  std::string held_out_name;                            ///< "test", "validation"
  std::vector<std::pair<std::string, double>> metrics;  ///< on the held-out samples
  std::vector<std::string> classes;                     ///< names; may be empty
  std::vector<Plot> plots;                              ///< what else is to be drawn
  std::vector<std::pair<std::string, double>> compared_with;  ///< the same first metric of others
  size_t mistakes = 32;                                       ///< pictures to show
};

/// Adds what `said` shows, up to 50 classes: the confusion matrix and classification_plots.
/// @param classes       their names; those beyond them are called by their numbers.
/// @param evaluated_on  "10,000 test samples", for the headings.
void add_classification(TrainingReport& report, const Classification& said,
                        const std::vector<std::string>& classes, const std::string& evaluated_on);

/// The report of `run`; asks `model` about the held-out samples.
TrainingReport run_report(Model& model, const RunDescription& run);
/// The same of an estimator: confusion matrix and, where it has probabilities, their curves, or predictions
/// over values; which features decide, where it has trees.
/// @param run  held_out.x as estimator_input gives it. Throws InvalidArgument for samples of a class that the
///             estimator has not learned.
TrainingReport run_report(const FittedEstimator& estimator, const RunDescription& run);

/// How large an estimator is, in words: {"trees", "100"}, {"depth", "31"}.
TrainingReport::Rows extent_rows(const classic::Estimator& estimator);

}  // namespace lamina
