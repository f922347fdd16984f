// WordCache: the tokens of pieces that came before. Texts repeat their words, so most pieces take one look.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {

/// Forgets everything when it is full. What it gives never differs from what the model gives.
class WordCache {
 public:
  static constexpr size_t kLongest = 64;  ///< bytes of a piece that is remembered

  /// The tokens of a piece, from here or from the model; valid until the next call.
  std::span<const Token> tokens_of(const Model& model, std::string_view piece, uint64_t seed) {
    if (piece.size() > kLongest || !model.repeats()) {
      fresh_.clear();
      model.tokenize(piece, seed, fresh_);
      return fresh_;
    }
    if (slots_.empty()) slots_.resize(size_t{1} << 12);
    const uint64_t hash = hash_bytes(piece);
    size_t at = hash & (slots_.size() - 1);
    for (;; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.size == 0) break;
      if (slot.hash == hash && slot.size == piece.size() &&
          std::memcmp(bytes_.data() + slot.bytes, piece.data(), piece.size()) == 0)
        return {tokens_.data() + slot.first, slot.count};
    }
    fresh_.clear();
    model.tokenize(piece, seed, fresh_);
    if (count_ * 2 >= slots_.size()) {
      make_room();
      at = hash & (slots_.size() - 1);
      while (slots_[at].size != 0) at = (at + 1) & (slots_.size() - 1);
    }
    slots_[at] = {hash, static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(tokens_.size()),
                  static_cast<uint32_t>(fresh_.size()), static_cast<uint32_t>(piece.size())};
    bytes_.append(piece);
    tokens_.insert(tokens_.end(), fresh_.begin(), fresh_.end());
    ++count_;
    return fresh_;
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    uint32_t bytes = 0, first = 0, count = 0, size = 0;
  };
  void make_room() {
    constexpr size_t kMost = size_t{1} << 17;
    if (slots_.size() >= kMost) {
      slots_.assign(slots_.size(), {});
      bytes_.clear();
      tokens_.clear();
      count_ = 0;
      return;
    }
    std::vector<Slot> old(slots_.size() * 4);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.size == 0) continue;
      size_t at = slot.hash & (slots_.size() - 1);
      while (slots_[at].size != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::string bytes_;
  std::vector<Token> tokens_, fresh_;
  size_t count_ = 0;
};

/// Caches for as many threads as ask at once.
class WordCaches {
 public:
  std::unique_ptr<WordCache> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<WordCache>();
    std::unique_ptr<WordCache> cache = std::move(idle_.back());
    idle_.pop_back();
    return cache;
  }
  void give_back(std::unique_ptr<WordCache> cache) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(cache));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WordCache>> idle_;
};

}  // namespace lamina::detail::tokenizers
