// Undoing the filters of HDF5 chunks: one function each.
#include "lamina/formats/detail/hdf5_filters.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

// Parameters of a filter, the bytes it gave, how many went in at most; the bytes that went in.
using Undo = std::string (*)(const std::vector<uint32_t>& parameters, std::string_view stored, uint64_t most,
                             const std::string& label);

[[noreturn]] void damaged(const std::string& label, const char* what) {
  throw FileError("'" + label + "': a chunk of it is damaged: " + what);
}

std::string undo_gzip(const std::vector<uint32_t>&, std::string_view stored, uint64_t most,
                      const std::string& label) {
  std::string out(static_cast<size_t>(most) + 1, '\0');  // the one byte more shows what is too long
  uLongf size = out.size();
  const auto* from = reinterpret_cast<const Bytef*>(stored.data());
  if (uncompress(reinterpret_cast<Bytef*>(out.data()), &size, from, static_cast<uLong>(stored.size())) !=
      Z_OK)
    damaged(label, "it does not inflate to what its shape says");
  out.resize(size);
  return out;
}

// First bytes of all elements, then second bytes, ...
std::string undo_shuffle(const std::vector<uint32_t>& parameters, std::string_view stored, uint64_t,
                         const std::string&) {
  const size_t element = parameters.empty() ? 1 : parameters[0];
  std::string out(stored);
  if (element <= 1 || element > stored.size()) return out;
  const size_t count = stored.size() / element;
  for (size_t b = 0; b < element; ++b) {
    for (size_t i = 0; i < count; ++i) out[i * element + b] = stored[b * count + i];
  }
  return out;
}

// Fletcher's checksum over 16-bit big-endian words, which follows the bytes.
std::string undo_fletcher32(const std::vector<uint32_t>&, std::string_view stored, uint64_t,
                            const std::string& label) {
  if (stored.size() < 4) damaged(label, "it is too short for its checksum");
  const std::string_view bytes = stored.substr(0, stored.size() - 4);
  uint32_t a = 0, b = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = static_cast<unsigned char>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0u;
    a = (a + ((uint32_t{high} << 8) | low)) % 65535;
    b = (b + a) % 65535;
  }
  // The format leaves open which of 0 and 65535 stands for a sum that is a multiple of 65535.
  const uint32_t stated = ByteCursor(stored.substr(bytes.size()), label).u32();
  if ((stated >> 16) % 65535 != b || (stated & 65535) % 65535 != a) damaged(label, "its checksum differs");
  return std::string(bytes);
}

// LZF, as Marc Lehmann's liblzf describes it: runs of literals, and copies of what came before.
std::string undo_lzf(const std::vector<uint32_t>&, std::string_view stored, uint64_t most,
                     const std::string& label) {
  std::string out;
  ByteCursor cursor(stored, label);
  while (cursor.left() > 0) {
    const unsigned control = cursor.u8();
    if (control < 32) {
      out += cursor.take(control + 1);
    } else {
      unsigned length = control >> 5;
      if (length == 7) length += cursor.u8();
      const size_t distance = ((control & 31) << 8 | cursor.u8()) + 1;
      if (distance > out.size()) damaged(label, "it refers to what lies before its start");
      for (unsigned i = 0; i < length + 2; ++i) out += out[out.size() - distance];
    }
    if (out.size() > most) damaged(label, "it inflates beyond what its shape says");
  }
  return out;
}

// HDF5's N-bit filter, where it left the elements as they are; others are of no dtype of ours.
constexpr size_t kNbitLeftAlone = 1;

std::string undo_nbit(const std::vector<uint32_t>&, std::string_view stored, uint64_t, const std::string&) {
  return std::string(stored);
}

// Numbers of `bits` bits each, one behind the other, the highest bit first.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}
  uint64_t next(unsigned bits) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_)
      value = value << 1 | (static_cast<unsigned char>(bytes_[at_ / 8]) >> (7 - at_ % 8) & 1);
    return value;
  }

 private:
  std::string_view bytes_;
  uint64_t at_ = 0;
};

