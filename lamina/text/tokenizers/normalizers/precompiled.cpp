// Precompiled: a SentencePiece charsmap as Hugging Face applies it, that is, to grapheme clusters of less
// than six bytes as a whole, of which the shortest entry decides, and else character by character.
#include <utf8proc.h>

#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/base64.h"
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/charsmap.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr size_t kLongestCluster = 5;  // bytes

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(const Json& config) {
    ConfigReader reader = read_part(config, "Precompiled");
    charsmap_ = Charsmap(from_base64(text_of(reader, "precompiled_charsmap")));
    reader.done();
  }

  void normalize(AlignedText& text) const override {
    const std::string_view old = text.text();
    if (charsmap_.empty()) return;
    bool modified = false;
    std::vector<Change> changes;
    changes.reserve(old.size());
    const auto replace = [&](std::string_view part, std::string_view by) {
      modified = true;
      const auto before = static_cast<int>(count_characters(part)),
                 after = static_cast<int>(count_characters(by));
      int i = 0;
      for_each_character(by, [&](const Character& character) {
        changes.push_back({character.code, i++ < before ? 0 : 1});
      });
      if (after < before && !changes.empty()) changes.back().change -= before - after;
    };
    for (size_t at = 0; at < old.size();) {
      const size_t end = cluster_end(old, at);
      if (end - at <= kLongestCluster) {
        if (const Charsmap::Match match = charsmap_.shortest(old.substr(at, end - at)); match.size > 0) {
          replace(old.substr(at, end - at), match.replacement);
          at = end;
          continue;
        }
      }
      while (at < end) {
        const Character character = character_at(old, at);
        const std::string_view part = old.substr(at, character.end - at);
        if (const Charsmap::Match match = charsmap_.shortest(part); match.size > 0) {
          replace(part, match.replacement);
        } else {
          changes.push_back({character.code, 0});
        }
        at = character.end;
      }
    }
    if (modified) text.transform(changes);
  }

 private:
  // The end of the grapheme cluster that begins at `at`, or a place behind kLongestCluster.
  static size_t cluster_end(std::string_view text, size_t at) {
    Character last = character_at(text, at);
    utf8proc_int32_t state = 0;
    while (last.end < text.size()) {
      // Most texts: two characters of which neither can join anything.
      const auto byte = static_cast<unsigned char>(text[last.end]);
      if (byte < 0x80 && last.code < 0x300 && last.code != '\r') return last.end;
      const Character next = character_at(text, last.end);
      if (breaks(last.code, next.code, state)) return last.end;
      last = next;
    }
    return last.end;
  }
  static bool breaks(uint32_t before, uint32_t after, utf8proc_int32_t& state) {
    return utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(before),
                                            static_cast<utf8proc_int32_t>(after), &state);
  }

  Charsmap charsmap_;
};

const bool kPrecompiledKnown = Registry<Normalizer>::add(
    "Precompiled",
    [](const Json& config) -> std::shared_ptr<Normalizer> { return std::make_shared<Precompiled>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
