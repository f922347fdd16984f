// CRC-32 as zip archives have it. Internal header.
#pragma once

#include <cstdint>
#include <string_view>

namespace lamina::detail {

/// The checksum of what `crc` is the checksum of, followed by `bytes`; 0 is that of no bytes. The same as
/// zlib's crc32, with carry-less multiplications where the processor has them.
uint32_t zip_checksum(uint32_t crc, std::string_view bytes);

/// The checksum of two stretches, one behind the other, of their checksums and the size of the second.
uint32_t joined_zip_checksums(uint32_t first, uint32_t second, uint64_t second_size);

}  // namespace lamina::detail
