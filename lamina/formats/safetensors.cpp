// Reading trusts no number of a file: every tensor lies within it, none over another.
#include "lamina/formats/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/json.h"
#include "lamina/formats/detail/open_file.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/formats/detail/shard_index.h"
#include "lamina/formats/weight_format.h"

namespace lamina {
namespace {

using File = detail::OpenFile;

static_assert(std::endian::native == std::endian::little, "files are written in the machine's byte order");

/// What the format allows, too.
constexpr uint64_t kMostHeader = 100'000'000;

/// An element type of the format, and what it becomes.
struct Stored {
  const char* name;
  DType dtype;
  size_t bytes;
};
constexpr Stored kStored[] = {
    {"BOOL", DType::kBool, 1},     {"U8", DType::kUInt8, 1},  {"I8", DType::kInt8, 1},
    {"I16", DType::kInt16, 2},     {"U16", DType::kInt32, 2}, {"F16", DType::kFloat16, 2},
    {"BF16", DType::kBFloat16, 2}, {"I32", DType::kInt32, 4}, {"U32", DType::kInt64, 4},
    {"F32", DType::kFloat32, 4},   {"I64", DType::kInt64, 8}, {"U64", DType::kInt64, 8},
    {"F64", DType::kFloat64, 8}};

/// The first one of that dtype is the one of the same width.
const Stored& stored_as(DType dtype) {
  for (const Stored& stored : kStored) {
    if (stored.dtype == dtype && stored.bytes == size_of(dtype)) return stored;
  }
  throw Unsupported(std::string("safetensors has no ") + name(dtype));
}

struct Entry {
  std::shared_ptr<const File> file;
  const Stored* stored = nullptr;
  TensorType type;
  uint64_t begin = 0, bytes = 0;
};

[[noreturn]] void damaged(const File& file, const std::string& what) {
  throw FileError("'" + file.path() + "' is not a safetensors file, or damaged: " + what);
}

uint64_t unsigned_number(const File& file, const Json& json, const std::string& what) {
  if (!json.is_int() || json.as_int() < 0)
    damaged(file, what + " is " + json.dump() + "; a number from 0 on was expected");
  return static_cast<uint64_t>(json.as_int());
}

Shape shape_of(const File& file, const std::string& name, const Json& json) {
  if (!json.is_list()) damaged(file, "tensor '" + name + "' has no shape");
  if (json.size() > Shape::kMaxRank)
    damaged(file, "tensor '" + name + "' has " + std::to_string(json.size()) + " axes; at most " +
                      std::to_string(Shape::kMaxRank) + " are possible");
  Shape shape;
  for (const Json& extent : json.as_list())
    shape.push_back(
        static_cast<int64_t>(unsigned_number(file, extent, "an extent of tensor '" + name + "'")));
  return shape;
}

/// Elements times bytes, or nothing where that is more than any file has.
std::optional<uint64_t> bytes_of(const Shape& shape, size_t element) {
  uint64_t total = element;
  for (const int64_t extent : shape) {
    if (extent == 0) return 0;
  }
  for (const int64_t extent : shape) {
    if (static_cast<uint64_t>(extent) > (uint64_t{1} << 56) / total) return std::nullopt;
    total *= static_cast<uint64_t>(extent);
  }
  return total;
}

Entry entry_of(const std::shared_ptr<const File>& file, const std::string& name, const Json& json,
               uint64_t data) {
  const Json *const dtype = json.find("dtype"), *const shape = json.find("shape"),
                    *const offsets = json.find("data_offsets");
  if (!dtype || !dtype->is_string() || !shape || !offsets || offsets->size() != 2)
    damaged(*file, "tensor '" + name + "' lacks its dtype, shape or data_offsets");
  const auto* const stored = std::find_if(std::begin(kStored), std::end(kStored),
                                          [&](const Stored& s) { return dtype->as_string() == s.name; });
  if (stored == std::end(kStored))
    throw FileError("'" + file->path() + "': tensor '" + name + "' is of type " +
                    dtype->as_string().substr(0, 40) +
                    ", which Lamina does not have; convert it to BF16 or F32");
  Entry entry{file, stored, {stored->dtype, shape_of(*file, name, *shape)}, 0, 0};
  const uint64_t begin = unsigned_number(*file, offsets->at(size_t{0}), "where tensor '" + name + "' begins"),
                 end = unsigned_number(*file, offsets->at(1), "where tensor '" + name + "' ends");
  const std::optional<uint64_t> bytes = bytes_of(entry.type.shape, stored->bytes);
  if (end < begin || !bytes || end - begin != *bytes)
    damaged(*file, "tensor '" + name + "' " + entry.type.shape.str() + " of " + stored->name +
                       " cannot lie in bytes " + std::to_string(begin) + " to " + std::to_string(end));
  if (end > file->size() - data)
    throw FileError("'" + file->path() + "' is truncated: tensor '" + name + "' ends at byte " +
                    std::to_string(data + end) + ", and the file has " + std::to_string(file->size()));
  entry.begin = data + begin;
  entry.bytes = *bytes;
  return entry;
}

/// Each tensor follows the one before, as the format has it: no byte is read twice.
void check_places(const File& file, std::vector<std::pair<uint64_t, uint64_t>> places, uint64_t data) {
  std::sort(places.begin(), places.end());
  uint64_t at = data;
  for (const auto& [begin, bytes] : places) {
    if (begin != at)
      damaged(file, "its tensors do not lie one after the other (byte " + std::to_string(at) + ")");
    at += bytes;
  }
  if (at != file.size())
    damaged(file,
            "it has " + std::to_string(file.size()) + " bytes, and its tensors end at " + std::to_string(at));
}

// A key of an object of the header that occurs twice: of two entries JSON keeps one, and nobody knows which was meant.
void refuse_twice(const File& file, const std::string& header) {
  std::set<std::string> keys;
  int depth = 0;
  for (size_t at = 0; at < header.size(); ++at) {
    const char c = header[at];
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c != '"') continue;
    const size_t begin = at++;
    while (at < header.size() && header[at] != '"') at += header[at] == '\\' ? 2 : 1;
    if (depth != 1) continue;
    const size_t next = header.find_first_not_of(" \t\r\n", at + 1);
    if (next == std::string::npos || header[next] != ':') continue;
    const std::string key = Json::parse(header.substr(begin, at + 1 - begin), file.path()).as_string();
    if (!keys.insert(key).second) damaged(file, "'" + key + "' occurs twice in its header");
  }
}

template <class From, class To>
void widen(const std::string& bytes, void* to, const std::string& place) {
  auto* const out = static_cast<To*>(to);
  for (size_t i = 0; i < bytes.size() / sizeof(From); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    if (static_cast<uint64_t>(value) > static_cast<uint64_t>(std::numeric_limits<To>::max()))
      throw FileError(place + ": element " + std::to_string(i) + ", " + std::to_string(value) +
                      ", is too large for the 64-bit integers of tensors");
    out[i] = static_cast<To>(value);
  }
}

}  // namespace

