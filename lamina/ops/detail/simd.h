// Which instruction sets our Highway code is compiled for: SSE4, AVX2 and AVX-512 on x86 (with a plain loop
// for anything older), NEON on Arm. Include before anything of Highway. Internal header.
#pragma once

// Sets that add compile time and no speed to these kernels. AVX3_DL is AVX-512 with products of bytes: files
// that have some say so by LAMINA_BYTE_PRODUCTS.
#ifdef LAMINA_BYTE_PRODUCTS
#define HWY_WANT_AVX3_DL
#define LAMINA_SUPERFLUOUS_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#else
#define LAMINA_SUPERFLUOUS_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#endif

// Sanitizers check the same source whatever the set, and take minutes for each: AVX2 and the baseline will
// do.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAMINA_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LAMINA_SANITIZED
#endif
#endif
#ifdef LAMINA_SANITIZED
#define HWY_DISABLED_TARGETS (LAMINA_SUPERFLUOUS_TARGETS | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS LAMINA_SUPERFLUOUS_TARGETS
#endif
