// Splits texts as Keras's text_to_word_sequence does.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail {

/// Splits at `split` after `filters` became `split`; empty words are left out.
class WordSplitter {
 public:
  /// @param split  not empty.
  WordSplitter(const std::string& filters, const std::string& split);

  /// Calls sink(word) for each word; the views live as long as the call.
  template <class Sink>
  void operator()(std::string_view text, Sink&& sink) const {
    if (bytewise_) {
      split_bytes(text, sink);
    } else {
      split_text(translated(text), sink);
    }
  }

 private:
  template <class Sink>
  void split_bytes(std::string_view text, Sink&& sink) const {
    size_t begin = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (!ends_word_[static_cast<unsigned char>(text[i])]) continue;
      if (i > begin) sink(text.substr(begin, i - begin));
      begin = i + 1;
    }
    if (text.size() > begin) sink(text.substr(begin));
  }
  template <class Sink>
  void split_text(const std::string& text, Sink&& sink) const {
    const std::string_view view = text;
    for (size_t begin = 0; begin < view.size();) {
      const size_t end = std::min(view.find(split_, begin), view.size());
      if (end > begin) sink(view.substr(begin, end - begin));
      begin = end + split_.size();
    }
  }
  std::string translated(std::string_view text) const;

  std::string split_;
  std::vector<uint32_t> filters_;  // sorted
  bool bytewise_ = false;          // one byte of ASCII separates, and so does every filter
  std::array<bool, 256> ends_word_ = {};
};

}  // namespace lamina::detail
