// The bridge to libzip. Archives live in memory: files are read and replaced whole.
#include <zip.h>
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/detail/large_pages.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/detail/zip_lzma.h"

namespace lamina::detail {
namespace {

constexpr size_t kMostName = 100;  // of a member, in messages

std::string text_of(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

uint64_t little_endian(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

struct ArchivePlace {
  size_t start = 0;
  std::optional<size_t> directory =
      {};  // from there; nothing where only the records of large archives say it
};

// Where the archive begins, by the record at its end: other bytes may stand before it, as in self-extracting
// archives, and its own offsets then count from its start. Nothing without such a record.
std::optional<ArchivePlace> place_of_archive(std::string_view bytes) {
  constexpr size_t kRecord = 22, kLongestComment = 65535;
  if (bytes.size() < kRecord) return std::nullopt;
  const size_t last = bytes.size() - kRecord;
  for (size_t back = 0; back <= std::min(last, kLongestComment); ++back) {
    const size_t at = last - back;
    if (bytes.substr(at, 4) != "PK\x05\x06") continue;
    const uint64_t size = little_endian(bytes, at + 12, 4), offset = little_endian(bytes, at + 16, 4);
    constexpr uint64_t kInZip64 = 0xffffffff;
    // Some writers (PyTorch's) add the records of large archives to small ones: they stand in between.
    constexpr size_t kLocator = 20, kZip64 = 56;
    const bool both = at >= kLocator + kZip64 && bytes.substr(at - kLocator, 4) == "PK\x06\x07" &&
                      bytes.substr(at - kLocator - kZip64, 4) == "PK\x06\x06";
    const size_t end = both ? at - kLocator - kZip64 : at;
    if (size == kInZip64 || offset == kInZip64 || size + offset > end) return ArchivePlace{};
    return ArchivePlace{end - static_cast<size_t>(size + offset), static_cast<size_t>(offset)};
  }
  return std::nullopt;
}

// Where the entries of the directory begin, as many as there should be, or none of them.
std::vector<size_t> entries_of(std::string_view bytes, size_t at, size_t count) {
  constexpr size_t kEntry = 46;
  std::vector<size_t> entries;
  for (size_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntry || bytes.substr(at, 4) != "PK\x01\x02") return {};
    entries.push_back(at);
    at += kEntry + little_endian(bytes, at + 28, 2) + little_endian(bytes, at + 30, 2) +
          little_endian(bytes, at + 32, 2);
  }
  return entries;
}

}  // namespace

ZipReader::ZipReader(std::string_view bytes, std::string name, const ZipLimits& limits)
    : name_(std::move(name)) {
  const std::optional<ArchivePlace> place = place_of_archive(bytes);
  if (!place) {
    const bool cut = bytes.starts_with("PK\x03\x04");
    throw FileError("'" + name_ + "' is " +
                    (cut ? "a damaged or truncated zip archive: its end is missing"
                         : "not a zip archive: it is " + kind_of_bytes(bytes)));
  }
  bytes.remove_prefix(place->start);
  bytes_ = bytes;
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  archive_ = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (!archive_) {
    if (source) zip_source_free(source);
    throw FileError("'" + name_ + "' is a damaged or truncated zip archive: " + text_of(&error));
  }

  // From here on the destructor does not run yet: the archive must be closed by hand on failure.
  try {
    const uint64_t limit = limits.of(bytes.size());
    uint64_t total = 0;
    for (zip_int64_t i = 0, n = zip_get_num_entries(archive_, 0); i < n; ++i) {
      zip_stat_t status;
      if (zip_stat_index(archive_, static_cast<zip_uint64_t>(i), 0, &status) != 0 || !status.name ||
          !(status.valid & ZIP_STAT_SIZE)) {
        throw FileError("'" + name_ + "' is a damaged zip archive: member " + std::to_string(i) +
                        " has no description");
      }
      if (!index_.emplace(status.name, members_.size()).second) {
        throw FileError("'" + name_ + "' is a damaged zip archive: it holds '" +
                        excerpt(status.name, kMostName) + "' twice");
      }
      if (status.size > limit - total) {
        throw FileError("'" + name_ + "' is refused as a zip bomb: its " + std::to_string(bytes.size()) +
                        " bytes claim to inflate beyond the limit of " + std::to_string(limit) + " bytes");
      }
      total += status.size;
      members_.push_back(status.name);
      sizes_.push_back(status.size);
    }
    if (place->directory) entries_ = entries_of(bytes_, *place->directory, members_.size());
  } catch (...) {
    zip_discard(archive_);
    throw;
  }
}

ZipReader::~ZipReader() { zip_discard(archive_); }

bool ZipReader::has(const std::string& member) const { return index_.contains(member); }

size_t ZipReader::index_of(const std::string& member) const {
  const auto found = index_.find(member);
  if (found != index_.end()) return found->second;
  std::string list;
  for (size_t i = 0; i < members_.size() && i < 12; ++i)
    list += (i ? ", " : "") + excerpt(members_[i], kMostName);
  throw FileError("'" + name_ + "' lacks the member '" + member + "'; it holds: " +
                  (list.empty() ? "nothing" : list) + (members_.size() > 12 ? ", ..." : ""));
}

bool ZipReader::is_lzma(size_t index) const {
  zip_stat_t status;
  return zip_stat_index(archive_, index, 0, &status) == 0 && (status.valid & ZIP_STAT_COMP_METHOD) &&
         status.comp_method == kZipLzma;
}

std::string ZipReader::start(const std::string& member, size_t count) const {
  const size_t index = index_of(member);
  zip_file_t* file = is_lzma(index) ? nullptr : zip_fopen_index(archive_, index, 0);
  if (!file) return {};
  std::string bytes(std::min<uint64_t>(count, sizes_[index]), '\0');
  size_t length = 0;
  while (length < bytes.size()) {
    const zip_int64_t got = zip_fread(file, bytes.data() + length, bytes.size() - length);
    if (got <= 0) break;
    length += static_cast<size_t>(got);
  }
  zip_fclose(file);
  bytes.resize(length);
  return bytes;
}

// The bytes of a member that is neither packed nor encrypted. Nothing where that is not plain to see; what
// the two headers say is held against one another and against the bytes that there are.
std::optional<std::string_view> ZipReader::stored(size_t index) const {
  if (index >= entries_.size()) return std::nullopt;
  constexpr size_t kLocal = 30;
  const auto entry = [&](size_t at, size_t size) {
    return little_endian(bytes_, entries_[index] + at, size);
  };
  const uint64_t size = sizes_[index], local = entry(42, 4);
  if ((entry(8, 2) & 1) != 0 || entry(10, 2) != 0 || entry(20, 4) != size || entry(24, 4) != size)
    return std::nullopt;
  if (local > bytes_.size() || bytes_.size() - local < kLocal) return std::nullopt;
  const auto header = static_cast<size_t>(local);
  const size_t name = little_endian(bytes_, header + 26, 2), extra = little_endian(bytes_, header + 28, 2);
  const size_t at = header + kLocal + name + extra;
  if (bytes_.substr(header, 4) != "PK\x03\x04" || little_endian(bytes_, header + 8, 2) != 0 ||
      bytes_.substr(header + kLocal, name) != members_[index] || at > bytes_.size() ||
      size > bytes_.size() - at) {
    return std::nullopt;
  }
  const std::string_view content = bytes_.substr(at, static_cast<size_t>(size));
  if (crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) != entry(16, 4))
    return std::nullopt;  // read() says so
  return content;
}

std::string_view ZipReader::view(const std::string& member, std::string& held) const {
  if (const std::optional<std::string_view> content = stored(index_of(member))) return *content;
  held = read(member);
  return held;
}

std::string ZipReader::read(const std::string& member) const {
  const size_t index = index_of(member);
  if (const std::optional<std::string_view> content = stored(index)) {
    std::string copy;
    reserve_large(copy, content->size());
    return copy.append(*content);
  }
  const uint64_t size = sizes_[index];
  const auto fail = [&](const std::string& reason) {
    throw FileError("'" + name_ + "': its member '" + excerpt(member, kMostName) + "' is damaged: " + reason);
  };
  zip_stat_t status{};
  const bool lzma = is_lzma(index) && zip_stat_index(archive_, index, 0, &status) == 0;
  zip_file_t* file = zip_fopen_index(archive_, index, lzma ? ZIP_FL_COMPRESSED : 0);
  if (!file) fail(zip_strerror(archive_));
  struct Close {
    zip_file_t* file;
    ~Close() { zip_fclose(file); }
  } close{file};

  // The stated size may be a lie: memory grows with what really comes out.
  const uint64_t stated = lzma ? status.comp_size : size;
  std::string content;
  uint64_t length = 0;
  for (;;) {
    if (length == content.size()) {
      content.resize(std::min<uint64_t>(std::max<uint64_t>(2 * content.size(), 1 << 20), stated + 1));
    }
    const zip_int64_t count = zip_fread(file, content.data() + length, content.size() - length);
    if (count < 0) fail(zip_file_strerror(file));
    if (count == 0) break;
    length += static_cast<uint64_t>(count);
    if (length > stated) fail("it is longer than the " + std::to_string(stated) + " bytes stated");
  }
  if (length < stated) {
    fail("it has " + std::to_string(length) + " of the " + std::to_string(stated) + " bytes stated");
  }
  content.resize(length);
  if (lzma) {
    std::string error;
    content = unpack_zip_lzma(content, size, error);
    if (!error.empty()) fail(error);
    if (crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) != status.crc)
      fail("its checksum differs");
  }
  return content;
}

