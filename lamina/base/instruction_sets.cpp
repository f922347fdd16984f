// Which instruction sets the processor and the system have, told to Highway, of which we use the headers
// alone: a program that is linked to its library measures the resolution of the clock, 3 ms, each time it
// starts.
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <hwy/targets.h>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace {

#if HWY_ARCH_X86

constexpr uint32_t bits() { return 0; }
template <class... Bits>
constexpr uint32_t bits(int first, Bits... more) {
  return (1u << first) | bits(more...);
}

/// What an instruction set needs: bits of CPUID and, in `state`, what the system keeps of the registers
/// (XCR0).
struct Needs {
  int64_t target;
  uint32_t leaf_1_ecx, leaf_7_ebx, leaf_7_ecx, state;
};

// Each holds what the ones before it need. The numbers of the bits: Intel's manual, volume 2, CPUID, and
// volume 1, 13.3.
constexpr Needs kSets[] = {
    {HWY_SSSE3, bits(9), 0, 0, 0},
    {HWY_SSE4, bits(1, 19, 20, 25), 0, 0, 0},  // PCLMUL, SSE4.1, SSE4.2, AES
    {HWY_AVX2, bits(12, 27, 28, 29), bits(3, 5, 8), 0,
     bits(1, 2)},                                           // FMA, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2
    {HWY_AVX3, 0, bits(16, 17, 30, 31), 0, bits(5, 6, 7)},  // AVX512 F, DQ, BW, VL
    // VBMI, VBMI2, GFNI, VAES, VPCLMULQDQ, VNNI, BITALG, VPOPCNTDQ
    {HWY_AVX3_DL, 0, 0, bits(1, 6, 8, 9, 10, 11, 12, 14), 0},
};

uint32_t kept_state() {
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

int64_t vector_targets() {
  uint32_t eax = 0, edx = 0, leaf_1_ecx = 0, leaf_7_ebx = 0, leaf_7_ecx = 0, unused = 0;
  __get_cpuid(1, &eax, &unused, &leaf_1_ecx, &edx);
  __get_cpuid_count(7, 0, &eax, &leaf_7_ebx, &leaf_7_ecx, &edx);
  const uint32_t state = leaf_1_ecx & bits(27) ? kept_state() : 0;  // OSXSAVE: the instruction exists
  const auto all = [](uint32_t has, uint32_t needed) { return (has & needed) == needed; };
  int64_t targets = 0;
  for (const Needs& set : kSets) {
    if (!all(leaf_1_ecx, set.leaf_1_ecx) || !all(leaf_7_ebx, set.leaf_7_ebx) ||
        !all(leaf_7_ecx, set.leaf_7_ecx) || !all(state, set.state)) {
      break;
    }
    targets |= set.target;
  }
  return targets;
}

#else

int64_t vector_targets() { return HWY_ENABLED_BASELINE; }  // what the compiler may take for granted, as NEON

#endif

}  // namespace

namespace hwy {

int64_t SupportedTargets() {
  static const int64_t targets = vector_targets() | HWY_ENABLED_BASELINE | HWY_EMU128 | HWY_SCALAR;
  return targets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

// What a failed assertion of Highway's calls, where these are compiled: under sanitizers.
HWY_NORETURN void Abort(const char* file, int line, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  std::fprintf(stderr, "%s:%d: ", file, line);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::abort();
}

}  // namespace hwy
