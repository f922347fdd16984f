// Putting the pieces of a file one behind the other.
#include "lamina/formats/detail/pieces.h"

#include <iterator>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/large_pages.h"
#include "lamina/base/error.h"

namespace lamina::detail {

void Pieces::add(std::string text) {
  size_ += text.size();
  if (text.empty()) return;
  pieces_.push_back({std::move(text), {}, {}});
}

void Pieces::add(const Tensor& tensor) {
  add(tensor.type(), [tensor] { return tensor; });
}

void Pieces::add(const TensorType& type, std::function<Tensor()> read) {
  if (type.bytes() == 0) return;
  size_ += type.bytes();
  pieces_.push_back({{}, type, std::move(read)});
}

void Pieces::add(Pieces more) {
  size_ += more.size_;
  pieces_.insert(pieces_.end(), std::make_move_iterator(more.pieces_.begin()),
                 std::make_move_iterator(more.pieces_.end()));
}

void Pieces::for_each(const std::function<void(std::string_view)>& take) const {
  for (const Piece& piece : pieces_) {
    if (!piece.read) {
      take(piece.text);
      continue;
    }
    const Tensor here = piece.read().eval().to("/CPU:0");
    if (here.type() != piece.type)
      throw InternalError("an array is " + here.type().str() + ", not " + piece.type.str());
    take({static_cast<const char*>(here.buffer()->data()), here.type().bytes()});
  }
}

std::string Pieces::str() const {
  std::string bytes;
  reserve_large(bytes, size_);
  for_each([&](std::string_view piece) { bytes += piece; });
  return bytes;
}

void write_pieces(const std::string& path, const Pieces& pieces, const WriteOptions& options) {
  AtomicFile file(path, options);
  file.reserve(pieces.size());
  pieces.for_each([&](std::string_view piece) { file.write(piece); });
  file.commit();
}

}  // namespace lamina::detail
