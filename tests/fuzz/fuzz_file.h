// A file that holds the fuzzer's bytes, for readers that take a path. Internal header.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

/// Calls `read` with the path of a file of these bytes, whose name ends in `extension`, and takes it away again.
template <class F>
void with_fuzzed_file(const uint8_t* data, size_t size, const char* extension, F&& read) {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("lamina-fuzz-" + std::to_string(::getpid()) + extension)).string();
  FILE* const file = std::fopen(path.c_str(), "wb");
  if (!file) return;
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  read(path);
  ::unlink(path.c_str());
}
