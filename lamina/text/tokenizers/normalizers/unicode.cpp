// NFC, NFD, NFKC, NFKD, and Lowercase.
#include "lamina/text/tokenizers/detail/characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/normalizing.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/unicode_forms.h"

namespace lamina::detail::tokenizers {

void lowercase(AlignedText& text) {
  bool ascii = true, other = false;
  for (const char c : text.text()) {
    ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    other = other || (c >= 'A' && c <= 'Z');
  }
  if (ascii) {
    if (!other) return;
    char* bytes = text.bytes();
    for (size_t i = 0; i < text.text().size(); ++i) {
      if (bytes[i] >= 'A' && bytes[i] <= 'Z') bytes[i] = static_cast<char>(bytes[i] + ('a' - 'A'));
    }
    return;
  }
  std::vector<Change> changes;
  changes.reserve(text.text().size());
  bool changed = false;
  for_each_character(text.text(), [&](const Character& character) {
    uint32_t lower[2];
    const int count = to_lower(character.code, lower);
    for (int i = 0; i < count; ++i) changes.push_back({lower[i], i});
    changed = changed || lower[0] != character.code;
  });
  if (changed) text.transform(changes);
}

namespace {

template <NormalForm kForm>
class Form : public Normalizer {
 public:
  explicit Form(const Json& config) { read_part(config, "normal form").done(); }
  void normalize(AlignedText& text) const override {
    std::vector<Change> changes;
    if (to_normal_form(text.text(), kForm, changes)) text.transform(changes);
  }
};

class Lowercase : public Normalizer {
 public:
  explicit Lowercase(const Json& config) { read_part(config, "Lowercase").done(); }
  void normalize(AlignedText& text) const override { lowercase(text); }
};

template <class Part>
bool add(const char* name) {
  return Registry<Normalizer>::add(
      name, [](const Json& config) -> std::shared_ptr<Normalizer> { return std::make_shared<Part>(config); });
}

const bool kUnicodeKnown[] = {add<Form<NormalForm::kNfc>>("NFC"), add<Form<NormalForm::kNfd>>("NFD"),
                       add<Form<NormalForm::kNfkc>>("NFKC"), add<Form<NormalForm::kNfkd>>("NFKD"),
                       add<Lowercase>("Lowercase")};

}  // namespace
}  // namespace lamina::detail::tokenizers
