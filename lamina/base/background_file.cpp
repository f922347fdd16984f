// Files written by a thread of their own.
#include "lamina/base/background_file.h"

#include <exception>
#include <thread>
#include <utility>

#include "lamina/base/detail/block_signals.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina {

struct BackgroundFile::Writer {
  std::thread thread;
  std::exception_ptr error;  // of the thread; looked at once that has ended
};

BackgroundFile::BackgroundFile() : writer_(std::make_unique<Writer>()) {}

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
  writer_->thread = std::thread([writer = writer_.get(), path, options, bytes = std::move(bytes)] {
    try {
      write_file(path, bytes, options);
    } catch (...) {
      writer->error = std::current_exception();
    }
  });
}

void BackgroundFile::wait() {
  if (writer_->thread.joinable()) writer_->thread.join();
  if (writer_->error) std::rethrow_exception(std::exchange(writer_->error, nullptr));
}

}  // namespace lamina
