// LoadNotes: what a file asks for that only training needs and that is not known here. Internal header.
#pragma once

#include <string>
#include <vector>

namespace lamina::detail {

/// While it lives, what this thread reads of models adds to it instead of failing. Scopes nest: what is added
/// belongs to the outermost, which says it in one warning when it ends, unless an exception ends it.
class LoadNotes {
 public:
  /// @param name  of the file or model, which opens the warning.
  explicit LoadNotes(std::string name);
  ~LoadNotes();
  LoadNotes(const LoadNotes&) = delete;
  LoadNotes& operator=(const LoadNotes&) = delete;

  /// Adds one; false, and nothing added, where nobody reads a model.
  static bool add(std::string note);

 private:
  std::string name_;
  int exceptions_;
  std::vector<std::string> notes_;
};

}  // namespace lamina::detail
