// The folder that a training run leaves: history.csv and report.html.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/explain/report.h"

namespace lamina::cli {

/// Makes `wanted`, or, if that is empty, the first free of runs/NAME-YYYYMMDD-1, -2, ... Returns its path.
/// Throws FileError.
std::string make_run_folder(const std::string& wanted, const std::string& name);

/// The logs of a run's epochs, as columns that may begin late (a metric that only some epochs have).
class EpochTable {
 public:
  using Values = std::vector<std::pair<std::string, double>>;

  /// Adds the logs of epoch `epoch` (from 0); those of that and later epochs, from before a resume, are
  /// dropped.
  void add(int epoch, const Values& values);
  const std::vector<TrainingReport::Series>& series() const { return series_; }
  int epochs() const { return epochs_; }
  /// Puts back what series() gave, all of one length.
  void restore(std::vector<TrainingReport::Series> series);
  /// "epoch,loss,accuracy\n0,0.51,0.82\n": as Keras's CSVLogger writes, with 17 digits so that nothing is
  /// lost.
  std::string csv() const;

 private:
  std::vector<TrainingReport::Series> series_;
  int epochs_ = 0;
};

/// `words` as a POSIX shell reads them back.
std::string shell_line(const std::vector<std::string>& words);

/// "22 November 2026"
std::string today();

}  // namespace lamina::cli
