// Data sets that `lamina data get` knows by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lamina::cli {

struct CatalogueFile {
  std::string name, url;
  uint64_t bytes = 0;
  std::string sha256;
};

/// A public data set. Addresses name a commit, so that what they stand for does not change.
struct CatalogueSet {
  std::string name, title, licence, source;
  std::vector<CatalogueFile> files;

  uint64_t bytes() const;
};

const std::vector<CatalogueSet>& catalogue();

/// The folder where all files of the set are, below $LAMINA_DATA or the current one; "" without one.
std::string place_of(const CatalogueSet& set);

}  // namespace lamina::cli
