// What no file of data is called is a text.
#include "texts.h"

#include "cli.h"
#include "lamina/base/error.h"
#include "lamina/data/read_lines.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {
bool is_text(const std::string& argument) {
  if (argument == "-" || (ends_with_any(argument, {".txt", ".txt.gz"}) && exists(argument))) return true;
  const std::string source = parse_source(argument).source;
  return !exists(source) && !ends_with_any(source, {".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".npz",
                                                    ".npy", ".txt", ".txt.gz"});
}

LabelledData read_texts(const std::string& argument) {
  LabelledData data;
  const bool pipe = argument == "-";
  if (pipe || exists(argument)) {
    data.texts = read_lines(pipe ? "/dev/stdin" : argument);
    if (data.texts.empty()) throw FileError("'" + argument + "' is empty: a text on each line was expected");
    return data;
  }
  data.texts = {argument};
  data.names = {argument};
  return data;
}

}  // namespace lamina::cli
