// GGUF's blocks of 256 elements: parts of 16 or 32, each with a scale of its own in a few bits.
#include <algorithm>
#include <cmath>

#include "lamina/formats/detail/gguf_blocks.h"

namespace lamina::detail {
namespace {

constexpr int kBlock = 256;

// Eight scales and eight minima of six bits in twelve bytes.
void scale_and_least(const uint8_t* packed, int part, int& scale, int& least) {
  if (part < 4) {
    scale = packed[part] & 63;
    least = packed[part + 4] & 63;
  } else {
    scale = (packed[part + 4] & 15) | ((packed[part - 4] >> 6) << 4);
    least = (packed[part + 4] >> 4) | ((packed[part] >> 6) << 4);
  }
}

}  // namespace

void unpack_q2_k(const uint8_t* block, float* out) {
  const uint8_t* const scales = block;
  const uint8_t* bits = block + 16;
  const float scale = half_at(block + 80), least = half_at(block + 82);
  for (int half = 0, part = 0; half < 2; ++half, bits += 32) {
    for (int shift = 0; shift < 8; shift += 2) {
      for (int side = 0; side < 32; side += 16, ++part) {
        const float step = scale * as_float(scales[part] & 15), below = least * as_float(scales[part] >> 4);
        for (int i = 0; i < 16; ++i) *out++ = step * as_float((bits[side + i] >> shift) & 3) - below;
      }
    }
  }
}

void unpack_q3_k(const uint8_t* block, float* out) {
  const uint8_t* const high = block;
  const uint8_t* bits = block + 32;
  const uint8_t* const packed = block + 96;
  const float scale = half_at(block + 108);
  int scales[16];  // four bits of each, then two more of four at a time
  for (int i = 0; i < 16; ++i) {
    const int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4;
    scales[i] = (low | (((packed[8 + i % 4] >> (2 * (i / 4))) & 3) << 4)) - 32;
  }
  for (int half = 0, part = 0, bit = 1; half < 2; ++half, bits += 32) {
    for (int shift = 0; shift < 8; shift += 2, bit <<= 1) {
      for (int side = 0; side < 32; side += 16, ++part) {
        const float step = scale * as_float(scales[part]);
        for (int i = side; i < side + 16; ++i)
          *out++ = step * as_float(((bits[i] >> shift) & 3) - ((high[i] & bit) ? 0 : 4));
      }
    }
  }
}

void unpack_q4_k(const uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const uint8_t* bits = block + 16;
  for (int part = 0; part < 8; ++part) {
    int own_scale = 0, own_least = 0;
    scale_and_least(block + 4, part, own_scale, own_least);
    const float step = scale * as_float(own_scale), below = least * as_float(own_least);
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; ++i) *out++ = step * as_float((bits[i] >> shift) & 15) - below;
    if (part % 2 == 1) bits += 32;
  }
}

void unpack_q5_k(const uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const uint8_t* const high = block + 16;
  const uint8_t* bits = block + 48;
  for (int part = 0; part < 8; ++part) {
    int own_scale = 0, own_least = 0;
    scale_and_least(block + 4, part, own_scale, own_least);
    const float step = scale * as_float(own_scale), below = least * as_float(own_least);
    const int shift = part % 2 * 4;
    for (int i = 0; i < 32; ++i)
      *out++ = step * as_float(((bits[i] >> shift) & 15) | (((high[i] >> part) & 1) << 4)) - below;
    if (part % 2 == 1) bits += 32;
  }
}

void unpack_q6_k(const uint8_t* block, float* out) {
  const uint8_t *low = block, *high = block + 128, *scales = block + 192;
  const float scale = half_at(block + 208);
  for (int half = 0; half < 2; ++half, low += 64, high += 32, scales += 8) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      for (int i = 0; i < 32; ++i) {
        const int four = low[i + quarter % 2 * 32] >> (quarter / 2 * 4) & 15;
        const int value = (four | ((high[i] >> (2 * quarter)) & 3) << 4) - 32;
        *out++ = scale * as_float(static_cast<int8_t>(scales[i / 16 + 2 * quarter])) * as_float(value);
      }
    }
  }
}

