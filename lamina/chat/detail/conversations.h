// Conversations in YAML, in the one form that corpora of chatbots have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// The lists below the key `conversations:`, each a list of texts. Texts are plain, in single or double
/// quotes, or blocks behind | or >; those that go on in deeper lines are joined by spaces, as YAML has it.
/// Throws FileError, naming `name` and the line, for lines of another form, and where there is no such key.
std::vector<std::vector<std::string>> parse_conversations(std::string_view text, const std::string& name);

}  // namespace lamina::detail
