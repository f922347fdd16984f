// What is known about the machine: processor, instruction sets, memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lamina {

/// The processor and the memory of this machine, and what the build can use of them.
struct SystemInfo {
  std::string operating_system;  ///< "Debian GNU/Linux 12 (bookworm)"; "" when unknown
  std::string processor;         ///< the model's name; "" when unknown
  int processors = 0;            ///< logical processors that this process may run on
  int threads = 0;               ///< threads of a parallel loop, see num_threads()
  std::vector<std::string>
      instruction_sets;      ///< those that our kernels were compiled for and the processor has, best first
  int64_t memory_bytes = 0;  ///< physical memory, or the limit of this process's cgroup if lower
  int64_t available_bytes = 0;  ///< memory that can be had without swapping; 0 when unknown
};
SystemInfo system_info();

/// The largest resident size this process has had, in bytes; 0 when unknown.
int64_t peak_memory_bytes();

/// Gives free memory that the C library holds back to the operating system, where the library can be told to
/// (glibc); milliseconds where there is much of it.
void return_free_memory();

/// How many processors other programs keep busy, measured by waiting for `milliseconds` (> 0; the kernel
/// counts in steps of 10); -1 when unknown.
double busy_processors(int milliseconds);

/// Milliseconds since this process was started by the kernel (so that a program can tell its own start-up
/// time); 0 when unknown. The resolution is 10 ms.
double process_age_ms();

}  // namespace lamina