// ---- Packing ----------------------------------------------------------------------------------------------
namespace {

/// Whole steps of a part: x is about scale * q - least, or scale * q where `least` is not asked for.
struct Steps {
  float scale = 0, least = 0;
};

int nearest(float x, int low, int high) {
  const float rounded = std::nearbyint(x);
  return rounded <= as_float(low) ? low : rounded >= as_float(high) ? high : static_cast<int>(rounded);
}

double squares(const float* x, int n, const Steps& steps, int low, int high) {
  const float factor = steps.scale == 0 ? 0 : 1 / steps.scale;
  double total = 0;
  for (int i = 0; i < n; ++i) {
    const int q = nearest((number(x[i]) + steps.least) * factor, low, high);
    const double off = static_cast<double>(steps.scale * as_float(q) - steps.least - number(x[i]));
    total += off * off;
  }
  return total;
}

/// The scale and the least by which `x` loses least: from each of a few guesses to the best line through what they round
/// to.
/// @param shifts  whether steps begin at a number of their own, never above 0
Steps best_steps(const float* x, int n, int low, int high, bool shifts) {
  float least = 0, most = 0, largest = 0;
  for (int i = 0; i < n; ++i) {
    const float value = number(x[i]);
    least = std::min(least, value);
    most = std::max(most, value);
    if (std::abs(value) > std::abs(largest)) largest = value;
  }
  if (most == least) return {};
  Steps best;
  double lost = -1;
  const auto consider = [&](const Steps& steps) {
    const double now = squares(x, n, steps, low, high);
    if (lost < 0 || now < lost) {
      lost = now;
      best = steps;
    }
  };
  constexpr int kGuesses = 6;
  for (int guess = -kGuesses; guess <= kGuesses; ++guess) {
    const float reach = 1 + 0.04f * as_float(guess);
    // Without a least the range of one side is one step longer: the largest element, with its sign, goes there.
    Steps steps = shifts ? Steps{(most - least) / as_float(high - low) * reach, -least}
                         : Steps{largest / as_float(low) * reach, 0};
    consider(steps);
    double count = 0, sum_q = 0, sum_qq = 0, sum_x = 0, sum_qx = 0;
    for (int i = 0; i < n; ++i) {
      const double value = static_cast<double>(number(x[i]));
      const double q = nearest((number(x[i]) + steps.least) / steps.scale, low, high);
      ++count, sum_q += q, sum_qq += q * q, sum_x += value, sum_qx += q * value;
    }
    const double spread = count * sum_qq - sum_q * sum_q;
    if (shifts && spread > 0) {
      const double scale = (count * sum_qx - sum_q * sum_x) / spread, shift = (scale * sum_q - sum_x) / count;
      if (scale > 0 && shift >= 0) {
        steps = {static_cast<float>(scale), static_cast<float>(shift)};
      } else if (sum_qq > 0 && sum_qx > 0) {
        steps = {static_cast<float>(sum_qx / sum_qq), 0};
      }
      consider(steps);
    } else if (!shifts && sum_qq > 0 && sum_qx != 0) {
      consider({static_cast<float>(sum_qx / sum_qq), 0});
    }
  }
  return best;
}

/// The numbers of all parts in whole steps of one number that is written in 16 bits.
struct Whole {
  int each[16];
  float unit;  ///< as it is read back
};

/// @param values  one for each part
/// @param low     0, or the number of the largest magnitude where values have signs
Whole whole_steps(const float* values, int parts, int low, int high, uint8_t* unit) {
  float largest = 0;
  for (int i = 0; i < parts; ++i) {
    if (std::abs(values[i]) > std::abs(largest)) largest = values[i];
  }
  Whole result{};
  result.unit = put_half(unit, low < 0 ? largest / as_float(low) : largest / as_float(high));
  if (!std::isfinite(result.unit)) result.unit = put_half(unit, 0);
  for (int i = 0; i < parts; ++i)
    result.each[i] = result.unit == 0 ? 0 : nearest(values[i] / result.unit, low, high);
  return result;
}

/// The elements of a part in the steps that were written.
int in_steps(float x, float step, float below, int low, int high) {
  return step == 0 ? std::clamp(0, low, high) : nearest((number(x) + below) / step, low, high);
}

/// Q4_K and Q5_K: eight parts of 32 with scale and least in six bits each.
void pack_parts(const float* x, uint8_t* block, int most, int (&q)[kBlock]) {
  float scales[8], leasts[8];
  for (int part = 0; part < 8; ++part) {
    const Steps steps = best_steps(x + 32 * part, 32, 0, most, true);
    scales[part] = steps.scale;
    leasts[part] = steps.least;
  }
  const Whole scale = whole_steps(scales, 8, 0, 63, block), least = whole_steps(leasts, 8, 0, 63, block + 2);
  uint8_t* const packed = block + 4;
  for (int part = 0; part < 4; ++part) {
    packed[part] = static_cast<uint8_t>(scale.each[part] | (scale.each[part + 4] >> 4) << 6);
    packed[part + 4] = static_cast<uint8_t>(least.each[part] | (least.each[part + 4] >> 4) << 6);
    packed[part + 8] = static_cast<uint8_t>((scale.each[part + 4] & 15) | (least.each[part + 4] & 15) << 4);
  }
  for (int i = 0; i < kBlock; ++i) {
    const int part = i / 32;
    q[i] = in_steps(x[i], scale.unit * as_float(scale.each[part]), least.unit * as_float(least.each[part]), 0, most);
  }
}

}  // namespace

