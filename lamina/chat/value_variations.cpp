// New values: known ones, parts of them joined and changed, and rows of words.
#include "lamina/chat/detail/value_variations.h"

#include <algorithm>
#include <cmath>

#include "lamina/chat/detail/words.h"

namespace lamina::detail {
namespace {

constexpr char kUnknown[] = "@unknown";
constexpr size_t kOpenValues = 20;  // without validation, a slot with so many values has others, too
constexpr int kCommon = 5;          // a word that stands around values so often is a common one

std::vector<std::string> value_of(const DialogueTurn& turn, const DialogueSpan& span) {
  return {turn.tokens.begin() + static_cast<std::ptrdiff_t>(span.begin),
          turn.tokens.begin() + static_cast<std::ptrdiff_t>(span.end)};
}

}  // namespace

ValueVariations::ValueVariations(const std::vector<const DialogueTurn*>& turns,
                                 const std::vector<const DialogueTurn*>& validation, double replaced,
                                 uint64_t seed)
    : replaced_(replaced), random_(seed) {
  find_open(turns, validation);
  count_around(turns);
  std::set<Words> values;
  std::set<std::string> within;
  for (const DialogueTurn* turn : turns) {
    for (const DialogueSpan& span : turn->spans) {
      if (open_.count(span.slot) == 0) continue;
      const Words value = value_of(*turn, span);
      values.insert(value), within.insert(value.begin(), value.end());
    }
  }
  values_.assign(values.begin(), values.end());
  within_.assign(within.begin(), within.end());
  for (const Words& value : values_) {
    if (common(value[0])) firsts_.push_back(value[0]);
  }
}

void ValueVariations::find_open(const std::vector<const DialogueTurn*>& turns,
                                const std::vector<const DialogueTurn*>& validation) {
  std::map<std::string, std::set<Words>> values;
  for (const DialogueTurn* turn : turns) {
    for (const DialogueSpan& span : turn->spans) values[span.slot].insert(value_of(*turn, span));
  }
  for (const auto& [slot, all] : values) {
    if (validation.empty() && all.size() >= kOpenValues) open_.insert(slot);
  }
  for (const DialogueTurn* turn : validation) {
    for (const DialogueSpan& span : turn->spans) {
      const auto known = values.find(span.slot);
      if (known != values.end() && known->second.count(value_of(*turn, span)) == 0) open_.insert(span.slot);
    }
  }
}

void ValueVariations::count_around(const std::vector<const DialogueTurn*>& turns) {
  for (const DialogueTurn* turn : turns) {
    std::vector<bool> in_value(turn->tokens.size());
    for (const DialogueSpan& span : turn->spans) {
      for (int64_t i = span.begin; i < span.end; ++i) in_value[static_cast<size_t>(i)] = true;
    }
    for (size_t i = 0; i < in_value.size(); ++i) {
      if (!in_value[i]) ++counts_[turn->tokens[i]];
    }
  }
  for (const auto& [word, count] : counts_)
    around_.insert(around_.end(), static_cast<size_t>(std::sqrt(count)), word);
}

bool ValueVariations::common(const std::string& word) const {
  const auto found = counts_.find(word);
  return found != counts_.end() && found->second >= kCommon;
}

DialogueTurn ValueVariations::vary(const DialogueTurn& turn) {
  DialogueTurn varied = turn;
  varied.tokens.clear(), varied.spans.clear();
  for (size_t i = 0; i < turn.tokens.size();) {
    const auto span = std::find_if(turn.spans.begin(), turn.spans.end(), [&](const DialogueSpan& one) {
      return static_cast<size_t>(one.begin) == i;
    });
    if (span == turn.spans.end()) {
      const auto found = counts_.find(turn.tokens[i]);
      const bool forgotten = found != counts_.end() && chance(1.0 / (1 + found->second));
      varied.tokens.push_back(forgotten ? kUnknown : turn.tokens[i]);
      ++i;
      continue;
    }
    Words value = value_of(turn, *span);
    // A value that the turn refuses, or that the system said as well, stays.
    const bool counts =
        turn.state.count(span->slot) != 0 && turn.state.at(span->slot) == detail::joined(value);
    if (counts && open_.count(span->slot) != 0 && chance(replaced_)) value = another();
    const auto begin = static_cast<int64_t>(varied.tokens.size());
    varied.tokens.insert(varied.tokens.end(), value.begin(), value.end());
    varied.spans.push_back({span->slot, begin, static_cast<int64_t>(varied.tokens.size())});
    if (counts) varied.state[span->slot] = detail::joined(value);
    i = std::max(static_cast<size_t>(span->end), i + 1);
  }
  return varied;
}

ValueVariations::Words ValueVariations::another() { return chance(0.6) ? of_known() : of_words(); }

// A known value, or the beginning of one and the end of another, perhaps joined with a third by words that
// stand around values: "the girl on the train" is one title.
ValueVariations::Words ValueVariations::of_known() {
  Words value = values_[below(values_.size())];
  if (chance(0.3)) {
    const Words& other = values_[below(values_.size())];
    value.resize(below(value.size() + 1));
    value.insert(value.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)),
                 other.end());
    if (value.empty()) value = other;
  }
  if (chance(0.2) && !around_.empty()) {
    for (size_t left = below(3) == 0 ? 2 : 1; left > 0; --left) value.push_back(any_of(around_));
    const Words& end = values_[below(values_.size())];
    value.insert(value.end(), end.end() - static_cast<std::ptrdiff_t>(std::min<size_t>(2, end.size())),
                 end.end());
  }
  return changed(value);
}

// Common words stay; the others are mostly unknown. Now and then one is added or left out.
ValueVariations::Words ValueVariations::changed(const Words& value) {
  Words result;
  for (const std::string& word : value) {
    if (common(word) || chance(0.2)) {
      result.push_back(word);
    } else {
      result.push_back(chance(0.25) ? any_of(within_) : kUnknown);
    }
  }
  if (chance(0.15))
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(below(result.size() + 1)), kUnknown);
  if (chance(0.15) && result.size() > 1)
    result.erase(result.begin() + static_cast<std::ptrdiff_t>(below(result.size())));
  return result;
}

// One to five words: unknown ones, words of other values; between the first and the last also those around.
ValueVariations::Words ValueVariations::of_words() {
  static constexpr size_t kLengths[] = {1, 1, 2, 2, 2, 3, 3, 4, 5};
  const size_t length = kLengths[below(std::size(kLengths))];
  Words value;
  if (!firsts_.empty() && chance(0.25)) value.push_back(any_of(firsts_));
  for (size_t i = 0; i < length; ++i) {
    const bool inside = i > 0 && i + 1 < length;
    if (!around_.empty() && chance(inside ? 0.4 : 0.05)) {
      value.push_back(any_of(around_));
    } else {
      value.push_back(chance(0.4) ? any_of(within_) : kUnknown);
    }
  }
  return value;
}

}  // namespace lamina::detail
