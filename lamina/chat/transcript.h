// Transcript: what was said, kept where the user agreed, without what identifies them.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "lamina/base/json.h"

namespace lamina {

/// Whether the people who speak have agreed that what they say is kept.
enum class Consent { kNotGiven, kGiven };

/// A file of JSON lines to which each turn is appended, with all its texts redacted (redaction.h) before
/// anything is written, and flushed. The file can be read by its owner alone.
class Transcript {
 public:
  /// Opens the file, or goes on at its end. Throws InvalidArgument without consent, and FileError where it
  /// cannot be written.
  Transcript(const std::string& path, Consent consent);
  ~Transcript();
  Transcript(Transcript&&) noexcept;
  Transcript& operator=(Transcript&&) noexcept;

  /// Appends one object; texts anywhere in it are redacted, names of members are not. Throws FileError for a
  /// full disk.
  void write(const Json& turn);

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace lamina
