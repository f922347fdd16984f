// AlignedText: a text that is being normalised, each byte of which knows where it came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lamina::detail::tokenizers {

/// Bytes of the text that the caller gave.
struct Span {
  uint32_t begin, end;
};

/// A character to write, and how it relates to those that it replaces: 0, it takes the place of the next one;
/// positive, it is new beside the one before; negative, it takes the place of the next one and removes that
/// many after it.
struct Change {
  uint32_t code;
  int32_t change;
};

/// A part of the given text. As long as nothing is rewritten it is a view of it, and bytes come from
/// themselves.
class AlignedText {
 public:
  /// Starts anew with `part`, which outlives this and stands at `place` of the given text.
  void reset(std::string_view part, size_t place);

  std::string_view text() const { return text_; }
  /// Where a character comes from, by any of its bytes.
  Span origin_of(size_t at) const;
  /// Where the bytes [begin, end) come from: from the beginning of the first to the end of the last. Not
  /// empty.
  Span origin(size_t begin, size_t end) const;

  /// Writes `changes` in the stead of all characters; `skipped` characters at the beginning are dropped.
  void transform(const std::vector<Change>& changes, size_t skipped = 0);
  /// The bytes for writing, where all keep their places: a character may only be replaced by one of its size.
  char* bytes();

 private:
  friend class Rewriter;
  Span original_character(size_t at) const;

  std::string_view text_;
  std::string owned_;          // what text_ views once something was written
  std::vector<Span> origins_;  // one a byte; empty while each byte comes from itself
  size_t place_ = 0;
  std::string next_text_;  // kept for their memory
  std::vector<Span> next_origins_;
};

/// Writes an AlignedText anew from front to back, out of parts of the old one.
class Rewriter {
 public:
  explicit Rewriter(AlignedText& text);
  /// Bytes that have been written.
  size_t size() const { return text_.next_text_.size(); }
  /// The old text.
  std::string_view old() const { return text_.text_; }
  /// The bytes [begin, end) of the old text as they are.
  void keep(size_t begin, size_t end);
  /// Other bytes, all of which come from `origin`.
  void put(std::string_view bytes, Span origin);
  void put(uint32_t code, Span origin);
  /// `changes` in the stead of the characters of [begin, end); see AlignedText::transform.
  void transform(size_t begin, size_t end, const std::vector<Change>& changes, size_t skipped = 0);
  /// Where a character of the old text comes from.
  Span origin_of(size_t at) const { return text_.origin_of(at); }
  /// Makes what was written the text.
  void finish();

 private:
  AlignedText& text_;
};

}  // namespace lamina::detail::tokenizers
