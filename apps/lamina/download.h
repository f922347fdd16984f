// Files from HTTP servers: resumed where they broke off, and kept only when they are what was expected.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace lamina::cli {

struct Download {
  std::string url;     ///< http:// or https://
  std::string path;    ///< of the file; what has come so far stands in PATH.part
  std::string sha256;  ///< 64 lower-case hexadecimal digits; "": not checked, and a part is not resumed
};

/// Bytes so far, and in all; 0 where the server does not say.
using DownloadProgress = std::function<void(uint64_t done, uint64_t all)>;

/// Fetches the file, with libcurl, which is loaded only now. A file at `path` with the right checksum is left
/// as it is, and another one refused. A part of before is gone on with where the server can send ranges; else
/// it begins anew. Redirections are followed, never from https to http. Returns the checksum. Throws
/// FileError: for a server that cannot be reached, refuses, or breaks off (what has come is kept), another
/// checksum (nothing is kept), and what cannot be written. Throws Error when `stop` is set, keeping the part,
/// and Unsupported where there is no libcurl.
std::string download(const Download& what, const std::atomic<bool>& stop, const DownloadProgress& progress);

}  // namespace lamina::cli
