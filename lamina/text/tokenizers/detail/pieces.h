// Pieces: a text in the parts that pre-tokenizers cut it into.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lamina/text/tokenizers/detail/aligned_text.h"

namespace lamina::detail::tokenizers {

/// Bytes [begin, end) of the text; `token` is the id where they are an added token, else -1.
struct Piece {
  uint32_t begin, end;
  int32_t token = -1;
};

class Pieces {
 public:
  AlignedText text;
  std::vector<Piece> list;

  std::string_view of(const Piece& piece) const {
    return text.text().substr(piece.begin, piece.end - piece.begin);
  }

  /// Cuts each piece that is no token: cut(bytes of the piece, emit) calls emit(begin, end) with places in
  /// the piece. Empty pieces vanish.
  template <class Cut>
  void split(Cut&& cut) {
    next_.clear();
    for (const Piece& piece : list) {
      if (piece.token >= 0) {
        next_.push_back(piece);
        continue;
      }
      cut(of(piece), [&](size_t begin, size_t end) {
        if (begin < end)
          next_.push_back(
              {piece.begin + static_cast<uint32_t>(begin), piece.begin + static_cast<uint32_t>(end)});
      });
    }
    list.swap(next_);
  }

  /// Writes each piece that is no token anew: write(piece, rewriter) puts what stands in its stead.
  template <class Write>
  void rewrite(Write&& write) {
    Rewriter rewriter(text);
    next_.clear();
    for (const Piece& piece : list) {
      const size_t begin = rewriter.size();
      if (piece.token >= 0) {
        rewriter.keep(piece.begin, piece.end);
      } else {
        write(piece, rewriter);
      }
      if (rewriter.size() > begin || piece.token >= 0)
        next_.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(rewriter.size()), piece.token});
    }
    rewriter.finish();
    list.swap(next_);
  }

 private:
  std::vector<Piece> next_;  // kept for its memory
};

}  // namespace lamina::detail::tokenizers
