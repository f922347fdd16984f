// How a tracker is trained.
#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/chat/detail/turn_code.h"
#include "lamina/chat/detail/value_variations.h"
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
constexpr float kRareCounts = 3;     // "any" and "accepted", which few turns say
constexpr int kEnough = 5;           // acts with another value than was known
constexpr double kTaken = 0.05;      // share of these that users take, if they take any

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

// Acts of the system whose values users take: all but those that often said another value than was known,
// which nearly nobody took ("booked for march 08", where "wednesday" was said).
std::set<std::string> taken_acts(const std::vector<Dialogue>& dialogues) {
  std::map<std::string, std::pair<int, int>> counts;  // of other values: all, taken
  for (const Dialogue& dialogue : dialogues) {
    DialogueState before;
    for (const DialogueTurn& turn : dialogue.turns) {
      for (const DialogueAct& act : turn.system_acts) {
        if (act.slot.empty() || act.value.empty() || act.type == "NEGATE" || act.type == "NOTIFY_FAILURE")
          continue;
        auto& [all, taken] = counts[TurnCode::token_of(act)];
        const auto is = turn.state.find(act.slot);
        const auto was = before.find(act.slot);
        if (was != before.end() && was->second == act.value) continue;
        ++all, taken += is != turn.state.end() && is->second == act.value;
      }
      before = turn.state;
    }
  }
  std::set<std::string> acts;
  for (const auto& [act, count] : counts) {
    if (count.first < kEnough || count.second >= kTaken * count.first) acts.insert(act);
  }
  return acts;
}

TurnCode code_of(const std::vector<Dialogue>& dialogues) {
  const std::vector<const DialogueTurn*> turns = turns_of(dialogues);
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
  code.taken = taken_acts(dialogues);
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
  const TurnCode code = code_of(training);
  detail::ValueVariations variations(turns, turns_of(validation), options.replaced, options.seed + 7);
  const auto n = static_cast<int64_t>(turns.size());
  const int64_t steps = options.epochs * ((n + options.batch_size - 1) / options.batch_size);
  Sequential network = network_of(code, options, steps);
  const auto rare_label = [&](TurnCode::SlotLabel label) { return code.first_slot_label() + label; };
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
        const bool rare = label == rare_label(TurnCode::kAny) || label == rare_label(TurnCode::kAccepted);
        counts.push_back(label < 0 ? 0.0F : rare ? kRareCounts : 1.0F);
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
