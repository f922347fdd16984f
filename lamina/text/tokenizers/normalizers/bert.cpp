// BertNormalizer: control characters go, white space is blanks, Chinese characters stand alone, accents and
// case go.
#include <optional>

#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/normalizing.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/unicode_forms.h"

namespace lamina::detail::tokenizers {
namespace {

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const Json& config) {
    ConfigReader reader = read_part(config, "BertNormalizer");
    clean_text_ = reader.boolean("clean_text", true);
    handle_chinese_chars_ = reader.boolean("handle_chinese_chars", true);
    lowercase_ = reader.boolean("lowercase", true);
    strip_accents_ = reader.boolean("strip_accents", lowercase_);
    reader.done();
  }

  void normalize(AlignedText& text) const override {
    bool ascii = true;
    for (const char c : text.text()) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (clean_text_) clean(text);
    if (handle_chinese_chars_ && !ascii) set_apart(text);
    if (strip_accents_ && !ascii) {
      std::vector<Change> changes;
      if (to_normal_form(text.text(), NormalForm::kNfd, changes)) text.transform(changes);
      filter(text, [](uint32_t code) { return !is_any(code, kNonspacing); });
    }
    if (lowercase_) lowercase(text);
  }

 private:
  static void clean(AlignedText& text) {
    bool removes = false, blanks = false, plain = true;
    for_each_character(text.text(), [&](const Character& character) {
      const uint32_t code = character.code;
      removes = removes || code == 0xFFFD || is_any(code, kControl);
      const bool space = code != ' ' && is_any(code, kSpace);
      blanks = blanks || space;
      plain = plain && (!space || code < 0x80);
    });
    if (removes) filter(text, [](uint32_t code) { return code != 0xFFFD && !is_any(code, kControl); });
    if (!blanks) return;
    if (plain) {
      char* bytes = text.bytes();
      for (size_t i = 0; i < text.text().size(); ++i) {
        if (bytes[i] >= '\t' && bytes[i] <= '\r') bytes[i] = ' ';
      }
    } else {
      map_characters(text, [](uint32_t code) { return is_any(code, kSpace) ? uint32_t{' '} : code; });
    }
  }

  static void set_apart(AlignedText& text) {
    bool any = false;
    for_each_character(
        text.text(), [&](const Character& character) { any = any || is_chinese_character(character.code); });
    if (!any) return;
    Rewriter writer(text);
    const std::string_view old = writer.old();
    for_each_character(old, [&](const Character& character) {
      if (!is_chinese_character(character.code)) return writer.keep(character.begin, character.end);
      const Span origin = writer.origin_of(character.begin);
      writer.put(" ", origin);
      writer.keep(character.begin, character.end);
      writer.put(" ", origin);
    });
    writer.finish();
  }

  bool clean_text_, handle_chinese_chars_, strip_accents_, lowercase_;
};

const bool kBertKnown = Registry<Normalizer>::add("BertNormalizer",
                                              [](const Json& config) -> std::shared_ptr<Normalizer> {
                                                return std::make_shared<BertNormalizer>(config);
                                              },
                                              {"Bert"});

}  // namespace
}  // namespace lamina::detail::tokenizers
