// Looks at every text once; those that are UTF-8 are not copied.
#include "lamina/text/detail/clean_texts.h"

#include "lamina/base/log.h"
#include "lamina/base/threads.h"
#include "lamina/base/utf8.h"
#include "lamina/text/detail/chunks.h"

namespace lamina::detail {
namespace {

size_t replacements(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  size_t count = 0;
  for (size_t at = text.find(kReplacement); at != std::string_view::npos;
       at = text.find(kReplacement, at + kReplacement.size()))
    ++count;
  return count;
}

}  // namespace

CleanTexts::CleanTexts(const std::vector<std::string>& texts, const char* who) : texts_(texts) {
  std::vector<std::vector<size_t>> damaged(static_cast<size_t>(chunks_of(texts.size())));
  for_each_chunk(texts.size(), [&](size_t chunk, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (!is_utf8(texts[i])) damaged[chunk].push_back(i);
    }
  });
  size_t bytes = 0;
  for (const std::vector<size_t>& some : damaged) {
    for (const size_t i : some) {
      std::string& mended = mended_[i] = valid_utf8(texts[i]);
      bytes += replacements(mended) - replacements(texts[i]);
    }
  }
  if (mended_.empty()) return;
  warn(std::string(who) + ": " + std::to_string(bytes) + (bytes == 1 ? " byte is" : " bytes are") +
       " no UTF-8 and became U+FFFD, in " + std::to_string(mended_.size()) + " of " +
       std::to_string(texts.size()) + (texts.size() == 1 ? " text" : " texts") + " (the first is text " +
       std::to_string(mended_.begin()->first) + ")");
}

}  // namespace lamina::detail
