// ByteLevel: GPT-2's words, each byte written as a character.
#include "lamina/text/tokenizers/detail/byte_characters.h"
#include "lamina/text/tokenizers/detail/config.h"
#include "lamina/text/tokenizers/detail/parts.h"
#include "lamina/text/tokenizers/detail/regex.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr const char* kPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const Json& config) : regex_(kPattern) {
    ConfigReader reader = read_part(config, "ByteLevel");
    add_prefix_space_ = reader.boolean("add_prefix_space", true);
    reader.boolean("trim_offsets", true);  // the post-processor of the same name does that
    use_regex_ = reader.boolean("use_regex", true);
    reader.done();
  }

  void pre_tokenize(Pieces& pieces) const override {
    if (add_prefix_space_) add_space(pieces);
    if (use_regex_) cut(pieces);
    if (writes_characters_) write_characters(pieces);
  }

  std::shared_ptr<const PreTokenizer> without_byte_level() const override {
    auto other = std::make_shared<ByteLevel>(*this);
    other->writes_characters_ = false;
    return other;
  }

 private:
  static void add_space(Pieces& pieces) {
    bool needed = false;
    for (const Piece& piece : pieces.list)
      needed = needed || (piece.token < 0 && pieces.text.text()[piece.begin] != ' ');
    if (!needed) return;
    pieces.rewrite([](const Piece& piece, Rewriter& writer) {
      if (writer.old()[piece.begin] != ' ') writer.put(" ", writer.origin_of(piece.begin));
      writer.keep(piece.begin, piece.end);
    });
  }
  void cut(Pieces& pieces) const {
    Matches matches;
    pieces.split([&](std::string_view text, auto&& emit) {
      matches.clear();
      regex_.find_all(text, matches);
      for (const auto& [begin, end] : matches) emit(begin, end);  // every character is in a match
    });
  }
  static void write_characters(Pieces& pieces) {
    pieces.rewrite([](const Piece& piece, Rewriter& writer) {
      const std::string_view old = writer.old();
      for (size_t at = piece.begin; at < piece.end; ++at)
        writer.put(byte_character_utf8(static_cast<unsigned char>(old[at])), writer.origin_of(at));
    });
  }

  Regex regex_;
  bool add_prefix_space_, use_regex_, writes_characters_ = true;
};

const bool kByteLevelKnown = Registry<PreTokenizer>::add(
    "ByteLevel",
    [](const Json& config) -> std::shared_ptr<PreTokenizer> { return std::make_shared<ByteLevel>(config); });

}  // namespace
}  // namespace lamina::detail::tokenizers
