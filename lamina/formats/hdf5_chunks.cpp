// The layouts of chunked datasets: h5py's default keeps chunks in a B-tree; the newer layout picks one of
// five indexes by the dataset's extents.
#include "lamina/formats/detail/hdf5_chunks.h"

#include <algorithm>

#include "lamina/formats/detail/hdf5_arrays.h"
#include "lamina/formats/detail/hdf5_tree2.h"

namespace lamina::detail {
namespace {

constexpr int kMaxLevel = 16;

class Chunks {
 public:
  Chunks(Hdf5File& file, const Hdf5Chunking& chunking, const Hdf5Extents& extents, bool filtered,
         const std::string& label, const std::function<void(const Hdf5Chunk&)>& chunk)
      : file_(file),
        chunking_(chunking),
        extents_(extents),
        filtered_(filtered),
        label_(label),
        chunk_(chunk) {}

  void read() {
    ByteCursor cursor(chunking_.rest, label_);
    if (chunking_.version == 3) {
      const uint64_t root = cursor.u64();
      if (root != kHdf5NoAddress) tree_1_node(root, -1);
      return;
    }
    switch (chunking_.index) {
      case 1:
        return single(cursor);
      case 2:
        return implicit(cursor.u64());
      case 3:
        cursor.skip(1);
        return with_address(cursor.u64(), [&](uint64_t at) { fixed_array(at); });
      case 4:
        cursor.skip(5);
        return with_address(cursor.u64(), [&](uint64_t at) { extensible_array(at); });
      case 5:
        cursor.skip(6);
        return with_address(cursor.u64(), [&](uint64_t at) { tree_2(at); });
      default:
        Hdf5File::fail(label_, "its chunks are found by an unknown kind of index");
    }
  }

 private:
  size_t rank() const { return chunking_.extents.size(); }

  template <class F>
  static void with_address(uint64_t address, F&& read) {
    if (address != kHdf5NoAddress) read(address);
  }

  void give(std::vector<uint64_t> start, uint64_t address, uint64_t size, uint32_t skipped) {
    if (address == kHdf5NoAddress) return;
    // What lies beyond the extents was cut off after it was written.
    bool partial = false;
    for (size_t axis = 0; axis < rank(); ++axis) {
      const auto extent = static_cast<uint64_t>(extents_.shape[static_cast<int>(axis)]);
      if (start[axis] >= extent) return;
      partial = partial || chunking_.extents[axis] > extent - start[axis];
    }
    constexpr int kPartialUnfiltered = 1;
    if (partial && (chunking_.flags & kPartialUnfiltered)) {
      skipped = ~uint32_t{0};
      size = chunking_.bytes;
    }
    chunk_({std::move(start), address, size, skipped});
  }

  // A chunk by its place in units of chunks.
  void give_scaled(std::vector<uint64_t> place, uint64_t address, uint64_t size, uint32_t skipped) {
    for (size_t axis = 0; axis < rank(); ++axis) {
      if (place[axis] > (uint64_t{1} << 58) / chunking_.extents[axis])
        Hdf5File::fail(label_, "the place of a chunk is damaged");
      place[axis] *= chunking_.extents[axis];
    }
    give(std::move(place), address, size, skipped);
  }

  void tree_1_node(uint64_t address, int level) {
    file_.once(address, "a node of its tree", label_);
    ByteCursor cursor = file_.at(address, label_);
    if (cursor.take(4) != "TREE" || cursor.u8() != 1) Hdf5File::fail(label_, "its tree of chunks is damaged");
    const int own_level = cursor.u8();
    if (level >= 0 ? own_level != level : own_level > kMaxLevel)
      Hdf5File::fail(label_, "its tree of chunks is damaged");
    const int count = cursor.u16();
    cursor.skip(16);
    for (int i = 0; i < count; ++i) {
      const uint64_t size = cursor.u32();
      const uint32_t skipped = cursor.u32();
      std::vector<uint64_t> start;
      for (size_t axis = 0; axis < rank(); ++axis) start.push_back(cursor.u64());
      cursor.skip(8);  // within the element
      const uint64_t child = cursor.u64();
      if (own_level > 0) {
        tree_1_node(child, own_level - 1);
      } else {
        give(std::move(start), child, size, skipped);
      }
    }
  }

  void single(ByteCursor& cursor) {
    constexpr int kSizeGiven = 2;
    uint64_t size = chunking_.bytes;
    uint32_t skipped = 0;
    if (chunking_.flags & kSizeGiven) {
      size = cursor.u64();
      skipped = cursor.u32();
    }
    give(std::vector<uint64_t>(rank(), 0), cursor.u64(), size, skipped);
  }

  // How many chunks there may ever be along each axis; an unlimited axis varies slowest, and its count has no
  // meaning.
  struct Grid {
    std::vector<size_t> axes;  ///< from the slowest to the fastest
    std::vector<uint64_t> counts;
  };
  Grid grid() const {
    Grid grid;
    for (size_t axis = 0; axis < rank(); ++axis) {
      const uint64_t most = extents_.most[axis], chunk = chunking_.extents[axis];
      grid.counts.push_back(most == kHdf5Unlimited ? 1 : most / chunk + (most % chunk != 0));
      grid.axes.insert(most == kHdf5Unlimited ? grid.axes.begin() : grid.axes.end(), axis);
    }
    return grid;
  }
  std::vector<uint64_t> place_of(const Grid& grid, uint64_t number) const {
    std::vector<uint64_t> place(rank());
    for (size_t i = rank(); i-- > 1;) {
      const uint64_t count = std::max<uint64_t>(grid.counts[grid.axes[i]], 1);
      place[grid.axes[i]] = number % count;
      number /= count;
    }
    if (rank() > 0) place[grid.axes[0]] = number;
    return place;
  }

