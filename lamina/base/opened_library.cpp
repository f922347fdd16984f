// Opening libraries by the system's loader.
#include "lamina/base/opened_library.h"

#include <dlfcn.h>

#include "lamina/base/error.h"

namespace lamina {

OpenedLibrary::OpenedLibrary(const char* file, const char* package, const char* what_needs_it)
    : file_(file), handle_(dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (!handle_) {
    throw Unsupported(std::string(what_needs_it) + " need " + file_ +
                      ", which is not on this machine; on Debian: apt-get install " + package);
  }
}

void* OpenedLibrary::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  if (!found) throw Unsupported("the " + file_ + " of this machine lacks " + name);
  return found;
}

}  // namespace lamina
