// BackgroundFile: a file that is written while something else goes on.
#pragma once

#include <memory>
#include <string>

#include "lamina/base/files.h"

namespace lamina {

/// Writes one file at a time in a thread of its own, each as write_file does: at once and whole. Used by one
/// thread.
class BackgroundFile {
 public:
  BackgroundFile();
  /// Waits; what went wrong is a warning then.
  ~BackgroundFile();
  BackgroundFile(const BackgroundFile&) = delete;
  BackgroundFile& operator=(const BackgroundFile&) = delete;

  /// Waits for the file before, throws what went wrong with it, and begins to write this one.
  void write(const std::string& path, std::string bytes, const WriteOptions& options = {});
  /// Waits for the file that is being written. Throws, once, what went wrong with it.
  void wait();

 private:
  struct Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace lamina
