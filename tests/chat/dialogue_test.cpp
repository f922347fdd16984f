// Dialogues as they are read, and a tracker that learns to keep what is said.
#include <gtest/gtest.h>

#include <fstream>

#include "lamina/base/error.h"
#include "lamina/chat/detail/turn_code.h"
#include "lamina/chat/dialogue_tracker.h"
#include "lamina/formats/keras/keras.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(DialogueTokens, AreThoseOfTheData) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(dialogue_tokens("I don't want the 6:00 PM show, or 8.30."),
            (Words{"i", "don", "'", "t", "want", "the", "6:00", "pm", "show", ",", "or", "8.30", "."}));
  EXPECT_EQ(dialogue_tokens("两张票 at 7"), (Words{"两", "张", "票", "at", "7"}));
  EXPECT_TRUE(dialogue_tokens("  ").empty());
}

std::string file_with(const test::TemporaryFolder& folder, const std::string& content) {
  const std::string path = folder / "train.json";
  std::ofstream(path) << content;
  return path;
}

TEST(Dialogues, AreReadWithWhatEachTurnChanges) {
  const test::TemporaryFolder folder;
  file_with(folder, R"([{"dialogue_id": "one", "turns": [
    {"user_utterance": {"tokens": ["to", "rome"], "slots": [{"slot": "to", "start": 1, "exclusive_end": 2}]},
     "user_acts": [{"type": "INFORM"}], "dialogue_state": [{"slot": "to", "value": "rome"}]},
    {"system_acts": [{"type": "REQUEST", "slot": "day"}], "system_utterance": {"text": "which day ?"},
     "user_utterance": {"tokens": ["any"], "slots": []},
     "dialogue_state": [{"slot": "to", "value": "rome"}, {"slot": "day", "value": "dontcare"}]}]}])");
  const auto dialogues = read_dialogues(folder.path(), "train");
  ASSERT_EQ(dialogues.size(), 1u);
  ASSERT_EQ(dialogues[0].turns.size(), 2u);
  EXPECT_EQ(dialogues[0].turns[0].state, (DialogueState{{"to", "rome"}}));
  EXPECT_EQ(dialogues[0].turns[0].user_act, "INFORM");
  EXPECT_EQ(dialogues[0].turns[1].system_acts, (std::vector<DialogueAct>{{"REQUEST", "day"}}));
  EXPECT_EQ(dialogues[0].turns[1].any, (std::set<std::string>{"day"}));
}

TEST(Dialogues, BadFilesAreRefused) {
  const test::TemporaryFolder folder;
  const auto refused = [&](const std::string& content) {
    return test::message_of<FileError>([&] { read_dialogues(file_with(folder, content), "train"); });
  };
  EXPECT_NE(refused("{}").find("a list of dialogues"), std::string::npos);
  EXPECT_NE(refused("[]").find("no dialogues"), std::string::npos);
  EXPECT_NE(refused(R"([{"turns": []}])").find("dialogue 0"), std::string::npos);
  EXPECT_NE(refused(R"([{"turns": [{}]}])").find("turn 0: expected a user_utterance"), std::string::npos);
  const std::string beyond = refused(R"([{"turns": [{"user_utterance": {"tokens": ["a"],
      "slots": [{"slot": "s", "start": 0, "exclusive_end": 2}]}}]}])");
  EXPECT_NE(beyond.find("0 to 2 of 1"), std::string::npos) << beyond;
  EXPECT_NE(test::message_of<FileError>([&] { read_dialogues(folder.path(), "dev"); }).find("dev.json"),
            std::string::npos);
}

TEST(BestSpans, NothingGoesOnThatHasNotBegun) {
  // Labels: none, begins, goes on. Each place alone would say "goes on".
  const std::vector<float> p{0.3F, 0.2F, 0.5F, 0.1F, 0.3F, 0.6F, 0.8F, 0.1F, 0.1F};
  EXPECT_EQ(detail::best_spans(p.data(), 3, 3, 3), (std::vector<int>{1, 2, 0}));
  EXPECT_TRUE(detail::best_spans(p.data(), 0, 3, 3).empty());
}

// Trips: where to and on which day, asked for one after the other, and confirmed.
std::vector<Dialogue> trips(int first, int count) {
  const std::vector<std::string> towns{"rome", "oslo", "san jose", "paris"},
      days{"monday", "friday", "sunday"};
  std::vector<Dialogue> dialogues;
  for (int i = first; i < first + count; ++i) {
    const std::string town = towns[static_cast<size_t>(i) % towns.size()];
    const std::string day = i % 5 == 0 ? kDontCare : days[static_cast<size_t>(i / 2) % days.size()];
    Dialogue dialogue{std::to_string(i), {}};
    DialogueTurn turn{
        .tokens = dialogue_tokens("i want to go to " + town), .user_act = "INFORM", .state = {{"to", town}}};
    turn.spans = {{"to", 5, static_cast<int64_t>(turn.tokens.size())}};
    dialogue.turns.push_back(turn);
    turn = {.system_acts = {{"REQUEST", "day"}}, .system_text = "which day?", .user_act = "INFORM"};
    turn.tokens = dialogue_tokens(day == kDontCare ? "any day" : "on " + day);
    if (day == kDontCare)
      turn.any = {"day"};
    else
      turn.spans = {{"day", 1, 2}};
    turn.state = {{"day", day}, {"to", town}};
    dialogue.turns.push_back(turn);
    turn = {.system_acts = {{"OFFER", "day", "tuesday"}},
            .tokens = {i % 2 == 0 ? "yes" : "no"},
            .state = turn.state};
    turn.user_act = i % 2 == 0 ? "AFFIRM" : "NEGATE";
    if (i % 2 == 0) turn.state["day"] = "tuesday";
    dialogue.turns.push_back(turn);
    dialogues.push_back(dialogue);
  }
  return dialogues;
}

