// Replies that are written: what is learned, kept and refused, and when a bot tells them.
#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/chat/chatbot.h"
#include "lamina/chat/detail/reply_prompt.h"
#include "lamina/chat/reply_generator.h"
#include "lamina/chat/reply_pairs.h"
#include "tests/support/shared_data.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// Towns with three ways to ask for each.
std::vector<QuestionAnswer> tickets() {
  std::vector<QuestionAnswer> pairs;
  for (const char* town : {"rome", "oslo", "paris", "turin", "london", "berlin", "madrid", "lisbon"}) {
    for (const char* frame : {"a ticket to ", "i want to go to ", "when is a train to "})
      pairs.push_back({std::string(frame) + town, std::string("the train to ") + town + " leaves at nine"});
  }
  return pairs;
}

const ReplyGenerator& learned() {
  static const ReplyGenerator generator =
      ReplyGenerator::learn(tickets(), {.epochs = 30, .batch_tokens = 256, .seed = 1});
  return generator;
}

TEST(ReplyGenerator, WritesWhatIsLearnedAndIsKept) {
  const WrittenReply reply = learned()("a ticket to oslo");
  EXPECT_NE(reply.text.find("leaves at nine"), std::string::npos) << reply.text;
  EXPECT_GT(reply.confidence, 0);
  EXPECT_LE(reply.confidence, 1);
  EXPECT_TRUE(learned()(" ").text.empty());
  const ReplyScores scores = learned().evaluate({{"tickets to paris", "the train to paris leaves at nine"}});
  EXPECT_EQ(scores.turns, 1);
  EXPECT_GT(scores.perplexity, 1);
  EXPECT_GT(scores.chrf, 50);
  EXPECT_THROW(learned().evaluate({}), InvalidArgument);

  const test::TemporaryFolder folder;
  learned().save_pretrained(folder.path());
  ASSERT_TRUE(ReplyGenerator::is_in(folder.path()));
  const ReplyGenerator loaded = ReplyGenerator::from_pretrained(folder.path());
  EXPECT_EQ(loaded("a ticket to oslo").text, reply.text);
  EXPECT_EQ(loaded("a ticket to oslo").confidence, reply.confidence);
  // Gone on from, by its folder.
  const ReplyGenerator again =
      ReplyGenerator::learn(tickets(), {.epochs = 1, .batch_tokens = 256, .from = folder.path()});
  EXPECT_EQ(again.translator().tokenizer().size(), learned().translator().tokenizer().size());
  // Another encoder-decoder has no turns of its own.
  std::filesystem::remove(folder / "replies.json");
  EXPECT_FALSE(ReplyGenerator::is_in(folder.path()));
  const ReplyGenerator plain = ReplyGenerator::from_pretrained(folder.path());
  EXPECT_NO_THROW(plain("a ticket to oslo"));
  EXPECT_THROW(plain.evaluate(tickets()), InvalidArgument);
  for (const char* bad : {"", "{}", "{\"version\": 2, \"pairs\": []}", "{\"version\": 1, \"pairs\": []}",
                          "{\"version\": 1, \"pairs\": [[\"a\"]]}", "{\"version\": 1, \"pairs\": [[1, 2]]}",
                          "{\"version\": 1, \"pairs\": [[\"a\", \"b\"]], \"threshold\": 2}"}) {
    write_file(folder / "replies.json", bad);
    EXPECT_THROW(ReplyGenerator::from_pretrained(folder.path()), FileError) << bad;
  }
}

TEST(ReplyGenerator, KeepsTheThresholdThatHeldOutTurnsChoose) {
  ReplyGenerator generator = learned();
  EXPECT_EQ(generator.threshold(), 0.5);
  const ReplyScores scores = generator.evaluate(tickets());
  EXPECT_GE(scores.threshold, 0);
  EXPECT_LE(scores.threshold, 1);
  EXPECT_LE(scores.told, scores.turns);
  // As many are told as are so confident, and three of four of them fit.
  int64_t told = 0;
  for (const QuestionAnswer& pair : tickets())
    told += generator(pair.question).confidence >= scores.threshold;
  EXPECT_NEAR(static_cast<double>(told), static_cast<double>(scores.told), 1);
  EXPECT_EQ(generator.evaluate({{"a ticket to oslo", "xyz"}}).threshold, 1);  // nothing fits
  EXPECT_THROW(generator.set_threshold(1.5), InvalidArgument);
  generator.set_threshold(0.25);
  const test::TemporaryFolder folder;
  generator.save_pretrained(folder.path());
  const ReplyGenerator again = ReplyGenerator::from_pretrained(folder.path());
  EXPECT_EQ(again.threshold(), 0.25);
  const double confidence = again("a ticket to oslo").confidence;
  EXPECT_EQ(Chatbot({.writer = again}).reply("a ticket to oslo").handed_over, confidence < 0.25);
  EXPECT_FALSE(Chatbot({.writer = again}, {.reply_threshold = 0}).reply("a ticket to oslo").handed_over);
}