struct SafetensorsReader::State {
  std::map<std::string, Entry> entries;
  std::map<std::string, std::string> metadata;
  SafetensorsOptions options;

  void open(const std::string& path) {
    const auto file = std::make_shared<const File>(path);
    if (file->size() < 8) damaged(*file, "it has " + std::to_string(file->size()) + " bytes");
    uint64_t length = 0;
    file->read(0, &length, 8);
    if (length > file->size() - 8 || length > kMostHeader)
      damaged(*file, "its header would take " + std::to_string(length) + " bytes");
    std::string text(static_cast<size_t>(length), '\0');
    file->read(8, text.data(), text.size());
    const uint64_t data = 8 + length;
    const Json header = Json::parse(text, path, kMostHeader);
    if (!header.is_object()) damaged(*file, "its header is no object");
    refuse_twice(*file, text);
    std::vector<std::pair<uint64_t, uint64_t>> places;
    for (const auto& [name, json] : header.as_object()) {
      if (name == "__metadata__") {
        if (!json.is_object()) damaged(*file, "its __metadata__ is no object");
        for (const auto& [key, value] : json.as_object())
          metadata[key] = value.is_string() ? value.as_string() : value.dump();
        continue;
      }
      Entry entry = entry_of(file, name, json, data);
      places.emplace_back(entry.begin, entry.bytes);
      if (!entries.emplace(name, std::move(entry)).second)
        throw FileError("'" + path + "': tensor '" + name + "' is in another file, too");
    }
    check_places(*file, std::move(places), data);
  }

