// The safetensors format: named tensors in one file, or in several with an index.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/nn/weight.h"

namespace lamina {

/// Options of SafetensorsReader.
struct SafetensorsOptions {
  /// Whether tensors are the file's own bytes, mapped into memory and read when they are looked at, and not
  /// copies of them. For files that nobody writes to in place for as long as a tensor lives: a program that
  /// did would change the tensors, and one that cut the file short would end this process (SIGBUS). Files
  /// that are replaced as a whole, as Lamina replaces them, may be. Tensors that are not aligned, bools and
  /// wider unsigned integers are copied all the same.
  bool map = false;
};

/// The tensors of a .safetensors file one by one: only what is asked for is read. See
/// https://huggingface.co/docs/safetensors
class SafetensorsReader {
 public:
  /// @param path  a .safetensors file; an index ("model.safetensors.index.json") whose "weight_map" says
  /// which file
  ///              beside it holds which tensor; or a folder, which has "model.safetensors" or that index.
  /// Throws FileError when a file is missing or damaged, also one that an index names, and for tensors of a
  /// type that Lamina does not have (8-bit floats).
  explicit SafetensorsReader(const std::string& path, const SafetensorsOptions& options = {});
  ~SafetensorsReader();
  SafetensorsReader(SafetensorsReader&&) noexcept;
  SafetensorsReader& operator=(SafetensorsReader&&) noexcept;

  /// In the order of the names.
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  /// Type and shape as read() gives them. Throws FileError when there is no such tensor, suggesting the
  /// nearest.
  const TensorType& type(const std::string& name) const;
  /// The element type by the format's name ("U16"), and the bytes that the tensor takes in the file.
  std::pair<std::string, uint64_t> stored(const std::string& name) const;
  /// The tensor. Unsigned integers of 16, 32 and 64 bits come out as int32, int64 and int64 (values from 2^63
  /// on are refused). Throws FileError when there is none of that name, or when the file changed since it was
  /// opened.
  Tensor read(const std::string& name) const;
  /// What a file says of itself ("__metadata__"): {"format": "pt"}.
  const std::map<std::string, std::string>& metadata() const;
  /// Bytes of all tensors.
  uint64_t bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes `tensors` in that order. The file is replaced atomically. Throws FileError, and InvalidArgument for
/// a name that occurs twice.
/// @param metadata  goes into "__metadata__"; libraries of PyTorch want {"format": "pt"}
void write_safetensors(const std::string& path, const std::vector<NamedTensor>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace lamina
