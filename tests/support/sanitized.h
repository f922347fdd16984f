// Whether this build runs under a sanitizer, which makes all code slower by a large factor.
#pragma once

namespace lamina::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAMINA_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LAMINA_SANITIZED 1
#endif
#endif

#ifdef LAMINA_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace lamina::test
