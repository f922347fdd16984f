// Where the chunks of an HDF5 dataset lie.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {

/// One chunk that was stored.
struct Hdf5Chunk {
  std::vector<uint64_t> start;  ///< of its first element, along each axis
  uint64_t address = 0;
  uint64_t size = 0;             ///< in the file
  uint32_t filters_skipped = 0;  ///< a bit for each filter that was left out
};

/// How a dataset is cut: the layout message of a chunked dataset, parsed.
struct Hdf5Chunking {
  int version = 0, index = 0, flags = 0;
  std::vector<uint64_t> extents;  ///< of a chunk, in elements
  uint64_t bytes = 0;             ///< of a chunk, unfiltered
  std::string_view rest;          ///< of the message: what the kind of index wants
};

/// From a layout message of version 3 or 4 that says "chunked". Throws FileError unless it fits an array of
/// that many axes and bytes an element.
Hdf5Chunking parse_hdf5_chunking(std::string_view layout, int rank, size_t element, const std::string& label);

/// Calls `chunk` with each stored chunk; which elements lie in none were never written.
/// @param filtered  whether the dataset has filters, so that chunks say their size.
void read_hdf5_chunks(Hdf5File& file, const Hdf5Chunking& chunking, const Hdf5Extents& extents, bool filtered,
                      const std::string& label, const std::function<void(const Hdf5Chunk&)>& chunk);

}  // namespace lamina::detail
