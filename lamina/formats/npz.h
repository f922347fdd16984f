// NumPy's .npz files: named arrays in a zip archive.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// The arrays of a .npz file one by one: what is not asked for is not parsed, and need not be readable.
class NpzReader {
 public:
  /// Throws FileError when the file is missing or damaged, or a zip bomb: when its members inflate to more
  /// than 256 MiB and more than 200 times the size of the file, unless each that is needed to stay below that
  /// is an array whose header states as many bytes as the archive does. Such arrays, which compress well
  /// (one-hot rows), may take a quarter of the memory of this machine, or of this process's cgroup.
  explicit NpzReader(const std::string& path);
  /// The same of bytes that outlive it. `name`: what to call them in error messages.
  NpzReader(std::string_view bytes, const std::string& name);
  NpzReader(const NpzReader&) = delete;
  NpzReader& operator=(const NpzReader&) = delete;

  /// Names of the arrays (without ".npy"), in the order of the file.
  const std::vector<std::string>& names() const;
  bool has(const std::string& name) const;
  /// The array of that name. Throws FileError when there is none, and for the reasons of read_npy.
  Tensor read(const std::string& name) const;
  /// Whether it is an array of strings, which no tensor holds; read_text gives them in UTF-8, in row-major
  /// order.
  bool is_text(const std::string& name) const;
  std::vector<std::string> read_text(const std::string& name) const;

 private:
  struct State;
  NpzReader(std::string file, std::string_view bytes, const std::string& name);
  std::shared_ptr<const State> state_;
};

/// The arrays of the .npz file at `path`, compressed or not, by name (without ".npy"). Members that are not
/// .npy files are skipped. Throws FileError when the file is missing or damaged, when it inflates to far more
/// than its size warrants (a zip bomb, see NpzReader), or for the reasons of read_npy.
std::map<std::string, Tensor> read_npz(const std::string& path);

/// The same from bytes in memory.
/// @param name  what to call them in error messages.
std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name);

/// Writes `arrays` for numpy.load, not compressed; the same arrays give the same bytes. The file is replaced
/// atomically. Throws FileError.
void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays);

/// The bytes that write_npz writes.
std::string npz_bytes(const std::map<std::string, Tensor>& arrays);

}  // namespace lamina
