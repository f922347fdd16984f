// Writers: how each op is written as ONNX nodes, one record for an op. Internal header.
#pragma once

#include <functional>
#include <string>

namespace lamina::onnx {

class Writing;

using Write = std::function<void(Writing& w)>;

/// Adds the writer of an op, before main. Returns true, for a static variable.
bool register_writer(const std::string& op, Write write);
/// The same for an op that no file can hold, with the reason: "random numbers ...".
bool register_no_writer(const std::string& op, std::string reason);

struct Writer {
  Write write;         ///< empty: there is none,
  std::string reason;  ///< and why
};
/// The writer of the op, or null: then its body is written, where it has one.
const Writer* find_writer(const std::string& op);

}  // namespace lamina::onnx
