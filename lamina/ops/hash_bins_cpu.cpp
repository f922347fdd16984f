// CPU kernels of hash_bins and cross_bins. The hashes: FarmHash (Google, 2014: Fingerprint64 of up to 32
// bytes; an int64 has 20 digits at most), SipHash-2-4 (Aumasson and Bernstein, 2012), TensorFlow's
// FingerprintCat64.
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "lamina/graph/op.h"
#include "lamina/ops/hash_bins.h"

namespace lamina {
namespace {

constexpr uint64_t kMix0 = 0xc3a5c85c97cb3127, kMix1 = 0xb492b66fbe98f273, kMix2 = 0x9ae16a3b2f90404f;

// Little-endian, whatever the machine.
uint64_t bytes_at(std::string_view text, size_t at, size_t count) {
  uint64_t value = 0;
  for (size_t i = 0; i < count; ++i)
    value |= static_cast<uint64_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
  return value;
}

uint64_t folded(uint64_t value) { return value ^ (value >> 47); }

uint64_t joined(uint64_t a, uint64_t b, uint64_t factor) {
  const uint64_t first = folded((a ^ b) * factor);
  return folded((b ^ first) * factor) * factor;
}

uint64_t fingerprint(std::string_view text) {
  const size_t n = text.size();
  const uint64_t factor = kMix2 + 2 * n;
  if (n > 16) {
    const uint64_t a = bytes_at(text, 0, 8) * kMix1, b = bytes_at(text, 8, 8);
    const uint64_t c = bytes_at(text, n - 8, 8) * factor, d = bytes_at(text, n - 16, 8) * kMix2;
    return joined(std::rotr(a + b, 43) + std::rotr(c, 30) + d, a + std::rotr(b + kMix2, 18) + c, factor);
  }
  if (n >= 8) {
    const uint64_t a = bytes_at(text, 0, 8) + kMix2, b = bytes_at(text, n - 8, 8);
    return joined(std::rotr(b, 37) * factor + a, (std::rotr(a, 25) + b) * factor, factor);
  }
  if (n >= 4) return joined(n + (bytes_at(text, 0, 4) << 3), bytes_at(text, n - 4, 4), factor);
  const uint64_t ends = bytes_at(text, 0, 1) + (bytes_at(text, n >> 1, 1) << 8);
  return folded((ends * kMix2) ^ ((n + (bytes_at(text, n - 1, 1) << 2)) * kMix0)) * kMix2;
}

class SipHash {
 public:
  SipHash(uint64_t key0, uint64_t key1)
      : v_{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
           key1 ^ 0x7465646279746573} {}

  uint64_t operator()(std::string_view text) {
    size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) take(bytes_at(text, at, 8));
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

uint64_t cat(uint64_t so_far, uint64_t next) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  const uint64_t both = ((so_far ^ kFactor) ^ (folded(next * kFactor) * kFactor)) * kFactor;
  return folded(folded(both) * kFactor);
}

std::unique_ptr<Kernel> prepare_hash(const KernelDesc& desc) {
  return make_kernel([attrs = desc.attrs.as<HashBinsAttrs>(),
                      count = desc.inputs[0].type.shape.size()](const KernelArgs& args) {
    const int64_t* x = args.input<int64_t>(0);
    int64_t* out = args.output<int64_t>(0);
    const auto bins = static_cast<uint64_t>(attrs.bins);
    std::array<char, 24> digits{};
    for (int64_t i = 0; i < count; ++i) {
      const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), x[i]).ptr;
      const std::string_view text(digits.data(), static_cast<size_t>(end - digits.data()));
      const uint64_t hash = attrs.salt.empty() ? fingerprint(text)
                                               : SipHash(static_cast<uint64_t>(attrs.salt[0]),
                                                         static_cast<uint64_t>(attrs.salt[1]))(text);
      out[i] = static_cast<int64_t>(hash % bins);
    }
  });
}

std::unique_ptr<Kernel> prepare_cross(const KernelDesc& desc) {
  return make_kernel([bins = desc.attrs.as<CrossBinsAttrs>().bins, tensors = desc.inputs.size(),
                      count = desc.inputs[0].type.shape.size()](const KernelArgs& args) {
    int64_t* out = args.output<int64_t>(0);
    for (int64_t i = 0; i < count; ++i) {
      uint64_t hash = 0xdecafcaffe;  // TensorFlow's where nobody gives a key
      for (size_t k = 0; k < tensors; ++k) hash = cat(hash, static_cast<uint64_t>(args.input<int64_t>(k)[i]));
      out[i] = static_cast<int64_t>(hash % static_cast<uint64_t>(bins));
    }
  });
}

const KernelRegistration hash_kernels("hash_bins", DeviceKind::kCpu,
                                      {{.name = "reference", .prepare = prepare_hash}});
const KernelRegistration cross_kernels("cross_bins", DeviceKind::kCpu,
                                       {{.name = "reference", .prepare = prepare_cross}});

}  // namespace
}  // namespace lamina
