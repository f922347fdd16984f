// TensorFlow's checkpoints: a sorted table of tensors (PREFIX.index) and their bytes
// (PREFIX.data-00000-of-00001).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lamina/core/tensor.h"

namespace lamina::detail {

/// Where a tensor lies, as the index says it.
struct BundleEntry {
  int dtype = 0;        ///< TensorFlow's number: 1 is float32, 3 int32, 9 int64, ...
  std::string problem;  ///< why it cannot be read; empty where it can
  Shape shape;
  uint64_t shard = 0, offset = 0, size = 0;
  uint32_t checksum = 0;
};

/// The index of a checkpoint. `crc` of every block is compared.
/// Throws FileError, calling the file `name`, when it is damaged, compressed, or of a big-endian machine.
std::map<std::string, BundleEntry> read_bundle_index(std::string_view bytes, const std::string& name);

/// A checkpoint whose shards are read when they are asked for.
class TensorBundle {
 public:
  /// @param prefix  "folder/variables/variables".
  /// Throws FileError as read_bundle_index does, and for a file that is missing.
  explicit TensorBundle(std::string prefix);

  const std::map<std::string, BundleEntry>& entries() const { return entries_; }
  /// The tensor of that key, its checksum compared. Throws FileError, naming the key.
  Tensor read(const std::string& key);

 private:
  const std::string& shard(uint64_t number);

  std::string prefix_;
  uint64_t shards_ = 1;
  std::map<std::string, BundleEntry> entries_;
  std::map<uint64_t, std::string> bytes_;
};

/// CRC-32C (Castagnoli), masked as these files store it.
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace lamina::detail
