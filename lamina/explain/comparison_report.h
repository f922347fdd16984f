// comparison_page: several training runs on one page.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/explain/report.h"

namespace lamina {

/// A run among others. What is empty or 0 is not known.
struct ComparedRun {
  std::string name;                                     ///< how it is called on the page; different for each
  std::vector<TrainingReport::Series> history;          ///< logs of the epochs, from the first one
  TrainingReport::Rows options;                         ///< names and values, in the order to show them in
  std::vector<std::pair<std::string, double>> metrics;  ///< of the finished model
  std::string metrics_of;                               ///< what they were measured on: "test"
  double seconds = 0;                                   ///< of training

  /// Epochs in the history.
  size_t epochs() const;
};

/// The epoch, from 1, with the lowest of the numbers that training is watched by: the validation loss where
/// there is one, else the loss.
struct BestEpoch {
  std::string log;   ///< "val_loss" or "loss"; empty: there is neither
  size_t epoch = 0;  ///< 0: no number among them
  double value = 0;
};
BestEpoch best_epoch(const ComparedRun& run);

/// A page of HTML in the style of reports, with nothing to load: final figures and the best epoch of each
/// run, each log's curves laid over one another, and the options that differ. All text is escaped.
/// @param runs  1 to 20 of them. Throws InvalidArgument for another number, and for names that repeat.
std::string comparison_page(const std::string& title, const std::vector<ComparedRun>& runs);

}  // namespace lamina
