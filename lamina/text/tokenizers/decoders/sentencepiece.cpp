// SentencePiece's pieces to text: marks are blanks, but for the one that was put before the text; bytes are
// joined.
#include <unordered_map>

#include "lamina/text/tokenizers/detail/byte_tokens.h"
#include "lamina/text/tokenizers/detail/decoding.h"
#include "lamina/text/tokenizers/detail/sentencepiece.h"

namespace lamina::detail::tokenizers {
namespace {

constexpr std::string_view kMark = "\xE2\x96\x81";

class SentencePieceDecoder : public Decoder {
 public:
  explicit SentencePieceDecoder(const SentencePieceFile& file)
      : unk_surface_(file.unk_surface),
        takes_first_(file.add_dummy_prefix || file.remove_extra_whitespaces),
        takes_all_first_(file.remove_extra_whitespaces) {
    for (const SentencePieceFile::Piece& piece : file.pieces) {
      if (piece.type != PieceType::kNormal && piece.type != PieceType::kUserDefined)
        types_[piece.text] = piece.type;
    }
  }

  void decode(std::vector<std::string>& tokens) const override {
    std::string text, bytes;
    const auto flush = [&] {
      text += by_characters(bytes);
      bytes.clear();
    };
    bool first_taken = false;
    for (std::string& token : tokens) {
      const auto found = types_.find(token);
      const PieceType type = found == types_.end() ? PieceType::kNormal : found->second;
      if (type == PieceType::kByte) {
        bytes += static_cast<char>(byte_of_token(token));
        continue;
      }
      flush();
      if (type == PieceType::kControl) continue;
      if (type == PieceType::kUnknown) {
        text += unk_surface_;
        continue;
      }
      std::string_view piece = token;
      if (takes_first_ && text.empty() && !first_taken && piece.starts_with(kMark)) {
        piece.remove_prefix(kMark.size());
        first_taken = !takes_all_first_;
      }
      std::string part(piece);
      replace_all(part, kMark, " ");
      text += part;
    }
    flush();
    tokens = {std::move(text)};
  }

 private:
  // Each byte that belongs to no character is unknown by itself.
  static std::string by_characters(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
      size_t size = 1;
      while (size < 4 && size < bytes.size() && (static_cast<unsigned char>(bytes[size]) & 0xC0) == 0x80)
        ++size;
      for (; size > 0; --size) {
        const std::string_view part = bytes.substr(0, size);
        if (lossy_utf8(part) == part) break;
      }
      text += size > 0 ? std::string(bytes.substr(0, size)) : "\xEF\xBF\xBD";
      bytes.remove_prefix(size > 0 ? size : 1);
    }
    return text;
  }

  std::unordered_map<std::string, PieceType> types_;  // of those that are no plain text
  std::string unk_surface_;
  bool takes_first_, takes_all_first_;
};

}  // namespace

std::shared_ptr<const Decoder> sentencepiece_decoder(const SentencePieceFile& file) {
  return std::make_shared<SentencePieceDecoder>(file);
}

}  // namespace lamina::detail::tokenizers
