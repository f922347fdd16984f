// Reads it where nobody looks on.
#include "passphrase.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "cli.h"
#include "lamina/base/files.h"

namespace lamina::cli {
namespace {

// While it lives, the terminal does not show what is typed.
class Unseen {
 public:
  Unseen() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~Unseen() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  termios before_ = {};
  bool changed_ = false;
};

std::string typed(const char* prompt) {
  tell(stderr, prompt);
  std::string line;
  {
    const Unseen unseen;
    std::getline(std::cin, line);
  }
  tell(stderr, "\n");
  return line;
}

std::string first_line(std::string text) {
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

}  // namespace

std::string ask_passphrase(const std::string& file, bool twice) {
  std::string passphrase;
  if (!file.empty()) {
    passphrase = first_line(read_file(file, 1 << 16));
    if (passphrase.empty())
      throw FileError("'" + file + "': its first line is empty; a passphrase was expected");
    return passphrase;
  }
  if (const char* said = std::getenv("LAMINA_PASSPHRASE"); said && *said) return said;
  if (::isatty(STDIN_FILENO) == 0)
    throw UsageError(
        "face: the gallery's passphrase is missing: give --passphrase-file FILE, or set LAMINA_PASSPHRASE");
  passphrase = typed("Passphrase of the gallery: ");
  if (passphrase.empty()) throw Error("no passphrase was typed");
  if (twice && typed("The same again: ") != passphrase)
    throw Error("the two passphrases differ; nothing was done");
  return passphrase;
}

}  // namespace lamina::cli
