// Pieces: what a file is to hold, without a copy of the tensors in it. Internal header.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Texts, which it keeps, and elements of tensors, which stay where they are or are read when their turn comes:
/// no more than one of those is in memory at a time.
class Pieces {
 public:
  Pieces() = default;
  Pieces(std::string text) { add(std::move(text)); }
  Pieces(const char* text) : Pieces(std::string(text)) {}

  void add(std::string text);
  void add(const Tensor& tensor);
  /// The elements of a tensor of that type, which `read` gives, each time it is asked.
  void add(const TensorType& type, std::function<Tensor()> read);
  void add(Pieces more);

  uint64_t size() const { return size_; }
  /// Calls `take` with each piece, in order; may be done again. Throws what reading a tensor throws, and
  /// InternalError for one of another type than was said.
  void for_each(const std::function<void(std::string_view)>& take) const;
  /// All in one.
  std::string str() const;

 private:
  struct Piece {
    std::string text;
    TensorType type;
    std::function<Tensor()> read;  // none: `text` counts
  };
  std::vector<Piece> pieces_;
  uint64_t size_ = 0;
};

/// write_file of pieces, as they come.
void write_pieces(const std::string& path, const Pieces& pieces, const WriteOptions& options = {});

}  // namespace lamina::detail
