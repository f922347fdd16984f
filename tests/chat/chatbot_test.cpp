// Conversations: which part answers, and when a person does.
#include "lamina/chat/chatbot.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "lamina/nn/layers/layers.h"

namespace lamina {
namespace {

AnswerIndex shop() {
  return AnswerIndex({{"When do you open?", "At nine."},
                      {"Where is my parcel?", "See the tracking page."},
                      {"怎么退货？", "请在订单页面申请退货。"},
                      {"refund", "Refunds take a week."}},
                     {.encoder = {.dimensions = 32, .epochs = 3}});
}

// A model that says class `first` of texts with the word "refund", and class 1 of all others.
IntentReader intents() {
  Tokenizer tokenizer;
  tokenizer.fit_on_texts({"refund"});
  Sequential model({Input({2}, {.dtype = DType::kInt32}),
                    Embedding(2, 2, {.weights = Tensor::from(std::vector<float>{0, 3, 6, 0}, {2, 2})}),
                    GlobalMaxPooling1D(), Softmax()});
  DataInfo info;
  info.class_names = {"refund", kOutOfScope};
  info.text = TextPreprocessing(tokenizer, {.maxlen = 2, .padding = "post"}).info();
  OutOfScope{1, 0.5}.save(info);
  model.set_data_info(info);
  return IntentReader(model);
}

TEST(Chatbot, AnswersInBothLanguagesAndHandsOver) {
  Chatbot bot({.answers = shop()});
  ChatReply reply = bot.reply("when do you open");
  EXPECT_EQ(reply.text, "At nine.");
  EXPECT_EQ(reply.source, ReplySource::kAnswer);
  EXPECT_EQ(reply.matched, "When do you open?");
  EXPECT_FALSE(reply.handed_over);
  EXPECT_EQ(bot.reply("我要退货，怎么退货").text, "请在订单页面申请退货。");
  reply = bot.reply("why do volcanoes erupt in iceland");
  EXPECT_TRUE(reply.handed_over);
  EXPECT_EQ(reply.source, ReplySource::kHandOver);
  EXPECT_NE(reply.text.find("person"), std::string::npos);
  EXPECT_NE(bot.reply("火山为什么会爆发").text.find("人工"), std::string::npos);
  EXPECT_EQ(bot.reply("火山").to_json().at("handed_over"), Json(true));
}

TEST(Chatbot, ThresholdAndLanguageMayBeSaid) {
  Chatbot strict({.answers = shop()}, {.language = ChatLanguage::kChinese, .answer_threshold = 1.0});
  const ChatReply reply = strict.reply("parcel where");
  EXPECT_TRUE(reply.handed_over);
  EXPECT_NE(reply.text.find("人工"), std::string::npos);
  EXPECT_GT(reply.confidence, 0);
}

TEST(Chatbot, IntentsNameAnswersAndScope) {
  Chatbot alone({.intents = intents()});
  EXPECT_EQ(alone.reply("a refund").text, "refund");
  EXPECT_TRUE(alone.reply("weather").handed_over);
  Chatbot both({.answers = shop(), .intents = intents()}, {.answer_threshold = 1.0});
  const ChatReply reply = both.reply("a refund for my shoes");
  EXPECT_EQ(reply.text, "Refunds take a week.");
  EXPECT_EQ(reply.source, ReplySource::kIntent);
  EXPECT_EQ(reply.to_json().at("intent"), Json("refund"));
  EXPECT_EQ(both.reply("weather").to_json().at("out_of_scope"), Json(true));
}

TEST(Chatbot, OddTexts) {
  Chatbot bot({.answers = shop()});
  EXPECT_EQ(bot.reply("  \t").source, ReplySource::kNone);
  EXPECT_EQ(bot.reply("").text, "Please ask something.");
  EXPECT_NE(bot.reply(std::string(100000, 'x')).text.find("too long"), std::string::npos);
  EXPECT_NO_THROW(bot.reply("\xff\xfe\x01"));
  EXPECT_THROW(Chatbot({}), InvalidArgument);
  EXPECT_THROW(Chatbot({.answers = shop()}, {.answer_threshold = 2.0}), InvalidArgument);
  EXPECT_THROW(IntentReader(Sequential({Input({2}), Dense(1)})), InvalidArgument);
}

}  // namespace
}  // namespace lamina
