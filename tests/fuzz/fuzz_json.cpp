// Any text as JSON: a value or a FileError; a value's text reads back to the same text.
#include <cstdlib>

#include "lamina/base/error.h"
#include "lamina/base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string text = lamina::Json::parse({reinterpret_cast<const char*>(data), size}, "input").dump();
    if (lamina::Json::parse(text, "again").dump() != text) std::abort();
  } catch (const lamina::FileError&) {
  }
  return 0;
}
