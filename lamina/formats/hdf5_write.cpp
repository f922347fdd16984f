// Writing HDF5 images in the classic layout that h5py writes by default: superblock 0, symbol-table groups,
// version 1 object headers, contiguous arrays. Follows the HDF5 File Format Specification, version 3.0.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/hdf5_checksum.h"
#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {
namespace {

constexpr uint64_t kInternalK = 16;  // a tree node has room for twice as many children
constexpr uint64_t kLeafK = 4;       // a leaf has room for twice as many names; both are h5py's
constexpr size_t kSuperblockSize = 96;
constexpr size_t kSmallestHeap = 4096;
constexpr uint64_t kTextsInHeap = 50000;  // numbers in a heap have 16 bits

// Bytes under construction, little-endian.
class Bytes {
 public:
  size_t size() const { return text_.size(); }
  const std::string& str() const { return text_; }
  std::string take() { return std::move(text_); }

  Bytes& number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) text_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  Bytes& u8(uint64_t value) { return number(value, 1); }
  Bytes& u16(uint64_t value) { return number(value, 2); }
  Bytes& u32(uint64_t value) { return number(value, 4); }
  Bytes& u64(uint64_t value) { return number(value, 8); }
  Bytes& add(std::string_view bytes) {
    text_ += bytes;
    return *this;
  }
  Bytes& zeros(size_t count) {
    text_.append(count, '\0');
    return *this;
  }
  /// Fills up to a multiple of 8: every structure and message begins at one.
  Bytes& pad() { return zeros((8 - text_.size() % 8) % 8); }

 private:
  std::string text_;
};

Bytes integer_type(size_t size, bool is_signed) {
  return Bytes().u8(0x10).u8(is_signed ? 8 : 0).u16(0).u32(size).u16(0).u16(8 * size);
}

Bytes float_type(size_t size, uint64_t exponent_bits, uint64_t fraction_bits) {
  constexpr uint64_t kImpliedLeadingOne = 0x20;
  const uint64_t bias = (uint64_t{1} << (exponent_bits - 1)) - 1;
  return Bytes()
      .u8(0x11)
      .u8(kImpliedLeadingOne)
      .u8(8 * size - 1)
      .u8(0)
      .u32(size)
      .u16(0)
      .u16(8 * size)
      .u8(fraction_bits)
      .u8(exponent_bits)
      .u8(0)
      .u8(fraction_bits)
      .u32(bias);
}

// The body of a datatype message. bool is NumPy's enumeration of FALSE and TRUE, bfloat16 is two opaque
// bytes.
Bytes type_of(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return Bytes()
          .u8(0x18)
          .u16(2)
          .u8(0)
          .u32(1)
          .add(integer_type(1, true).str())
          .add(std::string_view("FALSE\0\0\0TRUE\0\0\0\0\0\1", 18));
    case DType::kUInt8:
      return integer_type(1, false);
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
      return integer_type(size_of(dtype), true);
    case DType::kFloat16:
      return float_type(2, 5, 10);
    case DType::kBFloat16:
      return Bytes().u8(0x15).u8(0).u16(0).u32(2);
    case DType::kFloat64:
      return float_type(8, 11, 52);
    case DType::kFloat32:
      break;
  }
  return float_type(4, 8, 23);
}

// The file under construction, behind its first block; the elements of arrays are not copied.
class Image {
 public:
  uint64_t size() const { return size_; }
  void add(std::string_view bytes) {
    text_ += bytes;
    size_ += bytes.size();
  }
  void add(const Tensor& tensor) {
    pieces_.add(std::exchange(text_, {}));
    pieces_.add(tensor);
    size_ += tensor.type().bytes();
  }
  void pad() { add(std::string((8 - size_ % 8) % 8, '\0')); }
  Pieces behind(std::string first_block) {
    Pieces all(std::move(first_block));
    pieces_.add(std::move(text_));
    all.add(std::move(pieces_));
    return all;
  }

 private:
  uint64_t size_ = kSuperblockSize;
  std::string text_;  // since the last array
  Pieces pieces_;
};

// The messages of one object header.
class Header {
 public:
  void add(int type, const Bytes& body, bool constant = false) {
    Bytes padded = body;
    padded.pad();
    messages_.u16(static_cast<uint64_t>(type))
        .u16(padded.size())
        .u8(constant ? 1 : 0)
        .zeros(3)
        .add(padded.str());
    ++count_;
  }
  std::string str() const {
    return Bytes().u8(1).u8(0).u16(count_).u32(1).u32(messages_.size()).u32(0).add(messages_.str()).take();
  }

 private:
  Bytes messages_;
  uint64_t count_ = 0;
};

// One group, its members in the order of their names, as the format wants them.
struct Group {
  std::map<std::string, Group> groups;
  std::map<std::string, const Tensor*> arrays;
  std::map<std::string, Hdf5Text> attributes;
};

