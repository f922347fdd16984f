// Where the text of a table comes from. Internal header.
#pragma once

#include <string>

#include "lamina/data/detail/parquet.h"
#include "lamina/data/detail/text_file.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

struct TableSource {
  TextStream::Source text;
  TableOptions options;  ///< how it is written
};

/// The text of a file, plain or gzip-compressed, or of a Parquet file, whose reader's text is known to be so.
/// Throws FileError.
inline TableSource table_source(const std::string& path, const TableOptions& options) {
  if (options.given() || !is_parquet(path)) return {text_file(path), options};
  return {parquet_file(path),
          {.header = true, .separator = ',', .quotes = true, .infinite = options.infinite}};
}

}  // namespace lamina::detail
