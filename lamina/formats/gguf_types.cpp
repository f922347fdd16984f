// Blocks of quantised elements, as https://github.com/ggml-org/ggml lays them out: scales first, in 16 bits,
// then the elements' few bits, the two halves of a block in the two halves of each byte.
#include "lamina/formats/detail/gguf_types.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lamina/base/detail/text.h"
#include "lamina/formats/detail/gguf_blocks.h"

namespace lamina::detail {
namespace {

// ---- Blocks of 32 -----------------------------------------------------------------------------------------

void unpack_q4_0(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = as_float((block[2 + i] & 15) - 8) * scale;
    out[i + 16] = as_float((block[2 + i] >> 4) - 8) * scale;
  }
}

void unpack_q4_1(const uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = as_float(block[4 + i] & 15) * scale + least;
    out[i + 16] = as_float(block[4 + i] >> 4) * scale + least;
  }
}

// The fifth bits of all 32 elements stand together.
int fifth(uint32_t high, int element) { return static_cast<int>((high >> element) & 1) << 4; }

void unpack_q5_0(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const uint32_t high = word_at(block + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = as_float(((block[6 + i] & 15) | fifth(high, i)) - 16) * scale;
    out[i + 16] = as_float(((block[6 + i] >> 4) | fifth(high, i + 16)) - 16) * scale;
  }
}

void unpack_q5_1(const uint8_t* block, float* out) {
  const float scale = half_at(block), least = half_at(block + 2);
  const uint32_t high = word_at(block + 4);
  for (int i = 0; i < 16; ++i) {
    out[i] = as_float((block[8 + i] & 15) | fifth(high, i)) * scale + least;
    out[i + 16] = as_float((block[8 + i] >> 4) | fifth(high, i + 16)) * scale + least;
  }
}

void unpack_q8_0(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  for (int i = 0; i < 32; ++i) out[i] = as_float(static_cast<int8_t>(block[2 + i])) * scale;
}

constexpr int8_t kNonLinear[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

void unpack_iq4_nl(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * as_float(kNonLinear[block[2 + i] & 15]);
    out[i + 16] = scale * as_float(kNonLinear[block[2 + i] >> 4]);
  }
}

// ---- One of 256, of which each part of 32 has a scale in six bits
// ---------------------------------------------

void unpack_iq4_xs(const uint8_t* block, float* out) {
  const float scale = half_at(block);
  const unsigned high = half_word_at(block + 2);
  const uint8_t* bits = block + 8;
  for (int part = 0; part < 8; ++part, bits += 16, out += 32) {
    const int own = nibble(block + 4, part) | static_cast<int>(((high >> (2 * part)) & 3) << 4);
    const float step = scale * as_float(own - 32);
    for (int i = 0; i < 16; ++i) {
      out[i] = step * as_float(kNonLinear[bits[i] & 15]);
      out[i + 16] = step * as_float(kNonLinear[bits[i] >> 4]);
    }
  }
}

// ---- Packing: as ggml's reference does, bit for bit -------------------------------------------------------

float inverse(float scale) { return scale == 0 ? 0 : 1 / scale; }

// NaN is no number between: it becomes the least.
int clip(double value, int most) { return value >= most ? most : value > 0 ? static_cast<int>(value) : 0; }

// The element of largest magnitude, with its sign.
float extreme(const float* x) {
  float found = 0;
  for (int i = 0; i < 32; ++i) {
    if (std::abs(x[i]) > std::abs(found)) found = x[i];
  }
  return found;
}

int symmetric(float value, float factor, int half) {
  return clip(static_cast<double>(value) * static_cast<double>(factor) + half + 0.5, 2 * half - 1);
}

void pack_q4_0(const float* x, uint8_t* block) {
  const float scale = extreme(x) / -8, factor = inverse(scale);
  put_half(block, scale);
  for (int i = 0; i < 16; ++i)
    block[2 + i] = static_cast<uint8_t>(symmetric(x[i], factor, 8) | symmetric(x[i + 16], factor, 8) << 4);
}

void pack_q5_0(const float* x, uint8_t* block) {
  const float scale = extreme(x) / -16, factor = inverse(scale);
  put_half(block, scale);
  uint32_t high = 0;
  for (int i = 0; i < 16; ++i) {
    const int a = symmetric(x[i], factor, 16), b = symmetric(x[i + 16], factor, 16);
    block[6 + i] = static_cast<uint8_t>((a & 15) | (b & 15) << 4);
    high |= static_cast<uint32_t>(a >> 4) << i | static_cast<uint32_t>(b >> 4) << (i + 16);
  }
  std::memcpy(block + 2, &high, 4);
}

struct Range {
  float least, scale, factor;
};
Range range_of(const float* x, int steps) {
  const auto [least, most] = std::minmax_element(x, x + 32);
  const float scale = (*most - *least) / as_float(steps);
  return {*least, scale, inverse(scale)};
}
int between(float value, const Range& range, int most) {
  return clip(static_cast<double>((value - range.least) * range.factor + 0.5f), most);
}

void pack_q4_1(const float* x, uint8_t* block) {
  const Range range = range_of(x, 15);
  put_half(block, range.scale);
  put_half(block + 2, range.least);
  for (int i = 0; i < 16; ++i)
    block[4 + i] = static_cast<uint8_t>(between(x[i], range, 15) | between(x[i + 16], range, 15) << 4);
}

