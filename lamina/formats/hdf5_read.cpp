// Reading HDF5 images that nobody vouches for. Our own parser, because the library's crashes on damaged
// files: it knows the classic layout that h5py writes by default (symbol-table groups, contiguous or compact
// datasets), follows hard links only, and takes memory only for what is stored.
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/byte_cursor.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxTreeLevel = 16;
constexpr size_t kMaxPath = 4096;
constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);

class Reader {
 public:
  Reader(std::string_view file, const std::string& name) : file_(file), name_(name) {}

  Hdf5Tree run() {
    ByteCursor cursor(file_, name_);
    cursor.skip(kSignature.size());
    const int version = cursor.u8();
    if (version == 2 || version == 3) {
      fail("", "it is stored in HDF5's newer layout; write it again with h5py's default (libver 'earliest')");
    }
    if (version > 1) fail("", "its first block is damaged");
    cursor.skip(4);
    if (cursor.u8() != 8 || cursor.u8() != 8) fail("", "its addresses are not of 8 bytes");
    cursor.skip(version == 0 ? 9 : 13);
    if (cursor.u64() != 0) fail("", "its first block is damaged");  // base address
    cursor.skip(8);
    const uint64_t end = cursor.u64();
    if (end > file_.size()) {
      fail("", "it is truncated: " + std::to_string(file_.size()) + " of " + std::to_string(end) +
                   " bytes are left");
    }
    cursor.skip(8 + 8);
    read_object(cursor.u64(), "", 0);
    return std::move(tree_);
  }

 private:
  std::string label(const std::string& path) const { return path.empty() ? name_ : name_ + ": " + path; }

  [[noreturn]] void fail(const std::string& path, const std::string& reason) const {
    throw FileError("'" + label(path) + "': " + reason);
  }

  ByteCursor at(uint64_t address, const std::string& label) const {
    ByteCursor cursor(file_, label);
    cursor.skip(address);
    return cursor;
  }

  // Every structure lies at its own address: what is met twice is a link or a cycle.
  void remember(uint64_t address, const std::string& path, const char* what) {
    if (!seen_.insert(address).second)
      fail(path, std::string(what) + " has two paths; links are not allowed");
  }

  void read_object(uint64_t address, const std::string& path, int depth) {
    if (depth > kMaxDepth) fail(path, "groups are nested deeper than " + std::to_string(kMaxDepth));
    remember(address, path, "the object");
    const std::vector<Hdf5Message> messages = read_hdf5_header(file_, address, label(path));
    // Headers that overlap would cost more time than the file has bytes.
    constexpr size_t kSmallestMessage = 8;
    messages_ += messages.size();
    if (messages_ > file_.size() / kSmallestMessage) fail(path, "its object headers overlap");
    bool is_group = false, is_dataset = false;
    for (const Hdf5Message& message : messages) {
      is_group = is_group || message.type == kHdf5SymbolTable || message.type == kHdf5LinkInfo;
      is_dataset = is_dataset || message.type == kHdf5Layout;
    }
    if (is_group == is_dataset) fail(path, "neither a group nor a dataset, or damaged");
    if (is_dataset) return read_dataset(messages, path);
    if (!path.empty()) tree_.groups.emplace(path, "");
    for (const Hdf5Message& message : messages) {
      if (message.type == kHdf5SymbolTable) read_symbol_table(message.body, path, depth);
      if (message.type == kHdf5LinkInfo) check_link_info(message.body, path);
      if (message.type == kHdf5Link) read_link(message.body, path, depth);
    }
  }

  void read_symbol_table(std::string_view body, const std::string& path, int depth) {
    const std::string here = label(path);
    ByteCursor cursor(body, here);
    const uint64_t tree = cursor.u64();
    ByteCursor heap = at(cursor.u64(), here);
    if (heap.take(4) != "HEAP") fail(path, "its table of names is damaged");
    heap.skip(4);
    const uint64_t size = heap.u64();
    heap.skip(8);
    const std::string_view names = at(heap.u64(), here).take(size);
    read_tree_node(tree, names, path, depth, /*level=*/-1);
  }

