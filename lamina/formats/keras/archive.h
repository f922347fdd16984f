// The members of a .keras archive as values, with no knowledge of models. Internal header.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "lamina/base/json.h"
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {

/// The Keras version whose format Lamina writes.
inline constexpr char kKerasVersion[] = "3.15.1";

struct KerasArchive {
  Json metadata;
  Json config;
  Hdf5Tree weights;
  /// Vocabularies of layers, by name: "assets/layers/string_lookup/vocabulary.txt". Read, never written:
  /// configurations hold them as well.
  std::map<std::string, std::string> assets;
  /// Members that Keras does not know, by name: Lamina's own begin with "lamina/".
  std::map<std::string, std::string> extra;
};

/// Parses an archive; of the extra members only Lamina's are kept. Members may be in any order, among
/// folders, with a backslash for "/"; the weights in one HDF5 file, in several, or in a .npz file.
/// @param name  what to call the bytes in error messages.
/// Throws FileError when the archive or one of its members is missing or damaged, or beyond `limits`.
KerasArchive parse_keras_archive(const ByteSource& bytes, const std::string& name,
                                 const ZipLimits& limits = {});
inline KerasArchive parse_keras_archive(std::string_view bytes, const std::string& name,
                                        const ZipLimits& limits = {}) {
  return parse_keras_archive(ByteSource(bytes), name, limits);
}

/// The weights of several HDF5 files that a model.weights.json lists (Keras's max_shard_size).
/// @param read  reads the file of that name, which has no folders in it; the second argument is what to call
///              it.
/// Throws FileError, calling the list `name`, when it is damaged or an array is in two files.
Hdf5Tree read_weight_shards(const std::string& list, const std::string& name,
                            const std::function<Hdf5Tree(const std::string&, const std::string&)>& read);

/// The archive as a file, in Keras's order of members.
Pieces keras_archive_pieces(const KerasArchive& archive);
inline std::string keras_archive_bytes(const KerasArchive& archive) { return keras_archive_pieces(archive).str(); }

/// {"keras_version", "date_saved"} of now, as Keras writes them.
Json keras_metadata();

}  // namespace lamina::detail
