// CRC-32 by folding: V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel 2009. A stretch of bytes is a polynomial; a block of 128 bits of it that stands D bits
// before another may be added to that one when it was multiplied by x^D modulo the checksum's polynomial.
// What is left of all blocks is short, and zlib takes it.
#include "lamina/formats/detail/crc32.h"

#include <zlib.h>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/formats/crc32.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SSE2 || HWY_TARGET == HWY_SSSE3

// Without the multiplication in hardware zlib's tables are faster.
uint32_t update_crc32(uint32_t crc, const uint8_t* bytes, size_t size) {
  return static_cast<uint32_t>(crc32_z(crc, bytes, size));
}

#else

// x^exponent modulo the polynomial, as the product of reflected numbers wants it: its 32 bits in the order of
// the checksum (bit 31 is x^0), one place up.
constexpr uint64_t power(size_t exponent) {
  uint32_t value = uint32_t{1} << 31;
  for (; exponent > 0; --exponent) value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return uint64_t{value} << 1;
}

// One block at a time, whatever the vectors: few processors multiply more than one at once.
uint32_t update_crc32(uint32_t crc, const uint8_t* bytes, size_t size) {
  const hn::FixedTag<uint64_t, 2> d;
  const hn::Repartition<uint8_t, decltype(d)> d8;
  constexpr size_t kBlock = 16, kAtOnce = 4, kStride = kAtOnce * kBlock;
  if (size < 2 * kStride) return static_cast<uint32_t>(crc32_z(crc, bytes, size));
  const auto load = [&](size_t at) { return hn::BitCast(d, hn::LoadU(d8, bytes + at)); };
  // The checksum so far belongs to the first four bytes.
  HWY_ALIGN const uint64_t start[2] = {static_cast<uint32_t>(~crc), 0};
  auto x0 = hn::Xor(load(0), hn::Load(d, start)), x1 = load(kBlock), x2 = load(2 * kBlock),
       x3 = load(3 * kBlock);
  constexpr size_t kBits = 8 * kStride;
  HWY_ALIGN static constexpr uint64_t kPowers[2] = {power(kBits + 32), power(kBits - 32)};
  const auto powers = hn::Load(d, kPowers);
  const auto fold = [&](auto x, size_t at) {
    return hn::Xor(hn::Xor(hn::CLMulLower(x, powers), hn::CLMulUpper(x, powers)), load(at));
  };
  size_t at = kStride;
  for (; size - at >= kStride; at += kStride) {
    x0 = fold(x0, at);
    x1 = fold(x1, at + kBlock);
    x2 = fold(x2, at + 2 * kBlock);
    x3 = fold(x3, at + 3 * kBlock);
  }
  HWY_ALIGN uint64_t left[2 * kAtOnce];
  hn::Store(x0, d, left);
  hn::Store(x1, d, left + 2);
  hn::Store(x2, d, left + 4);
  hn::Store(x3, d, left + 6);
  // zlib begins with the complement of what it is given.
  const uLong folded = crc32_z(0xffffffff, reinterpret_cast<const Bytef*>(left), kStride);
  return static_cast<uint32_t>(crc32_z(folded, bytes + at, size - at));
}

#endif

}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {

HWY_EXPORT(update_crc32);

uint32_t zip_checksum(uint32_t crc, std::string_view bytes) {
  return HWY_DYNAMIC_DISPATCH(update_crc32)(crc, reinterpret_cast<const uint8_t*>(bytes.data()),
                                            bytes.size());
}

uint32_t joined_zip_checksums(uint32_t first, uint32_t second, uint64_t second_size) {
  return static_cast<uint32_t>(crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

}  // namespace lamina::detail
#endif
