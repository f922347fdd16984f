// Rows of a tracker's network, and what its labels mean.
#include "lamina/chat/detail/turn_code.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/chat/detail/words.h"

namespace lamina::detail {
namespace {

size_t likeliest(const float* probabilities, size_t count) {
  return static_cast<size_t>(std::max_element(probabilities, probabilities + count) - probabilities);
}

}  // namespace

std::string TurnCode::token_of(const DialogueAct& act) {
  return "@" + act.type + (act.slot.empty() ? "" : ":" + act.slot);
}

std::map<std::string, std::string> TurnCode::offered_values(const std::vector<DialogueAct>& acts) const {
  std::map<std::string, std::string> values;
  for (const DialogueAct& act : acts) {
    if (!act.value.empty() && taken.count(token_of(act)) != 0) values.try_emplace(act.slot, act.value);
  }
  return values;
}

TurnCode::Row TurnCode::row(const std::vector<DialogueAct>& acts,
                            const std::vector<std::string>& tokens) const {
  Row row;
  for (const DialogueAct& act : acts) {
    const std::string token = token_of(act);
    if (std::find(row.tokens.begin(), row.tokens.end(), token) == row.tokens.end())
      row.tokens.push_back(token);
  }
  row.places = row.tokens.size();
  for (const std::string& slot : slots) row.tokens.push_back("@slot:" + slot);
  row.tokens.push_back("@user");
  row.tokens.insert(row.tokens.end(), tokens.begin(), tokens.end());
  return row;
}

std::vector<int32_t> TurnCode::numbers(const Row& row) const {
  std::vector<int32_t> result;
  for (const std::string& token : row.tokens) {
    if (static_cast<int64_t>(result.size()) == length) break;
    const auto found = vocabulary.find(token);
    result.push_back(found == vocabulary.end() ? 1 : found->second);
  }
  return result;
}

std::vector<int32_t> TurnCode::targets(const DialogueTurn& turn, const Row& row) const {
  std::vector<int32_t> labels(row.tokens.size(), -1);
  const size_t words = row.words(*this);
  std::fill(labels.begin() + static_cast<std::ptrdiff_t>(words), labels.end(), 0);
  const auto known = [&](const std::string& slot) {
    const auto found = turn.state.find(slot);
    return found == turn.state.end() ? std::string() : found->second;
  };
  std::vector<int32_t> said(slots.size(), kNone);
  for (const DialogueSpan& span : turn.spans) {
    const auto begin = static_cast<size_t>(span.begin), end = static_cast<size_t>(span.end);
    const auto at = std::lower_bound(slots.begin(), slots.end(), span.slot);
    // What the user refuses is no value.
    if (at == slots.end() || *at != span.slot || known(span.slot) != joined(turn.tokens, begin, end))
      continue;
    const auto slot = static_cast<size_t>(at - slots.begin());
    said[slot] = kValue;
    for (size_t i = begin; i < end; ++i) labels[words + i] = i == begin ? begins(slot) : goes_on(slot);
  }
  const auto offered = offered_values(turn.system_acts);
  for (size_t i = 0; i < slots.size(); ++i) {
    const std::string value = known(slots[i]);
    const auto offer = offered.find(slots[i]);
    if (said[i] == kNone && !value.empty()) {
      if (offer != offered.end() && offer->second == value)
        said[i] = kAccepted;
      else if (turn.any.count(slots[i]) != 0)
        said[i] = kAny;
    }
    labels[row.places + i] = first_slot_label() + said[i];
  }
  const auto act = std::lower_bound(user_acts.begin(), user_acts.end(), turn.user_act);
  if (act != user_acts.end() && *act == turn.user_act)
    labels[row.places + slots.size()] = first_act() + static_cast<int32_t>(act - user_acts.begin());
  return labels;
}

std::vector<int> best_spans(const float* probabilities, size_t places, size_t labels, size_t stride) {
  if (places == 0) return {};
  const double never = -1e30;
  const auto log_of = [&](size_t place, size_t label) {
    return std::log(std::max(static_cast<double>(probabilities[place * stride + label]), 1e-30));
  };
  const auto inner = [](size_t label) { return label > 0 && label % 2 == 0; };
  std::vector<double> best(labels);
  for (size_t k = 0; k < labels; ++k) best[k] = inner(k) ? never : log_of(0, k);
  std::vector<std::vector<size_t>> before(places, std::vector<size_t>(labels));
  for (size_t place = 1; place < places; ++place) {
    const auto top = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
    std::vector<double> next(labels);
    for (size_t k = 0; k < labels; ++k) {
      const size_t from = !inner(k) ? top : best[k - 1] >= best[k] ? k - 1 : k;
      before[place][k] = from;
      next[k] = best[from] + log_of(place, k);
    }
    best = std::move(next);
  }
  std::vector<int> path(places);
  auto at = static_cast<size_t>(std::max_element(best.begin(), best.end()) - best.begin());
  for (size_t place = places; place-- > 0;) {
    path[place] = static_cast<int>(at);
    at = before[place][at];
  }
  return path;
}

DialogueState TurnCode::decode(const float* probabilities, const Row& row,
                               const std::vector<DialogueAct>& acts) const {
  const auto stride = static_cast<size_t>(labels());
  const auto offered = offered_values(acts);
  DialogueState state;
  for (size_t i = 0; i < slots.size(); ++i) {
    const float* place = probabilities + (row.places + i) * stride + first_slot_label();
    const size_t said = likeliest(place, kSlotLabels);
    const auto offer = offered.find(slots[i]);
    if (said == kAny) state[slots[i]] = kDontCare;
    if (said == kAccepted && offer != offered.end()) state[slots[i]] = offer->second;
  }
  const size_t words = row.words(*this);
  const size_t end = std::min(row.tokens.size(), static_cast<size_t>(length));
  if (words >= end) return state;
  const std::vector<int> path = best_spans(probabilities + words * stride, end - words,
                                           static_cast<size_t>(first_slot_label()), stride);
  for (size_t i = 0; i < path.size();) {
    size_t stop = i + 1;
    if (path[i] % 2 == 1) {
      while (stop < path.size() && path[stop] == path[i] + 1) ++stop;
      state[slots[static_cast<size_t>(path[i] / 2)]] = joined(row.tokens, words + i, words + stop);
    }
    i = stop;
  }
  return state;
}

Json TurnCode::to_json() const {
  Json json = Json::object({{"version", 2}, {"length", length}});
  Json names = Json::list(), acts = Json::list(), words = Json::list(), asked = Json::object();
  Json offers = Json::list();
  for (const std::string& act : taken) offers.push_back(act);
  for (const std::string& slot : slots) names.push_back(slot);
  for (const std::string& act : user_acts) acts.push_back(act);
  std::vector<std::string> by_number(vocabulary.size());
  for (const auto& [word, number] : vocabulary) by_number[static_cast<size_t>(number - 2)] = word;
  for (std::string& word : by_number) words.push_back(std::move(word));
  for (const auto& [slot, text] : prompts) asked[slot] = text;
  json["slots"] = std::move(names), json["user_acts"] = std::move(acts);
  json["taken"] = std::move(offers);
  json["vocabulary"] = std::move(words), json["prompts"] = std::move(asked);
  return json;
}

TurnCode TurnCode::from_json(const Json& json, const std::string& name) {
  try {
    if (json.at("version").as_int() != 2) throw InvalidArgument("another version than 2");
    TurnCode code;
    code.length = json.at("length").as_int();
    for (const Json& slot : json.at("slots").as_list()) code.slots.push_back(slot.as_string());
    for (const Json& act : json.at("user_acts").as_list()) code.user_acts.push_back(act.as_string());
    for (const Json& word : json.at("vocabulary").as_list()) {
      const auto number = static_cast<int32_t>(code.vocabulary.size() + 2);
      if (!code.vocabulary.try_emplace(word.as_string(), number).second)
        throw InvalidArgument("the word '" + word.as_string() + "' comes twice");
    }
    for (const Json& act : json.at("taken").as_list()) code.taken.insert(act.as_string());
    for (const auto& [slot, text] : json.at("prompts").as_object()) code.prompts[slot] = text.as_string();
    const auto rises = [](const std::vector<std::string>& names) {
      return std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end();
    };
    if (code.slots.empty() || !rises(code.slots) || !rises(code.user_acts))
      throw InvalidArgument("slots and acts of users come once, in order");
    if (code.length < static_cast<int64_t>(code.slots.size()) + 2)
      throw InvalidArgument("rows of length " + std::to_string(code.length));
    return code;
  } catch (const InvalidArgument& error) {
    throw FileError(name + ": the section \"dialogue\": " + error.what());
  }
}

}  // namespace lamina::detail