  void implicit(uint64_t address) {
    if (address == kHdf5NoAddress) return;
    const Grid all = grid();
    uint64_t count = 1;
    for (const uint64_t extent : all.counts) {
      if (extent != 0 && count > file_.size() / extent)
        Hdf5File::fail(label_, "it claims more chunks than the file has bytes");
      count *= extent;
    }
    for (uint64_t i = 0; i < count; ++i)
      give_scaled(place_of(all, i), address + i * chunking_.bytes, chunking_.bytes, 0);
  }

  // An element of an array of chunks: address, and, with filters, size and filters left out.
  void element(const Grid& grid, uint64_t number, std::string_view bytes) {
    ByteCursor cursor(bytes, label_);
    const uint64_t address = cursor.u64();
    if (!filtered_) return give_scaled(place_of(grid, number), address, chunking_.bytes, 0);
    if (bytes.size() < 13 || bytes.size() > 20) Hdf5File::fail(label_, "its array of chunks is damaged");
    const uint64_t size = cursor.number(static_cast<int>(bytes.size()) - 12);
    give_scaled(place_of(grid, number), address, size, cursor.u32());
  }

  void fixed_array(uint64_t address) {
    const Grid all = grid();
    read_hdf5_fixed_array(file_, address, filtered_, label_,
                          [&](uint64_t i, std::string_view bytes) { element(all, i, bytes); });
  }

  void extensible_array(uint64_t address) {
    const Grid all = grid();
    read_hdf5_extensible_array(file_, address, filtered_, label_,
                               [&](uint64_t i, std::string_view bytes) { element(all, i, bytes); });
  }

  void tree_2(uint64_t address) {
    const uint64_t places = 8 * rank();
    constexpr int kUnfilteredChunks = 10, kFilteredChunks = 11;
    read_hdf5_tree2(file_, address, filtered_ ? kFilteredChunks : kUnfilteredChunks, label_,
                    [&](std::string_view record) {
                      ByteCursor cursor(record, label_);
                      const uint64_t at = cursor.u64();
                      uint64_t size = chunking_.bytes;
                      uint32_t skipped = 0;
                      if (filtered_) {
                        if (record.size() < places + 13 || record.size() > places + 20)
                          Hdf5File::fail(label_, "its tree of chunks is damaged");
                        size = cursor.number(static_cast<int>(record.size() - places - 12));
                        skipped = cursor.u32();
                      }
                      std::vector<uint64_t> place;
                      for (size_t axis = 0; axis < rank(); ++axis) place.push_back(cursor.u64());
                      give_scaled(std::move(place), at, size, skipped);
                    });
  }

  Hdf5File& file_;
  const Hdf5Chunking& chunking_;
  const Hdf5Extents& extents_;
  bool filtered_;
  const std::string& label_;
  const std::function<void(const Hdf5Chunk&)>& chunk_;
};

}  // namespace

Hdf5Chunking parse_hdf5_chunking(std::string_view layout, int rank, size_t element,
                                 const std::string& label) {
  ByteCursor cursor(layout, label);
  Hdf5Chunking chunking;
  chunking.version = cursor.u8();
  cursor.skip(1);
  if (chunking.version == 4) chunking.flags = cursor.u8();
  const int axes = cursor.u8() - 1;           // the last is the element's bytes
  if (chunking.version == 3) cursor.skip(8);  // its address
  const int width = chunking.version == 3 ? 4 : cursor.u8();
  if (axes != rank || rank < 1 || width < 1 || width > 8)
    Hdf5File::fail(label, "its chunks do not fit its shape, or are damaged");
  chunking.bytes = 1;
  for (int axis = 0; axis <= axes; ++axis) {
    const uint64_t extent = cursor.number(width);
    constexpr uint64_t kMost = uint64_t{1} << 40;
    if (extent == 0 || extent > kMost / chunking.bytes)
      Hdf5File::fail(label, "the extents of its chunks are damaged");
    chunking.bytes *= extent;
    if (axis < axes) chunking.extents.push_back(extent);
    if (axis == axes && extent != element) Hdf5File::fail(label, "the elements of its chunks are damaged");
  }
  if (chunking.version == 3) {
    chunking.rest = layout.substr(3, 8);
  } else {
    chunking.index = cursor.u8();
    chunking.rest = layout.substr(layout.size() - cursor.left());
  }
  return chunking;
}

void read_hdf5_chunks(Hdf5File& file, const Hdf5Chunking& chunking, const Hdf5Extents& extents, bool filtered,
                      const std::string& label, const std::function<void(const Hdf5Chunk&)>& chunk) {
  Chunks(file, chunking, extents, filtered, label, chunk).read();
}

}  // namespace lamina::detail
