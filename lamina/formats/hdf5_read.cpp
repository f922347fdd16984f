// Reading HDF5 images that nobody vouches for. Our own parser, because the library's crashes on damaged
// files: it knows the layouts that h5py writes, by default and with libver='latest', follows hard links
// only, and takes memory only for what is stored. Here are the groups.
#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/hdf5_attributes.h"
#include "lamina/formats/detail/hdf5_checksum.h"
#include "lamina/formats/detail/hdf5_dataset.h"
#include "lamina/formats/detail/hdf5_tree2.h"

namespace lamina::detail {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxTreeLevel = 16;
constexpr size_t kMaxPath = 4096;
constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);

class Reader {
 public:
  Reader(ByteSource bytes, const std::string& name, bool checksums)
      : file_(std::move(bytes), name, checksums), attributes_(file_), checksums_(checksums) {}

  Hdf5Tree run() {
    ByteCursor cursor = file_.at(kSignature.size(), file_.name());
    const int version = cursor.u8();
    if (version > 3) fail("", "its first block is damaged");
    read_object(version < 2 ? root_of_older(cursor, version) : root_of_newer(cursor), "", 0);
    check_attributes();
    return std::move(tree_);
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& reason) const {
    Hdf5File::fail(file_.label(path), reason);
  }

  void check_sizes(ByteCursor& cursor) const {
    if (cursor.u8() != 8 || cursor.u8() != 8) fail("", "its addresses are not of 8 bytes");
  }
  // Where the file counts from and where it ends. Addresses count from this first block, wherever it says.
  void check_end(ByteCursor& cursor) const {
    const uint64_t base = cursor.u64();
    cursor.skip(8);
    const uint64_t end = cursor.u64();
    if (end - std::min(base, end) <= file_.size()) return;
    fail("", "it is truncated: " + std::to_string(file_.size()) + " of " + std::to_string(end) +
                 " bytes are left");
  }

  uint64_t root_of_older(ByteCursor& cursor, int version) const {
    cursor.skip(4);
    check_sizes(cursor);
    cursor.skip(version == 0 ? 9 : 13);
    check_end(cursor);
    cursor.skip(8 + 8);
    return cursor.u64();
  }

  uint64_t root_of_newer(ByteCursor& cursor) {
    check_sizes(cursor);
    cursor.skip(1);
    check_end(cursor);
    constexpr uint64_t kSize = 48;
    file_.checked_block(0, kSize, kSignature, file_.name());
    return cursor.u64();
  }

  void read_object(uint64_t address, const std::string& path, int depth) {
    if (depth > kMaxDepth) fail(path, "groups are nested deeper than " + std::to_string(kMaxDepth));
    file_.once(address, "the object", file_.label(path));
    const std::vector<Hdf5Message> messages = read_hdf5_header(file_, address, file_.label(path));
    bool is_group = false, is_dataset = false;
    for (const Hdf5Message& message : messages) {
      is_group = is_group || message.type == kHdf5SymbolTable || message.type == kHdf5LinkInfo;
      is_dataset = is_dataset || message.type == kHdf5Layout;
    }
    if (is_group == is_dataset) fail(path, "neither a group nor a dataset, or damaged");
    if (is_dataset) return read_dataset(messages, path);
    if (!path.empty()) tree_.groups.emplace(path, "");
    read_attributes(messages, path);
    for (const Hdf5Message& message : messages) {
      if (message.type == kHdf5SymbolTable) read_symbol_table(message.body, path, depth);
      if (message.type == kHdf5LinkInfo) read_link_info(message.body, path, depth);
      if (message.type == kHdf5Link) read_link(message.body, path, depth);
    }
  }

  void read_symbol_table(std::string_view body, const std::string& path, int depth) {
    const std::string here = file_.label(path);
    ByteCursor cursor(body, here);
    const uint64_t tree = cursor.u64();
    ByteCursor heap = file_.at(cursor.u64(), here);
    if (heap.take(4) != "HEAP") fail(path, "its table of names is damaged");
    heap.skip(4);
    const uint64_t size = heap.u64();
    heap.skip(8);
    const std::string_view names = file_.at(heap.u64(), here).take(size);
    read_tree_node(tree, names, path, depth, /*level=*/-1);
  }

  // A node of the B-tree over a group's names; `level` must fall by one from node to child, -1 for the root.
  void read_tree_node(uint64_t address, std::string_view names, const std::string& path, int depth,
                      int level) {
    const std::string here = file_.label(path);
    file_.once(address, "a node of its tree", here);
    ByteCursor cursor = file_.at(address, here);
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
    const std::string here = file_.label(path);
    file_.once(address, "a node of its tree", here);
    ByteCursor cursor = file_.at(address, here);
    if (cursor.take(4) != "SNOD" || cursor.u8() != 1) fail(path, "its tree is damaged");
    cursor.skip(1);
    const int count = cursor.u16();
    for (int i = 0; i < count; ++i) {
      const uint64_t name_at = cursor.u64();
      const uint64_t object = cursor.u64();
      const uint32_t kind = cursor.u32();
      cursor.skip(20);
      if (name_at >= names.size()) fail(path, "one of its names is damaged");
      // No further than a path may reach: each of many names could end at the end of the file.
      const std::string_view rest = names.substr(static_cast<size_t>(name_at), kMaxPath + 1);
      const size_t end = rest.find('\0');
      if (end == std::string_view::npos && rest.size() <= kMaxPath) fail(path, "one of its names is damaged");
      const std::string child = child_path(path, rest.substr(0, end));
      constexpr uint32_t kSoftLink = 2;
      if (kind == kSoftLink) fail(child, "soft links are not allowed");
      read_object(object, child, depth + 1);
    }
  }

