// What a message must say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lamina::test {

/// Each of `words` stands in `message`.
inline void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << word << ": " << message;
}

}  // namespace lamina::test
