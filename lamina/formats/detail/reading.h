// The border between files and the rest of the program, for errors.
#pragma once

#include <string>
#include <utility>

namespace lamina::detail {

/// Throws the exception in flight as what it is to whoever reads the file `name`: a FileError that names the
/// file, since a wrong argument is a wrong file here, and running out of memory, too. An InternalError stays
/// one. Texts are cut to 4,000 bytes: names in files may be of any length.
[[noreturn]] void rethrow_for(const std::string& name);

/// The result of `read`, which reads the file `name`.
template <class F>
auto reading(const std::string& name, F&& read) {
  try {
    return std::forward<F>(read)();
  } catch (...) {
    rethrow_for(name);
  }
}

}  // namespace lamina::detail
