// Terminal: detection by the conventions of no-color.org, COLORTERM and the locale's variables.
#include "lamina/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace lamina {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool utf8_locale() {
  std::string locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    locale = variable(name);
    if (!locale.empty()) break;
  }
  std::transform(locale.begin(), locale.end(), locale.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

Colours colours_of_environment() {
  std::string depth = variable("COLORTERM"), term = variable("TERM");
  if (!variable("NO_COLOR").empty()) return Colours::kNone;
  if (depth == "truecolor" || depth == "24bit" || term.find("direct") != std::string::npos)
    return Colours::kTrueColour;
  return Colours::kAnsi256;
}

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Terminal terminal_of(std::FILE* stream) {
  Terminal terminal;
  terminal.utf8 = utf8_locale();
  if (int columns = std::atoi(variable("COLUMNS").c_str()); columns > 0) terminal.width = columns;
  int descriptor = fileno(stream);
  if (descriptor < 0 || !isatty(descriptor)) return terminal;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) terminal.width = size.ws_col;
  if (std::string term = variable("TERM"); term.empty() || term == "dumb") return terminal;
  terminal.interactive = true;
  terminal.colours = colours_of_environment();
  return terminal;
}

int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string cut(std::string_view text, int width) {
  size_t end = 0;
  for (int seen = 0; end < text.size(); ++end) {
    if (starts_code_point(text[end]) && seen++ == std::max(0, width)) break;
  }
  return std::string(text.substr(0, end));
}

std::string styled(const Terminal& terminal, const char* code, std::string_view text) {
  if (terminal.colours == Colours::kNone || text.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string printable(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool upper = c == 0xC2 && next >= 0x80 && next < 0xA0;  // U+0080 ... U+009F
    result += upper || c < 0x20 || c == 0x7F ? '?' : text[i];
    i += upper;
  }
  return result;
}

}  // namespace lamina
