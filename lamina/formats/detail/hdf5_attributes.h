// Attributes of HDF5 objects that are text: scalars and lists, of fixed and of varying length.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/detail/hdf5_object.h"

namespace lamina::detail {

/// The texts of one attribute: one of a scalar, any number of a list.
using Hdf5Texts = std::vector<std::string>;

/// Reads the text attributes of one file's objects. Texts of varying length lie in heaps that many objects
/// share; each heap is parsed once.
class Hdf5AttributeReader {
 public:
  explicit Hdf5AttributeReader(Hdf5File& file) : file_(file) {}

  /// The text attributes among an object's messages, by name; attributes of other types are left out. Texts
  /// count as memory of the file (Hdf5File::take_memory). Throws FileError, opening with `label`, when one is
  /// damaged or has the name of another.
  std::map<std::string, Hdf5Texts> read(const std::vector<Hdf5Message>& messages, const std::string& label);

 private:
  using Heap = std::map<uint32_t, std::string_view>;

  void read_one(std::string_view body, const std::string& label, std::map<std::string, Hdf5Texts>& into);
  void read_many(std::string_view body, const std::string& label, std::map<std::string, Hdf5Texts>& into);
  std::string_view text_in_heap(ByteCursor& reference, const std::string& label);
  const Heap& heap_at(uint64_t address, const std::string& label);

  Hdf5File& file_;
  std::map<uint64_t, Heap> heaps_;
};

}  // namespace lamina::detail
