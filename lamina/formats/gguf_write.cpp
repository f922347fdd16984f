// Writing GGUF.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <set>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/threads.h"
#include "lamina/formats/detail/gguf_types.h"
#include "lamina/formats/gguf.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

constexpr uint64_t kAlignment = 32;
constexpr size_t kLongestName = 63;
constexpr int kMostAxes = 4;

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put_text(std::string& out, const std::string& text) {
  put<uint64_t>(out, text.size());
  out += text;
}

/// The numbers of the kinds of values that are written.
enum Kind : uint32_t {
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9,
  kI64 = 11,
  kF64 = 12
};

Kind kind_of(const Json& value) {
  if (value.is_bool()) return kBool;
  if (value.is_int()) {
    const int64_t number = value.as_int();
    return number >= 0 && number <= UINT32_MAX ? kU32 : number >= INT32_MIN && number < 0 ? kI32 : kI64;
  }
  if (value.is_number()) {
    const double number = value.as_double();
    return static_cast<double>(static_cast<float>(number)) == number || !std::isfinite(number) ? kF32 : kF64;
  }
  return kString;  // also what has no kind of its own, as JSON
}

// Of a list all elements are of one kind: the widest that is among them.
Kind kind_of_all(const Json::List& list) {
  bool integers = true, numbers = true, bools = true, floats_fit = true, unsigned_fit = true, fits32 = true;
  for (const Json& item : list) {
    const Kind kind = kind_of(item);
    bools &= kind == kBool;
    integers &= item.is_int();
    numbers &= item.is_number();
    floats_fit &= kind == kF32 || (item.is_int() && std::abs(item.as_double()) < (1 << 24));
    unsigned_fit &= kind == kU32;
    fits32 &= kind == kI32 || (kind == kU32 && item.as_int() <= INT32_MAX);
  }
  if (list.empty()) return kString;
  if (bools) return kBool;
  if (integers) return unsigned_fit ? kU32 : fits32 ? kI32 : kI64;
  if (numbers) return floats_fit ? kF32 : kF64;
  return kString;
}

void put_value(std::string& out, Kind kind, const Json& value) {
  switch (kind) {
    case kBool:
      return put<uint8_t>(out, value.as_bool());
    case kU32:
      return put<uint32_t>(out, static_cast<uint32_t>(value.as_int()));
    case kI32:
      return put<int32_t>(out, static_cast<int32_t>(value.as_int()));
    case kI64:
      return put<int64_t>(out, value.as_int());
    case kF32:
      return put<float>(out, static_cast<float>(value.as_double()));
    case kF64:
      return put<double>(out, value.as_double());
    default:
      return put_text(out, value.is_string() ? value.as_string() : value.dump());
  }
}

void put_member(std::string& out, const std::string& key, const Json& value) {
  put_text(out, key);
  bool flat = value.is_list();
  if (flat) {
    for (const Json& item : value.as_list()) flat &= !item.is_list() && !item.is_object() && !item.is_null();
  }
  if (!flat) {
    const Kind kind = kind_of(value);
    put<uint32_t>(out, kind);
    return put_value(out, kind, value);
  }
  const Kind kind = kind_of_all(value.as_list());
  put<uint32_t>(out, kArray);
  put<uint32_t>(out, kind);
  put<uint64_t>(out, value.size());
  for (const Json& item : value.as_list()) put_value(out, kind, item);
}

bool can_pack(const TensorType& type, const detail::GgufType& packing) {
  return is_floating(type.dtype) && type.shape.rank() >= 2 && type.shape.size() > 0 &&
         static_cast<size_t>(type.shape[-1]) % packing.elements == 0;
}

const detail::GgufType& type_for(const SnapshotEntry& entry, const detail::GgufType* packing) {
  if (packing && can_pack(entry.type, *packing)) return *packing;
  const detail::GgufType* const plain = detail::find_gguf_plain(entry.type.dtype);
  if (!plain)
    throw Unsupported("write_gguf: '" + entry.name + "' is " + name(entry.type.dtype) +
                      ", which the format does not have; cast it, or write .safetensors");
  return *plain;
}

// How many elements of a block it does not give back: NaN and infinities, and all beside what the scales, in 16 bits,
// cannot reach. What bits are too few for is off by less than the largest; where that is tiny, by what 16 bits round.
size_t lost_elements(const float* x, const uint8_t* block, const detail::GgufType& stored) {
  constexpr size_t kMost = 256;
  float back[kMost], largest = 0;
  stored.unpack(block, back);
  size_t lost = 0;
  for (size_t i = 0; i < stored.elements; ++i) largest = std::max(largest, std::abs(x[i]));
  const float bound = largest < 1e-3F ? 2 * largest + 1e-6F : 0.9F * largest;
  for (size_t i = 0; i < stored.elements; ++i) lost += std::isfinite(x[i]) && std::abs(back[i] - x[i]) <= bound ? 0 : 1;
  return lost;
}

