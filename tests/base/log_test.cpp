// The log sink: where messages go, from threads and from sinks themselves.
#include "lamina/base/log.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lamina {
namespace {

// A sink for the time of a test.
struct WithSink {
  explicit WithSink(LogSink sink) : before(set_log_sink(std::move(sink))) {}
  ~WithSink() { set_log_sink(before); }
  LogSink before;
};

TEST(Log, WritesALineToStandardErrorByDefault) {
  ::testing::internal::CaptureStderr();
  warn("mind the gap");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "lamina: mind the gap\n");
}

TEST(Log, GoesToTheSinkAndBack) {
  std::vector<std::pair<LogLevel, std::string>> messages;
  ::testing::internal::CaptureStderr();
  {
    const WithSink sink([&](LogLevel level, const std::string& text) { messages.emplace_back(level, text); });
    warn("one");
    log_message(LogLevel::kInfo, "two");
  }
  warn("three");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "lamina: three\n");
  EXPECT_EQ(messages, (std::vector<std::pair<LogLevel, std::string>>{{LogLevel::kWarning, "one"},
                                                                     {LogLevel::kInfo, "two"}}));
}

TEST(Log, TakesMessagesOfThreadsOneByOne) {
  std::vector<std::string> messages;  // without a lock of its own
  const WithSink sink([&](LogLevel, const std::string& text) { messages.push_back(text); });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) warn("message");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(messages.size(), 400u);
}

TEST(Log, OutlivesASinkThatLogsOrThrows) {
  ::testing::internal::CaptureStderr();
  {
    const WithSink sink([](LogLevel, const std::string& text) { warn("again: " + text); });
    warn("one");
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "lamina: again: one\n");
  const WithSink sink([](LogLevel, const std::string&) { throw std::runtime_error("no"); });
  EXPECT_THROW(warn("one"), std::runtime_error);
  EXPECT_THROW(warn("two"), std::runtime_error);
}

}  // namespace
}  // namespace lamina
