// Texts in chunks that do not depend on the number of threads, so that what is made of them does not either.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lamina/base/threads.h"

namespace lamina::detail {

/// Texts a chunk has.
inline constexpr size_t kChunk = 128;

/// Chunks of so many texts.
inline int64_t chunks_of(size_t texts) { return static_cast<int64_t>((texts + kChunk - 1) / kChunk); }

/// Calls body(chunk, begin, end) for the texts [begin, end) of each chunk, on several threads.
template <class Body>
void for_each_chunk(size_t texts, Body&& body) {
  constexpr double kNanosecondsPerText = 5000;
  lamina::parallel_parts(chunks_of(texts), static_cast<double>(texts) * kNanosecondsPerText,
                         [&](int64_t first, int64_t last) {
                           for (int64_t chunk = first; chunk < last; ++chunk) {
                             const size_t begin = static_cast<size_t>(chunk) * kChunk;
                             body(static_cast<size_t>(chunk), begin, std::min(begin + kChunk, texts));
                           }
                         });
}

}  // namespace lamina::detail
