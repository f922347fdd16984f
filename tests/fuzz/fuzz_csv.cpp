// Any text as a table: tensors or a FileError.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/csv.h"

// What is guessed about such tables need not be told.
static const bool kQuiet = [] {
  lamina::set_log_sink([](lamina::LogLevel, const std::string&) {});
  return true;
}();

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  // The first byte chooses what the user and the model say.
  lamina::DataOptions options;
  if (data[0] & 1) options.table.header = (data[0] & 2) != 0;
  if (data[0] & 4) options.table.separator = ';';
  if (data[0] & 8) options.missing = lamina::Missing::kDrop;
  options.needs.target_optional = (data[0] & 16) != 0;
  options.needs.target = static_cast<lamina::TargetKind>((data[0] >> 5) % 5);
  options.table.decimal_comma = options.table.separator == ';' && (data[0] & 2);
  try {
    const lamina::LabelledData labelled = lamina::parse_table(text, "input", options);
    if (labelled.y.defined() && labelled.x.shape()[0] != labelled.y.shape()[0]) std::abort();
  } catch (const lamina::FileError&) {
  }
  try {
    const lamina::CsvTable table = lamina::parse_csv(text, "input", options.table);
    for (const auto& row : table.rows) {
      if (row.size() != table.columns.size()) std::abort();
    }
  } catch (const lamina::FileError&) {
  }
  return 0;
}
