// Text attributes of HDF5 objects: in the object's header, or, where there are many, in a heap of their own.
#include "lamina/formats/detail/hdf5_attributes.h"

#include <algorithm>
#include <optional>

#include "lamina/formats/detail/hdf5_tree2.h"

namespace lamina::detail {
namespace {

// What an attribute's element type is, as far as it is text.
struct TextType {
  enum Kind { kOther, kFixed, kVarying } kind = kOther;
  uint32_t size = 0;
};

TextType text_type(std::string_view body, const std::string& label) {
  ByteCursor cursor(body, label);
  const int kind = cursor.u8() & 15;
  const int bits = static_cast<int>(cursor.number(3));
  const uint32_t size = cursor.u32();
  constexpr int kText = 3, kList = 9, kListOfText = 1;
  if (kind == kText) return {TextType::kFixed, size};
  if (kind == kList && (bits & 15) == kListOfText) return {TextType::kVarying, size};
  return {};
}

size_t padded(size_t size) { return (size + 7) / 8 * 8; }

}  // namespace

std::map<std::string, Hdf5Texts> Hdf5AttributeReader::read(const std::vector<Hdf5Message>& messages,
                                                           const std::string& label) {
  std::map<std::string, Hdf5Texts> texts;
  for (const Hdf5Message& message : messages) {
    if (message.shared) continue;
    if (message.type == kHdf5Attribute) read_one(message.body, label, texts);
    if (message.type == kHdf5AttributeInfo) read_many(message.body, label, texts);
  }
  return texts;
}

void Hdf5AttributeReader::read_one(std::string_view body, const std::string& label,
                                   std::map<std::string, Hdf5Texts>& into) {
  ByteCursor cursor(body, label);
  const int version = cursor.u8();
  if (version < 1 || version > 3) Hdf5File::fail(label, "one of its attributes is damaged");
  const int flags = cursor.u8();
  const size_t sizes[] = {cursor.u16(), cursor.u16(), cursor.u16()};
  if (version == 3) cursor.skip(1);  // how the name is encoded
  std::string_view parts[3];
  for (size_t i = 0; i < 3; ++i) {
    parts[i] = cursor.take(sizes[i]);
    if (version == 1) cursor.skip(std::min(cursor.left(), padded(sizes[i]) - sizes[i]));
  }
  if (version > 1 && (flags & 3) != 0) return;  // its type is described elsewhere
  const std::string name(parts[0].substr(0, parts[0].find('\0')));
  const TextType type = text_type(parts[1], label);
  if (type.kind == TextType::kOther) return;
  const std::optional<Hdf5Extents> extents = parse_hdf5_dataspace(parts[2], label);
  if (!extents) return;
  const auto count = static_cast<uint64_t>(extents->shape.size());
  constexpr uint32_t kReference = 16;
  if (type.size == 0 && count > 0) Hdf5File::fail(label, "attribute '" + name + "' has elements of no size");
  if (type.kind == TextType::kVarying && type.size != kReference)
    Hdf5File::fail(label, "attribute '" + name + "' is damaged");
  if (count > 0 && count > cursor.left() / type.size)
    Hdf5File::fail(label, "attribute '" + name + "' claims " + std::to_string(count) + " texts of " +
                              std::to_string(type.size) + " bytes where " + std::to_string(cursor.left()) +
                              " bytes are left");
  Hdf5Texts texts;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view text;
    if (type.kind == TextType::kFixed) {
      text = cursor.take(type.size);
      text = text.substr(0, text.find('\0'));
    } else {
      text = text_in_heap(cursor, label);
    }
    file_.take_memory(text.size() + sizeof(std::string), label);
    texts.emplace_back(text);
  }
  if (!into.emplace(name, std::move(texts)).second)
    Hdf5File::fail(label, "two of its attributes are named '" + name + "'");
}

void Hdf5AttributeReader::read_many(std::string_view body, const std::string& label,
                                    std::map<std::string, Hdf5Texts>& into) {
  ByteCursor cursor(body, label);
  cursor.skip(1);
  if (cursor.u8() & 1) cursor.skip(2);
  const uint64_t heap_at = cursor.u64();
  const uint64_t names_at = cursor.u64();
  if (heap_at == kHdf5NoAddress) return;
  const Hdf5Heap heap(file_, heap_at, label);
  std::vector<std::string_view> attributes;
  constexpr int kAttributesByName = 8;
  constexpr size_t kIdentifier = 8;
  read_hdf5_tree2(file_, names_at, kAttributesByName, label, [&](std::string_view record) {
    attributes.push_back(heap.object(record.substr(0, kIdentifier)));
  });
  for (const std::string_view attribute : attributes) read_one(attribute, label, into);
}

std::string_view Hdf5AttributeReader::text_in_heap(ByteCursor& reference, const std::string& label) {
  const uint32_t length = reference.u32();
  const uint64_t address = reference.u64();
  const uint32_t index = reference.u32();
  if (length == 0) return {};
  const Heap& heap = heap_at(address, label);
  const auto found = heap.find(index);
  if (found == heap.end() || found->second.size() < length)
    Hdf5File::fail(label, "the text of one of its attributes is damaged");
  return found->second.substr(0, length);
}

const Hdf5AttributeReader::Heap& Hdf5AttributeReader::heap_at(uint64_t address, const std::string& label) {
  if (const auto known = heaps_.find(address); known != heaps_.end()) return known->second;
  ByteCursor start = file_.at(address, label);
  if (start.take(4) != "GCOL" || start.u8() != 1) Hdf5File::fail(label, "the heap of its texts is damaged");
  start.skip(3);
  const uint64_t size = start.u64();
  constexpr uint64_t kHeader = 16;
  if (size < kHeader) Hdf5File::fail(label, "the heap of its texts is damaged");
  ByteCursor cursor(file_.block(address, size, label).substr(kHeader), label);
  Heap& heap = heaps_[address];
  while (cursor.left() >= kHeader) {
    const uint32_t index = cursor.u16();
    cursor.skip(6);
    const uint64_t length = cursor.u64();
    if (index == 0) break;  // what is left is free
    heap[index] = cursor.take(length);
    cursor.skip(std::min<uint64_t>(cursor.left(), (8 - length % 8) % 8));
  }
  return heap;
}

}  // namespace lamina::detail
