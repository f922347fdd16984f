// Files that stand for others: what servers and version control give in place of one.
// For authors of formats: lamina.h leaves it out.
#pragma once

#include <string>

namespace lamina {

/// What the file at `path` is where it stands for another, as a phrase with advice: "an HTML page, perhaps of
/// a download that failed ...", "an XML document, ...", "a Git LFS pointer, ...". "" for every other file,
/// and for what cannot be read. Told by the first bytes.
std::string stand_in(const std::string& path);

}  // namespace lamina
