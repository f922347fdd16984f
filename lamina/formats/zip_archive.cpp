// Reading archives: what the directory says, members by libzip, and where they lie.
#include <zip.h>

#include <algorithm>
#include <optional>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/detail/large_pages.h"
#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/formats/detail/crc32.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/detail/zip_lzma.h"
#include "lamina/formats/detail/zip_source.h"

namespace lamina::detail {
namespace {

constexpr size_t kMostName = 100;  // of a member, in messages

uint64_t little_endian(std::string_view bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) value |= uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

struct ArchivePlace {
  uint64_t start = 0;
  std::optional<uint64_t> directory =
      {};  // from there; nothing where only the records of large archives say it
};

// Where the archive begins, by the record at its end: other bytes may stand before it, as in self-extracting
// archives, and its own offsets then count from its start. Nothing without such a record.
std::optional<ArchivePlace> place_of_archive(const ByteSource& bytes) {
  constexpr size_t kRecord = 22, kLongestComment = 65535;
  // Some writers (PyTorch's) add the records of large archives to small ones: they stand in between.
  constexpr size_t kLocator = 20, kZip64 = 56;
  if (bytes.size() < kRecord) return std::nullopt;
  const uint64_t before =
      bytes.size() - std::min<uint64_t>(bytes.size(), kZip64 + kLocator + kRecord + kLongestComment);
  const std::string_view end = bytes.view(before, bytes.size() - before);
  const size_t last = end.size() - kRecord;
  for (size_t back = 0; back <= std::min(last, kLongestComment); ++back) {
    const size_t at = last - back;
    if (end.substr(at, 4) != "PK\x05\x06") continue;
    const uint64_t size = little_endian(end, at + 12, 4), offset = little_endian(end, at + 16, 4);
    constexpr uint64_t kInZip64 = 0xffffffff;
    const bool both = at >= kLocator + kZip64 && end.substr(at - kLocator, 4) == "PK\x06\x07" &&
                      end.substr(at - kLocator - kZip64, 4) == "PK\x06\x06";
    const uint64_t behind = before + (both ? at - kLocator - kZip64 : at);
    if (size == kInZip64 || offset == kInZip64 || size + offset > behind) return ArchivePlace{};
    return ArchivePlace{behind - (size + offset), offset};
  }
  return std::nullopt;
}

// Where the entries of the directory begin, as many as there should be, or none of them.
std::vector<uint64_t> entries_of(const ByteSource& bytes, uint64_t at, size_t count) {
  constexpr size_t kEntry = 46;
  std::vector<uint64_t> entries;
  for (size_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < kEntry) return {};
    const std::string_view entry = bytes.view(at, kEntry);
    if (!entry.starts_with("PK\x01\x02")) return {};
    entries.push_back(at);
    at += kEntry + little_endian(entry, 28, 2) + little_endian(entry, 30, 2) + little_endian(entry, 32, 2);
  }
  return entries;
}

}  // namespace

ZipReader::ZipReader(ByteSource bytes, std::string name, const ZipLimits& limits)
    : name_(std::move(name)), bytes_(std::move(bytes)) {
  const std::optional<ArchivePlace> place = place_of_archive(bytes_);
  if (!place) {
    constexpr uint64_t kTelling = 64 << 10;
    const std::string_view start = bytes_.view(0, std::min(bytes_.size(), kTelling));
    const bool cut = start.starts_with("PK\x03\x04");
    throw FileError("'" + name_ + "' is " +
                    (cut ? "a damaged or truncated zip archive: its end is missing"
                         : "not a zip archive: it is " + kind_of_bytes(start)));
  }
  if (place->start > 0) bytes_ = bytes_.part(place->start, bytes_.size() - place->start);
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_of(bytes_, &error);
  archive_ = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (!archive_) {
    if (source) zip_source_free(source);
    throw FileError("'" + name_ + "' is a damaged or truncated zip archive: " + zip_error_text(&error));
  }

  // From here on the destructor does not run yet: the archive must be closed by hand on failure.
  try {
    const uint64_t limit = limits.of(bytes_.size());
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
        throw FileError("'" + name_ + "' is refused as a zip bomb: its " + std::to_string(bytes_.size()) +
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

// Nothing where it is not plain to see; what the two headers say is held against one another and against the
// bytes that there are.
std::optional<ZipReader::Stored> ZipReader::stored(size_t index) const {
  if (index >= entries_.size()) return std::nullopt;
  constexpr size_t kEntry = 46, kLocal = 30;
  const std::string_view directory = bytes_.view(entries_[index], kEntry);
  const auto entry = [&](size_t at, size_t size) { return little_endian(directory, at, size); };
  const uint64_t size = sizes_[index], at = entry(42, 4);
  if ((entry(8, 2) & 1) != 0 || entry(10, 2) != 0 || entry(20, 4) != size || entry(24, 4) != size)
    return std::nullopt;
  if (at > bytes_.size() || bytes_.size() - at < kLocal) return std::nullopt;
  const std::string_view header = bytes_.view(at, kLocal);
  const uint64_t name = little_endian(header, 26, 2), extra = little_endian(header, 28, 2);
  if (!header.starts_with("PK\x03\x04") || little_endian(header, 8, 2) != 0 || name != members_[index].size())
    return std::nullopt;
  const uint64_t begin = at + kLocal + name + extra;
  if (begin > bytes_.size() || size > bytes_.size() - begin ||
      bytes_.view(at + kLocal, name) != members_[index])
    return std::nullopt;
  return Stored{begin, size, static_cast<uint32_t>(entry(16, 4))};
}

// Its bytes, where they have their checksum; read() says so where they have not.
std::optional<std::string_view> ZipReader::intact(size_t index) const {
  const std::optional<Stored> place = stored(index);
  if (!place) return std::nullopt;
  const std::string_view content = bytes_.view(place->at, place->size);
  return zip_checksum(0, content) == place->crc ? std::optional(content) : std::nullopt;
}

void ZipReader::fail(const std::string& member, const std::string& reason) const {
  throw FileError("'" + name_ + "': its member '" + excerpt(member, kMostName) + "' is damaged: " + reason);
}

std::string_view ZipReader::view(const std::string& member, std::string& held) const {
  if (const std::optional<std::string_view> content = intact(index_of(member))) return *content;
  held = read(member);
  return held;
}

ByteSource ZipReader::open(const std::string& member) const {
  const std::optional<Stored> place = stored(index_of(member));
  if (!place) return ByteSource::holding(read(member));
  ByteSource opened = bytes_.part(place->at, place->size);
  opened.keep_checksums();
  return opened;
}

void ZipReader::check(const std::string& member, const ByteSource& opened) const {
  const std::optional<Stored> place = stored(index_of(member));
  if (place && opened.checksum() != place->crc) fail(member, "its checksum differs");
}

std::string ZipReader::read(const std::string& member) const {
  const size_t index = index_of(member);
  if (const std::optional<std::string_view> content = intact(index)) {
    std::string copy;
    reserve_large(copy, content->size());
    return copy.append(*content);
  }
  const uint64_t size = sizes_[index];
  const auto fail = [&](const std::string& reason) { this->fail(member, reason); };
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
    if (zip_checksum(0, content) != status.crc) fail("its checksum differs");
  }
  return content;
}

}  // namespace lamina::detail