  // Where there are many links, they lie in a heap, found by a tree over their names.
  void read_link_info(std::string_view body, const std::string& path, int depth) {
    const std::string here = file_.label(path);
    ByteCursor cursor(body, here);
    cursor.skip(1);
    if (cursor.u8() & 1) cursor.skip(8);
    const uint64_t heap_at = cursor.u64();
    const uint64_t names_at = cursor.u64();
    if (heap_at == kHdf5NoAddress) return;
    const Hdf5Heap heap(file_, heap_at, here);
    std::vector<std::string_view> links;
    constexpr int kLinksByName = 5, kHash = 4;
    read_hdf5_tree2(file_, names_at, kLinksByName, here, [&](std::string_view record) {
      links.push_back(heap.object(record.substr(std::min<size_t>(kHash, record.size()))));
    });
    for (const std::string_view link : links) read_link(link, path, depth);
  }

  void read_link(std::string_view body, const std::string& path, int depth) {
    const std::string here = file_.label(path);
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

  void read_attributes(const std::vector<Hdf5Message>& messages, const std::string& path) {
    for (auto& [name, texts] : attributes_.read(messages, file_.label(path))) {
      const bool list = texts.size() != 1;
      tree_.attributes[path][name] = {std::move(texts), list};
    }
  }

  void check_attributes() {
    const auto root = tree_.attributes.find("");
    if (root == tree_.attributes.end()) return;
    const auto stated = root->second.find(kHdf5Checksum);
    if (stated == root->second.end()) return;
    if (checksums_ && stated->second.texts != Hdf5Texts{hdf5_attributes_checksum(tree_.attributes)})
      fail("", "the checksum of its attributes differs: it was damaged, or changed by another program");
    root->second.erase(stated);
    if (root->second.empty()) tree_.attributes.erase(root);
  }

  // What has a checksum is an array of ours: one that cannot be read was one before.
  void check_array(const std::vector<Hdf5Message>& messages, const std::string& path,
                   const std::variant<Tensor, std::string>& read) {
    const std::map<std::string, Hdf5Texts> attributes = attributes_.read(messages, file_.label(path));
    const auto stated = attributes.find(kHdf5Checksum);
    if (!checksums_ || stated == attributes.end()) return;
    if (const auto* reason = std::get_if<std::string>(&read))
      fail(path, "it is damaged: it was written with a checksum and now says that it holds " + *reason);
    const Tensor& array = std::get<Tensor>(read);
    const std::string_view bytes(static_cast<const char*>(array.buffer()->data()), array.type().bytes());
    if (stated->second != Hdf5Texts{hdf5_array_checksum(path, array.type(), bytes)})
      fail(path, "its checksum differs: the file was damaged, or changed by another program");
  }

  void read_dataset(const std::vector<Hdf5Message>& messages, const std::string& path) {
    std::variant<Tensor, std::string> read = read_hdf5_dataset(file_, messages, file_.label(path));
    check_array(messages, path, read);
    const auto* reason = std::get_if<std::string>(&read);
    const bool added = reason ? tree_.skipped.emplace(path, *reason).second
                              : tree_.arrays.emplace(path, std::get<Tensor>(std::move(read))).second;
    if (!added) fail(path, "two arrays have this path");
  }

  Hdf5File file_;
  Hdf5AttributeReader attributes_;
  bool checksums_;
  Hdf5Tree tree_;
};

}  // namespace

namespace {

bool starts_at(const ByteSource& bytes, uint64_t at) {
  return bytes.size() - at >= kSignature.size() && bytes.view(at, kSignature.size()) == kSignature;
}

// Where the first block is: at the start, or behind a block of the user's own, of 512 bytes, 1024, 2048, ...
std::optional<uint64_t> find_start(const ByteSource& bytes) {
  constexpr uint64_t kSmallest = 512;
  for (uint64_t at = 0; at < bytes.size(); at = at == 0 ? kSmallest : 2 * at) {
    if (starts_at(bytes, at)) return at;
  }
  return std::nullopt;
}

}  // namespace

bool is_hdf5(const ByteSource& bytes) {
  if (starts_at(bytes, 0)) return true;
  if (!find_start(bytes)) return false;
  // A member of a zip archive may start where a user block ends: its last record says that it is one.
  constexpr uint64_t kLongestEnd = 22 + 65535;
  const uint64_t end = std::min(bytes.size(), kLongestEnd);
  return bytes.view(bytes.size() - end, end).find("PK\x05\x06") == std::string_view::npos;
}

Hdf5Tree read_hdf5(const ByteSource& bytes, const std::string& name, bool checksums) {
  const std::optional<uint64_t> start = find_start(bytes);
  if (!start) throw FileError("'" + name + "' is not an HDF5 file: it does not start as one");
  // Addresses count from there.
  return Reader(*start == 0 ? bytes : bytes.part(*start, bytes.size() - *start), name, checksums).run();
}

}  // namespace lamina::detail
