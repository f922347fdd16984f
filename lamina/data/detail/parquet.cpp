// The reader of Parquet files is a library of its own beside this one, opened by the first such file: Arrow
// is forty megabytes that no other program waits for.
#include "lamina/data/detail/parquet.h"

#include <dlfcn.h>

#include <filesystem>

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

struct Reader {
  OpenParquet open = nullptr;
  std::string problem;
};

Reader find_reader() {
  Reader reader;
  Dl_info self{};
  std::error_code ignored;
  const bool known = dladdr(reinterpret_cast<void*>(&why_no_parquet), &self) != 0 && self.dli_fname;
  const std::filesystem::path folder =
      known ? std::filesystem::path(self.dli_fname).parent_path() : std::filesystem::path();
  const std::string file = (folder / LAMINA_PARQUET_LIBRARY).string();
  if (!std::filesystem::exists(file, ignored)) {
    reader.problem = "this installation reads none: it was built without Apache Arrow";
    return reader;
  }
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* const open = handle ? dlsym(handle, kOpenParquet) : nullptr;
  if (open) {
    reader.open = reinterpret_cast<OpenParquet>(open);
  } else {
    const char* error = dlerror();
    reader.problem = std::string("its reader cannot be opened: ") + (error ? error : file);
  }
  return reader;
}

// Looked for once.
const Reader& reader() {
  static const Reader found = find_reader();
  return found;
}

}  // namespace

bool is_parquet(const std::string& path) { return first_bytes(path, 5) == "PAR1\x15"; }

std::string why_no_parquet() { return reader().problem; }

TextStream::Source parquet_file(const std::string& path) {
  if (!reader().open)
    throw FileError("'" + path + "' is " + kind_of_bytes("PAR1") + " (" + reader().problem + ")");
  TextStream::Source source;
  reader().open(path, source);
  return source;
}

}  // namespace lamina::detail