// HDF5's scale-offset filter: how far each element lies above the smallest, in as few bits as do; of floats
// in steps of a power of ten. The place of the numbers is that of H5Z_filter_scaleoffset.
std::string undo_scaleoffset(const std::vector<uint32_t>& parameters, std::string_view stored, uint64_t most,
                             const std::string& label) {
  constexpr size_t kNumbers = 21;  // where they start
  enum { kScaleType, kFactor, kCount, kClass, kSize, kSign, kOrder, kFilled, kFill };
  if (parameters.size() < kFill) damaged(label, "its filter lacks parameters");
  const uint64_t count = parameters[kCount], size = parameters[kSize];
  const bool floats = parameters[kClass] == 1;
  if (size == 0 || size > 8 || count > most / size || (floats && size != 4 && size != 8))
    damaged(label, "its filter's parameters are impossible");
  ByteCursor cursor(stored, label);
  const uint32_t bits = cursor.u32();
  if (cursor.u8() != 8) damaged(label, "its smallest number is not of 8 bytes");
  const uint64_t least = cursor.u64();
  if (bits > size * 8) damaged(label, "it has more bits than its elements");
  const std::string_view packed = stored.substr(std::min(stored.size(), kNumbers));
  // The numbers were packed in the order of the machine, and the bytes are of the other.
  const auto in_order = [&](std::string bytes) {
    for (size_t i = 0; parameters[kOrder] != 0 && i + size <= bytes.size(); i += size)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
    return bytes;
  };
  if (bits == size * 8) return in_order(std::string(packed.substr(0, static_cast<size_t>(count * size))));
  if ((count * bits + 7) / 8 > packed.size()) damaged(label, "it is shorter than its shape says");
  uint64_t filling = 0;
  for (size_t i = 0; i < 2 && kFill + i < parameters.size(); ++i)
    filling |= uint64_t{parameters[kFill + i]} << (32 * i);
  const bool filled = parameters[kFilled] == 1 && bits > 0;
  const double parts = std::pow(10.0, static_cast<double>(static_cast<int32_t>(parameters[kFactor])));
  BitReader reader(packed);
  std::string out(static_cast<size_t>(count * size), '\0');
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t above = reader.next(bits);
    uint64_t element = least + above;
    if (filled && above == (uint64_t{1} << bits) - 1) {
      element = filling;
    } else if (floats && size == 4) {
      float lowest = 0;
      std::memcpy(&lowest, &least, 4);
      const float value = static_cast<float>(above) / static_cast<float>(parts) + lowest;
      std::memcpy(&element, &value, 4);
    } else if (floats) {
      double lowest = 0;
      std::memcpy(&lowest, &least, 8);
      const double value = static_cast<double>(above) / parts + lowest;
      std::memcpy(&element, &value, 8);
    }
    std::memcpy(out.data() + i * size, &element, static_cast<size_t>(size));
  }
  return in_order(std::move(out));
}

struct Known {
  int id;
  const char* name;
  Undo undo;  // null: not supported
};
constexpr Known kKnown[] = {
    {1, "gzip", undo_gzip},  {2, "shuffle", undo_shuffle}, {3, "fletcher32", undo_fletcher32},
    {4, "szip", nullptr},    {5, "nbit", undo_nbit},       {6, "scaleoffset", undo_scaleoffset},
    {32000, "lzf", undo_lzf}};

const Known* find(int id) {
  for (const Known& known : kKnown) {
    if (known.id == id) return &known;
  }
  return nullptr;
}

}  // namespace

Hdf5Filters::Hdf5Filters(std::string_view body, const std::string& label) {
  ByteCursor cursor(body, label);
  const int version = cursor.u8();
  const int count = cursor.u8();
  if (version != 1 && version != 2) throw FileError("'" + label + "': its list of filters is damaged");
  if (version == 1) cursor.skip(6);
  constexpr int kOwn = 256;  // ids of HDF5's own filters, which version 2 does not name
  for (int i = 0; i < count; ++i) {
    Filter filter{cursor.u16(), {}};
    const uint64_t name_length = version == 1 || filter.id >= kOwn ? cursor.u16() : 0;
    cursor.skip(2);
    const int parameters = cursor.u16();
    cursor.skip(name_length);  // in version 1 a multiple of 8 by itself
    for (int p = 0; p < parameters; ++p) filter.parameters.push_back(cursor.u32());
    if (version == 1 && parameters % 2 == 1) cursor.skip(4);
    filters_.push_back(std::move(filter));
  }
}

std::string Hdf5Filters::unsupported() const {
  for (const Filter& filter : filters_) {
    const Known* known = find(filter.id);
    if (!known) return "compressed with the filter number " + std::to_string(filter.id);
    const bool packed = known->undo == undo_nbit && (filter.parameters.size() <= kNbitLeftAlone ||
                                                     filter.parameters[kNbitLeftAlone] != 1);
    if (!known->undo || packed) return std::string("compressed with ") + known->name;
  }
  return {};
}

std::string Hdf5Filters::undo(std::string_view stored, uint32_t skipped, uint64_t size,
                              const std::string& label) const {
  // A checksum, or the head of scaled numbers, may have been put on before the compression.
  const uint64_t most = size + 32 * filters_.size();
  std::string bytes(stored);
  for (size_t i = filters_.size(); i-- > 0;) {
    if (i < 32 && (skipped >> i & 1)) continue;
    bytes = find(filters_[i].id)->undo(filters_[i].parameters, bytes, most, label);
  }
  if (bytes.size() != size) damaged(label, "it is not as long as its shape says");
  return bytes;
}

}  // namespace lamina::detail
