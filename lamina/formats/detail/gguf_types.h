// How GGUF files hold the elements of tensors: plainly, or in blocks of a few bits each. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/dtype.h"

namespace lamina::detail {

/// One element type of the format. Of plain ones the elements are the tensor's; of blocks, which have
/// `unpack`, floats.
struct GgufType {
  uint32_t number;  ///< in files
  const char* name;
  DType dtype;      ///< of the tensor
  size_t elements;  ///< of one block along the innermost axis; 1 for plain types
  size_t bytes;     ///< of one block
  void (*unpack)(const uint8_t* block, float* elements) = nullptr;
  void (*pack)(const float* elements, uint8_t* block) = nullptr;  ///< nullptr where it is only read
};

/// The type of that number, or nullptr for one that is not read here.
const GgufType* find_gguf_type(uint32_t number);
/// The type that is written under that name ("Q8_0", in either case), or nullptr.
const GgufType* find_gguf_packing(const std::string& name);
/// Their names, in small letters.
std::vector<std::string> gguf_packings();
/// The plain type for a tensor's; nullptr where the format has none (bool, uint8).
const GgufType* find_gguf_plain(DType dtype);
/// What a number that is not read here stands for, as far as it is known: "IQ2_XXS".
std::string gguf_type_name(uint32_t number);

}  // namespace lamina::detail
