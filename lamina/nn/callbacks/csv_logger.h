// CSVLogger: one line of a table per epoch.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "lamina/nn/callbacks/callback.h"

namespace lamina {

/// Options of CSVLogger.
struct CSVLoggerOptions {
  std::string separator = ",";
  bool append = false;  ///< go on with an existing file, as a resumed training wants
};

/// Writes "epoch" and all logs, sorted by name, to a CSV file (Keras: keras.callbacks.CSVLogger). Numbers are
/// written so that reading them gives the same doubles; a log that an epoch lacks is "NA", a row of numbers
/// a list in quotes. Each line is
/// flushed. Lines end in LF, where Keras writes CR LF; a table that Keras began can be appended to.
class CSVLogger final : public Callback {
 public:
  explicit CSVLogger(std::string path, CSVLoggerOptions options = {});
  std::string class_name() const override { return "CSVLogger"; }

  /// Throws FileError when the file cannot be written.
  void on_train_begin(const Logs& logs) override;
  void on_epoch_end(int epoch, const Logs& logs) override;
  void on_train_end(const Logs& logs) override;

 private:
  void write(const std::string& line);

  std::string path_;
  CSVLoggerOptions options_;
  std::shared_ptr<std::FILE> file_;
  bool header_ = true;
  std::vector<std::string> keys_;
};

}  // namespace lamina
