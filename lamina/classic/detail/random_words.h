// Random numbers one after the other, where how many are needed shows only on the way: the words of
// random_bits (lamina/ops/random.h) in their order, from the same generator.
#pragma once

#include <cstdint>

namespace lamina::classic::detail {

/// The words of random_bits(random_key(seed), {...}, stream), as unsigned numbers.
class RandomWords {
 public:
  RandomWords(uint64_t seed, uint32_t stream) : seed_(seed), stream_(stream) {}

  uint32_t next() {
    if (place_ % 4 == 0) refill();
    return words_[place_++ % 4];
  }
  /// A number in [0, n), even to within n / 2^32.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((uint64_t{next()} * n) >> 32); }

 private:
  void refill() {
    uint32_t c[4] = {static_cast<uint32_t>(place_ / 4), stream_, 0, 0};
    auto k0 = static_cast<uint32_t>(seed_), k1 = static_cast<uint32_t>(seed_ >> 32);
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xD2511F53u} * c[0], b = uint64_t{0xCD9E8D57u} * c[2];
      const uint32_t c0 = static_cast<uint32_t>(b >> 32) ^ c[1] ^ k0;
      const uint32_t c2 = static_cast<uint32_t>(a >> 32) ^ c[3] ^ k1;
      c[1] = static_cast<uint32_t>(b);
      c[3] = static_cast<uint32_t>(a);
      c[0] = c0;
      c[2] = c2;
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (int i = 0; i < 4; ++i) words_[i] = c[i];
  }

  uint64_t seed_;
  uint32_t stream_;
  uint64_t place_ = 0;
  uint32_t words_[4] = {};
};

}  // namespace lamina::classic::detail
