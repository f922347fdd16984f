// Internal header: waiting in a bounded spin, for what usually comes within microseconds.
#pragma once

#include <chrono>
#include <cstdint>

namespace lamina::detail {

/// How long a thread spins before it goes to sleep. Loops of one program follow each other within less, and
/// to wake a sleeper costs about half of it. Beside other programs on all processors the spinning itself
/// costs little: whoever loses its processor meanwhile is not waited for, since others do its ranges.
constexpr int64_t kSpinNs = 100'000;

/// Nanoseconds of a clock that never goes back.
inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Spins until `done()`; false when it was not within kSpinNs.
template <class Done>
bool spin_until(Done&& done) {
  const int64_t limit = now_ns() + kSpinNs;
  do {
    for (int i = 0; i < 16; ++i) {
      if (done()) return true;
      relax();
    }
  } while (now_ns() < limit);
  return done();
}

}  // namespace lamina::detail
