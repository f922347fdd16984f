// Only the last tokens are looked at: those before them were when they were new.
#include "lamina/zoo/transformers/stop_strings.h"

#include <algorithm>

#include "lamina/base/error.h"

namespace lamina {

std::function<bool(std::span<const int32_t>)> stop_strings(const PretrainedTokenizer& tokenizer,
                                                           const std::vector<std::string>& strings) {
  size_t longest = 0;
  for (const std::string& text : strings) {
    if (text.empty()) throw InvalidArgument("generate: a stop string is empty");
    longest = std::max(longest, text.size());
  }
  return [=](std::span<const int32_t> tokens) {
    // A token is a byte of the text at least, but for special ones, which have no text.
    const std::span<const int32_t> last = tokens.last(std::min(tokens.size(), longest + 16));
    const std::string text = tokenizer.decode({last.begin(), last.end()});
    return std::any_of(strings.begin(), strings.end(),
                       [&](const std::string& string) { return text.find(string) != std::string::npos; });
  };
}

}  // namespace lamina
