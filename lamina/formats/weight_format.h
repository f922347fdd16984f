// The formats that arrays are read from and written to. Each registers itself beside its reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/snapshot.h"

namespace lamina {

/// One format of named arrays.
struct WeightFormat {
  std::string name;                     ///< "safetensors"
  std::vector<std::string> extensions;  ///< lower case: {".safetensors"}
  /// Whether a file that starts with these bytes (at most 4096) is of this format.
  bool (*recognises)(std::string_view start) = nullptr;
  /// Reads what arrays there are; their elements may be read later, from the same file. Throws FileError.
  WeightSnapshot (*open)(const std::string& path) = nullptr;
  /// Writes all entries and what it can of the metadata, replacing the file atomically; nullptr where it is
  /// only read. `packing`: one of `packings`, or "". What does not get into the file is told, a line each.
  /// Throws InvalidArgument and Unsupported for arrays that the format cannot hold, FileError.
  std::vector<std::string> (*write)(const std::string& path, const WeightSnapshot& snapshot,
                                    const std::string& packing) = nullptr;
  std::vector<std::string> packings = {};  ///< how floats may be packed beside the types of tensors: "q8_0"
  /// Whether a folder is of this format, by the names of its files; `open` then takes the folder.
  bool (*is_in)(const std::string& folder) = nullptr;
};
/// Called before main.
bool register_weight_format(WeightFormat format);
/// In the order of their names.
const std::vector<WeightFormat>& weight_formats();

/// The arrays of a file, recognised by its bytes and, where these say nothing, by its extension; of a folder,
/// its .safetensors files, or what else it holds (pytorch_model.bin). Throws FileError when it is missing, of no format of these, or damaged.
WeightSnapshot open_weights(const std::string& path);

/// The format that writes files of the path's extension. Throws InvalidArgument, listing those known.
const WeightFormat& find_weight_writer(const std::string& path);

/// Writes a snapshot in the format of the path's extension; returns what did not get into the file, a line
/// each.
/// @param dtype  of its floats: "float32", "bfloat16", ..., or a packing of the format ("q8_0"); "": as they
///               are.
/// Throws InvalidArgument for a dtype that the format has not, listing those it has, and what
/// WeightFormat::write throws.
std::vector<std::string> write_weights(const std::string& path, const WeightSnapshot& snapshot,
                                       const std::string& dtype = "");

}  // namespace lamina
