// A pickle machine that makes values and runs nothing. Internal header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// A value of a pickle. What it holds by kind:
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,    ///< integer: 0 or 1
    kInt,     ///< integer; those beyond 64 bits are bytes
    kFloat,   ///< number
    kText,    ///< text
    kBytes,   ///< text
    kTuple,   ///< items
    kList,    ///< items; sets, too
    kDict,    ///< items: key, value, key, value
    kGlobal,  ///< text: "module.name"
    kCall,    ///< items: the global, its arguments (a tuple) and, where there is one, the state it was given
    kPersistent,  ///< items: the identity, for whoever wrote it
  };
  Kind kind = Kind::kNone;
  union {
    int64_t integer = 0;
    double number;
  };
  std::string text;
  std::vector<const PickleValue*> items;
};

/// What a pickle may ask for by module and name.
struct PickleGlobal {
  /// What a call of it gives.
  enum class Makes : uint8_t { kCall, kDict, kList };
  std::string_view module, name;
  Makes makes = Makes::kCall;
};

/// Values that point at one another, in circles even; they live as long as this.
struct Pickle {
  std::deque<PickleValue> values;
  const PickleValue* root = nullptr;
  size_t bytes = 0;  ///< that the pickle takes
};

/// Reads the pickle (protocols 0 to 5) at the beginning of `bytes`. Nothing is imported, called or built: a
/// call is a value that says what it would call. Time and memory are linear in `bytes`.
/// @param globals  what it may ask for
/// @param name     what to call the bytes in error messages
/// Throws FileError, naming it, for anything else that it asks for, and for damaged pickles.
Pickle read_pickle(std::string_view bytes, std::span<const PickleGlobal> globals, const std::string& name);

}  // namespace lamina::detail
