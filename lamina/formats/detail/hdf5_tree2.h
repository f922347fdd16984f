// Version 2 B-trees and fractal heaps, in which newer HDF5 files keep what there is much of.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/detail/hdf5_file.h"

namespace lamina::detail {

/// Calls `record` with the bytes of each record of the tree whose header lies at `address`.
/// @param type  of its records, as the format numbers them.
void read_hdf5_tree2(Hdf5File& file, uint64_t address, int type, const std::string& label,
                     const std::function<void(std::string_view)>& record);

/// A fractal heap: objects of a few bytes, each found by an identifier.
class Hdf5Heap {
 public:
  /// Reads where its blocks lie; the header is at `address`.
  Hdf5Heap(Hdf5File& file, uint64_t address, const std::string& label);
  /// The object of that identifier. Throws FileError for one that lies outside of the heap.
  std::string_view object(std::string_view id) const;

 private:
  struct Block {
    uint64_t offset;  ///< in the heap
    std::string_view bytes;
  };
  void read_direct(Hdf5File& file, uint64_t address, uint64_t offset, uint64_t size);
  void read_indirect(Hdf5File& file, uint64_t address, uint64_t offset, uint64_t rows, int depth);
  uint64_t row_size(uint64_t row) const;

  std::string label_;
  uint64_t header_ = 0, width_ = 0, first_ = 0, largest_direct_ = 0;
  int offset_bytes_ = 0, length_bytes_ = 0;
  bool checksums_ = false;
  std::vector<Block> blocks_;  // by offset
};

}  // namespace lamina::detail
