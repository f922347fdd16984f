// GGUF's blocks whose elements are taken eight or four at a time from a table of the format: one number says
// which, another which of them are negative.
#include "lamina/formats/detail/gguf_blocks.h"
#include "lamina/formats/detail/gguf_grids.h"

namespace lamina::detail {
namespace {

constexpr int kParts = 8;  // of 32 elements each

constexpr float kTwoBits[] = {8, 25, 43};
constexpr float kThreeBitsWide[] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr float kThreeBits[] = {1, 3, 5, 7, 9, 11, 13, 15};

// Of seven signs the eighth follows: an even number of them are negative.
unsigned with_eighth(unsigned seven) { return seven | static_cast<unsigned>(__builtin_parity(seven)) << 7; }

/// Eight elements, two bits each.
void write_eight(unsigned entry, unsigned signs, float step, float* out) {
  for (int i = 0; i < 8; ++i)
    out[i] = step * kTwoBits[(entry >> (2 * i)) & 3] * ((signs >> i) & 1 ? -1.0f : 1.0f);
}

/// Eight elements, three bits each: two entries of four.
void write_four_twice(unsigned first, unsigned second, const float (&values)[8], unsigned signs, float step,
                      float* out) {
  for (int i = 0; i < 8; ++i) {
    const unsigned entry = i < 4 ? first : second;
    out[i] = step * values[(entry >> (3 * (i % 4))) & 7] * ((signs >> i) & 1 ? -1.0f : 1.0f);
  }
}

/// Eight of -1, 0 and 1, two bits each, all moved by a little.
void write_eight_moved(unsigned index, bool down, float step, float* out) {
  for (int i = 0; i < 8; ++i)
    out[i] = step *
             (as_float(static_cast<int>((kGgufGrid1[index] >> (2 * i)) & 3) - 1) + (down ? -0.125f : 0.125f));
}

}  // namespace

void unpack_iq2_xxs(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t* at = block + 2;
  for (int part = 0; part < kParts; ++part, at += 8) {
    const uint32_t rest = word_at(at + 4);
    const float step = scale * (0.5f + as_float(static_cast<int>(rest >> 28))) * 0.25f;
    for (int i = 0; i < 4; ++i, out += 8)
      write_eight(kGgufGrid2Xxs[at[i]], with_eighth((rest >> (7 * i)) & 127), step, out);
  }
}

void unpack_iq2_xs(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t *const scales = block + 66, *at = block + 2;
  for (int i = 0; i < 32; ++i, at += 2, out += 8) {
    const float step = scale * (0.5f + as_float(nibble(scales, i / 2))) * 0.25f;
    write_eight(kGgufGrid2Xs[half_word_at(at) & 511], with_eighth(half_word_at(at) >> 9), step, out);
  }
}

void unpack_iq2_s(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t *const low = block + 2, *const signs = block + 34, *const high = block + 66,
                       *const scales = block + 74;
  for (int i = 0; i < 32; ++i, out += 8) {
    const float step = scale * (0.5f + as_float(nibble(scales, i / 2))) * 0.25f;
    write_eight(kGgufGrid2S[low[i] | ((high[i / 4] >> (2 * (i % 4))) & 3) << 8], signs[i], step, out);
  }
}

void unpack_iq3_xxs(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t *at = block + 2, *rests = block + 66;
  for (int part = 0; part < kParts; ++part, rests += 4) {
    const uint32_t rest = word_at(rests);
    const float step = scale * (0.5f + as_float(static_cast<int>(rest >> 28))) * 0.5f;
    for (int i = 0; i < 4; ++i, at += 2, out += 8)
      write_four_twice(kGgufGrid3Xxs[at[0]], kGgufGrid3Xxs[at[1]], kThreeBitsWide,
                       with_eighth((rest >> (7 * i)) & 127), step, out);
  }
}

void unpack_iq3_s(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t *const low = block + 2, *const high = block + 66, *const signs = block + 74,
                       *const scales = block + 106;
  const auto entry = [&](int i) { return kGgufGrid3S[low[i] | ((high[i / 8] >> (i % 8)) & 1) << 8]; };
  for (int i = 0; i < 32; ++i, out += 8) {
    const float step = scale * as_float(1 + 2 * nibble(scales, i / 4));
    write_four_twice(entry(2 * i), entry(2 * i + 1), kThreeBits, signs[i], step, out);
  }
}

void unpack_iq1_s(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint8_t* const low = block + 2;
  for (int i = 0; i < 32; ++i, out += 8) {
    const unsigned rest = half_word_at(block + 34 + i / 4 * 2);
    const float step = scale * as_float(static_cast<int>(2 * ((rest >> 12) & 7) + 1));
    write_eight_moved(low[i] | ((rest >> (3 * (i % 4))) & 7) << 8, (rest & 0x8000) != 0, step, out);
  }
}

void unpack_iq1_m(const uint8_t* block, float* out) {
  const uint8_t *const low = block, *const high = block + 32, *const scales = block + 48;
  // The scale of all stands in the highest four bits of each of these.
  uint8_t whole[2] = {};
  for (int i = 0; i < 4; ++i)
    whole[i / 2] = static_cast<uint8_t>(whole[i / 2] | (half_word_at(scales + 2 * i) >> 12) << (4 * (i % 2)));
  const float scale = half_at(whole);
  for (int i = 0; i < 32; ++i, out += 8) {
    const unsigned own = (half_word_at(scales + i / 8 * 2) >> (3 * (i / 2 % 4))) & 7,
                   rest = static_cast<unsigned>(nibble(high, i));
    write_eight_moved(low[i] | (rest & 7) << 8, (rest & 8) != 0,
                      scale * as_float(static_cast<int>(2 * own + 1)), out);
  }
}

}  // namespace lamina::detail
