// Files cut short and with bytes turned over: what reads them says so, and nothing worse.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <string>

#include "lamina/base/error.h"

namespace lamina::test {

/// Writes the bytes up to each 1/64 of them to `path` and calls `read`, which must throw FileError each time.
inline void expect_cut_files_refused(const std::string& bytes, const std::string& path,
                                     const std::function<void(const std::string&)>& read) {
  for (size_t part = 0; part < 64; ++part) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, bytes.size() * part / 64);
    EXPECT_THROW(read(path), FileError) << part << "/64";
  }
}

/// Turns over bytes all over the file, one at a time: `read` must end, or throw FileError.
inline void expect_flipped_bytes_survived(const std::string& bytes, const std::string& path,
                                          const std::function<void(const std::string&)>& read,
                                          size_t places = 400) {
  const size_t step = std::max<size_t>(1, bytes.size() / places);
  for (size_t at = 0; at < bytes.size(); at += step) {
    for (const unsigned char mask : {0xff, 0x01, 0x80}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ mask);
      std::ofstream(path, std::ios::binary) << changed;
      try {
        read(path);
      } catch (const FileError&) {
      }
    }
  }
}

}  // namespace lamina::test
