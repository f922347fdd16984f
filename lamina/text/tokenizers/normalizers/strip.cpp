// Strip: white space at the ends; StripAccents: combining marks; Nmt: what SentencePiece's "nmt" drops;
// Prepend.
#include <algorithm>
#include <iterator>

#include "lamina/base/utf8.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/normalizing.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

class Strip : public Normalizer {
 public:
  explicit Strip(const Json& config) {
    ConfigReader reader = read_part(config, "Strip");
    left_ = reader.boolean("strip_left", true);
    right_ = reader.boolean("strip_right", true);
    reader.done();
  }
  void normalize(AlignedText& text) const override {
    const std::string_view old = text.text();
    size_t begin = 0, end = old.size(), last = 0;
    bool inside = false;
    for_each_character(old, [&](const Character& character) {
      if (is_any(character.code, kSpace)) return;
      if (!inside) begin = character.begin;
      inside = true;
      last = character.end;
    });
    if (!inside) begin = last = left_ ? old.size() : 0;
    if (!left_) begin = 0;
    if (right_) end = std::max(begin, last);
    if (begin == 0 && end == old.size()) return;
    Rewriter writer(text);
    writer.keep(begin, end);
    writer.finish();
  }

 private:
  bool left_, right_;
};

class StripAccents : public Normalizer {
 public:
  explicit StripAccents(const Json& config) { read_part(config, "StripAccents").done(); }
  void normalize(AlignedText& text) const override {
    filter(text, [](uint32_t code) { return !is_any(code, kCombining); });
  }
};

class Nmt : public Normalizer {
 public:
  explicit Nmt(const Json& config) { read_part(config, "Nmt").done(); }
  void normalize(AlignedText& text) const override {
    filter(text, [](uint32_t code) {
      return !((code >= 1 && code <= 8) || code == 0xB || (code >= 0xE && code <= 0x1F) || code == 0x7F ||
               code == 0x8F || code == 0x9F);
    });
    map_characters(text, [](uint32_t code) {
      static constexpr uint32_t kBlanks[] = {0x9,    0xA,    0xC,    0xD,    0x1680, 0x200B, 0x200C, 0x200D,
                                             0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD};
      return std::find(std::begin(kBlanks), std::end(kBlanks), code) != std::end(kBlanks) ? uint32_t{' '}
                                                                                          : code;
    });
  }
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(const Json& config) {
    ConfigReader reader = read_part(config, "Prepend");
    prepend_ = text_of(reader, "prepend");
    reader.done();
  }
  void normalize(AlignedText& text) const override {
    if (text.text().empty() || prepend_.empty()) return;
    Rewriter writer(text);
    writer.put(prepend_, writer.origin_of(0));
    writer.keep(0, writer.old().size());
    writer.finish();
  }

 private:
  std::string prepend_;
};

template <class Part>
bool add(const char* name) {
  return Registry<Normalizer>::add(
      name, [](const Json& config) -> std::shared_ptr<Normalizer> { return std::make_shared<Part>(config); });
}

const bool kStripKnown[] = {add<Strip>("Strip"), add<StripAccents>("StripAccents"), add<Nmt>("Nmt"),
                       add<Prepend>("Prepend")};

}  // namespace
}  // namespace lamina::detail::tokenizers
