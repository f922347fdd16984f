// Texts as arguments of predict: as they stand, or the lines of a file.
#pragma once

#include <string>

#include "lamina/data/labelled_data.h"

namespace lamina::cli {

/// For who takes texts: whether an argument is a text itself, or a .txt or .txt.gz with one a line, "-" for
/// lines of standard input, and no other source
/// of data.
bool is_text(const std::string& argument);

/// The texts of such an argument.
LabelledData read_texts(const std::string& argument);

}  // namespace lamina::cli
