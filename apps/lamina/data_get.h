// lamina data get: data sets from the network.
#pragma once

#include <string>

namespace lamina::cli {

struct GetOptions {
  std::string what;    ///< a name of the catalogue, or an address
  std::string out;     ///< folder; "": $LAMINA_DATA, or the current one
  std::string sha256;  ///< of an address
  std::string mirror;  ///< address of a folder that has NAME/FILE
  bool json = false;
};
int get_data(const GetOptions& options);

}  // namespace lamina::cli
