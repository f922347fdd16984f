// Reading TensorFlow's checkpoints: a table in LevelDB's format over protocol buffers.
#include "lamina/formats/detail/tensor_bundle.h"

#include <array>
#include <cstring>
#include <optional>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/wire.h"

namespace lamina::detail {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& what) {
  throw FileError("'" + name + "' " + what);
}

struct Handle {
  uint64_t offset, size;
};

Handle read_handle(ByteCursor& cursor, const std::string& name) {
  const uint64_t offset = read_varint(cursor, name);
  return {offset, read_varint(cursor, name)};
}

// A block, its checksum compared, without what follows it.
std::string_view block_at(std::string_view bytes, Handle handle, const std::string& name) {
  constexpr uint64_t kTrailer = 5;
  if (handle.offset > bytes.size() || handle.size > bytes.size() - handle.offset ||
      bytes.size() - handle.offset - handle.size < kTrailer)
    fail(name, "is damaged or truncated: a block reaches beyond its end");
  const std::string_view block = bytes.substr(handle.offset, handle.size);
  ByteCursor trailer(bytes.substr(handle.offset + handle.size, kTrailer), name);
  const int compression = trailer.u8();
  if (masked_crc32c(bytes.substr(handle.offset, handle.size + 1)) != trailer.u32())
    fail(name, "is damaged: the checksum of a block differs");
  if (compression != 0) fail(name, "has compressed blocks, which cannot be read");
  return block;
}

// The entries of a block: keys share their beginnings.
template <class F>
void read_block(std::string_view block, const std::string& name, F&& entry) {
  if (block.size() < 4) fail(name, "is damaged: a block is too short");
  ByteCursor end(block.substr(block.size() - 4), name);
  const uint64_t restarts = end.u32();
  if (restarts > (block.size() - 4) / 4) fail(name, "is damaged: a block is too short");
  ByteCursor cursor(block.substr(0, block.size() - 4 - 4 * restarts), name);
  std::string key;
  while (cursor.left() > 0) {
    const uint64_t shared = read_varint(cursor, name);
    const uint64_t more = read_varint(cursor, name);
    const uint64_t length = read_varint(cursor, name);
    if (shared > key.size()) fail(name, "is damaged: a key shares more than there is");
    key.resize(shared);
    key += cursor.take(more);
    entry(key, cursor.take(length));
  }
}

Shape shape_from(std::string_view message, const std::string& name, std::string& problem) {
  Shape shape;
  constexpr int64_t kMost = int64_t{1} << 50;
  int64_t size = 1;
  read_message(message, name, [&](uint64_t number, uint64_t, std::string_view bytes) {
    if (number != 2) return;
    int64_t extent = 0;
    read_message(bytes, name, [&](uint64_t inner, uint64_t value, std::string_view) {
      if (inner == 1) extent = static_cast<int64_t>(value);
    });
    if (extent < 0 || (extent > 0 && size > kMost / extent) || shape.rank() == Shape::kMaxRank) {
      problem = "its shape cannot be";
      return;
    }
    size *= extent > 0 ? extent : 1;
    shape.push_back(extent);
  });
  return shape;
}

BundleEntry entry_from(std::string_view message, const std::string& name) {
  BundleEntry entry;
  read_message(message, name, [&](uint64_t number, uint64_t value, std::string_view bytes) {
    if (number == 1) entry.dtype = static_cast<int>(value & 0xff);
    if (number == 2) entry.shape = shape_from(bytes, name, entry.problem);
    if (number == 3) entry.shard = value;
    if (number == 4) entry.offset = value;
    if (number == 5) entry.size = value;
    if (number == 6) entry.checksum = static_cast<uint32_t>(value);
    if (number == 7) entry.problem = "it is stored in slices";
  });
  return entry;
}

uint64_t header_shards(std::string_view message, const std::string& name) {
  uint64_t shards = 1;
  read_message(message, name, [&](uint64_t number, uint64_t value, std::string_view) {
    if (number == 1) shards = value;
    if (number == 2 && value != 0) fail(name, "was written by a big-endian machine, which cannot be read");
  });
  return shards;
}

