// Texts in two languages, line by line.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// As many sources as targets.
struct ParallelTexts {
  std::vector<std::string> sources, targets;
  size_t size() const { return sources.size(); }
};

/// The texts of two columns of a file: .tsv (fields as they are, without quotes; plain or .gz), a .csv as
/// read_csv takes it, or a .jsonl of objects with both names (plain or .gz). A first line that names both
/// columns is a header; without one a file of two columns is source and target. Throws FileError for a file
/// that cannot be read, lines of another number of fields (naming the line), and columns that are not there,
/// listing those that are. Pairs of which one side is blank are left out, which a warning tells.
/// @param source, target  names of the columns: "en", "fr". Both empty: the file has two columns, and a first
///                        line of two words in a file between tabs is their header, which a warning tells
ParallelTexts read_parallel_texts(const std::string& path, const std::string& source,
                                  const std::string& target);

/// The file that holds a part of a data set; "" for a folder that has no such part.
/// @param place  a file, which is every part; or a folder with PART.tsv, .csv or .jsonl, each also .gz, or
/// else with
///               files whose names go on behind PART and "_", of which the first by name is taken. What is
///               not there is looked for in $LAMINA_DATA and /usr/share/datasets, where it is a name alone.
/// @param part   "train", "val" or "test"
/// Throws FileError where there is neither, naming the places.
std::string parallel_file(const std::string& place, const std::string& part);

}  // namespace lamina
