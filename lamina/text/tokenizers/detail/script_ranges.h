// The writing systems of characters, as ranges.
#pragma once

#include <cstdint>
#include <span>

namespace lamina::detail::tokenizers {

struct ScriptRange {
  uint32_t first, last;
  uint8_t script;  ///< 1, 2, ...: which one, not what it is called
};

/// In order. Characters in none of them belong to any script: spaces, and those that Unicode does not have.
std::span<const ScriptRange> script_ranges();

}  // namespace lamina::detail::tokenizers