struct ZipWriter::State {
  zip_source_t* source = nullptr;
  zip_t* archive = nullptr;
  std::list<std::string> contents;  // libzip reads them when the archive is closed
};

ZipWriter::ZipWriter() : state_(std::make_unique<State>()) {
  zip_error_t error;
  zip_error_init(&error);
  state_->source = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (state_->source) state_->archive = zip_open_from_source(state_->source, ZIP_TRUNCATE, &error);
  if (!state_->archive) {
    if (state_->source) zip_source_free(state_->source);
    throw InternalError("cannot create a zip archive in memory: " + text_of(&error));
  }
  zip_source_keep(state_->source);
}

ZipWriter::~ZipWriter() {
  if (state_->archive) zip_discard(state_->archive);
  zip_source_free(state_->source);
}

void ZipWriter::add(const std::string& member, std::string content) {
  const std::string& kept = state_->contents.emplace_back(std::move(content));
  zip_source_t* source = zip_source_buffer(state_->archive, kept.data(), kept.size(), 0);
  const zip_int64_t index =
      source ? zip_file_add(state_->archive, member.c_str(), source, ZIP_FL_ENC_UTF_8) : zip_int64_t{-1};
  if (index < 0) {
    if (source) zip_source_free(source);
    throw InternalError("cannot add '" + member + "' to a zip archive: " + zip_strerror(state_->archive));
  }
  const auto at = static_cast<zip_uint64_t>(index);
  zip_set_file_compression(state_->archive, at, ZIP_CM_STORE, 0);
  // 1980-01-01, the zip format's first day: archives must not differ by the time of writing.
  zip_file_set_dostime(state_->archive, at, 0, (1 << 5) | 1, 0);
}

std::string ZipWriter::finish() {
  const auto fail = [&](const char* reason) {
    throw InternalError(std::string("cannot finish a zip archive in memory: ") + reason);
  };
  // libzip writes nothing for an archive without members; the format has one: the end record alone.
  if (state_->contents.empty()) return std::string("PK\x05\x06") + std::string(18, '\0');
  if (zip_close(state_->archive) != 0) fail(zip_strerror(state_->archive));
  state_->archive = nullptr;
  state_->contents.clear();

  zip_stat_t status;
  if (zip_source_stat(state_->source, &status) != 0 || zip_source_open(state_->source) != 0)
    fail("no source");
  std::string bytes(status.size, '\0');
  uint64_t length = 0;
  while (length < bytes.size()) {
    const zip_int64_t count = zip_source_read(state_->source, bytes.data() + length, bytes.size() - length);
    if (count <= 0) break;
    length += static_cast<uint64_t>(count);
  }
  zip_source_close(state_->source);
  if (length != bytes.size()) fail("short read");
  return bytes;
}

}  // namespace lamina::detail
