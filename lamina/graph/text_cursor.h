// A place in the text of a graph, for whatever reads itself back from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lamina {

/// Reads what `Graph::str` writes, piece by piece. White space before a piece is passed over. What does not
/// fit throws InvalidArgument with line and column, what was expected, and what stands there.
class TextCursor {
 public:
  /// @param text  must live as long as the cursor
  explicit TextCursor(std::string_view text) : text_(text) {}

  /// Whether nothing but white space is left.
  bool at_end();
  /// Passes over `piece` if it comes next.
  bool take(std::string_view piece);
  /// Passes over `piece`; throws when something else comes.
  void expect(std::string_view piece);
  /// Letters, digits, '_' and '.', beginning with a letter or '_'.
  /// @param what  for the message: "an op's name"
  std::string word(const char* what);
  /// Whether a word comes that has '=' behind it.
  bool at_field();
  /// Whether a word comes that has '(' behind it, as in int64(2), and is no number, as nan(0x7ff8).
  bool at_typed();
  /// A string in double quotes, with \" \\ and \n in it.
  std::string quoted();
  int64_t integer();
  /// An integer between `least` and `most`.
  int64_t integer(int64_t least, int64_t most);
  double number();

  /// Throws InvalidArgument for what comes next.
  [[noreturn]] void fail(const std::string& expected);

  /// One level of graphs in graphs, for as long as it lives; throws beyond 64 of them.
  class Level {
   public:
    explicit Level(TextCursor& cursor);
    ~Level() { --cursor_.levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    TextCursor& cursor_;
  };

 private:
  void skip_space();
  std::string_view rest() const { return text_.substr(at_); }

  std::string_view text_;
  size_t at_ = 0;
  int levels_ = 0;
};

}  // namespace lamina
