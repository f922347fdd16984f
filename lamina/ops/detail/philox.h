// Philox4x32-10 for one element at a time, for distributions that take as many numbers as it comes to.
// Internal header. The paper: see lamina/ops/random.h.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace lamina::detail {

using PhiloxBlock = std::array<uint32_t, 4>;

inline PhiloxBlock philox(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0], product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// Random numbers of one element, without end: they follow from key, stream and the element's place alone.
/// The block of the place is the key of a sequence of its own.
class ElementRandom {
 public:
  /// `key`: {seed, counter}, as random_key gives it.
  ElementRandom(const int64_t* key, int64_t stream, int64_t place) {
    const auto seed = static_cast<uint64_t>(key[0]), counter = static_cast<uint64_t>(key[1]);
    place_ = static_cast<uint64_t>(place);
    own_ =
        philox({static_cast<uint32_t>(place_), static_cast<uint32_t>(stream), static_cast<uint32_t>(counter),
                static_cast<uint32_t>(counter >> 32) ^ static_cast<uint32_t>(place_ >> 32)},
               static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  }

  uint64_t bits() {
    if (left_ == 0) {
      block_ = philox({blocks_++, own_[2], own_[3], static_cast<uint32_t>(place_)}, own_[0], own_[1]);
      left_ = 2;
    }
    const auto at = static_cast<size_t>(2 * --left_);
    return uint64_t{block_[at]} << 32 | block_[at + 1];
  }

  /// In (0, 1), of 53 bits.
  double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; }

  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  uint64_t place_;
  PhiloxBlock own_, block_{};
  uint32_t blocks_ = 0;
  int left_ = 0;
};

}  // namespace lamina::detail
