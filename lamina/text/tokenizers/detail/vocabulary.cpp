// Open addressing with the bytes of all tokens in one string.
#include "lamina/text/tokenizers/detail/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lamina/base/error.h"

namespace lamina::detail::tokenizers {

Vocabulary::Vocabulary(const std::vector<std::pair<std::string, int64_t>>& tokens) {
  // Gaps may be, but a small file may not ask for all of memory.
  const int64_t limit = (int64_t{1} << 20) + 8 * static_cast<int64_t>(tokens.size());
  size_t bytes = 0;
  int64_t most = -1;
  for (const auto& [token, id] : tokens) {
    if (id < 0 || id > limit) {
      throw InvalidArgument("the vocabulary gives '" + token.substr(0, 40) + "' the id " +
                            std::to_string(id) + "; of " + std::to_string(tokens.size()) +
                            " tokens, ids from 0 to " + std::to_string(limit) + " can be");
    }
    bytes += token.size();
    most = std::max(most, id);
  }
  if (bytes > UINT32_MAX) throw InvalidArgument("the vocabulary has more than 4 GiB of tokens");
  bytes_.reserve(bytes);
  places_.resize(static_cast<size_t>(most + 1));
  slots_.resize(std::bit_ceil(tokens.size() * 2 + 2));
  for (const auto& [token, id] : tokens) {
    const Place place = {static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(token.size()), true};
    bytes_ += token;
    Place& by_id = places_[static_cast<size_t>(id)];
    count_ += !by_id.present;
    by_id = place;
    const auto hash = static_cast<uint32_t>(hash_bytes(token));
    for (size_t at = hash;; ++at) {
      Slot& slot = slots_[at & (slots_.size() - 1)];
      const bool same = slot.id >= 0 && slot.hash == hash && slot.size == token.size() &&
                        std::memcmp(bytes_.data() + slot.begin, token.data(), token.size()) == 0;
      if (slot.id >= 0 && !same) continue;
      slot = {hash, static_cast<int32_t>(id), place.begin, place.size};
      break;
    }
  }
}

int32_t Vocabulary::find(std::string_view token) const {
  if (slots_.empty()) return -1;
  const auto hash = static_cast<uint32_t>(hash_bytes(token));
  for (size_t at = hash;; ++at) {
    const Slot& slot = slots_[at & (slots_.size() - 1)];
    if (slot.id < 0) return -1;
    if (slot.hash == hash && slot.size == token.size() &&
        std::memcmp(bytes_.data() + slot.begin, token.data(), token.size()) == 0)
      return slot.id;
  }
}

// Files may give several tokens one number: all of them are written, and the last stands for it.
Json Vocabulary::to_json() const {
  std::vector<Slot> slots;
  for (const Slot& slot : slots_) {
    if (slot.id >= 0) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(),
            [](const Slot& a, const Slot& b) { return a.id != b.id ? a.id < b.id : a.begin < b.begin; });
  Json::Object object;
  object.reserve(slots.size());
  for (const Slot& slot : slots) object.emplace_back(bytes_.substr(slot.begin, slot.size), slot.id);
  return Json(std::move(object));
}

Vocabulary Vocabulary::from_json(const Json& json) {
  if (!json.is_object()) throw InvalidArgument("the vocabulary is no object of tokens and ids");
  std::vector<std::pair<std::string, int64_t>> tokens;
  tokens.reserve(json.size());
  for (const auto& [token, id] : json.as_object()) {
    if (!id.is_int()) {
      throw InvalidArgument("the vocabulary gives '" + token.substr(0, 40) + "' the id " +
                            id.dump().substr(0, 40) + "; a whole number was expected");
    }
    tokens.emplace_back(token, id.as_int());
  }
  return Vocabulary(tokens);
}

}  // namespace lamina::detail::tokenizers
