// Reading GGUF. No length, count or offset of the file is trusted: each is held against the bytes that are
// left.
#include "lamina/formats/gguf.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/detail/gguf_types.h"
#include "lamina/formats/detail/open_file.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/weight_format.h"

namespace lamina {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read in the machine's byte order");

constexpr uint64_t kMostValues = uint64_t{1} << 16, kMostTensors = uint64_t{1} << 17;
constexpr uint64_t kLongestName = uint64_t{1} << 16;
constexpr int kMostAxes = 4;  // the format's own
constexpr uint64_t kMostAlignment = uint64_t{1} << 20;

/// The numbers of the kinds of values.
enum Kind : uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

// What precedes the tensors, from its beginning.
class Cursor {
 public:
  explicit Cursor(const detail::OpenFile& file) : file_(file), values_left_(kFreeValues + file.size() / 8) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return file_.size() - at_; }
  [[noreturn]] void damaged(const std::string& what) const {
    throw FileError("'" + file_.path() + "' is not a GGUF file, or damaged: " + what);
  }
  void read(void* to, uint64_t bytes, const char* what) {
    if (bytes > left())
      damaged("it ends within " + std::string(what) + ", at byte " + std::to_string(file_.size()));
    if (bytes > kChunk) {
      file_.read(at_, to, static_cast<size_t>(bytes));
    } else {
      if (at_ < chunk_at_ || at_ + bytes > chunk_at_ + chunk_.size()) {
        chunk_at_ = at_;
        chunk_.resize(static_cast<size_t>(std::min<uint64_t>(kChunk, left())));
        file_.read(at_, chunk_.data(), chunk_.size());
      }
      std::memcpy(to, chunk_.data() + (at_ - chunk_at_), static_cast<size_t>(bytes));
    }
    at_ += bytes;
  }
  template <class T>
  T number(const char* what) {
    T value;
    read(&value, sizeof value, what);
    return value;
  }
  std::string text(const char* what, uint64_t longest = ~uint64_t{0}) {
    const auto length = number<uint64_t>(what);
    if (length > left() || length > longest)
      damaged(std::string(what) + " would take " + std::to_string(length) + " bytes, and " +
              std::to_string(std::min(left(), longest)) + " can be");
    std::string bytes(static_cast<size_t>(length), '\0');
    read(bytes.data(), length, what);
    return bytes;
  }
  Json value(uint32_t kind, const std::string& key) {
    switch (kind) {
      case kU8:
        return number<uint8_t>("a value");
      case kI8:
        return number<int8_t>("a value");
      case kU16:
        return number<uint16_t>("a value");
      case kI16:
        return number<int16_t>("a value");
      case kU32:
        return number<uint32_t>("a value");
      case kI32:
        return number<int32_t>("a value");
      case kF32:
        return static_cast<double>(number<float>("a value"));
      case kBool:
        return number<uint8_t>("a value") != 0;
      case kString:
        return valid_utf8(text("a value"));
      case kI64:
        return number<int64_t>("a value");
      case kF64:
        return number<double>("a value");
      case kU64: {
        const auto large = number<uint64_t>("a value");
        return large >> 63 ? Json(static_cast<double>(large)) : Json(static_cast<int64_t>(large));
      }
      case kArray:
        return list(key);
      default:
        damaged("value '" + key.substr(0, 100) + "' is of kind " + std::to_string(kind));
    }
  }

 private:
  static constexpr uint64_t kChunk = 1 << 16;
  static constexpr uint64_t kFreeValues = 1 << 20;

  Json list(const std::string& key) {
    const auto kind = number<uint32_t>("a list");
    const auto count = number<uint64_t>("a list");
    if (kind == kArray) damaged("value '" + key.substr(0, 100) + "' is a list of lists");
    // Each takes a byte at least in the file, and far more here.
    if (count > left() || count > values_left_)
      damaged("value '" + key.substr(0, 100) + "' is a list of " + std::to_string(count));
    values_left_ -= count;
    Json::List items;
    items.reserve(static_cast<size_t>(count));
    for (uint64_t i = 0; i < count; ++i) items.push_back(value(kind, key));
    return Json(std::move(items));
  }

