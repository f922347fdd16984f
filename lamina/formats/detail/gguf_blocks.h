// Blocks of GGUF's types: what they share, and those that have files of their own. Internal header.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "lamina/base/dtype.h"

namespace lamina::detail {

inline float half_at(const uint8_t* at) {
  Float16 value;
  std::memcpy(&value.bits, at, 2);
  return static_cast<float>(value);
}

/// The number as it is read back.
inline float put_half(uint8_t* at, float value) {
  const Float16 half(value);
  std::memcpy(at, &half.bits, 2);
  return static_cast<float>(half);
}

inline float as_float(int value) { return static_cast<float>(value); }

/// What is no number counts as 0, so that the other elements keep their own.
inline float number(float x) { return std::isfinite(x) ? x : 0; }

inline uint32_t word_at(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return value;
}
inline unsigned half_word_at(const uint8_t* at) { return at[0] | static_cast<unsigned>(at[1]) << 8; }
/// Four bits, the first of a byte in its lower half.
inline int nibble(const uint8_t* at, int place) { return (at[place / 2] >> (4 * (place % 2))) & 15; }

void unpack_q2_k(const uint8_t* block, float* out);
void unpack_q3_k(const uint8_t* block, float* out);
void unpack_q4_k(const uint8_t* block, float* out);
void unpack_q5_k(const uint8_t* block, float* out);
void unpack_q6_k(const uint8_t* block, float* out);

void unpack_iq1_s(const uint8_t* block, float* out);
void unpack_iq1_m(const uint8_t* block, float* out);
void unpack_iq2_xxs(const uint8_t* block, float* out);
void unpack_iq2_xs(const uint8_t* block, float* out);
void unpack_iq2_s(const uint8_t* block, float* out);
void unpack_iq3_xxs(const uint8_t* block, float* out);
void unpack_iq3_s(const uint8_t* block, float* out);

void unpack_tq1_0(const uint8_t* block, float* out);
void unpack_tq2_0(const uint8_t* block, float* out);
void unpack_mxfp4(const uint8_t* block, float* out);  ///< of 32 elements
void unpack_nvfp4(const uint8_t* block, float* out);  ///< of 64
/// As ggml's reference does, bit for bit.
void pack_tq1_0(const float* x, uint8_t* block);
void pack_tq2_0(const float* x, uint8_t* block);
void pack_mxfp4(const float* x, uint8_t* block);

/// The format leaves open which of the possible blocks is written: these look for the least sum of squares.
void pack_q2_k(const float* x, uint8_t* block);
void pack_q3_k(const float* x, uint8_t* block);
void pack_q4_k(const float* x, uint8_t* block);
void pack_q5_k(const float* x, uint8_t* block);
void pack_q6_k(const float* x, uint8_t* block);

}  // namespace lamina::detail
