// Protobuf's wire format, as far as this one message needs it: field numbers are those of
// sentencepiece_model.proto.
#include "lamina/text/tokenizers/detail/sentencepiece_file.h"

#include <bit>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"

namespace lamina::detail::tokenizers {
namespace {

uint64_t varint(ByteCursor& cursor, const std::string& name) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = cursor.u8();
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  throw FileError("'" + name + "' is damaged: a number of more than 64 bits");
}

// One field: its number, and its value as a number or as bytes.
struct Field {
  uint64_t number = 0;
  uint64_t value = 0;
  std::string_view bytes;
};

// Calls visit(field) for each field of a message.
template <class Visit>
void for_each_field(std::string_view message, const std::string& name, Visit&& visit) {
  ByteCursor cursor(message, name);
  while (cursor.left() > 0) {
    const uint64_t tag = varint(cursor, name);
    Field field;
    field.number = tag >> 3;
    switch (tag & 7) {
      case 0:
        field.value = varint(cursor, name);
        break;
      case 1:
        field.value = cursor.u64();
        break;
      case 2:
        field.bytes = cursor.take(varint(cursor, name));
        break;
      case 5:
        field.value = cursor.u32();
        break;
      default:
        throw FileError("'" + name + "' is no SentencePiece model, or damaged: a field of the unknown type " +
                        std::to_string(tag & 7));
    }
    visit(field);
  }
}

SentencePieceFile::Piece read_piece(std::string_view message, const std::string& name) {
  SentencePieceFile::Piece piece;
  for_each_field(message, name, [&](const Field& field) {
    if (field.number == 1) piece.text = field.bytes;
    if (field.number == 2) piece.score = std::bit_cast<float>(static_cast<uint32_t>(field.value));
    if (field.number == 3) {
      if (field.value < 1 || field.value > 6)
        throw FileError("'" + name + "': a piece is of the unknown type " + std::to_string(field.value));
      piece.type = static_cast<PieceType>(field.value);
    }
  });
  if (piece.text.empty() || !is_utf8(piece.text))
    throw FileError("'" + name + "': a piece is empty or no UTF-8");
  return piece;
}

void read_trainer(std::string_view message, const std::string& name, SentencePieceFile& file) {
  for_each_field(message, name, [&](const Field& field) {
    const auto number = static_cast<int64_t>(static_cast<int32_t>(field.value));
    switch (field.number) {
      case 3:
        if (number < 1 || number > 4) throw FileError("'" + name + "': model type " + std::to_string(number));
        file.kind = static_cast<SentencePieceKind>(number);
        break;
      case 24:
        file.treat_whitespace_as_suffix = number != 0;
        break;
      case 35:
        file.byte_fallback = number != 0;
        break;
      case 40:
        file.unk_id = number;
        break;
      case 41:
        file.bos_id = number;
        break;
      case 42:
        file.eos_id = number;
        break;
      case 43:
        file.pad_id = number;
        break;
      case 44:
        file.unk_surface = field.bytes;
        break;
      default:
        break;
    }
  });
}

void read_normalizer(std::string_view message, const std::string& name, SentencePieceFile& file) {
  for_each_field(message, name, [&](const Field& field) {
    if (field.number == 2) file.charsmap = field.bytes;
    if (field.number == 3) file.add_dummy_prefix = field.value != 0;
    if (field.number == 4) file.remove_extra_whitespaces = field.value != 0;
    if (field.number == 5) file.escape_whitespaces = field.value != 0;
  });
}

}  // namespace

SentencePieceFile read_sentencepiece(std::string_view bytes, const std::string& name) {
  SentencePieceFile file;
  for_each_field(bytes, name, [&](const Field& field) {
    if (field.number == 1) file.pieces.push_back(read_piece(field.bytes, name));
    if (field.number == 2) read_trainer(field.bytes, name, file);
    if (field.number == 3) read_normalizer(field.bytes, name, file);
  });
  if (file.pieces.empty()) throw FileError("'" + name + "' is no SentencePiece model: it has no pieces");
  file.unk_id = -1;
  for (size_t i = 0; i < file.pieces.size(); ++i) {
    if (file.pieces[i].type != PieceType::kUnknown) continue;
    if (file.unk_id >= 0) throw FileError("'" + name + "': two pieces are of the unknown type");
    file.unk_id = static_cast<int64_t>(i);
  }
  if (file.unk_id < 0) throw FileError("'" + name + "': no piece is the unknown one");
  return file;
}

}  // namespace lamina::detail::tokenizers
