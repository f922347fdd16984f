// Vocabulary: tokens and their numbers, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/base/json.h"

namespace lamina::detail::tokenizers {

/// A hash of bytes: 64 good bits.
inline uint64_t hash_bytes(std::string_view bytes) {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;
  uint64_t hash = bytes.size() * kMultiplier;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0xD6E8FEB86659FD93;
    hash ^= hash >> 32;
  };
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    __builtin_memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  if (at < bytes.size()) {
    uint64_t word = 0;
    __builtin_memcpy(&word, bytes.data() + at, bytes.size() - at);
    mix(word);
  }
  return hash ^ (hash >> 29);
}

/// Tokens by number and numbers by token. Numbers may have gaps.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// Tokens with their numbers. Of two with the same number the last is found by number, and of two with the
  /// same text the last by text. Throws InvalidArgument for numbers below 0 or far
  /// beyond the count of tokens.
  explicit Vocabulary(const std::vector<std::pair<std::string, int64_t>>& tokens);

  /// The number of a token, or -1.
  int32_t find(std::string_view token) const;
  /// Whether there is a token of that number.
  bool has(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < places_.size() && places_[static_cast<size_t>(id)].present;
  }
  /// The token of that number, which there is.
  std::string_view token(int32_t id) const {
    const Place& place = places_[static_cast<size_t>(id)];
    return std::string_view(bytes_).substr(place.begin, place.size);
  }
  /// Numbers that have a token.
  size_t size() const { return count_; }
  /// One more than the largest number.
  int32_t end() const { return static_cast<int32_t>(places_.size()); }

  /// {"token": number, ...} by number.
  Json to_json() const;
  /// What to_json() gave. Throws InvalidArgument for values that are no numbers from 0.
  static Vocabulary from_json(const Json& json);

 private:
  struct Place {
    uint32_t begin = 0, size = 0;
    bool present = false;
  };
  struct Slot {
    uint32_t hash = 0;
    int32_t id = -1;
    uint32_t begin = 0, size = 0;
  };
  std::string bytes_;
  std::vector<Place> places_;
  std::vector<Slot> slots_;  // a power of two, at most half full
  size_t count_ = 0;
};

}  // namespace lamina::detail::tokenizers
