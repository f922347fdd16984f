// Files written by a thread of their own.
#include "lamina/base/background_file.h"

#include <utility>

#include "lamina/base/detail/block_signals.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina {

BackgroundFile::~BackgroundFile() {
  try {
    wait();
  } catch (const std::exception& error) {
    warn(error.what());
  }
}

void BackgroundFile::write(const std::string& path, std::string bytes, const WriteOptions& options) {
  wait();
  const detail::BlockSignals blocked;  // handlers run on the threads that they were made for
  writer_ = std::thread([this, path, options, bytes = std::move(bytes)] {
    try {
      write_file(path, bytes, options);
    } catch (...) {
      error_ = std::current_exception();
    }
  });
}

void BackgroundFile::wait() {
  if (writer_.joinable()) writer_.join();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace lamina
