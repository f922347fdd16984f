// ByteLevel as a normalizer: each byte of the text as the character that stands for it.
#include "lamina/text/tokenizers/detail/byte_characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"

namespace lamina::detail::tokenizers {
namespace {

class ByteLevel : public Normalizer {
 public:
  explicit ByteLevel(const Json& config) { read_part(config, "ByteLevel").done(); }
  void normalize(AlignedText& text) const override {
    Rewriter writer(text);
    const std::string_view old = writer.old();
    for (size_t at = 0; at < old.size(); ++at)
      writer.put(byte_character_utf8(static_cast<unsigned char>(old[at])), writer.origin_of(at));
    writer.finish();
  }
};

const bool kByteLevelKnown = Registry<Normalizer>::add(
    "ByteLevel",
    [](const Json& config) -> std::shared_ptr<Normalizer> { return std::make_shared<ByteLevel>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
