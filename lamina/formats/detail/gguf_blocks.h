// Blocks of GGUF's types: what they share, and the blocks of 256 elements. Internal header.
#pragma once

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

void unpack_q2_k(const uint8_t* block, float* out);
void unpack_q3_k(const uint8_t* block, float* out);
void unpack_q4_k(const uint8_t* block, float* out);
void unpack_q5_k(const uint8_t* block, float* out);
void unpack_q6_k(const uint8_t* block, float* out);

/// The format leaves open which of the possible blocks is written: these look for the least sum of squares.
void pack_q2_k(const float* x, uint8_t* block);
void pack_q3_k(const float* x, uint8_t* block);
void pack_q4_k(const float* x, uint8_t* block);
void pack_q5_k(const float* x, uint8_t* block);
void pack_q6_k(const float* x, uint8_t* block);

}  // namespace lamina::detail
