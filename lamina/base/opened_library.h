// A library that is opened when it is needed, so that programs which do without it start without it.
// For authors of backends: lamina.h leaves it out.
#pragma once

#include <string>

namespace lamina {

/// A shared library of the system. It stays open until the program ends, also when the object is gone.
class OpenedLibrary {
 public:
  /// @param file  "libcurl.so.4"; found as the system finds libraries.
  /// @param package  Debian's, for the message.
  /// @param what_needs_it  "downloads", for the message.
  /// Throws Unsupported where it is not on this machine.
  OpenedLibrary(const char* file, const char* package, const char* what_needs_it);

  /// Points `function` to the one of that name. Throws Unsupported where the library lacks it.
  template <class Function>
  void find(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  std::string file_;
  void* handle_;
};

/// What an optional library of ours exports, or why it cannot be had.
struct OptionalSymbol {
  void* symbol = nullptr;
  std::string problem = {};  ///< "" where `symbol` is there
};

/// Opens `library`, a file name, in the folder of this library, where a build with more dependencies has put it, and looks for
/// `symbol`. It stays open.
/// @param missing  the problem where there is no such file: "this installation ...: it was built without ..."
OptionalSymbol symbol_beside(const char* library, const char* symbol, const std::string& missing);

}  // namespace lamina
