// Writing archives, in memory, by libzip.
#include <zip.h>

#include "lamina/base/error.h"
#include "lamina/formats/detail/zip_archive.h"
#include "lamina/formats/detail/zip_source.h"

namespace lamina::detail {

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
    throw InternalError("cannot create a zip archive in memory: " + zip_error_text(&error));
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
