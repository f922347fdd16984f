// The bridge to libzip. Archives live in memory: files are read and replaced whole.
#include <zip.h>

#include <algorithm>
#include <set>

#include "lamina/base/error.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {
namespace {

std::string text_of(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

}  // namespace

ZipReader::ZipReader(std::string_view bytes, std::string name, const ZipLimits& limits)
    : name_(std::move(name)) {
  if (bytes.size() < 4 || bytes.substr(0, 2) != "PK") {
    throw FileError("'" + name_ + "' is not a zip archive: it does not start as one");
  }
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
    const uint64_t limit = std::min(limits.absolute, std::max(limits.free, limits.ratio * bytes.size()));
    uint64_t total = 0;
    std::set<std::string> seen;
    for (zip_int64_t i = 0, n = zip_get_num_entries(archive_, 0); i < n; ++i) {
      zip_stat_t status;
      if (zip_stat_index(archive_, static_cast<zip_uint64_t>(i), 0, &status) != 0 || !status.name ||
          !(status.valid & ZIP_STAT_SIZE)) {
        throw FileError("'" + name_ + "' is a damaged zip archive: member " + std::to_string(i) +
                        " has no description");
      }
      if (!seen.insert(status.name).second) {
        throw FileError("'" + name_ + "' is a damaged zip archive: it holds '" + status.name + "' twice");
      }
      if (status.size > limit - total) {
        throw FileError("'" + name_ + "' is refused as a zip bomb: its " + std::to_string(bytes.size()) +
                        " bytes claim to inflate beyond the limit of " + std::to_string(limit) + " bytes");
      }
      total += status.size;
      members_.push_back(status.name);
      sizes_.push_back(status.size);
    }
  } catch (...) {
    zip_discard(archive_);
    throw;
  }
}

ZipReader::~ZipReader() { zip_discard(archive_); }

bool ZipReader::has(const std::string& member) const {
  return std::find(members_.begin(), members_.end(), member) != members_.end();
}

std::string ZipReader::read(const std::string& member) const {
  const auto found = std::find(members_.begin(), members_.end(), member);
  if (found == members_.end()) {
    std::string list;
    for (size_t i = 0; i < members_.size() && i < 12; ++i) list += (i ? ", " : "") + members_[i];
    throw FileError("'" + name_ + "' lacks the member '" + member + "'; it holds: " + list +
                    (members_.size() > 12 ? ", ..." : ""));
  }
  const auto index = static_cast<size_t>(found - members_.begin());
  const uint64_t size = sizes_[index];
  const auto fail = [&](const std::string& reason) {
    throw FileError("'" + name_ + "': its member '" + member + "' is damaged: " + reason);
  };
  zip_file_t* file = zip_fopen_index(archive_, index, 0);
  if (!file) fail(zip_strerror(archive_));
  struct Close {
    zip_file_t* file;
    ~Close() { zip_fclose(file); }
  } close{file};

  // The stated size may be a lie: memory grows with what really comes out.
  std::string content;
  uint64_t length = 0;
  for (;;) {
    if (length == content.size()) {
      content.resize(std::min<uint64_t>(std::max<uint64_t>(2 * content.size(), 1 << 20), size + 1));
    }
    const zip_int64_t count = zip_fread(file, content.data() + length, content.size() - length);
    if (count < 0) fail(zip_file_strerror(file));
    if (count == 0) break;
    length += static_cast<uint64_t>(count);
    if (length > size) fail("it is longer than the " + std::to_string(size) + " bytes stated");
  }
  if (length < size) {
    fail("it has " + std::to_string(length) + " of the " + std::to_string(size) + " bytes stated");
  }
  content.resize(length);
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
