// Arrays of chunks: blocks of elements, cut into pages with checksums of their own where they are long.
#include "lamina/formats/detail/hdf5_arrays.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace lamina::detail {
namespace {

constexpr uint64_t kChecksum = 4;

[[noreturn]] void damaged(const std::string& label) {
  Hdf5File::fail(label, "its array of chunks is damaged");
}

// What blocks of an array have in common.
struct ArrayOf {
  Hdf5File& file;
  uint64_t header;
  int kind;
  uint64_t element_size;
  const std::string& label;
  const Hdf5ElementReader& element;

  // A block without its checksum, behind what all begin with.
  ByteCursor block(uint64_t address, uint64_t size, const char* signature) const {
    file.once(address, "a part of its array of chunks", label);
    ByteCursor cursor(file.checked_block(address, size, signature, label), label);
    if (cursor.u8() != 0 || cursor.u8() != kind || cursor.u64() != header) damaged(label);
    return cursor;
  }

  uint64_t bytes(uint64_t count) const {
    if (count > file.size() / element_size) damaged(label);
    return count * element_size;
  }

  void elements(ByteCursor& cursor, uint64_t first, uint64_t count) const {
    for (uint64_t i = 0; i < count; ++i) element(first + i, cursor.take(element_size));
  }

  // `count` elements from `address`, in pages that end in checksums.
  void pages(uint64_t address, uint64_t first, uint64_t count, uint64_t page) const {
    while (count > 0) {
      const uint64_t now = std::min(count, page);
      ByteCursor cursor(file.checked_block(address, bytes(now) + kChecksum, "", label), label);
      elements(cursor, first, now);
      // All pages but the last of a fixed array are of one size.
      address += bytes(now) + kChecksum;
      first += now;
      count -= now;
    }
  }
};

constexpr uint64_t kFrame = 4 + 1 + 1 + 8;  // signature, version, kind, address of the header

}  // namespace

void read_hdf5_fixed_array(Hdf5File& file, uint64_t address, bool filtered, const std::string& label,
                           const Hdf5ElementReader& element) {
  file.once(address, "an array of chunks", label);
  ByteCursor cursor(file.checked_block(address, 4 + 4 + 8 + 8 + kChecksum, "FAHD", label), label);
  if (cursor.u8() != 0) damaged(label);
  ArrayOf array{file, address, cursor.u8(), 0, label, element};
  array.element_size = cursor.u8();
  const int page_bits = cursor.u8();
  const uint64_t count = cursor.u64();
  const uint64_t block = cursor.u64();
  if (array.kind != (filtered ? 1 : 0) || array.element_size < 8 || page_bits > 32) damaged(label);
  if (block == kHdf5NoAddress || count == 0) return;
  const uint64_t page = uint64_t{1} << page_bits;
  if (count <= page) {
    ByteCursor all = array.block(block, kFrame + array.bytes(count) + kChecksum, "FADB");
    return array.elements(all, 0, count);
  }
  const uint64_t pages = (array.bytes(count) / array.element_size + page - 1) / page;
  const uint64_t bitmap_bytes = (pages + 7) / 8;
  const uint64_t prefix = kFrame + bitmap_bytes + kChecksum;
  ByteCursor start = array.block(block, prefix, "FADB");
  const std::string_view written = start.take(bitmap_bytes);
  for (uint64_t i = 0; i < pages; ++i) {
    if (!(static_cast<unsigned char>(written[i / 8]) >> (7 - i % 8) & 1)) continue;
    const uint64_t at = block + prefix + i * (array.bytes(page) + kChecksum);
    array.pages(at, i * page, std::min(page, count - i * page), page);
  }
}

namespace {

// The numbers of the format's "extensible array": an index block with the first elements and the first
// blocks, then super blocks, each twice as long as the one two before.
class Extensible {
 public:
  Extensible(Hdf5File& file, uint64_t address, bool filtered, const std::string& label,
             const Hdf5ElementReader& element)
      : array_{file, address, filtered ? 1 : 0, 0, label, element}, label_(label) {}

