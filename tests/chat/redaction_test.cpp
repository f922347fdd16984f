// What is taken out of texts before they are kept, and transcripts.
#include "lamina/chat/redaction.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/chat/transcript.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

TEST(Redaction, TakesOutAddressesAndNumbers) {
  EXPECT_EQ(redact("mail me at ann.lee+shop@mail.example.com."), "mail me at [email].");
  EXPECT_EQ(redact("邮箱是zhang@example.cn，谢谢"), "邮箱是[email]，谢谢");
  EXPECT_EQ(redact("card 4111 1111 1111 1111, please"), "card [card], please");
  EXPECT_EQ(redact("5500-0000-0000-0004"), "[card]");
  EXPECT_EQ(redact("371449635398431"), "[card]");
  EXPECT_EQ(redact("call +49 (0)30 1234-5678 now"), "call [phone] now");
  EXPECT_EQ(redact("我的电话是13812345678。"), "我的电话是[phone]。");
  EXPECT_EQ(redact("电话１３８１２３４５６７８"), "电话[phone]");
  EXPECT_EQ(redact("(212) 555-0199"), "[phone]");
  for (const char* card :
       {"4111\u20131111\u20131111\u20131111", "4111_1111_1111_1111", "4111,1111,1111,1111",
        "4111:1111:1111:1111", "4111\u200b1111\u200b1111\u200b1111", "4111\t1111\t1111\t1111"})
    EXPECT_EQ(redact(card), "[card]") << card;
  for (const char* phone : {"+15551234567", "555\u2212123\u22124567", "138\u30000013\u30008000",
                            "555_123_4567", "22-33-4455", "2233-44-55", "٠١٢٣٤٥٦٧٨٩"})
    EXPECT_EQ(redact(phone), "[phone]") << phone;
  EXPECT_EQ(redact("++15551234567"), "+[phone]");
  EXPECT_EQ(redact("我是张三@example.com"), "[email]");
  EXPECT_EQ(redact("写信给 ann@例子.公司"), "写信给 [email]");
  EXPECT_EQ(redact("ann!bob@example.com"), "[email]");
  // Luhn's sum fails: no card, but still a long number.
  EXPECT_EQ(redact("4111 1111 1111 1112"), "[phone]");
}

TEST(Redaction, LeavesOtherTextsAlone) {
  for (const char* text :
       {"3 tickets at 8.30 pm for 12.50 $", "on 2026-11-27 or 27.11.2026", "room 1204, floor 12",
        "a @ b, x@y", "version 1.2.3", "在2026年", "", "@", "user@localhost"}) {
    EXPECT_EQ(redact(text), text);
  }
}

TEST(Redaction, NamesBesideAddressesStayAndQuotedOnesInThemGo) {
  EXPECT_EQ(redact("\"Ann B.\" <ann@example.com>"), "\"Ann B.\" <[email]>");
  EXPECT_EQ(redact("Ann B. <ann@example.com>, 'Bob' <bob@example.com>"), "Ann B. <[email]>, 'Bob' <[email]>");
  EXPECT_EQ(redact("\"ann b\"@example.com"), "[email]");
  EXPECT_EQ(redact("\"Ann\" wrote, \"ann@example.com\""), "\"Ann\" wrote, \"[email]\"");
  EXPECT_EQ(redact("his 'ann@example.com' or `bob@example.com`"), "his '[email]' or `[email]`");
  EXPECT_EQ(redact("o'neill@example.com"), "[email]");
  EXPECT_EQ(redact("\"unended ann@example.com"), "\"unended [email]");
}

TEST(Redaction, ShortNumbersOfOrdersAreNoTelephones) {
  for (const char* text :
       {"order 12-34567", "Order no. 123-4567 please", "my order number is 1234567", "invoice #12/34567",
        "订单号：1234567", "订单号是123-45678", "ticket id: 7654321"}) {
    EXPECT_EQ(redact(text), text);
  }
  EXPECT_EQ(redact("order 138 1234 5678"), "order [phone]");
  EXPECT_EQ(redact("about my order: +1 555 0199 22"), "about my order: [phone]");
  EXPECT_EQ(redact("order by telephone number 555-0199"), "order by telephone number [phone]");
  EXPECT_EQ(redact("at the border 555-0199"), "at the border [phone]");
  EXPECT_EQ(redact("order 4111 1111 1111 1111"), "order [card]");
}

TEST(Redaction, LuhnsSum) {
  EXPECT_TRUE(luhn_valid("4111111111111111"));
  EXPECT_FALSE(luhn_valid("4111111111111112"));
  EXPECT_FALSE(luhn_valid(""));
  EXPECT_THROW(luhn_valid("41x"), InvalidArgument);
}

TEST(Redaction, BadBytesAndLongTexts) {
  EXPECT_EQ(redact("\xff me@example.de"), "\xef\xbf\xbd [email]");
  const std::string longest = redact(std::string(200000, '1') + " " + std::string(200000, 'a'));
  EXPECT_EQ(longest, "[phone] " + std::string(200000, 'a'));
}

TEST(Transcript, NeedsConsentAndKeepsNothingThatIdentifies) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "said.jsonl";
  EXPECT_THROW(Transcript(path, Consent::kNotGiven), InvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    Transcript transcript(path, Consent::kGiven);
    transcript.write(
        Json::object({{"text", "I am a@b.org"}, {"slots", Json::object({{"phone", "030 1234567"}})}}));
  }
  Transcript(path, Consent::kGiven).write(Json::object({{"text", "again"}}));
  EXPECT_EQ(read_file(path),
            "{\"text\": \"I am [email]\", \"slots\": {\"phone\": \"[phone]\"}}\n{\"text\": \"again\"}\n");
  const auto mode = std::filesystem::status(path).permissions();
  EXPECT_EQ(mode & std::filesystem::perms(0077), std::filesystem::perms::none);
  EXPECT_THROW(Transcript(folder / "none/said.jsonl", Consent::kGiven), FileError);
  // What others could read before, they cannot any more; what is something else stays as it is.
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  Transcript(path, Consent::kGiven).write(Json::object({{"text", "more"}}));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  write_file(folder / "shop.csv", "question,answer\n");
  EXPECT_THROW(Transcript(folder / "shop.csv", Consent::kGiven), FileError);
  EXPECT_EQ(read_file(folder / "shop.csv"), "question,answer\n");
  EXPECT_THROW(Transcript("/dev/null", Consent::kGiven), FileError);
}

}  // namespace
}  // namespace lamina
