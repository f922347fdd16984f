// libzip asks for pieces of an archive; they come from a ByteSource.
#include "lamina/formats/detail/zip_source.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>

namespace lamina::detail {
namespace {

// What libzip reads an archive from.
struct Reading {
  ByteSource bytes;
  uint64_t at = 0;
  zip_error_t error = {};
};

zip_int64_t read_source(void* user, void* data, zip_uint64_t length, zip_source_cmd_t command) {
  auto* const reading = static_cast<Reading*>(user);
  switch (command) {
    case ZIP_SOURCE_OPEN:
      reading->at = 0;
      return 0;
    case ZIP_SOURCE_READ: {
      const uint64_t count = std::min<uint64_t>(length, reading->bytes.size() - reading->at);
      try {
        reading->bytes.copy(reading->at, data, count);
      } catch (const std::exception&) {
        zip_error_set(&reading->error, ZIP_ER_READ, errno);
        return -1;
      }
      reading->at += count;
      return static_cast<zip_int64_t>(count);
    }
    case ZIP_SOURCE_SEEK: {
      const zip_int64_t at =
          zip_source_seek_compute_offset(reading->at, reading->bytes.size(), data, length, &reading->error);
      if (at < 0) return -1;
      reading->at = static_cast<uint64_t>(at);
      return 0;
    }
    case ZIP_SOURCE_TELL:
      return static_cast<zip_int64_t>(reading->at);
    case ZIP_SOURCE_STAT: {
      auto* const status = static_cast<zip_stat_t*>(data);
      zip_stat_init(status);
      status->valid = ZIP_STAT_SIZE;
      status->size = reading->bytes.size();
      return sizeof(zip_stat_t);
    }
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data(&reading->error, data, length);
    case ZIP_SOURCE_FREE:
      delete reading;
      return 0;
    case ZIP_SOURCE_CLOSE:
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                            ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                            ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
    default:
      zip_error_set(&reading->error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
  }
}

}  // namespace

zip_source_t* zip_source_of(const ByteSource& bytes, zip_error_t* error) {
  auto reading = std::make_unique<Reading>(Reading{bytes});
  zip_error_init(&reading->error);
  zip_source_t* const source = zip_source_function_create(read_source, reading.get(), error);
  if (source) reading.release();  // freed by the command for that
  return source;
}

std::string zip_error_text(zip_error_t* error) {
  std::string text = zip_error_strerror(error);
  zip_error_fini(error);
  return text;
}

}  // namespace lamina::detail
