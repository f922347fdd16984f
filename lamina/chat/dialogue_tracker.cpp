// What a tracker's network says of turns.
#include "lamina/chat/dialogue_tracker.h"

#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/chat/detail/turn_code.h"
#include "lamina/text/pad_sequences.h"

namespace lamina {

namespace {
constexpr char kSection[] = "dialogue";
}

DialogueTracker::DialogueTracker(Model model, std::shared_ptr<const detail::TurnCode> code)
    : model_(std::move(model)), code_(std::move(code)) {}

bool DialogueTracker::is_in(const Model& model) { return model.data_info().sections.contains(kSection); }

DialogueTracker::DialogueTracker(const Model& model) : model_(model) {
  if (!is_in(model))
    throw InvalidArgument("the model tracks no dialogues: 'lamina train dialogue' makes one that does");
  code_ = std::make_shared<const detail::TurnCode>(
      detail::TurnCode::from_json(model.data_info().sections.at(kSection), "the model"));
  const Shape& out = model.output_shape();
  if (out.rank() != 3 || out[1] != code_->length || out[2] != code_->labels())
    throw FileError("the model: its outputs, " + out.str() +
                    ", are others than its section \"dialogue\" tells");
}

const std::vector<std::string>& DialogueTracker::slots() const { return code_->slots; }

std::string DialogueTracker::prompt(const std::string& slot) const {
  const auto found = code_->prompts.find(slot);
  return found == code_->prompts.end() ? slot + "?" : found->second;
}

std::vector<TurnReading> DialogueTracker::read_all(const std::vector<const DialogueTurn*>& turns) const {
  std::vector<detail::TurnCode::Row> rows;
  std::vector<std::vector<int32_t>> numbers;
  for (const DialogueTurn* turn : turns) {
    rows.push_back(code_->row(turn->system_acts, turn->tokens));
    const auto size = static_cast<int64_t>(rows.back().tokens.size());
    if (size > code_->length)
      warn("a turn of " + std::to_string(size) + " tokens, acts of the system included: the last " +
           std::to_string(size - code_->length) + " are not read");
    if (static_cast<int64_t>(rows.back().words(*code_)) > code_->length)
      throw InvalidArgument("DialogueTracker: " + std::to_string(turn->system_acts.size()) +
                            " acts of the system are more than its rows can hold");
    numbers.push_back(code_->numbers(rows.back()));
  }
  Model model = model_;
  const Tensor x = pad_sequences(numbers, {.maxlen = code_->length, .padding = "post", .truncating = "post"});
  const std::vector<float> outputs = model.predict(x, {.batch_size = 128}).to_vector<float>();
  std::vector<TurnReading> readings;
  const size_t acts = code_->user_acts.size(), labels = static_cast<size_t>(code_->labels());
  for (size_t i = 0; i < turns.size(); ++i) {
    const float* row = &outputs[i * static_cast<size_t>(code_->length) * labels];
    TurnReading reading{code_->decode(row, rows[i], turns[i]->system_acts), {}, 0};
    if (acts > 0) {
      const float* place = row + (rows[i].places + code_->slots.size()) * labels + code_->first_act();
      const auto at = static_cast<size_t>(std::max_element(place, place + acts) - place);
      reading.user_act = code_->user_acts[at], reading.act_probability = place[at];
    }
    readings.push_back(std::move(reading));
  }
  return readings;
}

TurnReading DialogueTracker::read(const std::vector<DialogueAct>& system_acts,
                                  const std::vector<std::string>& tokens) const {
  const DialogueTurn turn{.system_acts = system_acts, .tokens = tokens};
  return read_all({&turn})[0];
}

DialogueState DialogueTracker::update(const DialogueState& before,
                                      const std::vector<DialogueAct>& system_acts,
                                      const std::vector<std::string>& tokens) const {
  DialogueState after = before;
  for (auto& [slot, value] : read(system_acts, tokens).values) after[slot] = value;
  return after;
}

double DialogueTracker::joint_goal_accuracy(const std::vector<Dialogue>& dialogues) const {
  std::vector<const DialogueTurn*> turns;
  for (const Dialogue& dialogue : dialogues) {
    for (const DialogueTurn& turn : dialogue.turns) turns.push_back(&turn);
  }
  if (turns.empty()) throw InvalidArgument("DialogueTracker: no dialogues to judge by");
  const std::vector<TurnReading> readings = read_all(turns);
  int64_t right = 0;
  auto reading = readings.begin();
  for (const Dialogue& dialogue : dialogues) {
    DialogueState state;
    for (const DialogueTurn& turn : dialogue.turns) {
      for (const auto& [slot, value] : (reading++)->values) state[slot] = value;
      right += state == turn.state;
    }
  }
  return static_cast<double>(right) / static_cast<double>(turns.size());
}

}  // namespace lamina