class Writer {
 public:
  Writer(const Hdf5Tree& tree, bool checksums) : checksums_(checksums) {
    auto attributes = tree.attributes;
    for (const auto& [path, name] : tree.groups) {
      group_at(path);
      if (!name.empty()) attributes[path]["name"] = {{name}, /*list=*/false};
    }
    if (checksums) attributes[""][kHdf5Checksum] = {{hdf5_attributes_checksum(attributes)}, /*list=*/false};
    for (const auto& [path, named] : attributes) (path.empty() ? root_ : group_at(path)).attributes = named;
    for (const auto& [path, tensor] : tree.arrays) {
      const size_t slash = path.rfind('/');
      Group& parent = slash == std::string::npos ? root_ : group_at(path.substr(0, slash));
      parent.arrays[path.substr(slash == std::string::npos ? 0 : slash + 1)] = &tensor;
    }
    visit(root_);
  }

  Pieces run() {
    write_texts();
    const uint64_t root = write_group(root_, "");
    return image_.behind(superblock(root));
  }

 private:
  Group& group_at(const std::string& path) {
    Group* group = &root_;
    for (size_t start = 0; start <= path.size();) {
      const size_t end = std::min(path.find('/', start), path.size());
      group = &group->groups[path.substr(start, end - start)];
      start = end + 1;
    }
    return *group;
  }

  // Looks at all groups for what has to be known first: the texts.
  void visit(const Group& group) {
    for (const auto& [name, text] : group.attributes) {
      for (const std::string& one : text.texts) text_index(one);
    }
    for (const auto& [name, tensor] : group.arrays) {
      if (tensor->dtype() == DType::kBFloat16) text_index("bfloat16");
    }
    for (const auto& [name, child] : group.groups) visit(child);
  }

  // Texts of attributes live in global heaps; a text's number counts through all of them.
  uint64_t text_index(const std::string& text) {
    return texts_.try_emplace(text, texts_.size()).first->second;
  }

  void write_texts() {
    std::vector<std::string_view> ordered(texts_.size());
    for (const auto& [text, index] : texts_) ordered[index] = text;
    for (size_t start = 0; start < ordered.size(); start += kTextsInHeap) {
      Bytes objects;
      for (size_t i = start; i < std::min<size_t>(start + kTextsInHeap, ordered.size()); ++i)
        objects.u16(i - start + 1).u16(1).u32(0).u64(ordered[i].size()).add(ordered[i]).pad();
      constexpr size_t kHeader = 16;
      const size_t size = std::max(kSmallestHeap, kHeader + objects.size() + kHeader);
      const size_t free = size - kHeader - objects.size();
      objects.u16(0).u16(0).u32(0).u64(free);
      heaps_at_.push_back(image_.size());
      image_.add(Bytes().add("GCOL").u32(1).u64(size).add(objects.str()).zeros(free - kHeader).str());
    }
  }

  Bytes text_attribute(const std::string& attribute, const Hdf5Text& text) {
    // Strings of varying length in UTF-8, and a scalar or a list to hold them.
    const Bytes type = Bytes().u8(0x19).u8(1).u8(1).u8(0).u32(16).add(integer_type(1, false).str());
    Bytes space = Bytes().u8(1).u8(text.list ? 1 : 0).zeros(6);
    if (text.list) space.u64(text.texts.size());
    Bytes body;
    body.u16(1).u16(attribute.size() + 1).u16(type.size()).u16(space.size());
    body.add(attribute).u8(0).pad().add(type.str()).pad().add(space.str()).pad();
    for (const std::string& one : text.texts) {
      const uint64_t index = text_index(one);
      body.u32(one.size()).u64(heaps_at_.at(index / kTextsInHeap)).u32(index % kTextsInHeap + 1);
    }
    constexpr size_t kMost = 65000;  // what a message holds
    if (body.size() > kMost)
      throw InternalError("attribute '" + attribute + "' has more texts than an HDF5 message holds");
    return body;
  }

  // A text of fixed length, which needs no heap.
  static Bytes fixed_attribute(const std::string& attribute, const std::string& text) {
    const Bytes type = Bytes().u8(0x13).u8(1).u16(0).u32(text.size());
    const Bytes space = Bytes().u8(1).zeros(7);
    Bytes body;
    body.u16(1).u16(attribute.size() + 1).u16(type.size()).u16(space.size());
    return body.add(attribute).u8(0).pad().add(type.str()).pad().add(space.str()).pad().add(text);
  }

  uint64_t append(const std::string& bytes) {
    image_.pad();
    const uint64_t address = image_.size();
    image_.add(bytes);
    image_.pad();
    return address;
  }

  uint64_t write_group(const Group& group, const std::string& path) {
    const std::string inside = path.empty() ? "" : path + "/";
    std::map<std::string, uint64_t> members;
    for (const auto& [name, child] : group.groups) members[name] = write_group(child, inside + name);
    for (const auto& [name, tensor] : group.arrays) {
      if (!members.emplace(name, write_array(*tensor, inside + name)).second) {
        throw InternalError("an HDF5 file cannot hold a group and an array of the same path '" + name + "'");
      }
    }
    Header header;
    header.add(kHdf5SymbolTable, write_symbol_table(members));
    for (const auto& [name, text] : group.attributes) header.add(kHdf5Attribute, text_attribute(name, text));
    return append(header.str());
  }