  // A node of the B-tree over a group's names; `level` must fall by one from node to child, -1 for the root.
  void read_tree_node(uint64_t address, std::string_view names, const std::string& path, int depth,
                      int level) {
    const std::string here = label(path);
    remember(address, path, "a node of its tree");
    ByteCursor cursor = at(address, here);
    if (cursor.take(4) != "TREE" || cursor.u8() != 0) fail(path, "its tree is damaged");
    const int own_level = cursor.u8();
    if (level >= 0 ? own_level != level : own_level > kMaxTreeLevel) fail(path, "its tree is damaged");
    const int count = cursor.u16();
    cursor.skip(16);
    for (int i = 0; i < count; ++i) {
      cursor.skip(8);
      const uint64_t child = cursor.u64();
      if (own_level > 0) {
        read_tree_node(child, names, path, depth, own_level - 1);
      } else {
        read_symbols(child, names, path, depth);
      }
    }
  }

  void read_symbols(uint64_t address, std::string_view names, const std::string& path, int depth) {
    const std::string here = label(path);
    remember(address, path, "a node of its tree");
    ByteCursor cursor = at(address, here);
    if (cursor.take(4) != "SNOD" || cursor.u8() != 1) fail(path, "its tree is damaged");
    cursor.skip(1);
    const int count = cursor.u16();
    for (int i = 0; i < count; ++i) {
      const uint64_t name_at = cursor.u64();
      const uint64_t object = cursor.u64();
      const uint32_t kind = cursor.u32();
      cursor.skip(20);
      if (name_at >= names.size()) fail(path, "one of its names is damaged");
      const size_t end = names.find('\0', static_cast<size_t>(name_at));
      if (end == std::string_view::npos) fail(path, "one of its names is damaged");
      const std::string child = child_path(path, names.substr(static_cast<size_t>(name_at), end - name_at));
      constexpr uint32_t kSoftLink = 2;
      if (kind == kSoftLink) fail(child, "soft links are not allowed");
      read_object(object, child, depth + 1);
    }
  }

  void check_link_info(std::string_view body, const std::string& path) const {
    const std::string here = label(path);
    ByteCursor cursor(body, here);
    cursor.skip(1);
    if (cursor.u8() & 1) cursor.skip(8);
    if (cursor.u64() != kHdf5NoAddress) {
      fail(path,
           "it is stored in HDF5's newer layout; write it again with h5py's default (libver 'earliest')");
    }
  }

  void read_link(std::string_view body, const std::string& path, int depth) {
    const std::string here = label(path);
    ByteCursor cursor(body, here);
    cursor.skip(1);
    const int flags = cursor.u8();
    const int type = flags & 8 ? cursor.u8() : 0;
    if (flags & 4) cursor.skip(8);
    if (flags & 16) cursor.skip(1);
    const uint64_t length = cursor.number(1 << (flags & 3));
    const std::string child = child_path(path, cursor.take(length));
    constexpr int kSoft = 1, kExternal = 64;
    if (type == kSoft) fail(child, "soft links are not allowed");
    if (type == kExternal) fail(child, "external links are not allowed");
    if (type != 0) fail(child, "links of an unknown kind are not allowed");
    read_object(cursor.u64(), child, depth + 1);
  }

  std::string child_path(const std::string& path, std::string_view name) const {
    if (name.empty() || name.find('/') != std::string_view::npos) fail(path, "one of its names is damaged");
    if (path.size() + name.size() >= kMaxPath) {
      fail(path.substr(0, 100), "the path of a member is longer than " + std::to_string(kMaxPath) + " bytes");
    }
    return path.empty() ? std::string(name) : path + "/" + std::string(name);
  }