  void open_index(const std::filesystem::path& path) {
    const detail::ShardIndex index(path, "safetensors");
    for (const std::string& file : index.files()) open(file);
    index.check([&](const std::string& name) { return entries.count(name) > 0; });
  }

  const Entry& at(const std::string& name) const {
    const auto found = entries.find(name);
    if (found != entries.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [other, entry] : entries) known.push_back(other);
    throw FileError("there is no tensor '" + name + "' in " + where() + suggest(name, known));
  }
  std::string where() const {
    return entries.empty() ? "the file" : "'" + entries.begin()->second.file->path() + "'";
  }
};

SafetensorsReader::SafetensorsReader(const std::string& path, const SafetensorsOptions& options)
    : state_(std::make_unique<State>()) {
  state_->options = options;
  detail::reading(path, [&] {
    std::filesystem::path file = path;
    if (std::filesystem::is_directory(file)) {
      const std::filesystem::path folder = file;
      file = folder / "model.safetensors";
      if (!std::filesystem::exists(file)) file = folder / "model.safetensors.index.json";
      if (!std::filesystem::exists(file))
        throw FileError("'" + path + "' has neither model.safetensors nor model.safetensors.index.json");
    }
    if (file.extension() == ".json") {
      state_->open_index(file);
    } else {
      state_->open(file.string());
    }
  });
}

SafetensorsReader::~SafetensorsReader() = default;
SafetensorsReader::SafetensorsReader(SafetensorsReader&&) noexcept = default;
SafetensorsReader& SafetensorsReader::operator=(SafetensorsReader&&) noexcept = default;

std::vector<std::string> SafetensorsReader::names() const {
  std::vector<std::string> all;
  for (const auto& [name, entry] : state_->entries) all.push_back(name);
  return all;
}

bool SafetensorsReader::has(const std::string& name) const { return state_->entries.count(name) > 0; }
const TensorType& SafetensorsReader::type(const std::string& name) const { return state_->at(name).type; }
const std::map<std::string, std::string>& SafetensorsReader::metadata() const { return state_->metadata; }

std::pair<std::string, uint64_t> SafetensorsReader::stored(const std::string& name) const {
  const Entry& entry = state_->at(name);
  return {entry.stored->name, entry.bytes};
}

uint64_t SafetensorsReader::bytes() const {
  uint64_t total = 0;
  for (const auto& [name, entry] : state_->entries) total += entry.bytes;
  return total;
}

Tensor SafetensorsReader::read(const std::string& name) const {
  const Entry& entry = state_->at(name);
  return detail::reading(entry.file->path(), [&] {
    const bool as_is = entry.stored->bytes == size_of(entry.type.dtype) && entry.type.dtype != DType::kBool;
    if (state_->options.map && as_is && entry.begin % size_of(entry.type.dtype) == 0 && entry.bytes > 0)
      return Tensor::wrap(std::make_shared<Buffer>(
                              Device{}, entry.file->map() + entry.begin, entry.type.bytes(),
                              [file = entry.file] {}, Buffer::Contents::kStay),
                          entry.type);
    auto buffer = std::make_shared<Buffer>(Device{}, entry.type.bytes());
    const std::string_view stored = entry.stored->name;
    if (stored == "U16" || stored == "U32" || stored == "U64") {
      std::string bytes(static_cast<size_t>(entry.bytes), '\0');
      entry.file->read(entry.begin, bytes.data(), bytes.size());
      const std::string place = "'" + entry.file->path() + "', tensor '" + name + "'";
      if (stored == "U16") widen<uint16_t, int32_t>(bytes, buffer->data(), place);
      if (stored == "U32") widen<uint32_t, int64_t>(bytes, buffer->data(), place);
      if (stored == "U64") widen<uint64_t, int64_t>(bytes, buffer->data(), place);
    } else {
      entry.file->read(entry.begin, buffer->data(), static_cast<size_t>(entry.bytes));
    }
    if (entry.type.dtype == DType::kBool) {
      auto* const bytes = static_cast<unsigned char*>(buffer->data());
      for (uint64_t i = 0; i < entry.bytes; ++i)
        bytes[i] = bytes[i] != 0;  // another value would be undefined
    }
    return Tensor::wrap(std::move(buffer), entry.type);
  });
}

