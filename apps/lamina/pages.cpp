// What is there already, and is it ours?
#include "pages.h"

#include <fstream>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina::cli {
namespace {

// Reports say in their head what they are, behind the style sheet.
bool is_report(const std::string& path) {
  std::string start(1 << 15, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  return start.starts_with("<!DOCTYPE html>") &&
         start.find("<div class=\"brand\">Lamina report</div>") != std::string::npos;
}

}  // namespace

void refuse_to_lose_page(const std::string& path, bool overwrite) {
  if (exists(path) && !overwrite && !is_report(path)) {
    throw FileError("'" + path +
                    "' is there already, and is no report: choose another name, or give --overwrite");
  }
  AtomicFile(path, {.replace_protected = overwrite});  // tried before anything is computed
}

void write_page(const std::string& path, const std::string& html, bool overwrite) {
  refuse_to_lose_page(path, overwrite);
  write_file(path, html, {.replace_protected = overwrite});
}

}  // namespace lamina::cli