TEST(ReplyGenerator, RefusesWhatCannotBe) {
  const std::string few = test::message_of<InvalidArgument>([] { ReplyGenerator::learn({{"a", "b"}}, {}); });
  EXPECT_NE(few.find("at least 10 turns with replies; got 1"), std::string::npos) << few;
  EXPECT_THROW(ReplyGenerator::learn(tickets(), {.epochs = 0}), InvalidArgument);
  EXPECT_THROW(ReplyGenerator::learn(tickets(), {.from = "nowhere"}), Error);
}

TEST(ReplyPrompt, HasTheReplyToTheNearestTurn) {
  const std::optional<AnswerIndex> index = detail::words_index(tickets());
  EXPECT_EQ(detail::reply_prompt("ticket to oslo", index),
            "ticket to oslo | the train to oslo leaves at nine");
  EXPECT_EQ(detail::reply_prompt("xyz", index), "xyz");
  EXPECT_EQ(detail::reply_prompt("ticket to oslo", std::nullopt), "ticket to oslo");
  EXPECT_EQ(detail::most_like_all({"no", "we open at nine", "we open at ten"}, {1, 1, 1}), 1u);
  EXPECT_EQ(detail::most_like_all({"no", "we open at nine", "we open at ten"}, {1, 0.1, 0.2}), 0u);
}

TEST(ReplyPairs, AreOfDialoguesOrOfQuestions) {
  const test::TemporaryFolder folder;
  std::string table = "question,answer\n";
  for (int i = 0; i < 30; ++i) table += "question " + std::to_string(i) + ",answer\n";
  write_file(folder / "faq.csv", table + "Question 9?,another answer\n");
  const ReplyPairs pairs = read_reply_pairs(folder / "faq.csv");
  EXPECT_EQ(pairs.training.size(), 27u);
  ASSERT_EQ(pairs.held_out.size(), 4u);  // every tenth different one, with all its answers
  EXPECT_EQ(pairs.held_out[3].answer, "another answer");
  std::string turns_table = "reply,turn\n";
  for (int i = 0; i < 30; ++i) turns_table += "answer,turn " + std::to_string(i) + "\n";
  write_file(folder / "turns.csv", turns_table);
  EXPECT_EQ(read_reply_pairs(folder / "turns.csv", {"turn", "reply"}).held_out[0].question, "turn 9");
  EXPECT_THROW(read_reply_pairs(folder / "turns.csv", {"turn", "none"}), InvalidArgument);
  write_file(folder / "few.csv", "question,answer\na,b\n");
  const std::string few = test::message_of<FileError>([&] { read_reply_pairs(folder / "few.csv"); });
  EXPECT_NE(few.find("1 turns with replies are too few"), std::string::npos) << few;
  const std::string movies = test::shared_data("dialogue_simm");
  if (movies.empty()) return;
  const ReplyPairs turns = read_reply_pairs(movies);
  EXPECT_EQ(turns.training.size(), 1973u - 384u);
  EXPECT_EQ(turns.held_out.size(), 627u - 120u);
}

TEST(Chatbot, WritesWhereNothingIsFoundAndHandsOverWhereNothingIsSure) {
  const AnswerIndex answers(std::vector<QuestionAnswer>{{"when do you open", "at nine"}});
  Chatbot bot({.answers = answers, .writer = learned()}, {.reply_threshold = 0});
  EXPECT_EQ(bot.reply("when do you open").source, ReplySource::kAnswer);
  const ChatReply written = bot.reply("a ticket to oslo");
  EXPECT_EQ(written.source, ReplySource::kWritten);
  EXPECT_EQ(written.to_json().at("source"), Json("written"));
  EXPECT_FALSE(written.handed_over);
  Chatbot strict({.answers = answers, .writer = learned()}, {.reply_threshold = 1});
  EXPECT_TRUE(strict.reply("a ticket to oslo").handed_over);
  EXPECT_THROW(Chatbot({.writer = learned()}, {.reply_threshold = 2}), InvalidArgument);
}

}  // namespace
}  // namespace lamina