namespace {

// Some of the entries may be read only now: one at a time is in memory.
void write_entries(const std::string& path, const std::vector<SnapshotEntry>& entries,
                   const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) {
    Json about = Json::object();
    for (const auto& [key, value] : metadata) about[key] = value;
    header["__metadata__"] = std::move(about);
  }
  Json::Object& members = header.as_object();  // operator[] would look through all of them for each
  std::set<std::string> seen;
  uint64_t at = 0;
  for (const SnapshotEntry& entry : entries) {
    if (entry.name == "__metadata__" || !seen.insert(entry.name).second)
      throw InvalidArgument("write_safetensors: the name '" + entry.name + "' " +
                            (entry.name == "__metadata__" ? "has a meaning of its own" : "occurs twice"));
    Json shape = Json::list();
    for (const int64_t extent : entry.type.shape) shape.push_back(extent);
    const uint64_t bytes = entry.type.bytes();
    members.emplace_back(entry.name, Json::object({{"dtype", stored_as(entry.type.dtype).name},
                                                   {"shape", std::move(shape)},
                                                   {"data_offsets", Json::list({at, at + bytes})}}));
    at += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors are aligned
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.reserve(8 + length + at);
  file.write({reinterpret_cast<const char*>(&length), 8});
  file.write(text);
  for (const SnapshotEntry& entry : entries) {
    const Tensor here = entry.read().eval().to("/CPU:0");
    if (here.type() != entry.type)
      throw InternalError("array '" + entry.name + "' is " + here.type().str() + ", not " + entry.type.str());
    file.write({static_cast<const char*>(here.buffer()->data()), here.type().bytes()});
  }
  file.commit();
}

}  // namespace

void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<SnapshotEntry> entries;
  for (const auto& [name, value] : tensors)
    entries.push_back({.name = name, .type = value.type(), .read = [value = value] { return value; }});
  write_entries(path, entries, metadata);
}

namespace {

// A file, or an index of several.
bool recognises(std::string_view start) {
  if (start.size() < 10) return false;
  if (start[0] == '{') return start.find("\"weight_map\"") != std::string_view::npos;
  uint64_t length = 0;
  std::memcpy(&length, start.data(), 8);
  return length >= 2 && length <= kMostHeader && start[8] == '{';
}

WeightSnapshot open(const std::string& path) {
  const auto reader = std::make_shared<const SafetensorsReader>(path);
  WeightSnapshot snapshot{.source = path, .format = {}, .entries = {}};
  for (const std::string& name : reader->names()) {
    const auto [stored, bytes] = reader->stored(name);
    snapshot.entries.push_back({.name = name,
                                .type = reader->type(name),
                                .stored = stored,
                                .stored_bytes = bytes,
                                .read = [reader, name] { return reader->read(name); }});
  }
  for (const auto& [key, value] : reader->metadata()) snapshot.metadata[key] = value;
  return snapshot;
}

std::vector<std::string> write(const std::string& path, const WeightSnapshot& snapshot,
                               const std::string& /*packing*/) {
  std::map<std::string, std::string> metadata;
  for (const auto& [key, value] : snapshot.metadata.as_object())
    metadata[key] = value.is_string() ? value.as_string() : value.dump();
  metadata.emplace("format", "pt");
  write_entries(path, snapshot.entries, metadata);
  return {};
}

[[maybe_unused]] const bool kSafetensorsRegistered =
    register_weight_format({"safetensors", {".safetensors"}, recognises, open, write});

}  // namespace
}  // namespace lamina