  void read_dataset(const std::vector<Hdf5Message>& messages, const std::string& path) {
    const std::string here = label(path);
    std::optional<Hdf5Elements> elements;
    std::optional<Shape> shape;
    std::string_view layout;
    for (const Hdf5Message& message : messages) {
      switch (message.type) {
        case kHdf5Datatype:
          if (message.shared) fail(path, "element types defined elsewhere are not allowed");
          elements = parse_hdf5_datatype(message.body, here);
          break;
        case kHdf5Dataspace:
          shape = parse_hdf5_dataspace(message.body, here);
          break;
        case kHdf5ExternalFiles:
          fail(path, "external storage is not allowed");
        case kHdf5Filters:
          tree_.skipped.emplace(path, "compressed storage");
          break;
        case kHdf5Layout:
          layout = message.body;
          break;
        default:
          break;
      }
    }
    if (!elements) fail(path, "its element type is missing");
    if (!elements->unsupported.empty()) tree_.skipped.emplace(path, elements->unsupported);
    if (!shape) tree_.skipped.emplace(path, "an array without a shape");
    const std::optional<std::string_view> stored = stored_bytes(layout, path);
    if (tree_.skipped.contains(path)) return;
    if (!stored) {
      tree_.skipped.emplace(path, "chunked storage");
      return;
    }
    add_array({elements->dtype, *shape}, elements->big_endian, *stored, path);
  }

  // The dataset's elements, or nothing when they are in chunks.
  std::optional<std::string_view> stored_bytes(std::string_view layout, const std::string& path) const {
    const std::string here = label(path);
    ByteCursor cursor(layout, here);
    const int version = cursor.u8();
    const int kind = cursor.u8();
    if (version != 3 && version != 4) fail(path, "its layout is damaged, or older than HDF5 1.6");
    constexpr int kCompact = 0, kContiguous = 1, kChunked = 2, kVirtual = 3;
    switch (kind) {
      case kCompact:
        return cursor.take(cursor.u16());
      case kContiguous: {
        const uint64_t address = cursor.u64();
        const uint64_t size = cursor.u64();
        if (address == kHdf5NoAddress) return std::string_view();  // nothing was ever written
        return at(address, here).take(size);
      }
      case kChunked:
        return std::nullopt;
      case kVirtual:
        fail(path, "virtual datasets are not allowed");
      default:
        fail(path, "its layout is damaged");
    }
  }

  void add_array(const TensorType& type, bool big_endian, std::string_view stored, const std::string& path) {
    if (stored.size() != type.bytes()) {
      fail(path, type.str() + " claims " + std::to_string(type.bytes()) + " bytes and stores " +
                     std::to_string(stored.size()));
    }
    // Arrays that share their bytes would let a small file fill all of memory.
    total_ += stored.size();
    if (total_ > file_.size()) {
      fail(path, "its arrays claim more than the limit of " + std::to_string(file_.size()) +
                     " bytes, the file's size");
    }
    auto buffer = std::make_shared<Buffer>(Device{}, stored.size());
    char* out = static_cast<char*>(buffer->data());
    if (!stored.empty()) std::memcpy(out, stored.data(), stored.size());
    const size_t element = size_of(type.dtype);
    if (big_endian) {
      for (size_t i = 0; i < stored.size(); i += element) {
        for (size_t b = 0; b < element / 2; ++b) std::swap(out[i + b], out[i + element - 1 - b]);
      }
    }
    if (type.dtype == DType::kBool) {
      for (size_t i = 0; i < stored.size(); ++i) out[i] = out[i] != 0;
    }
    if (!tree_.arrays.emplace(path, Tensor::wrap(std::move(buffer), type)).second) {
      fail(path, "two arrays have this path");
    }
  }

  std::string_view file_;
  const std::string& name_;
  Hdf5Tree tree_;
  std::set<uint64_t> seen_;
  uint64_t total_ = 0;
  size_t messages_ = 0;
};

}  // namespace

bool is_hdf5(std::string_view bytes) { return bytes.starts_with(kSignature); }

Hdf5Tree read_hdf5(std::string_view bytes, const std::string& name) {
  if (!is_hdf5(bytes)) throw FileError("'" + name + "' is not an HDF5 file: it does not start as one");
  return Reader(bytes, name).run();
}

}  // namespace lamina::detail
