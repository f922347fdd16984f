// Fingerprint64 and SipHash-2-4, byte by byte in little endian whatever the machine.
#include <array>
#include <bit>
#include <utility>

#include "lamina/ops/detail/text_hash.h"

namespace lamina::detail {
namespace {

constexpr uint64_t kMix0 = 0xc3a5c85c97cb3127, kMix1 = 0xb492b66fbe98f273, kMix2 = 0x9ae16a3b2f90404f;

uint64_t bytes_at(std::string_view text, size_t at, size_t count = 8) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
  return value;
}

uint64_t joined(uint64_t a, uint64_t b, uint64_t factor) {
  const uint64_t first = folded_hash((a ^ b) * factor);
  return folded_hash((b ^ first) * factor) * factor;
}

uint64_t up_to_16(std::string_view text) {
  const size_t n = text.size();
  const uint64_t factor = kMix2 + 2 * n;
  if (n >= 8) {
    const uint64_t a = bytes_at(text, 0) + kMix2, b = bytes_at(text, n - 8);
    return joined(std::rotr(b, 37) * factor + a, (std::rotr(a, 25) + b) * factor, factor);
  }
  if (n >= 4) return joined(n + (bytes_at(text, 0, 4) << 3), bytes_at(text, n - 4, 4), factor);
  if (n == 0) return kMix2;
  const uint64_t ends = bytes_at(text, 0, 1) + (bytes_at(text, n >> 1, 1) << 8);
  return folded_hash((ends * kMix2) ^ ((n + (bytes_at(text, n - 1, 1) << 2)) * kMix0)) * kMix2;
}

/// 17 to 32 bytes.
uint64_t up_to_32(std::string_view text) {
  const size_t n = text.size();
  const uint64_t factor = kMix2 + 2 * n;
  const uint64_t a = bytes_at(text, 0) * kMix1, b = bytes_at(text, 8);
  const uint64_t c = bytes_at(text, n - 8) * factor, d = bytes_at(text, n - 16) * kMix2;
  return joined(std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + kMix2, 18) + c, factor);
}

/// 33 to 64 bytes: the ends first, then what is between them.
uint64_t up_to_64(std::string_view text) {
  const size_t n = text.size();
  const uint64_t factor = kMix2 + 2 * n;
  const uint64_t a = bytes_at(text, 0) * kMix2, b = bytes_at(text, 8);
  const uint64_t c = bytes_at(text, n - 8) * factor, d = bytes_at(text, n - 16) * kMix2;
  const uint64_t y = std::rotr(a + b, 43) + std::rotr(c, 30) + d;
  const uint64_t z = joined(y, a + std::rotr(b + kMix2, 18) + c, factor);
  const uint64_t e = bytes_at(text, 16) * factor, f = bytes_at(text, 24);
  const uint64_t g = (y + bytes_at(text, n - 32)) * factor, h = (z + bytes_at(text, n - 24)) * factor;
  return joined(std::rotr(e + f, 43) + std::rotr(g, 30) + h, e + std::rotr(f + a, 18) + g, factor);
}

/// The state of 56 bytes that blocks of 64 bytes are stirred into.
struct Blocks {
  uint64_t x, y, z;
  std::pair<uint64_t, uint64_t> v = {0, 0}, w = {0, 0};

  static std::pair<uint64_t, uint64_t> stirred(std::string_view text, size_t at, uint64_t a, uint64_t b) {
    const uint64_t first = bytes_at(text, at), last = bytes_at(text, at + 24);
    a += first;
    b = std::rotr(b + a + last, 21);
    const uint64_t before = a;
    a += bytes_at(text, at + 8) + bytes_at(text, at + 16);
    b += std::rotr(a, 44);
    return {a + last, b + before};
  }

  /// `weight`: of the last block, what y and x are mixed with, 1 of the others.
  void take(std::string_view text, size_t at, uint64_t factor, uint64_t weight) {
    x = std::rotr(x + y + v.first + bytes_at(text, at + 8), 37) * factor;
    y = std::rotr(y + v.second + bytes_at(text, at + 48), 42) * factor;
    x ^= w.second * weight;
    y += v.first * weight + bytes_at(text, at + 40);
    z = std::rotr(z + w.first, 33) * factor;
    v = stirred(text, at, v.second * factor, x + w.first);
    w = stirred(text, at + 32, z + w.second, y + bytes_at(text, at + 16));
    std::swap(z, x);
  }
};

uint64_t of_blocks(std::string_view text) {
  constexpr uint64_t kSeed = 81;
  constexpr size_t kBlock = 64;
  const uint64_t y = kSeed * kMix1 + 113;
  Blocks state{kSeed * kMix2 + bytes_at(text, 0), y, folded_hash(y * kMix2 + 113) * kMix2};
  const size_t whole = (text.size() - 1) / kBlock, left = (text.size() - 1) % kBlock;
  for (size_t i = 0; i < whole; ++i) state.take(text, i * kBlock, kMix1, 1);
  const uint64_t factor = kMix1 + ((state.z & 0xff) << 1);
  state.w.first += left;
  state.v.first += state.w.first;
  state.w.first += state.v.first;
  state.take(text, text.size() - kBlock, factor, 9);
  return joined(joined(state.v.first, state.w.first, factor) + folded_hash(state.y) * kMix0 + state.z,
                joined(state.v.second, state.w.second, factor) + state.x, factor);
}

class SipHash {
 public:
  SipHash(uint64_t key0, uint64_t key1)
      : v_{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
           key1 ^ 0x7465646279746573} {}

  uint64_t operator()(std::string_view text) {
    size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) take(bytes_at(text, at));
    take(bytes_at(text, at, text.size() - at) | static_cast<uint64_t>(text.size()) << 56);
    v_[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void take(uint64_t word) {
    v_[3] ^= word;
    round();
    round();
    v_[0] ^= word;
  }
  void round() {
    const auto half = [&](int a, int b, int turn) {
      v_[a] += v_[b];
      v_[b] = std::rotl(v_[b], turn) ^ v_[a];
    };
    half(0, 1, 13);
    v_[0] = std::rotl(v_[0], 32);
    half(2, 3, 16);
    half(0, 3, 21);
    half(2, 1, 17);
    v_[2] = std::rotl(v_[2], 32);
  }

  std::array<uint64_t, 4> v_;
};

}  // namespace

uint64_t text_fingerprint(std::string_view text) {
  if (text.size() <= 16) return up_to_16(text);
  if (text.size() <= 32) return up_to_32(text);
  return text.size() <= 64 ? up_to_64(text) : of_blocks(text);
}

uint64_t text_siphash(std::string_view text, uint64_t key0, uint64_t key1) { return SipHash(key0, key1)(text); }

uint64_t text_hash(std::string_view text, const std::vector<int64_t>& salt) {
  if (salt.empty()) return text_fingerprint(text);
  return text_siphash(text, static_cast<uint64_t>(salt[0]), static_cast<uint64_t>(salt[1]));
}

}  // namespace lamina::detail
