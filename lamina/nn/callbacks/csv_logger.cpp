// CSVLogger.
#include "lamina/nn/callbacks/csv_logger.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "lamina/base/error.h"

namespace lamina {

CSVLogger::CSVLogger(std::string path, CSVLoggerOptions options)
    : path_(std::move(path)), options_(std::move(options)) {
  if (options_.separator.empty()) throw InvalidArgument("CSVLogger: the separator is empty");
}

void CSVLogger::on_train_begin(const Logs&) {
  header_ = true;
  keys_.clear();
  if (options_.append) {
    // The columns of an existing table stay as they are.
    std::ifstream existing(path_);
    std::string line;
    std::getline(existing, line);
    if (line.ends_with('\r')) line.pop_back();  // Keras ends lines with CR LF
    if (!line.empty()) {
      header_ = false;
      const std::string& separator = options_.separator;
      for (size_t at = line.find(separator); at != std::string::npos;) {
        const size_t next = line.find(separator, at + separator.size());
        keys_.push_back(line.substr(at + separator.size(), next - at - separator.size()));
        at = next;
      }
    }
  }
  std::FILE* file = std::fopen(path_.c_str(), options_.append ? "ab" : "wb");
  if (!file) throw FileError(path_ + ": cannot write: " + std::strerror(errno));
  file_ = std::shared_ptr<std::FILE>(file, std::fclose);
}

void CSVLogger::write(const std::string& line) {
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size();
  if (!written || std::fflush(file_.get()) != 0) {
    throw FileError(path_ + ": cannot write: " + std::strerror(errno));
  }
}

void CSVLogger::on_epoch_end(int epoch, const Logs& logs) {
  if (!file_) return;
  if (keys_.empty()) {
    for (const auto& item : logs.items()) keys_.push_back(item.first);
    std::sort(keys_.begin(), keys_.end());
    // Validation may come only every few epochs: its columns are there from the start.
    const auto is_validation = [](const std::string& key) { return key.rfind("val_", 0) == 0; };
    if (std::none_of(keys_.begin(), keys_.end(), is_validation)) {
      for (size_t i = 0, n = keys_.size(); i < n; ++i) keys_.push_back("val_" + keys_[i]);
    }
  }
  std::string line;
  if (header_) {
    line = "epoch";
    for (const std::string& key : keys_) line += options_.separator + key;
    line += "\n";
    header_ = false;
  }
  line += std::to_string(epoch);
  for (const std::string& key : keys_) {
    const std::optional<double> value = logs.find(key);
    const std::optional<std::vector<double>> row = logs.find_row(key);
    // Keras quotes a row, and its writer of tables quotes that again.
    line += options_.separator + (row     ? "\"\"\"" + python_row(*row) + "\"\"\""
                                  : value ? python_number(*value)
                                          : std::string("NA"));
  }
  write(line + "\n");
}

void CSVLogger::on_train_end(const Logs&) { file_.reset(); }

}  // namespace lamina
