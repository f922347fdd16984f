// Any text as a table: tensors or a FileError.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/data/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const lamina::CsvTable table =
        lamina::parse_csv({reinterpret_cast<const char*>(data), size}, ',', "input");
    const lamina::LabelledData labelled = lamina::labelled_data(table, "", "input");
    if (labelled.x.shape()[0] != labelled.y.shape()[0]) std::abort();
  } catch (const lamina::FileError&) {
  }
  return 0;
}
