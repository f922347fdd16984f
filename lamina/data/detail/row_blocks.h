// RowBlocks: rows of unknown number, in blocks that are given up one by one. Internal header.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Grows without moving what is there, and becomes a tensor without having all of it twice: a vector that
/// doubles would need three times the memory.
template <class T>
class RowBlocks {
 public:
  explicit RowBlocks(size_t width)
      : width_(width), rows_of_block_(std::max<size_t>(1, kBlock / std::max<size_t>(1, width))) {}

  /// Room for one more row, which counts once commit() is called.
  T* next() {
    if (rows_ == blocks_.size() * rows_of_block_)
      blocks_.emplace_back(new T[rows_of_block_ * std::max<size_t>(1, width_)]);
    return blocks_.back().get() + (rows_ % rows_of_block_) * width_;
  }
  void commit() { ++rows_; }
  void push(T value) {
    *next() = value;
    commit();
  }
  size_t rows() const { return rows_; }
  const T& first_of(size_t row) const {
    return blocks_[row / rows_of_block_][(row % rows_of_block_) * width_];
  }
  T& first_of(size_t row) { return blocks_[row / rows_of_block_][(row % rows_of_block_) * width_]; }

  /// The rows as a tensor of `shape`, whose first extent is rows(); nothing is left here.
  Tensor take(DType dtype, const Shape& shape) {
    const size_t row = width_ * sizeof(T);
    auto buffer = std::make_shared<Buffer>(Device{}, rows_ * row);
    char* to = static_cast<char*>(buffer->data());
    for (size_t block = 0, left = rows_; block < blocks_.size(); ++block) {
      const size_t count = std::min(left, rows_of_block_);
      if (count * row > 0) std::memcpy(to, blocks_[block].get(), count * row);
      to += count * row;
      left -= count;
      blocks_[block].reset();
    }
    blocks_.clear();
    rows_ = 0;
    return Tensor::wrap(std::move(buffer), {dtype, shape});
  }

 private:
  static constexpr size_t kBlock = size_t{1} << 20;  // elements: large enough to go back to the system
  size_t width_, rows_of_block_, rows_ = 0;
  std::vector<std::unique_ptr<T[]>> blocks_;
};

}  // namespace lamina::detail