TEST(DialogueTracker, LearnsValuesAnyAndWhatIsAccepted) {
  TrackerOptions options{
      .epochs = 25, .batch_size = 16, .features = 24, .dropout = 0.1, .replaced = 0.5, .seed = 1};
  int epochs = 0;
  options.on_epoch = [&](const TrackerEpoch& epoch) { return ++epochs, epoch.epoch == epochs; };
  const DialogueTracker tracker = DialogueTracker::learn(trips(0, 60), trips(60, 10), options);
  EXPECT_EQ(epochs, 25);
  EXPECT_EQ(tracker.slots(), (std::vector<std::string>{"day", "to"}));
  EXPECT_EQ(tracker.prompt("day"), "which day?");
  EXPECT_EQ(tracker.prompt("to"), "to?");
  EXPECT_GE(tracker.joint_goal_accuracy(trips(70, 20)), 0.95);
  DialogueState state = tracker.update({}, {}, dialogue_tokens("I want to go to Oslo"));
  EXPECT_EQ(state, (DialogueState{{"to", "oslo"}}));
  state = tracker.update(state, {{"REQUEST", "day"}}, {"any", "day"});
  EXPECT_EQ(state.at("day"), kDontCare);
  EXPECT_EQ(tracker.update(state, {{"OFFER", "day", "tuesday"}}, {"yes"}).at("day"), "tuesday");
  EXPECT_EQ(tracker.read({{"OFFER", "day", "tuesday"}}, {"no"}).user_act, "NEGATE");

  const test::TemporaryFolder folder;
  save_keras(tracker.model(), folder / "trips.keras");
  const Model model = load_keras(folder / "trips.keras");
  ASSERT_TRUE(DialogueTracker::is_in(model));
  EXPECT_EQ(DialogueTracker(model).joint_goal_accuracy(trips(70, 20)),
            tracker.joint_goal_accuracy(trips(70, 20)));
  // A row that is longer than any that the network takes.
  EXPECT_NO_THROW(tracker.read({}, std::vector<std::string>(200, "rome")));
}

// A town that nobody has named before, and a day that the system says in words that nobody takes over.
TEST(DialogueTracker, ReadsValuesNeverSeenAndKeepsWhatWasSaid) {
  std::vector<Dialogue> training = trips(0, 60), validation = trips(60, 4);
  for (Dialogue& dialogue : training) {
    DialogueTurn end{.system_acts = {{"NOTIFY_SUCCESS", "day", "march 8"}}, .tokens = {"thanks"}};
    end.user_act = "THANK_YOU", end.state = dialogue.turns.back().state;
    dialogue.turns.push_back(end);
  }
  DialogueTurn& unseen = validation[0].turns[0];
  unseen.tokens = dialogue_tokens("i want to go to turin"), unseen.state["to"] = "turin";
  unseen.spans = {{"to", 5, 6}};
  const DialogueTracker tracker = DialogueTracker::learn(
      training, validation, {.epochs = 25, .batch_size = 16, .features = 24, .dropout = 0.1, .seed = 1});
  for (const char* town : {"turin", "ulan bator"}) {
    EXPECT_EQ(tracker.update({}, {}, dialogue_tokens(std::string("i want to go to ") + town)),
              (DialogueState{{"to", town}}));
  }
  const DialogueState state{{"day", "friday"}, {"to", "oslo"}};
  EXPECT_EQ(tracker.update(state, {{"NOTIFY_SUCCESS", "day", "march 8"}}, {"thanks"}), state);
}

TEST(DialogueTracker, RefusesWhatCannotBe) {
  EXPECT_THROW(DialogueTracker::learn({}, {}), InvalidArgument);
  EXPECT_THROW(DialogueTracker::learn(trips(0, 2), {}, {.replaced = 2}), InvalidArgument);
  EXPECT_THROW(DialogueTracker::learn({{"one", {DialogueTurn{.tokens = {"a"}}}}}, {}), InvalidArgument);
  detail::TurnCode code;
  code.slots = {"a"}, code.length = 9;
  const Json good = code.to_json();
  EXPECT_NO_THROW(detail::TurnCode::from_json(good, "x"));
  for (const auto& [member, value] :
       std::vector<std::pair<const char*, Json>>{{"version", 1},
                                                 {"taken", "a"},
                                                 {"slots", Json::list()},
                                                 {"length", 1},
                                                 {"vocabulary", Json::list({"a", "a"})}}) {
    Json bad = good;
    bad[member] = value;
    EXPECT_THROW(detail::TurnCode::from_json(bad, "x"), FileError) << member;
  }
}

TEST(Dialogues, GooglesSimulatedMovies) {
  const std::string folder = test::shared_data("dialogue_simm");
  if (folder.empty()) GTEST_SKIP() << "the shared data are not there";
  const auto dialogues = read_dialogues(folder, "dev");
  ASSERT_EQ(dialogues.size(), 120u);
  // The tokens of most texts are those that people made.
  EXPECT_EQ(dialogue_tokens("i would like to buy movie tickets for 6:00 pm").size(), 10u);
}

}  // namespace
}  // namespace lamina
