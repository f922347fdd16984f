// Elements of a Dataset in a file, for cache(path). Internal header.
//
// The file: a line that names the format; then records, each of a JSON text and raw bytes; then the places of
// all records and where that table begins. Numbers are 64 bits, little-endian; each record ends with a
// CRC-32. The first record describes what the elements are of, each other one is an element.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/files.h"
#include "lamina/data/detail/dataset_node.h"

namespace lamina::detail {

/// What the elements of a file are of.
struct ElementFileInfo {
  std::string pipeline;          ///< as DatasetNode::path
  std::optional<uint64_t> seed;  ///< of the pass, where its order depends on that
};

/// Writes such a file. It appears under its name with finish(), and not at all without.
class ElementFileWriter {
 public:
  /// Throws FileError when the path cannot be written.
  ElementFileWriter(const std::string& path, const ElementFileInfo& info);
  /// Appends. Throws FileError (a full disk).
  void write(const Element& element);
  void finish();

 private:
  void record(const std::string& text, const std::vector<const Tensor*>& tensors);

  AtomicFile file_;
  uint64_t size_ = 0;
  std::string places_;  // of the records, as in the file
};

/// Reads such a file, which stays open: another one may take its place meanwhile. All functions throw
/// FileError for what is damaged.
class ElementFileReader {
 public:
  explicit ElementFileReader(const std::string& path);
  const ElementFileInfo& info() const { return info_; }
  int64_t size() const { return static_cast<int64_t>(places_.size()) - 1; }
  /// Element 0 <= index < size().
  Element read(int64_t index);

 private:
  [[noreturn]] void damaged(const std::string& what) const;
  std::string bytes(uint64_t at, uint64_t count);
  uint64_t number(uint64_t at);
  /// The text of record `index` and, in `data`, its bytes.
  std::string record(size_t index, std::string& data);
  void describe(const std::string& text);

  /// One part of an element: the names, if there are some, and the types of its tensors.
  struct PartTypes {
    std::vector<std::string> names;
    std::vector<TensorType> types;
  };

  std::string path_;
  std::ifstream file_;
  uint64_t end_ = 0;  // of the records
  std::vector<uint64_t> places_;
  ElementFileInfo info_;
  std::string described_;  // the text that parts_ are of: mostly that of the element before
  std::vector<PartTypes> parts_;
};

}  // namespace lamina::detail
