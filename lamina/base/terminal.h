// What the terminal behind a stream can show.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace lamina {

enum class Colours {
  kNone,
  kAnsi256,    ///< 256 indexed colours
  kTrueColour  ///< 24 bits
};

/// A terminal, or the lack of one. The fields may be set by hand, in tests for example.
struct Terminal {
  bool interactive = false;  ///< a person watches: lines may be redrawn in place
  int width = 80;            ///< columns
  bool utf8 = false;         ///< shows characters outside ASCII
  Colours colours = Colours::kNone;
};

/// Looks at `stream` and the environment: TERM, COLORTERM, NO_COLOR (no colours when set and not empty),
/// COLUMNS when the terminal does not tell its width, and LC_ALL, LC_CTYPE, LANG for the character set.
Terminal terminal_of(std::FILE* stream);

/// Columns that `text` takes: one for each code point (invalid bytes count one each).
int columns(std::string_view text);

/// `text` cut to at most `width` columns, never inside a code point.
std::string cut(std::string_view text, int width);

/// "\x1b[1m" and the like around `text` when the terminal has colours, else `text` alone. `code` is the part
/// between
/// "[" and "m".
std::string styled(const Terminal& terminal, const char* code, std::string_view text);

/// `text` with control characters (escape sequences among them) replaced by '?', so that names that come from
/// files cannot drive the terminal.
std::string printable(std::string_view text);

}  // namespace lamina
