// Which of the tables in a folder is meant.
#pragma once

#include <string>
#include <vector>

namespace lamina {

/// The table (.csv or .tsv, also with .gz behind) in `folder` whose first line names all of these columns; "" where there
/// is none, and without columns. Throws FileError, naming them, where there are several.
std::string table_in_folder(const std::string& folder, const std::vector<std::string>& columns);

}  // namespace lamina
