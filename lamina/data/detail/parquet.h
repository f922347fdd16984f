// What a build with Apache Arrow adds: Parquet files as text of tables. Internal header.
#pragma once

#include <string>

#include "lamina/data/detail/text_stream.h"

namespace lamina::detail {

/// What liblamina_parquet exports under the name kOpenParquet: gives the table of a file as the CSV that
/// pandas would write of it, with names of columns in the first line, commas and points; piece by piece, so
/// that memory is needed for a few thousand rows. Throws FileError, as the source does, for a file that is
/// damaged.
using OpenParquet = void (*)(const std::string& path, TextStream::Source& source);
inline constexpr char kOpenParquet[] = "lamina_open_parquet";

/// Whether a file begins as Parquet does: behind its four letters, which a text may begin with, too, there is
/// the first page or the footer, and each starts with a field of integers.
bool is_parquet(const std::string& path);

/// The same by the reader of this installation. Throws FileError, saying how the table becomes CSV, where
/// there is none.
TextStream::Source parquet_file(const std::string& path);

/// Why this installation reads no Parquet; "" where it does.
std::string why_no_parquet();

}  // namespace lamina::detail