  const detail::OpenFile& file_;
  uint64_t at_ = 0, chunk_at_ = 0;
  std::string chunk_;
  uint64_t values_left_;  // that lists may hold
};

struct Place {
  const detail::GgufType* stored = nullptr;
  TensorType type;
  uint64_t begin = 0, bytes = 0;
};

// Bytes of a tensor, or nothing where no file has so many.
std::optional<uint64_t> bytes_of(const Shape& shape, const detail::GgufType& stored) {
  uint64_t blocks = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    uint64_t extent = static_cast<uint64_t>(shape[i]);
    if (i == shape.rank() - 1) extent /= stored.elements;
    if (extent != 0 && blocks > (uint64_t{1} << 48) / extent) return std::nullopt;
    blocks *= extent;
  }
  return blocks * stored.bytes;
}

Place place_of(Cursor& cursor, const std::string& name) {
  const auto rank = cursor.number<uint32_t>("a tensor's axes");
  if (rank > kMostAxes) cursor.damaged("tensor '" + name + "' has " + std::to_string(rank) + " axes");
  int64_t extents[kMostAxes] = {};
  for (uint32_t i = 0; i < rank; ++i) {
    extents[i] = cursor.number<int64_t>("a tensor's shape");
    if (extents[i] < 0 || extents[i] > int64_t{1} << 48)
      cursor.damaged("tensor '" + name + "' has an extent of " + std::to_string(extents[i]));
  }
  Place place;
  for (uint32_t i = rank; i > 0; --i) place.type.shape.push_back(extents[i - 1]);
  const auto number = cursor.number<uint32_t>("a tensor's type");
  place.stored = detail::find_gguf_type(number);
  if (!place.stored)
    throw FileError("tensor '" + name + "' is of " + detail::gguf_type_name(number) +
                    ", which Lamina does not read; convert the file to Q8_0, Q4_K or F16");
  place.type.dtype = place.stored->dtype;
  const auto innermost = rank == 0 ? 1 : static_cast<uint64_t>(extents[0]);
  const std::optional<uint64_t> bytes = bytes_of(place.type.shape, *place.stored);
  if (!bytes || innermost % place.stored->elements != 0)
    cursor.damaged("tensor '" + name + "' of " + place.stored->name + " cannot be of shape " +
                   place.type.shape.str());
  place.bytes = *bytes;
  place.begin = cursor.number<uint64_t>("a tensor's place");
  return place;
}

Tensor read_tensor(const detail::OpenFile& file, const Place& place) {
  auto buffer = std::make_shared<Buffer>(Device{}, place.type.bytes());
  if (!place.stored->unpack) {
    file.read(place.begin, buffer->data(), static_cast<size_t>(place.bytes));
    return Tensor::wrap(std::move(buffer), place.type);
  }
  constexpr size_t kBlocks = 4096;
  std::vector<uint8_t> packed(kBlocks * place.stored->bytes);
  auto* out = static_cast<float*>(buffer->data());
  for (uint64_t done = 0; done < place.bytes;) {
    const size_t bytes = static_cast<size_t>(std::min<uint64_t>(packed.size(), place.bytes - done));
    file.read(place.begin + done, packed.data(), bytes);
    for (size_t at = 0; at < bytes; at += place.stored->bytes, out += place.stored->elements)
      place.stored->unpack(packed.data() + at, out);
    done += bytes;
  }
  return Tensor::wrap(std::move(buffer), place.type);
}

// Tensors may share no byte: a small file could claim to be a large one.
void check_apart(const Cursor& cursor, std::vector<std::pair<uint64_t, uint64_t>> places) {
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i) {
    if (places[i - 1].first + places[i - 1].second > places[i].first)
      cursor.damaged("two tensors lie over one another at byte " + std::to_string(places[i].first));
  }
}

