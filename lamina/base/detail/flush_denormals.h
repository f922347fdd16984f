// What the processor does with numbers below 1e-38 (subnormal ones): takes them as they are, or as zeros. A
// gradient that fades over the steps of a sequence passes through them, and so do an optimizer's moments of a
// weight that gets no gradient any more; processors handle them a hundred times slower than others. Internal
// header.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif
#include <cstdint>

namespace lamina::detail {

/// How a thread computes with subnormal numbers.
class FloatMode {
 public:
  /// The calling thread's mode.
  static FloatMode current() {
    uint64_t bits = 0;
#if defined(__SSE2__)
    bits = _mm_getcsr() & ~0x3Fu;  // without the marks of what happened so far
#elif defined(__aarch64__)
    asm volatile("mrs %0, fpcr" : "=r"(bits));
#endif
    return FloatMode(bits);
  }
  /// The same, with subnormal numbers read and written as zeros.
  FloatMode flushing() const {
#if defined(__SSE2__)
    return FloatMode(bits_ | 0x8040u);
#else
    return FloatMode(bits_ | (1u << 24));
#endif
  }
  void apply() const {
#if defined(__SSE2__)
    _mm_setcsr(static_cast<unsigned>(bits_));
#elif defined(__aarch64__)
    asm volatile("msr fpcr, %0" : : "r"(bits_));
#endif
  }

 private:
  explicit FloatMode(uint64_t bits) : bits_(bits) {}
  uint64_t bits_;
};

/// While it lives, the calling thread computes in another mode.
class FloatModeScope {
 public:
  explicit FloatModeScope(FloatMode mode) { mode.apply(); }
  ~FloatModeScope() { before_.apply(); }
  FloatModeScope(const FloatModeScope&) = delete;
  FloatModeScope& operator=(const FloatModeScope&) = delete;

 private:
  const FloatMode before_ = FloatMode::current();
};

/// While it lives, the calling thread reads and writes subnormal numbers as zeros.
class FlushDenormals : FloatModeScope {
 public:
  FlushDenormals() : FloatModeScope(FloatMode::current().flushing()) {}
};

}  // namespace lamina::detail
