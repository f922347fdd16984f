// The bridge to liblzma: raw LZMA behind the properties that the zip format puts there (APPNOTE.TXT, 5.8.8).
#include "lamina/formats/detail/zip_lzma.h"

#include <lzma.h>

#include <algorithm>
#include <cstdlib>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"

namespace lamina::detail {

std::string unpack_zip_lzma(std::string_view data, uint64_t size, std::string& error) {
  constexpr uint64_t kPropertiesAt = 4, kProperties = 5;
  if (data.size() < kPropertiesAt + kProperties || data[2] != kProperties || data[3] != 0) {
    error = "its LZMA properties are missing";
    return {};
  }
  lzma_filter filters[] = {{LZMA_FILTER_LZMA1, nullptr}, {LZMA_VLI_UNKNOWN, nullptr}};
  const auto* properties = reinterpret_cast<const uint8_t*>(data.data() + kPropertiesAt);
  if (lzma_properties_decode(&filters[0], nullptr, properties, kProperties) != LZMA_OK) {
    error = "its LZMA properties are damaged";
    return {};
  }
  // No match reaches further back than what there is.
  auto* options = static_cast<lzma_options_lzma*>(filters[0].options);
  options->dict_size = static_cast<uint32_t>(
      std::min<uint64_t>(options->dict_size, std::max<uint64_t>(size, LZMA_DICT_SIZE_MIN)));
  struct Stream : lzma_stream {
    Stream() : lzma_stream(LZMA_STREAM_INIT) {}
    ~Stream() { lzma_end(this); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
  } stream;
  lzma_ret state = lzma_raw_decoder(&stream, filters);
  std::free(filters[0].options);
  if (state != LZMA_OK) throw InternalError("liblzma does not start");

  data.remove_prefix(kPropertiesAt + kProperties);
  stream.next_in = reinterpret_cast<const uint8_t*>(data.data());
  stream.avail_in = data.size();
  std::string content;
  uint64_t length = 0;
  while (state == LZMA_OK && length <= size) {
    if (length == content.size()) {
      content.resize(std::min<uint64_t>(std::max<uint64_t>(2 * content.size(), 1 << 20), size + 1));
    }
    stream.next_out = reinterpret_cast<uint8_t*>(content.data() + length);
    stream.avail_out = content.size() - length;
    state = lzma_code(&stream, LZMA_RUN);
    const uint64_t before = length;
    length = content.size() - stream.avail_out;
    if (length == before) break;  // without a mark at the end, the input is all that ends it
  }
  if (length != size) {
    error = "it unpacks to other than the " + std::to_string(size) + " bytes stated";
    return {};
  }
  content.resize(length);
  return content;
}

}  // namespace lamina::detail
