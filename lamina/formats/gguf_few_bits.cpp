// GGUF's blocks of three values, and of floats in four bits (OCP Microscaling Formats 1.0; NVIDIA's with a
// scale for each 16).
#include <algorithm>
#include <bit>
#include <cmath>

#include "lamina/formats/detail/gguf_blocks.h"

namespace lamina::detail {
namespace {

// A sign, two bits of exponent and one of mantissa: twice the numbers, so that they are whole.
constexpr float kFloat4[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Half of two to the power of exponent - 127.
float half_power(int exponent) {
  const auto e = static_cast<uint32_t>(exponent);
  return std::bit_cast<float>(e < 2 ? uint32_t{0x00200000} << e : (e - 1) << 23);
}

// Half of a number of four bits of exponent and three of mantissa.
float half_of_eight_bits(uint8_t bits) {
  if (bits == 0 || bits == 0x7F) return 0;
  const int exponent = (bits >> 3) & 15, mantissa = bits & 7;
  return 0.5f * (exponent == 0 ? std::ldexp(as_float(mantissa), -9)
                               : std::ldexp(1 + as_float(mantissa) / 8, exponent - 7));
}

float largest(const float* x, int n) {
  float found = 0;
  for (int i = 0; i < n; ++i) found = std::max(found, std::abs(number(x[i])));
  return found;
}

// The five digits to base three of which a byte holds the upper part of a fraction: times three, the next
// digit is what leaves the byte.
int digit(uint8_t byte, int place) {
  constexpr int kPowers[] = {1, 3, 9, 27, 81};
  return static_cast<uint8_t>(byte * kPowers[place]) * 3 >> 8;
}

// 48 columns of five elements, then four of four.
template <class Visit>
void each_ternary(Visit visit) {  // (byte, place, element)
  for (int i = 0; i < 160; ++i) visit(i % 32, i / 32, i);
  for (int i = 0; i < 80; ++i) visit(32 + i % 16, i / 16, 160 + i);
  for (int i = 0; i < 16; ++i) visit(48 + i % 4, i / 4, 240 + i);
}

// -1, 0 or 1 as 0, 1 or 2.
int third(float x, float factor) { return static_cast<int>(std::round(number(x) * factor)) + 1; }

}  // namespace

void unpack_tq1_0(const uint8_t* block, float* out) {
  const float scale = half_at(block + 52);
  each_ternary([&](int byte, int place, int i) { out[i] = scale * as_float(digit(block[byte], place) - 1); });
}

void pack_tq1_0(const float* x, uint8_t* block) {
  const float scale = largest(x, 256), factor = scale == 0 ? 0 : 1 / scale;
  int sums[52] = {};
  each_ternary([&](int byte, int place, int i) {
    constexpr int kPowers[] = {81, 27, 9, 3, 1};
    sums[byte] += third(x[i], factor) * kPowers[place];
  });
  for (int i = 0; i < 52; ++i) block[i] = static_cast<uint8_t>((sums[i] * 256 + 242) / 243);
  put_half(block + 52, scale);
}

void unpack_tq2_0(const uint8_t* block, float* out) {
  const float scale = half_at(block + 64);
  for (int i = 0; i < 256; ++i)
    out[i] = scale * as_float(((block[i / 128 * 32 + i % 32] >> (i % 128 / 32 * 2)) & 3) - 1);
}

void pack_tq2_0(const float* x, uint8_t* block) {
  const float scale = largest(x, 256), factor = scale == 0 ? 0 : 1 / scale;
  std::fill(block, block + 64, uint8_t{0});
  for (int i = 0; i < 256; ++i)
    block[i / 128 * 32 + i % 32] |= static_cast<uint8_t>(third(x[i], factor) << (i % 128 / 32 * 2));
  put_half(block + 64, scale);
}

void unpack_mxfp4(const uint8_t* block, float* out) {
  const float step = half_power(block[0]);
  for (int i = 0; i < 16; ++i) {
    out[i] = step * kFloat4[block[1 + i] & 15];
    out[i + 16] = step * kFloat4[block[1 + i] >> 4];
  }
}

void pack_mxfp4(const float* x, uint8_t* block) {
  const float most = largest(x, 32);
  block[0] = static_cast<uint8_t>(most > 0 ? std::max(0.0f, std::floor(std::log2(most)) - 2 + 127) : 0);
  const float step = half_power(block[0]);
  const auto nearest = [&](float value) {
    int best = 0;
    for (int k = 1; k < 16; ++k) {
      if (std::abs(step * kFloat4[k] - number(value)) < std::abs(step * kFloat4[best] - number(value)))
        best = k;
    }
    return best;
  };
  for (int i = 0; i < 16; ++i) block[1 + i] = static_cast<uint8_t>(nearest(x[i]) | nearest(x[i + 16]) << 4);
}

void unpack_nvfp4(const uint8_t* block, float* out) {
  for (int part = 0; part < 4; ++part, out += 16) {
    const float step = half_of_eight_bits(block[part]);
    for (int i = 0; i < 8; ++i) {
      const uint8_t two = block[4 + 8 * part + i];
      out[i] = step * kFloat4[two & 15];
      out[i + 8] = step * kFloat4[two >> 4];
    }
  }
}

}  // namespace lamina::detail
