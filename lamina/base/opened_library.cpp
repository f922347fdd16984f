// Opening libraries by the system's loader.
#include "lamina/base/opened_library.h"

#include <dlfcn.h>

#include <filesystem>

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

OptionalSymbol symbol_beside(const char* library, const char* symbol, const std::string& missing) {
  Dl_info self{};
  std::error_code ignored;
  const bool known = dladdr(reinterpret_cast<void*>(&symbol_beside), &self) != 0 && self.dli_fname;
  const std::filesystem::path folder = known ? std::filesystem::path(self.dli_fname).parent_path() : std::filesystem::path();
  const std::string file = (folder / library).string();
  if (!std::filesystem::exists(file, ignored)) return {nullptr, missing};
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const found = handle ? dlsym(handle, symbol) : nullptr;
  if (found) return {found};
  const char* error = dlerror();
  return {nullptr, std::string("its reader cannot be opened: ") + (error ? error : file)};
}

}  // namespace lamina
