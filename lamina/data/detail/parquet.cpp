// The reader of Parquet files is a library of its own beside this one, opened by the first such file: Arrow
// is forty megabytes that no other program waits for.
#include "lamina/data/detail/parquet.h"

#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/opened_library.h"

namespace lamina::detail {
namespace {

// Looked for once.
const OptionalSymbol& reader() {
  static const OptionalSymbol found =
      symbol_beside(LAMINA_PARQUET_LIBRARY, kOpenParquet, "this installation reads none: it was built without Apache Arrow");
  return found;
}

}  // namespace

bool is_parquet(const std::string& path) { return first_bytes(path, 5) == "PAR1\x15"; }

std::string why_no_parquet() { return reader().problem; }

TextStream::Source parquet_file(const std::string& path) {
  if (!reader().symbol) throw FileError("'" + path + "' is " + kind_of_bytes("PAR1") + " (" + reader().problem + ")");
  TextStream::Source source;
  reinterpret_cast<OpenParquet>(reader().symbol)(path, source);
  return source;
}

}  // namespace lamina::detail
