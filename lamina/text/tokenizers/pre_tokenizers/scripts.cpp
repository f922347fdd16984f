// UnicodeScripts: cuts where the writing system changes.
#include <vector>

#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/script_ranges.h"
#include "lamina/text/tokenizers/detail/splitting.h"

namespace lamina::detail::tokenizers {
namespace {

/// One entry a code point, made when first asked for; 0: any script.
const uint8_t* scripts() {
  static const std::vector<uint8_t> all = [] {
    std::vector<uint8_t> table(0x110000, 0);
    for (const ScriptRange& range : script_ranges())
      for (uint32_t code = range.first; code <= range.last; ++code) table[code] = range.script;
    return table;
  }();
  return all.data();
}

// What belongs to any script stays with what is before it; at the beginning it is lost, as Hugging Face's
// loses it.
class UnicodeScripts : public PreTokenizer {
 public:
  explicit UnicodeScripts(const Json& config) { read_part(config, "UnicodeScripts").done(); }
  void pre_tokenize(Pieces& pieces) const override {
    pieces.split([](std::string_view text, auto&& emit) {
      const uint8_t* const script_of = scripts();
      size_t from = 0;
      uint8_t last = 0;
      for_each_character(text, [&](const Character& character) {
        const uint8_t script = script_of[character.code];
        if (script == 0 || script == last) return;
        if (last != 0) emit(from, character.begin);
        from = character.begin;
        last = script;
      });
      if (last != 0) emit(from, text.size());
    });
  }
};

const bool unicode_scripts_registered =
    Registry<PreTokenizer>::add("UnicodeScripts", [](const Json& config) -> std::shared_ptr<PreTokenizer> {
      return std::make_shared<UnicodeScripts>(config);
    });

}  // namespace
}  // namespace lamina::detail::tokenizers
