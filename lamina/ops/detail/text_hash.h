// Hashes of texts, as TensorFlow computes them. Internal header.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// FarmHash's Fingerprint64 (Google, 2014).
uint64_t text_fingerprint(std::string_view text);
/// SipHash-2-4 (Aumasson and Bernstein, 2012) under that key.
uint64_t text_siphash(std::string_view text, uint64_t key0, uint64_t key1);
/// The first without a salt, the second with its two numbers: tf.strings.to_hash_bucket_fast and _strong.
uint64_t text_hash(std::string_view text, const std::vector<int64_t>& salt);
/// With its upper bits in its lower ones, too.
inline uint64_t folded_hash(uint64_t value) { return value ^ (value >> 47); }

}  // namespace lamina::detail
