// Fractal heaps: direct blocks with the objects' bytes, under indirect blocks whose rows double in size.
#include <algorithm>
#include <bit>

#include "lamina/formats/detail/hdf5_tree2.h"

namespace lamina::detail {
namespace {

constexpr int kMaxDepth = 8;

int log2_of(uint64_t power) { return std::bit_width(power) - 1; }

}  // namespace

Hdf5Heap::Hdf5Heap(Hdf5File& file, uint64_t address, const std::string& label)
    : label_(label), header_(address) {
  file.once(address, "a heap", label_);
  constexpr uint64_t kHeader = 146;  // of a heap that is not compressed
  ByteCursor cursor(file.checked_block(address, kHeader, "FRHP", label_), label_);
  if (cursor.u8() != 0) Hdf5File::fail(label_, "its heap is damaged");
  cursor.skip(2);
  if (cursor.u16() != 0) Hdf5File::fail(label_, "its heap is compressed, which is not supported");
  checksums_ = (cursor.u8() & 2) != 0;
  const uint64_t largest_object = cursor.u32();
  cursor.skip(12 * 8);
  width_ = cursor.u16();
  first_ = cursor.u64();
  largest_direct_ = cursor.u64();
  const int offset_bits = cursor.u16();
  cursor.skip(2);
  const uint64_t root = cursor.u64();
  const uint64_t rows = cursor.u16();
  if (width_ == 0 || !std::has_single_bit(width_) || !std::has_single_bit(first_) ||
      !std::has_single_bit(largest_direct_) || largest_direct_ < first_ ||
      largest_direct_ > (uint64_t{1} << 32) || offset_bits < 1 || offset_bits > 64) {
    Hdf5File::fail(label_, "its heap is damaged");
  }
  offset_bytes_ = (offset_bits + 7) / 8;
  length_bytes_ =
      std::min((log2_of(largest_direct_) + 7) / 8, log2_of(std::max<uint64_t>(largest_object, 1)) / 8 + 1);
  if (root == kHdf5NoAddress) return;
  if (rows == 0) {
    read_direct(file, root, 0, first_);
  } else {
    read_indirect(file, root, 0, rows, 0);
  }
  std::sort(blocks_.begin(), blocks_.end(),
            [](const Block& a, const Block& b) { return a.offset < b.offset; });
}

uint64_t Hdf5Heap::row_size(uint64_t row) const { return row == 0 ? first_ : first_ << (row - 1); }

void Hdf5Heap::read_direct(Hdf5File& file, uint64_t address, uint64_t offset, uint64_t size) {
  file.once(address, "a block of its heap", label_);
  const std::string_view bytes = file.block(address, size, label_);
  ByteCursor cursor(bytes, label_);
  if (cursor.take(4) != "FHDB" || cursor.u8() != 0 || cursor.u64() != header_ ||
      cursor.number(offset_bytes_) != offset) {
    Hdf5File::fail(label_, "its heap is damaged");
  }
  if (checksums_) {
    std::string copy(bytes);
    const uint32_t stored = cursor.u32();
    const size_t at = bytes.size() - cursor.left() - 4;
    std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(at), 4, '\0');
    if (!file.has_checksum(copy, stored))
      Hdf5File::fail(label_, "a block of its heap is damaged: its checksum differs");
  }
  blocks_.push_back({offset, bytes});
}

void Hdf5Heap::read_indirect(Hdf5File& file, uint64_t address, uint64_t offset, uint64_t rows, int depth) {
  file.once(address, "a block of its heap", label_);
  const auto direct_rows = static_cast<uint64_t>(log2_of(largest_direct_) - log2_of(first_) + 2);
  if (depth > kMaxDepth || rows > 64) Hdf5File::fail(label_, "its heap is damaged");
  const uint64_t size = 4 + 1 + 8 + static_cast<uint64_t>(offset_bytes_) + rows * width_ * 8 + 4;
  ByteCursor cursor(file.checked_block(address, size, "FHIB", label_), label_);
  if (cursor.u8() != 0 || cursor.u64() != header_ || cursor.number(offset_bytes_) != offset)
    Hdf5File::fail(label_, "its heap is damaged");
  for (uint64_t row = 0; row < rows; ++row) {
    if (row > 0 && first_ > (uint64_t{1} << 62) >> (row - 1)) Hdf5File::fail(label_, "its heap is damaged");
    for (uint64_t column = 0; column < width_; ++column, offset += row_size(row)) {
      const uint64_t child = cursor.u64();
      if (child == kHdf5NoAddress) continue;
      if (row < direct_rows) {
        read_direct(file, child, offset, row_size(row));
      } else {
        const int below = log2_of(row_size(row)) - log2_of(first_ * width_) + 1;
        if (below < 1) Hdf5File::fail(label_, "its heap is damaged");
        read_indirect(file, child, offset, static_cast<uint64_t>(below), depth + 1);
      }
    }
  }
}

std::string_view Hdf5Heap::object(std::string_view id) const {
  ByteCursor cursor(id, label_);
  const int flags = cursor.u8();
  constexpr int kManaged = 0, kTiny = 2;
  const int kind = (flags >> 4) & 3;
  if (kind == kTiny) return cursor.take(static_cast<uint64_t>((flags & 15) + 1));
  if (kind != kManaged)
    Hdf5File::fail(label_, "its heap holds an object of over 64 KiB, which is not supported");
  const uint64_t offset = cursor.number(offset_bytes_);
  const uint64_t length = cursor.number(length_bytes_);
  auto after = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                                [](uint64_t at, const Block& block) { return at < block.offset; });
  if (after == blocks_.begin()) Hdf5File::fail(label_, "its heap is damaged");
  const Block& block = *--after;
  const uint64_t in_block = offset - block.offset;
  if (in_block > block.bytes.size() || length > block.bytes.size() - in_block)
    Hdf5File::fail(label_, "its heap is damaged");
  return block.bytes.substr(static_cast<size_t>(in_block), static_cast<size_t>(length));
}

}  // namespace lamina::detail
