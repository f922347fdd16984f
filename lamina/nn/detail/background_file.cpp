// Files written by a thread of their own.
#include "lamina/nn/detail/background_file.h"

#include <utility>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/log.h"

namespace lamina::detail {

BackgroundFile::~BackgroundFile() {
  try {
    wait();
  } catch (const std::exception& error) {
    warn(error.what());
  }
}

void BackgroundFile::write(const std::string& path, std::string bytes) {
  wait();
  writer_ = std::thread([this, path, bytes = std::move(bytes)] {
    try {
      write_file(path, bytes);
    } catch (...) {
      error_ = std::current_exception();
    }
  });
}

void BackgroundFile::wait() {
  if (writer_.joinable()) writer_.join();
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace lamina::detail
