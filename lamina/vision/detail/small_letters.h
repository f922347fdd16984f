// Letters of five by seven pixels for texts in pictures. Internal header.
#pragma once

#include <array>
#include <cstdint>

namespace lamina::vision::detail {

inline constexpr int kLetterWidth = 5, kLetterHeight = 7;

/// The seven rows of a character, five bits each, the leftmost one the highest. Small letters look like
/// capital ones;
/// '?' stands for what is not known.
const std::array<uint8_t, 7>& letter_rows(char character);

}  // namespace lamina::vision::detail