WeightSnapshot open(const std::string& path) {
  const auto file = std::make_shared<const detail::OpenFile>(path);
  Cursor cursor(*file);
  char magic[4];
  cursor.read(magic, 4, "its magic number");
  if (std::string_view(magic, 4) != "GGUF") cursor.damaged("it does not begin with 'GGUF'");
  const auto version = cursor.number<uint32_t>("its version");
  if (version == 0x03000000 || version == 0x02000000)
    throw FileError("'" + path + "' is a big-endian GGUF file, which Lamina does not read");
  if (version != 2 && version != 3)
    throw FileError("'" + path + "' is GGUF of version " + std::to_string(version) +
                    "; versions 2 and 3 are read");
  const auto tensors = cursor.number<uint64_t>("its number of tensors");
  const auto values = cursor.number<uint64_t>("its number of values");
  if (tensors > kMostTensors || values > kMostValues)
    cursor.damaged("it would have " + std::to_string(tensors) + " tensors and " + std::to_string(values) +
                   " values");
  WeightSnapshot snapshot{.source = path, .format = {}, .entries = {}};
  std::set<std::string> seen;
  Json::Object metadata;
  uint64_t alignment = 32;
  for (uint64_t i = 0; i < values; ++i) {
    std::string key = valid_utf8(cursor.text("the name of a value", kLongestName));
    const auto kind = cursor.number<uint32_t>("the kind of a value");
    Json value = cursor.value(kind, key);
    if (!seen.insert(key).second) cursor.damaged("value '" + key.substr(0, 100) + "' is there twice");
    if (key == "general.alignment") {
      alignment = value.is_int() && value.as_int() > 0 ? static_cast<uint64_t>(value.as_int()) : 0;
      if (!std::has_single_bit(alignment) || alignment > kMostAlignment)
        cursor.damaged("its alignment is " + value.dump().substr(0, 100));
    }
    metadata.emplace_back(std::move(key), std::move(value));
  }
  snapshot.metadata = Json(std::move(metadata));
  seen.clear();
  std::vector<std::pair<std::string, Place>> found;
  for (uint64_t i = 0; i < tensors; ++i) {
    std::string name = cursor.text("the name of a tensor", kLongestName);
    const Place place = place_of(cursor, name);
    if (!seen.insert(name).second) cursor.damaged("tensor '" + name + "' is there twice");
    found.emplace_back(std::move(name), place);
  }
  const uint64_t data = (cursor.at() + alignment - 1) / alignment * alignment;
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (auto& [name, place] : found) {
    if (place.begin % alignment != 0)
      cursor.damaged("tensor '" + name + "' begins at byte " + std::to_string(place.begin) +
                     " of the data, which is no multiple of " + std::to_string(alignment));
    if (place.bytes > 0 && (data > file->size() || place.begin > file->size() - data ||
                            place.bytes > file->size() - data - place.begin))
      throw FileError("'" + path + "' is truncated: tensor '" + name + "' takes " +
                      std::to_string(place.bytes) + " bytes from byte " + std::to_string(place.begin) +
                      " of the data on, and the file has " + std::to_string(file->size()));
    if (place.bytes > 0) places.emplace_back(place.begin, place.bytes);
    place.begin += data;
    snapshot.entries.push_back({.name = name,
                                .type = place.type,
                                .stored = place.stored->name,
                                .stored_bytes = place.bytes,
                                .read = [file, place = place] { return read_tensor(*file, place); }});
  }
  check_apart(cursor, std::move(places));
  return snapshot;
}

bool recognises(std::string_view start) { return start.starts_with("GGUF"); }

[[maybe_unused]] const bool kGgufRegistered = register_weight_format(
    {"gguf", {".gguf"}, recognises, open, write_gguf, detail::gguf_packings()});

}  // namespace

WeightSnapshot read_gguf(const std::string& path) {
  return detail::reading(path, [&] { return open(path); });
}

}  // namespace lamina