void pack_q5_1(const float* x, uint8_t* block) {
  const Range range = range_of(x, 31);
  put_half(block, range.scale);
  put_half(block + 2, range.least);
  uint32_t high = 0;
  for (int i = 0; i < 16; ++i) {
    const int a = between(x[i], range, 31), b = between(x[i + 16], range, 31);
    block[8 + i] = static_cast<uint8_t>((a & 15) | (b & 15) << 4);
    high |= static_cast<uint32_t>(a >> 4) << i | static_cast<uint32_t>(b >> 4) << (i + 16);
  }
  std::memcpy(block + 4, &high, 4);
}

void pack_q8_0(const float* x, uint8_t* block) {
  const float scale = std::abs(extreme(x)) / 127, factor = inverse(scale);
  put_half(block, scale);
  for (int i = 0; i < 32; ++i) {
    const float value = std::round(x[i] * factor);
    const float clipped = value >= -127 ? std::min(value, 127.0f) : value < -127 ? -127.0f : 0.0f;
    block[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(clipped));
  }
}

constexpr GgufType kTypes[] = {
    {0, "F32", DType::kFloat32, 1, 4},
    {1, "F16", DType::kFloat16, 1, 2},
    {30, "BF16", DType::kBFloat16, 1, 2},
    {28, "F64", DType::kFloat64, 1, 8},
    {24, "I8", DType::kInt8, 1, 1},
    {25, "I16", DType::kInt16, 1, 2},
    {26, "I32", DType::kInt32, 1, 4},
    {27, "I64", DType::kInt64, 1, 8},
    {2, "Q4_0", DType::kFloat32, 32, 18, unpack_q4_0, pack_q4_0},
    {3, "Q4_1", DType::kFloat32, 32, 20, unpack_q4_1, pack_q4_1},
    {6, "Q5_0", DType::kFloat32, 32, 22, unpack_q5_0, pack_q5_0},
    {7, "Q5_1", DType::kFloat32, 32, 24, unpack_q5_1, pack_q5_1},
    {8, "Q8_0", DType::kFloat32, 32, 34, unpack_q8_0, pack_q8_0},
    {20, "IQ4_NL", DType::kFloat32, 32, 18, unpack_iq4_nl},
    {39, "MXFP4", DType::kFloat32, 32, 17, unpack_mxfp4, pack_mxfp4},
    {40, "NVFP4", DType::kFloat32, 64, 36, unpack_nvfp4},
    {10, "Q2_K", DType::kFloat32, 256, 84, unpack_q2_k, pack_q2_k},
    {11, "Q3_K", DType::kFloat32, 256, 110, unpack_q3_k, pack_q3_k},
    {12, "Q4_K", DType::kFloat32, 256, 144, unpack_q4_k, pack_q4_k},
    {13, "Q5_K", DType::kFloat32, 256, 176, unpack_q5_k, pack_q5_k},
    {14, "Q6_K", DType::kFloat32, 256, 210, unpack_q6_k, pack_q6_k},
    {16, "IQ2_XXS", DType::kFloat32, 256, 66, unpack_iq2_xxs},
    {17, "IQ2_XS", DType::kFloat32, 256, 74, unpack_iq2_xs},
    {18, "IQ3_XXS", DType::kFloat32, 256, 98, unpack_iq3_xxs},
    {19, "IQ1_S", DType::kFloat32, 256, 50, unpack_iq1_s},
    {21, "IQ3_S", DType::kFloat32, 256, 110, unpack_iq3_s},
    {22, "IQ2_S", DType::kFloat32, 256, 82, unpack_iq2_s},
    {23, "IQ4_XS", DType::kFloat32, 256, 136, unpack_iq4_xs},
    {29, "IQ1_M", DType::kFloat32, 256, 56, unpack_iq1_m},
    {34, "TQ1_0", DType::kFloat32, 256, 54, unpack_tq1_0, pack_tq1_0},
    {35, "TQ2_0", DType::kFloat32, 256, 66, unpack_tq2_0, pack_tq2_0},
};

struct Name {
  uint32_t number;
  const char* name;
};
constexpr Name kUnread[] = {{9, "Q8_1"}, {15, "Q8_K"}};  // of values on the way, which no file holds

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

const GgufType* find_gguf_type(uint32_t number) {
  const auto* const found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                         [&](const GgufType& t) { return t.number == number; });
  return found == std::end(kTypes) ? nullptr : found;
}

const GgufType* find_gguf_packing(const std::string& name) {
  const std::string wanted = lower(name);
  const auto* const found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const GgufType& t) {
    return t.pack && wanted == lower(t.name);
  });
  return found == std::end(kTypes) ? nullptr : found;
}

std::vector<std::string> gguf_packings() {
  std::vector<std::string> names;
  for (const GgufType& type : kTypes) {
    if (type.pack) names.push_back(lower(type.name));
  }
  return names;
}

const GgufType* find_gguf_plain(DType dtype) {
  const auto* const found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                         [&](const GgufType& t) { return !t.unpack && t.dtype == dtype; });
  return found == std::end(kTypes) ? nullptr : found;
}

std::string gguf_type_name(uint32_t number) {
  for (const Name& one : kUnread) {
    if (one.number == number) return one.name;
  }
  return "type " + std::to_string(number);
}

}  // namespace lamina::detail
