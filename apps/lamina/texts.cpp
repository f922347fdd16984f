// What no file of data is called is a text.
#include "texts.h"

#include <algorithm>
#include <cctype>

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/data/read_lines.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
namespace {

bool ends_with_any(std::string text, std::initializer_list<const char*> endings) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(endings.begin(), endings.end(),
                     [&](const char* ending) { return text.ends_with(ending); });
}

}  // namespace

bool is_text(const std::string& argument) {
  if (ends_with_any(argument, {".txt"}) && exists(argument)) return true;
  const std::string source = parse_source(argument).source;
  return !exists(source) &&
         !ends_with_any(source, {".csv", ".tsv", ".csv.gz", ".tsv.gz", ".npz", ".npy", ".txt"});
}

LabelledData read_texts(const std::string& argument) {
  LabelledData data;
  if (exists(argument)) {
    data.texts = read_lines(argument);
    if (data.texts.empty()) throw FileError("'" + argument + "' is empty: a text on each line was expected");
    return data;
  }
  data.texts = {argument};
  data.names = {argument};
  return data;
}

}  // namespace lamina::cli