  void read() {
    array_.file.once(array_.header, "an array of chunks", label_);
    constexpr uint64_t kHeader = 4 + 8 + 6 * 8 + 8 + kChecksum;
    ByteCursor cursor(array_.file.checked_block(array_.header, kHeader, "EAHD", label_), label_);
    if (cursor.u8() != 0 || cursor.u8() != array_.kind) damaged(label_);
    array_.element_size = cursor.u8();
    const int count_bits = cursor.u8();
    in_index_ = cursor.u8();
    least_ = cursor.u8();
    const uint64_t least_pointers = cursor.u8();
    const int page_bits = cursor.u8();
    cursor.skip(4 * 8);
    end_ = cursor.u64();  // one past the last element that was ever set
    cursor.skip(8);
    const uint64_t index = cursor.u64();
    if (array_.element_size < 8 || count_bits > 64 || page_bits > 32 || !std::has_single_bit(least_) ||
        !std::has_single_bit(least_pointers) || least_pointers < 2) {
      damaged(label_);
    }
    offset_bytes_ = static_cast<uint64_t>((count_bits + 7) / 8);
    page_ = uint64_t{1} << page_bits;
    if (index == kHdf5NoAddress) return;
    const int least_bits = std::bit_width(least_) - 1;
    if (count_bits < least_bits) damaged(label_);
    const auto supers = static_cast<uint64_t>(1 + count_bits - least_bits);
    const auto supers_in_index = static_cast<uint64_t>(2 * (std::bit_width(least_pointers) - 1));
    const uint64_t blocks_in_index = 2 * (least_pointers - 1);
    const uint64_t super_pointers = supers > supers_in_index ? supers - supers_in_index : 0;
    const uint64_t size =
        kFrame + array_.bytes(in_index_) + 8 * blocks_in_index + 8 * super_pointers + kChecksum;
    ByteCursor start = array_.block(index, size, "EAIB");
    array_.elements(start, 0, std::min(in_index_, end_));
    start.skip(array_.bytes(in_index_ - std::min(in_index_, end_)));
    uint64_t first = in_index_, offset = 0;
    for (uint64_t super = 0; super < supers && first < end_; ++super) {
      const uint64_t blocks = uint64_t{1} << (super / 2);
      const uint64_t length = least_ << ((super + 1) / 2);
      if (super < supers_in_index) {
        for (uint64_t b = 0; b < blocks; ++b, first += length, offset += length)
          data_block(start.u64(), first, length, {});
      } else {
        super_block(start.u64(), first, offset, blocks, length);
        first += blocks * length;
        offset += blocks * length;
      }
    }
  }

 private:
  uint64_t page_bitmap(uint64_t length) const { return length > page_ ? (length / page_ + 7) / 8 : 0; }

  void super_block(uint64_t address, uint64_t first, uint64_t offset, uint64_t blocks, uint64_t length) {
    if (address == kHdf5NoAddress) return;
    const uint64_t bitmap = page_bitmap(length);
    if (blocks > array_.file.size() / (8 + bitmap)) damaged(label_);
    ByteCursor cursor =
        array_.block(address, kFrame + offset_bytes_ + blocks * (bitmap + 8) + kChecksum, "EASB");
    if (cursor.number(static_cast<int>(offset_bytes_)) != offset) damaged(label_);
    const std::string_view bitmaps = cursor.take(blocks * bitmap);
    for (uint64_t b = 0; b < blocks; ++b, first += length)
      data_block(cursor.u64(), first, length, bitmaps.substr(b * bitmap, bitmap));
  }

  void data_block(uint64_t address, uint64_t first, uint64_t length, std::string_view written) {
    if (address == kHdf5NoAddress || first >= end_) return;
    const bool paged = length > page_;
    const uint64_t size = kFrame + offset_bytes_ + (paged ? 0 : array_.bytes(length)) + kChecksum;
    ByteCursor cursor = array_.block(address, size, "EADB");
    cursor.skip(offset_bytes_);  // its place, which the library writes in two ways
    if (!paged) return array_.elements(cursor, first, std::min(length, end_ - first));
    if (written.empty()) damaged(label_);
    for (uint64_t i = 0; i < length / page_ && first + i * page_ < end_; ++i) {
      if (!(static_cast<unsigned char>(written[i / 8]) >> (7 - i % 8) & 1)) continue;
      array_.pages(address + size + i * (array_.bytes(page_) + kChecksum), first + i * page_, page_, page_);
    }
  }

  ArrayOf array_;
  const std::string& label_;
  uint64_t in_index_ = 0, least_ = 0, page_ = 1, end_ = 0, offset_bytes_ = 0;
};

}  // namespace

void read_hdf5_extensible_array(Hdf5File& file, uint64_t address, bool filtered, const std::string& label,
                                const Hdf5ElementReader& element) {
  Extensible(file, address, filtered, label, element).read();
}

}  // namespace lamina::detail
