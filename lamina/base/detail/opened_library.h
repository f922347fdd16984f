// A library that is opened when it is needed, so that programs which do without it start without it. Internal
// header.
#pragma once

#include <dlfcn.h>

#include <string>
#include <type_traits>

#include "lamina/base/error.h"

namespace lamina::detail {

class OpenedLibrary {
 public:
  /// @param file  "libcurl.so.4"; found as the system finds libraries, and open until the program ends.
  /// @param package  Debian's, for the message.
  /// @param what_needs_it  "downloads", for the message.
  /// Throws Unsupported where it is not on this machine.
  OpenedLibrary(const char* file, const char* package, const char* what_needs_it)
      : file_(file), handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (!handle_)
      throw Unsupported(std::string(what_needs_it) + " need " + file_ +
                        ", which is not on this machine; on Debian: apt-get install " + package);
  }

  /// Points `function` to the one of that name. Throws Unsupported where the library lacks it.
  template <class Function>
  void find(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    if (!function) throw Unsupported("the " + file_ + " of this machine lacks " + name);
  }

 private:
  std::string file_;
  void* handle_;
};

}  // namespace lamina::detail
