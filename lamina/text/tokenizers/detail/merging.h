// Merging: the loop of byte-pair encoding over the symbols of one piece.
#pragma once

#include <cstdint>
#include <vector>

#include "lamina/text/tokenizers/detail/pair_table.h"

namespace lamina::detail::tokenizers {

/// A symbol and how many bytes it covers.
struct Symbol {
  int32_t id;
  uint32_t size;
};

/// Merges neighbours until none can be, always those of the lowest rank, of several the leftmost.
/// @param dropout  probability that a merge is passed over; the draws follow `seed`.
void merge_symbols(std::vector<Symbol>& symbols, const PairTable& merges, double dropout, uint64_t seed);

}  // namespace lamina::detail::tokenizers