std::string packed(const std::string& name, const Tensor& tensor, const detail::GgufType& stored) {
  const Tensor floats = cast(tensor, DType::kFloat32).eval();
  const auto* const x = static_cast<const float*>(floats.buffer()->data());
  const size_t blocks = static_cast<size_t>(floats.size()) / stored.elements;
  std::string bytes(blocks * stored.bytes, '\0');
  constexpr int64_t kGrain = 64;
  std::atomic<size_t> lost{0};
  parallel_for(static_cast<int64_t>(blocks), kGrain, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      auto* const block = reinterpret_cast<uint8_t*>(bytes.data()) + i * stored.bytes;
      stored.pack(x + i * stored.elements, block);
      if (const size_t count = lost_elements(x + i * stored.elements, block, stored)) lost += count;
    }
  });
  if (lost > 0)
    throw InvalidArgument("write_gguf: '" + name + "' holds numbers that are NaN, infinite or too large for the blocks of " +
                          stored.name + ", by which " + std::to_string(lost) + " of its " +
                          std::to_string(floats.size()) + " elements would be lost; mend it, or write it unpacked");
  return bytes;
}

std::string header_of(const WeightSnapshot& snapshot, const detail::GgufType* packing) {
  std::string values;
  uint64_t count = 0;
  const auto member = [&](const std::string& key, const Json& value) {
    put_member(values, key, value);
    ++count;
  };
  if (!snapshot.metadata.contains("general.architecture")) member("general.architecture", "lamina");
  for (const auto& [key, value] : snapshot.metadata.as_object()) {
    if (key != "general.alignment" && key != "general.quantization_version") member(key, value);
  }
  if (packing) member("general.quantization_version", 2);
  std::string out = "GGUF";
  put<uint32_t>(out, 3);
  put<uint64_t>(out, snapshot.entries.size());
  put<uint64_t>(out, count);
  out += values;
  std::set<std::string> seen;
  uint64_t at = 0;
  for (const SnapshotEntry& entry : snapshot.entries) {
    const Shape& shape = entry.type.shape;
    if (!seen.insert(entry.name).second)
      throw InvalidArgument("write_gguf: the name '" + entry.name + "' occurs twice");
    if (entry.name.size() > kLongestName)
      throw InvalidArgument("write_gguf: names have at most 63 bytes, and '" + entry.name + "' has " +
                            std::to_string(entry.name.size()) + "; rename it, or write .safetensors");
    if (shape.rank() > kMostAxes)
      throw Unsupported("write_gguf: '" + entry.name + "' has shape " + shape.str() +
                        ", and the format has at most 4 axes; reshape it, or write .safetensors");
    const detail::GgufType& stored = type_for(entry, packing);
    put_text(out, entry.name);
    put<uint32_t>(out, static_cast<uint32_t>(shape.rank()));
    for (int axis = shape.rank() - 1; axis >= 0; --axis)
      put<uint64_t>(out, static_cast<uint64_t>(shape[axis]));
    put<uint32_t>(out, stored.number);
    put<uint64_t>(out, at);
    const uint64_t bytes = static_cast<uint64_t>(shape.size()) / stored.elements * stored.bytes;
    at += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }
  out.resize((out.size() + kAlignment - 1) / kAlignment * kAlignment, '\0');
  return out;
}

}  // namespace

std::vector<std::string> write_gguf(const std::string& path, const WeightSnapshot& snapshot,
                                    const std::string& packing) {
  const detail::GgufType* const wanted = packing.empty() ? nullptr : detail::find_gguf_packing(packing);
  if (!packing.empty() && !wanted)
    throw InvalidArgument("write_gguf: unknown packing '" + packing + "'" +
                          suggest(packing, detail::gguf_packings()));
  const std::string header = header_of(snapshot, wanted);
  AtomicFile file(path);
  file.write(header);
  std::vector<std::string> told;
  for (const SnapshotEntry& entry : snapshot.entries) {
    const detail::GgufType& stored = type_for(entry, wanted);
    const Tensor here = entry.read().eval().to("/CPU:0");
    if (here.type() != entry.type)
      throw InternalError("array '" + entry.name + "' is " + here.type().str() + ", not " + entry.type.str());
    uint64_t bytes = here.type().bytes();
    if (stored.pack) {
      const std::string blocks = packed(entry.name, here, stored);
      bytes = blocks.size();
      file.write(blocks);
    } else {
      file.write({static_cast<const char*>(here.buffer()->data()), bytes});
      if (wanted && is_floating(entry.type.dtype))
        told.push_back("'" + entry.name + "' stays " + name(entry.type.dtype) + ": " +
                       entry.type.shape.str() + " does not go into blocks of " +
                       std::to_string(wanted->elements));
    }
    file.write(std::string((kAlignment - bytes % kAlignment) % kAlignment, '\0'));
  }
  file.commit();
  return told;
}

}  // namespace lamina
