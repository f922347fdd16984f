// SHA-256 as FIPS 180-4 describes it, section by section.
#include "sha256.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "lamina/base/error.h"

namespace lamina::cli {
namespace {

using Word = uint32_t;

// 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes; 5.3.3: of the
// square roots of the first 8. Computed in integers: the largest whole root of prime * 2^(32 * order).
Word root_bits(unsigned prime, int order) {
  using Wide = unsigned __int128;
  const Wide target = Wide{prime} << (32 * order);
  uint64_t root = 0;
  for (int bit = 36; bit >= 0; --bit) {
    const Wide tried = root | uint64_t{1} << bit;
    if ((order == 2 ? tried * tried : tried * tried * tried) <= target) root = static_cast<uint64_t>(tried);
  }
  return static_cast<Word>(root);
}

std::vector<unsigned> primes(size_t count) {
  std::vector<unsigned> found;
  for (unsigned n = 2; found.size() < count; ++n) {
    if (std::none_of(found.begin(), found.end(), [n](unsigned p) { return n % p == 0; })) found.push_back(n);
  }
  return found;
}

class Sha256 {
 public:
  Sha256() {
    const std::vector<unsigned> list = primes(64);
    for (size_t i = 0; i < 64; ++i) k_[i] = root_bits(list[i], 3);
    for (size_t i = 0; i < 8; ++i) state_[i] = root_bits(list[i], 2);
  }

  void add(const uint8_t* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      block_[length_++ % 64] = bytes[i];
      if (length_ % 64 == 0) compress();
    }
  }

  // 5.1.1: a bit, zeros, and the length in bits.
  std::string finish() {
    const uint64_t bits = length_ * 8;
    const uint8_t one = 0x80, zero = 0;
    add(&one, 1);
    while (length_ % 64 != 56) add(&zero, 1);
    for (int shift = 56; shift >= 0; shift -= 8) {
      const auto byte = static_cast<uint8_t>(bits >> shift);
      add(&byte, 1);
    }
    std::string text;
    for (const Word word : state_) {
      for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
    }
    return text;
  }

 private:
  void compress() {  // 6.2.2
    std::array<Word, 64> w;
    for (size_t t = 0; t < 16; ++t)
      w[t] = Word{block_[4 * t]} << 24 | Word{block_[4 * t + 1]} << 16 | Word{block_[4 * t + 2]} << 8 |
             Word{block_[4 * t + 3]};
    for (size_t t = 16; t < 64; ++t) {
      const Word s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
      const Word s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
      w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (size_t t = 0; t < 64; ++t) {
      const Word s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const Word t1 = h + s1 + ((e & f) ^ (~e & g)) + k_[t] + w[t];
      const Word s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<Word, 8> now{a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; ++i) state_[i] += now[i];
  }

  std::array<Word, 64> k_;
  std::array<Word, 8> state_;
  std::array<uint8_t, 64> block_{};
  uint64_t length_ = 0;
};

}  // namespace

std::string sha256_of_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) throw FileError("cannot read '" + path + "'");
  Sha256 sum;
  std::vector<uint8_t> bytes(1 << 16);
  while (const size_t count = std::fread(bytes.data(), 1, bytes.size(), file.get()))
    sum.add(bytes.data(), count);
  if (std::ferror(file.get())) throw FileError("cannot read all of '" + path + "'");
  return sum.finish();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace lamina::cli