void pack_q4_k(const float* x, uint8_t* block) {
  int q[kBlock];
  pack_parts(x, block, 15, q);
  for (int i = 0; i < 128; ++i) {
    const int at = i / 32 * 64 + i % 32;
    block[16 + i] = static_cast<uint8_t>(q[at] | q[at + 32] << 4);
  }
}

void pack_q5_k(const float* x, uint8_t* block) {
  int q[kBlock];
  pack_parts(x, block, 31, q);
  for (int i = 0; i < 32; ++i) {
    int high = 0;
    for (int part = 0; part < 8; ++part) high |= q[32 * part + i] >> 4 << part;
    block[16 + i] = static_cast<uint8_t>(high);
  }
  for (int i = 0; i < 128; ++i) {
    const int at = i / 32 * 64 + i % 32;
    block[48 + i] = static_cast<uint8_t>((q[at] & 15) | (q[at + 32] & 15) << 4);
  }
}

void pack_q6_k(const float* x, uint8_t* block) {
  float scales[16];
  for (int part = 0; part < 16; ++part) scales[part] = best_steps(x + 16 * part, 16, -32, 31, false).scale;
  const Whole scale = whole_steps(scales, 16, -128, 127, block + 208);
  uint8_t *low = block, *high = block + 128;
  for (int part = 0; part < 16; ++part) block[192 + part] = static_cast<uint8_t>(static_cast<int8_t>(scale.each[part]));
  const auto at = [&](int i) {
    return in_steps(x[i], scale.unit * as_float(scale.each[i / 16]), 0, -32, 31) + 32;
  };
  for (int half = 0; half < 2; ++half, low += 64, high += 32) {
    for (int i = 0; i < 32; ++i) {
      int q[4];
      for (int quarter = 0; quarter < 4; ++quarter) q[quarter] = at(128 * half + 32 * quarter + i);
      low[i] = static_cast<uint8_t>((q[0] & 15) | (q[2] & 15) << 4);
      low[i + 32] = static_cast<uint8_t>((q[1] & 15) | (q[3] & 15) << 4);
      high[i] = static_cast<uint8_t>(q[0] >> 4 | q[1] >> 4 << 2 | q[2] >> 4 << 4 | q[3] >> 4 << 6);
    }
  }
}

void pack_q3_k(const float* x, uint8_t* block) {
  float scales[16];
  for (int part = 0; part < 16; ++part) scales[part] = best_steps(x + 16 * part, 16, -4, 3, false).scale;
  const Whole scale = whole_steps(scales, 16, -32, 31, block + 108);
  std::memset(block, 0, 108);
  for (int part = 0; part < 16; ++part) {
    const int own = scale.each[part] + 32;
    block[96 + part % 8] |= static_cast<uint8_t>((own & 15) << (part < 8 ? 0 : 4));
    block[104 + part % 4] |= static_cast<uint8_t>((own >> 4) << (2 * (part / 4)));
  }
  for (int i = 0; i < kBlock; ++i) {
    const int q = in_steps(x[i], scale.unit * as_float(scale.each[i / 16]), 0, -4, 3) + 4;
    const int half = i / 128, quarter = i % 128 / 32, column = i % 32;
    block[32 + 32 * half + column] |= static_cast<uint8_t>((q & 3) << (2 * quarter));
    block[column] |= static_cast<uint8_t>((q >> 2) << (4 * half + quarter));
  }
}

void pack_q2_k(const float* x, uint8_t* block) {
  float scales[16], leasts[16];
  for (int part = 0; part < 16; ++part) {
    const Steps steps = best_steps(x + 16 * part, 16, 0, 3, true);
    scales[part] = steps.scale;
    leasts[part] = steps.least;
  }
  const Whole scale = whole_steps(scales, 16, 0, 15, block + 80), least = whole_steps(leasts, 16, 0, 15, block + 82);
  std::memset(block, 0, 80);
  for (int part = 0; part < 16; ++part) block[part] = static_cast<uint8_t>(scale.each[part] | least.each[part] << 4);
  for (int i = 0; i < kBlock; ++i) {
    const int part = i / 16, half = i / 128, quarter = i % 128 / 32;
    const int q = in_steps(x[i], scale.unit * as_float(scale.each[part]), least.unit * as_float(least.each[part]), 0, 3);
    block[16 + 32 * half + i % 32] |= static_cast<uint8_t>(q << (2 * quarter));
  }
}

}  // namespace lamina::detail