  // A leaf or node of a group's tree, and the place in the heap of the last name in it.
  struct Part {
    uint64_t address, last_name;
  };

  Bytes write_symbol_table(const std::map<std::string, uint64_t>& members) {
    Bytes names;
    names.zeros(8);
    Bytes entries;  // of the leaf under construction
    uint64_t in_leaf = 0, last_name = 0;
    std::vector<Part> parts;
    const auto finish_leaf = [&] {
      if (in_leaf == 0) return;
      const Bytes leaf = Bytes().add("SNOD").u8(1).u8(0).u16(in_leaf).add(entries.str());
      parts.push_back({append(Bytes(leaf).zeros(8 + 80 * kLeafK - leaf.size()).str()), last_name});
      in_leaf = 0;
      entries = Bytes();
    };
    for (const auto& [name, address] : members) {
      last_name = names.size();
      names.add(name).u8(0).pad();
      entries.u64(last_name).u64(address).zeros(24);
      if (++in_leaf == 2 * kLeafK) finish_leaf();
    }
    finish_leaf();

    constexpr uint64_t kNoFreeBlock = 1;
    const uint64_t names_at = append(names.str());
    const uint64_t heap =
        append(Bytes().add("HEAP").u32(0).u64(names.size()).u64(kNoFreeBlock).u64(names_at).take());
    for (uint64_t level = 0; level == 0 || parts.size() > 1; ++level) parts = write_tree_level(level, parts);
    return Bytes().u64(parts[0].address).u64(heap);
  }

  // The nodes over those parts, one after the other, each knowing its neighbours.
  std::vector<Part> write_tree_level(uint64_t level, const std::vector<Part>& below) {
    constexpr uint64_t kSize = 24 + (2 * kInternalK + 1) * 8 + 2 * kInternalK * 8, kMost = 2 * kInternalK;
    const size_t count = std::max<size_t>((below.size() + kMost - 1) / kMost, 1);
    image_.pad();
    const uint64_t first = image_.size();
    std::vector<Part> nodes;
    for (size_t n = 0; n < count; ++n) {
      const size_t begin = n * kMost, end = std::min<size_t>(begin + kMost, below.size());
      Bytes node;
      node.add("TREE").u8(0).u8(level).u16(end - begin);
      node.u64(n > 0 ? first + (n - 1) * kSize : kHdf5NoAddress);
      node.u64(n + 1 < count ? first + (n + 1) * kSize : kHdf5NoAddress);
      node.u64(n > 0 ? below[begin - 1].last_name : 0);
      for (size_t i = begin; i < end; ++i) node.u64(below[i].address).u64(below[i].last_name);
      nodes.push_back(
          {append(Bytes(node).zeros(kSize - node.size()).str()), end > 0 ? below[end - 1].last_name : 0});
    }
    return nodes;
  }

  uint64_t write_array(const Tensor& tensor, const std::string& path) {
    const size_t bytes = tensor.type().bytes();
    uint64_t address = kHdf5NoAddress;
    const Tensor here = tensor.to("/CPU:0");
    if (bytes > 0) {
      image_.pad();
      address = image_.size();
      image_.add(here);
    }
    Bytes space;
    space.u8(1).u8(static_cast<uint64_t>(tensor.rank())).zeros(6);
    for (const int64_t extent : tensor.shape()) space.u64(static_cast<uint64_t>(extent));
    Header header;
    header.add(kHdf5Dataspace, space);
    header.add(kHdf5Datatype, type_of(tensor.dtype()), /*constant=*/true);
    header.add(kHdf5FillValue, Bytes().u8(2).u8(2).u8(2).u8(1).u32(0),
               /*constant=*/true);  // allocated late, zeros
    header.add(kHdf5Layout, Bytes().u8(3).u8(1).u64(address).u64(bytes));
    if (tensor.dtype() == DType::kBFloat16)
      header.add(kHdf5Attribute, text_attribute("dtype", {{"bfloat16"}, /*list=*/false}));
    if (checksums_) {
      const std::string_view data(bytes > 0 ? static_cast<const char*>(here.buffer()->data()) : "", bytes);
      header.add(kHdf5Attribute,
                 fixed_attribute(kHdf5Checksum, hdf5_array_checksum(path, tensor.type(), data)));
    }
    return append(header.str());
  }

  std::string superblock(uint64_t root) const {
    Bytes block;
    block.add(std::string_view("\x89HDF\r\n\x1a\n", 8)).zeros(5).u8(8).u8(8).u8(0);
    block.u16(kLeafK).u16(kInternalK).u32(0);
    block.u64(0).u64(kHdf5NoAddress).u64(image_.size()).u64(kHdf5NoAddress);
    block.u64(0).u64(root).zeros(24);
    return block.take();
  }

  bool checksums_;
  Group root_;
  Image image_;
  std::map<std::string, uint64_t> texts_;
  std::vector<uint64_t> heaps_at_;
};

}  // namespace

Pieces hdf5_pieces(const Hdf5Tree& tree, bool checksums) {
  for (const auto& [path, tensor] : tree.arrays) tensor.eval();
  return Writer(tree, checksums).run();
}

}  // namespace lamina::detail