std::optional<DType> dtype_of(int number) {
  switch (number) {
    case 1:
      return DType::kFloat32;
    case 2:
      return DType::kFloat64;
    case 3:
      return DType::kInt32;
    case 4:
      return DType::kUInt8;
    case 5:
      return DType::kInt16;
    case 6:
      return DType::kInt8;
    case 9:
      return DType::kInt64;
    case 10:
      return DType::kBool;
    case 14:
      return DType::kBFloat16;
    case 19:
      return DType::kFloat16;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::map<std::string, BundleEntry> read_bundle_index(std::string_view bytes, const std::string& name) {
  constexpr size_t kFooter = 48;
  constexpr uint64_t kMagic = 0xdb4775248b80fb57;
  if (bytes.size() < kFooter) fail(name, "is no index of a checkpoint, or truncated");
  ByteCursor magic(bytes.substr(bytes.size() - 8), name);
  if (magic.u64() != kMagic) fail(name, "is no index of a checkpoint, or truncated");
  ByteCursor footer(bytes.substr(bytes.size() - kFooter), name);
  read_handle(footer, name);
  const Handle index = read_handle(footer, name);
  std::map<std::string, BundleEntry> entries;
  uint64_t left = bytes.size();  // blocks do not overlap
  read_block(block_at(bytes, index, name), name, [&](const std::string&, std::string_view value) {
    ByteCursor cursor(value, name);
    const Handle handle = read_handle(cursor, name);
    if (handle.size > left) fail(name, "is damaged: its blocks overlap");
    left -= handle.size;
    read_block(block_at(bytes, handle, name), name, [&](const std::string& key, std::string_view entry) {
      BundleEntry& added = entries[key];
      if (key.empty()) {
        added.size = header_shards(entry, name);
      } else {
        added = entry_from(entry, name);
      }
    });
  });
  if (!entries.contains("")) fail(name, "is damaged: it has no header");
  return entries;
}

TensorBundle::TensorBundle(std::string prefix) : prefix_(std::move(prefix)) {
  const std::string path = prefix_ + ".index";
  entries_ = read_bundle_index(read_file(path), path);
  shards_ = entries_.at("").size;
  entries_.erase("");
}

const std::string& TensorBundle::shard(uint64_t number) {
  if (const auto known = bytes_.find(number); known != bytes_.end()) return known->second;
  const auto five = [](uint64_t value) {
    const std::string digits = std::to_string(value);
    return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
  };
  const std::string path = prefix_ + ".data-" + five(number) + "-of-" + five(shards_);
  std::string& bytes = bytes_[number] = read_file(path);
  for (const auto& [key, entry] :
       entries_) {  // also of what nobody asks for: a truncated file is said to be one
    if (entry.shard == number && (entry.offset > bytes.size() || entry.size > bytes.size() - entry.offset))
      fail(path, "is truncated: '" + key + "' lies beyond its end");
  }
  return bytes;
}

Tensor TensorBundle::read(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) fail(prefix_, "has no tensor '" + key + "'");
  const BundleEntry& entry = found->second;
  const std::string label = prefix_ + ": " + key;
  const std::optional<DType> dtype = dtype_of(entry.dtype);
  if (!entry.problem.empty()) fail(label, "cannot be read: " + entry.problem);
  if (!dtype)
    fail(label,
         "has elements of TensorFlow's type " + std::to_string(entry.dtype) + ", which are no numbers");
  if (entry.shard >= shards_) fail(label, "lies in a shard that is not there");
  const std::string& bytes = shard(entry.shard);
  const TensorType type{*dtype, entry.shape};
  if (entry.offset > bytes.size() || entry.size > bytes.size() - entry.offset || entry.size != type.bytes())
    fail(label, "is damaged or truncated: " + type.str() + " claims " + std::to_string(entry.size) +
                    " bytes at " + std::to_string(entry.offset) + " of " + std::to_string(bytes.size()));
  const std::string_view own = std::string_view(bytes).substr(entry.offset, entry.size);
  if (masked_crc32c(own) != entry.checksum) fail(label, "is damaged: its checksum differs");
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  if (!own.empty()) std::memcpy(buffer->data(), own.data(), own.size());
  return Tensor::wrap(std::move(buffer), type);
}

uint32_t masked_crc32c(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> made{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? (value >> 1) ^ 0x82F63B78u : value >> 1;
      made[i] = value;
    }
    return made;
  }();
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = table[(crc ^ static_cast<unsigned char>(byte)) & 255] ^ (crc >> 8);
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace lamina::detail
