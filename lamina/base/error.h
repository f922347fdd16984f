// The exceptions that Lamina throws. Catch lamina::Error to catch them all.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace lamina {

/// Base of every exception thrown by the library. The message says what was expected, what came, where, and
/// what to do about it.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument that cannot be: wrong shape, wrong rank, unknown name, value out of range.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

/// A request that is well formed but that this build, device or dtype does not support.
class Unsupported : public Error {
 public:
  using Error::Error;
};

/// A file or stream that is missing, damaged, truncated, or cannot be written.
class FileError : public Error {
 public:
  using Error::Error;
};

/// A state of the library that no input should be able to cause: a bug of ours.
class InternalError : public Error {
 public:
  using Error::Error;
};

/// "; did you mean 'adam'?" when one of `known` is close to `name`, else "; known: a, b, c". For error
/// messages.
std::string suggest(const std::string& name, const std::vector<std::string>& known);

}  // namespace lamina
