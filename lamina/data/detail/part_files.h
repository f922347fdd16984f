// The parts of a source that lie in files of their own, or in one file of lists. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"

namespace lamina::detail {

/// The file of `folder` that holds a part as a table: "train.csv", ".tsv" or ".parquet", also with ".gz"
/// behind; "" where there is none.
std::string part_file(const std::string& folder, const std::string& part);

/// The file of `folder` that holds all parts of intents, "data_full.json" or "data_full.json.gz"; "" where
/// there is none.
std::string intents_file(const std::string& folder);

/// The texts and intents of a part of such a file; "" for the part that options.split says. Throws FileError
/// for a file in another form, naming list and element, for a part without samples, and for classes that the
/// model does not know.
LabelledData load_intents(const std::string& path, const std::string& split, const DataOptions& options);

/// The names of the parts that a file of intents has lists for.
std::vector<std::string> parts_of_intents(const std::string& path);

}  // namespace lamina::detail
