// The tables of GGUF's types IQ1, IQ2 and IQ3, as the format has them. Internal header.
#pragma once

#include <cstdint>

namespace lamina::detail {

/// Eight elements an entry, two bits each, the first in the lowest: 0, 1, 2 stand for 8, 25, 43, or for -1, 0, 1 in kGgufGrid1.
extern const uint16_t kGgufGrid2Xxs[256], kGgufGrid2Xs[512], kGgufGrid2S[1024], kGgufGrid1[2048];
/// Four elements an entry, three bits each.
extern const uint16_t kGgufGrid3Xxs[256], kGgufGrid3S[512];

}  // namespace lamina::detail
