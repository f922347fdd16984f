// CleanTexts: texts that are UTF-8 for certain.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// A view of `texts` in which each byte that belongs to no character is U+FFFD. A warning says how many there
/// were.
class CleanTexts {
 public:
  /// `texts` must outlive this.
  /// @param who  opens the warning: "Tokenizer".
  CleanTexts(const std::vector<std::string>& texts, const char* who);

  size_t size() const { return texts_.size(); }
  std::string_view operator[](size_t i) const {
    if (!mended_.empty()) {
      if (const auto mended = mended_.find(i); mended != mended_.end()) return mended->second;
    }
    return texts_[i];
  }

 private:
  const std::vector<std::string>& texts_;
  std::map<size_t, std::string> mended_;
};

}  // namespace lamina::detail
