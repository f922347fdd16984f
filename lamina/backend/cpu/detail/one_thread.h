// Internal header: keeps a library's own OpenMP loops on the calling thread.
#pragma once

#include <omp.h>

namespace lamina::detail {

/// oneDNN asks OpenMP how many threads there are, when it makes a primitive and when it runs one. While this
/// object lives the answer on the calling thread is one; the program's own setting returns afterwards.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace lamina::detail
