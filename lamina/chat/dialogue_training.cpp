// How a tracker is trained.
#include <algorithm>
#include <random>
#include <set>

#include "lamina/base/error.h"
#include "lamina/chat/detail/turn_code.h"
#include "lamina/chat/dialogue_tracker.h"
#include "lamina/nn/layers/layers.h"
#include "lamina/nn/losses/crossentropy.h"
#include "lamina/nn/optimizers/adam.h"
#include "lamina/nn/optimizers/schedules/cosine_decay.h"
#include "lamina/text/pad_sequences.h"

namespace lamina {
namespace {

using detail::TurnCode;

constexpr int kFewestOfWord = 2;     // in the training; rarer words are one
constexpr int64_t kMostTokens = 64;  // of a row
constexpr size_t kOpenValues = 20;   // without validation, a slot with so many values has others, too
constexpr double kForgotten = 0.1;   // share of the words that are taken for unknown ones

std::vector<const DialogueTurn*> turns_of(const std::vector<Dialogue>& dialogues) {
  std::vector<const DialogueTurn*> turns;
  for (const Dialogue& dialogue : dialogues) {
    for (const DialogueTurn& turn : dialogue.turns) turns.push_back(&turn);
  }
  return turns;
}

// The text by which each slot was asked for most often, alone.
std::map<std::string, std::string> prompts_of(const std::vector<const DialogueTurn*>& turns) {
  std::map<std::string, std::map<std::string, int>> asked;
  for (const DialogueTurn* turn : turns) {
    if (turn->system_acts.size() != 1 || turn->system_acts[0].type != "REQUEST") continue;
    if (!turn->system_text.empty()) ++asked[turn->system_acts[0].slot][turn->system_text];
  }
  std::map<std::string, std::string> prompts;
  for (const auto& [slot, texts] : asked) {
    const auto most = std::max_element(texts.begin(), texts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    prompts[slot] = most->first;
  }
  return prompts;
}

TurnCode code_of(const std::vector<const DialogueTurn*>& turns) {
  std::set<std::string> slots, acts;
  for (const DialogueTurn* turn : turns) {
    for (const auto& [slot, value] : turn->state) slots.insert(slot);
    if (!turn->user_act.empty()) acts.insert(turn->user_act);
  }
  if (slots.empty()) throw InvalidArgument("DialogueTracker: the dialogues have no slots");
  TurnCode code;
  code.slots.assign(slots.begin(), slots.end());
  code.user_acts.assign(acts.begin(), acts.end());
  code.prompts = prompts_of(turns);
  std::map<std::string, int> counts;
  size_t longest = 0;
  for (const DialogueTurn* turn : turns) {
    const TurnCode::Row row = code.row(turn->system_acts, turn->tokens);
    longest = std::max(longest, row.tokens.size());
    for (const std::string& token : row.tokens) ++counts[token];
  }
  int32_t next = 2;
  for (const auto& [token, count] : counts) {
    if (count >= kFewestOfWord) code.vocabulary[token] = next++;
  }
  // Rows of users may be longer than any in the training.
  code.length = std::min<int64_t>(kMostTokens, static_cast<int64_t>(longest) + 8);
  return code;
}

// Turns as they are, and with values of open slots replaced by words at random. Open are the slots of which
// the validation has values that the training lacks.
class Variations {
 public:
  Variations(const std::vector<const DialogueTurn*>& turns,
             const std::vector<const DialogueTurn*>& validation, const TrackerOptions& options)
      : options_(options), random_(options.seed + 7) {
    std::set<std::string> around, within;
    std::map<std::string, std::set<std::string>> values;
    for (const DialogueTurn* turn : turns) {
      std::vector<bool> in_value(turn->tokens.size());
      for (const DialogueSpan& span : turn->spans) {
        for (int64_t i = span.begin; i < span.end; ++i) in_value[static_cast<size_t>(i)] = true;
        values[span.slot].insert(value_of(*turn, span));
      }
      for (size_t i = 0; i < in_value.size(); ++i) {
        if (!in_value[i]) around.insert(turn->tokens[i]);
      }
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
    for (const DialogueTurn* turn : turns) {
      for (const DialogueSpan& span : turn->spans) {
        if (open_.count(span.slot) == 0) continue;
        for (int64_t i = span.begin; i < span.end; ++i) within.insert(turn->tokens[static_cast<size_t>(i)]);
      }
    }
    around_.assign(around.begin(), around.end());
    within_.assign(within.begin(), within.end());
  }

  DialogueTurn vary(const DialogueTurn& turn) {
    DialogueTurn varied = turn;
    varied.tokens.clear(), varied.spans.clear();
    for (size_t i = 0; i < turn.tokens.size();) {
      const auto span = std::find_if(turn.spans.begin(), turn.spans.end(), [&](const DialogueSpan& one) {
        return static_cast<size_t>(one.begin) == i;
      });
      if (span == turn.spans.end()) {
        varied.tokens.push_back(chance(kForgotten) ? kUnknown : turn.tokens[i]);
        ++i;
        continue;
      }
      const auto end = static_cast<size_t>(span->end);
      std::vector<std::string> value(turn.tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                     turn.tokens.begin() + static_cast<std::ptrdiff_t>(end));
      // A value that the turn refuses, or that the system said as well, stays.
      const bool counts = turn.state.count(span->slot) != 0 && turn.state.at(span->slot) == join(value);
      const bool replaced = counts && open_.count(span->slot) != 0 && chance(options_.replaced);
      if (replaced) value = another();
      const auto begin = static_cast<int64_t>(varied.tokens.size());
      varied.tokens.insert(varied.tokens.end(), value.begin(), value.end());
      varied.spans.push_back({span->slot, begin, static_cast<int64_t>(varied.tokens.size())});
      if (counts) varied.state[span->slot] = join(value);
      i = std::max(end, i + 1);
    }
    return varied;
  }

 private:
  static constexpr char kUnknown[] = "@unknown";

  bool chance(double share) { return static_cast<double>(random_() >> 11) * 0x1p-53 < share; }
  const std::string& any_of(const std::vector<std::string>& words) { return words[random_() % words.size()]; }

  static std::string value_of(const DialogueTurn& turn, const DialogueSpan& span) {
    return join({turn.tokens.begin() + static_cast<std::ptrdiff_t>(span.begin),
                 turn.tokens.begin() + static_cast<std::ptrdiff_t>(span.end)});
  }

  static std::string join(const std::vector<std::string>& tokens) {
    std::string text;
    for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
    return text;
  }

  // One to five words: unknown ones, words of other values, now and then one of those around values.
  std::vector<std::string> another() {
    static constexpr size_t kLengths[] = {1, 1, 2, 2, 2, 3, 3, 4, 5};
    std::vector<std::string> value(kLengths[random_() % std::size(kLengths)]);
    for (std::string& token : value) {
      token = kUnknown;
      if (chance(0.05))
        token = any_of(around_);
      else if (chance(0.4))
        token = any_of(within_);
    }
    return value;
  }

  const TrackerOptions& options_;
  std::mt19937_64 random_;
  std::set<std::string> open_;  // slots with values that the training lacks
  std::vector<std::string> around_, within_;
};

void check(const TrackerOptions& options) {
  if (options.epochs < 1 || options.batch_size < 1 || options.features < 1 || !(options.dropout >= 0) ||
      options.dropout >= 1 || !(options.replaced >= 0 && options.replaced <= 1))
    throw InvalidArgument(
        "DialogueTracker: epochs, batch_size and features are at least 1, dropout from 0 to below 1, "
        "replaced "
        "from 0 to 1");
}

Sequential network_of(const TurnCode& code, const TrackerOptions& options, int64_t steps) {
  const auto words = static_cast<int64_t>(code.vocabulary.size()) + 2;
  Sequential network(
      {Input({code.length}, {.dtype = DType::kInt32}),
       Embedding(words, options.features, {.mask_zero = true}), Dropout(options.dropout),
       Bidirectional(LSTM(options.features, {.return_sequences = true})), Dropout(options.dropout),
       Dense(static_cast<int>(code.labels()), {.activation = "softmax"})},
      {.seed = options.seed});
  network.compile({.optimizer = Adam(CosineDecay(4e-3, static_cast<double>(steps), {.alpha = 0.02})),
                   .loss = SparseCategoricalCrossentropy()});
  DataInfo info;
  info.sections["dialogue"] = code.to_json();
  network.set_data_info(info);
  return network;
}

}  // namespace

DialogueTracker DialogueTracker::learn(const std::vector<Dialogue>& training,
                                       const std::vector<Dialogue>& validation,
                                       const TrackerOptions& options) {
  check(options);
  const std::vector<const DialogueTurn*> turns = turns_of(training);
  if (turns.empty()) throw InvalidArgument("DialogueTracker: no dialogues to learn from");
  const TurnCode code = code_of(turns);
  Variations variations(turns, turns_of(validation), options);
  const auto n = static_cast<int64_t>(turns.size());
  const int64_t steps = options.epochs * ((n + options.batch_size - 1) / options.batch_size);
  Sequential network = network_of(code, options, steps);
  const DialogueTracker tracker(network, std::make_shared<const TurnCode>(code));
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    std::vector<std::vector<int32_t>> numbers, labels;
    std::vector<std::vector<float>> weights;  // 0 where nothing is asked for
    for (const DialogueTurn* turn : turns) {
      const DialogueTurn varied = variations.vary(*turn);
      const TurnCode::Row row = code.row(varied.system_acts, varied.tokens);
      numbers.push_back(code.numbers(row));
      labels.push_back(code.targets(varied, row));
      std::vector<float> counts;
      for (int32_t& label : labels.back()) {
        counts.push_back(label < 0 ? 0.0F : 1.0F);
        label = std::max(label, 0);
      }
      weights.push_back(std::move(counts));
    }
    const PadSequencesOptions padding{.maxlen = code.length, .padding = "post", .truncating = "post"};
    PadSequencesOptions floats = padding;
    floats.dtype = DType::kFloat32;
    const History history = network.fit(pad_sequences(numbers, padding), pad_sequences(labels, padding),
                                        {.epochs = epoch,
                                         .batch_size = options.batch_size,
                                         .verbose = 0,
                                         .initial_epoch = epoch - 1,
                                         .sample_weight = pad_sequences(weights, floats)});
    TrackerEpoch done{.epoch = epoch, .loss = history["loss"].back()};
    done.judged = !validation.empty() && (epoch % 5 == 0 || epoch == options.epochs);
    if (done.judged) done.joint_goal_accuracy = tracker.joint_goal_accuracy(validation);
    if (options.on_epoch && !options.on_epoch(done)) break;
  }
  return tracker;
}

}  // namespace lamina
