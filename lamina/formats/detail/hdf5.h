// HDF5 files: a tree of groups and arrays, nothing else.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/formats/detail/byte_source.h"
#include "lamina/formats/detail/pieces.h"

namespace lamina::detail {

/// The texts of one attribute.
struct Hdf5Text {
  std::vector<std::string> texts;
  bool list = false;  ///< when written: a list, even of one text
};

/// What Lamina keeps of an HDF5 file. Paths have no leading slash: "layers/dense/vars/0".
struct Hdf5Tree {
  /// Arrays by path.
  std::map<std::string, Tensor> arrays;
  /// Groups by path, each with the value of its string attribute "name" ("" for none; not read back).
  std::map<std::string, std::string> groups;
  /// Text attributes of groups, by path and name ("" is the root): a scalar has one text, a list any number.
  /// Those of arrays are not kept.
  std::map<std::string, std::map<std::string, Hdf5Text>> attributes;
  /// Datasets by path that reading leaves out, each with the reason: text, "compressed with szip".
  std::map<std::string, std::string> skipped;
};

/// Whether `bytes` starts as an HDF5 file does, or does so behind a user block of 512 bytes, 1024, 2048, ...
bool is_hdf5(const ByteSource& bytes);
inline bool is_hdf5(std::string_view bytes) { return is_hdf5(ByteSource(bytes)); }

/// Reads all arrays of an HDF5 image in the layouts that h5py and the C library write, by default or with
/// libver='latest' (superblocks 0 to 3, object headers 1 and 2, groups in heaps), in one piece or in chunks,
/// with gzip, shuffle, fletcher32, scale-offset and lzf. Element types are those of DType; NumPy's bool
/// arrives as bool, two opaque bytes (Keras's bfloat16) as bfloat16. Time and memory are linear in the file's
/// size: no structure is read twice, and the arrays may have as many bytes as ZipLimits allows an archive of
/// that size.
/// @param name  what to call the file in error messages.
/// @param checksums  false: of the format's own structures are not looked at. For fuzzers, which would get no
///                   further than those.
/// Arrays and attributes that carry checksums of ours (hdf5_pieces) are compared with these.
/// Throws FileError when the image is damaged, when it holds soft or external links, external or virtual
/// storage or one object under two names (what Keras refuses too), or when an array claims other than what is
/// stored.
/// Of a file no more is in memory than its structures and the arrays.
Hdf5Tree read_hdf5(const ByteSource& bytes, const std::string& name, bool checksums = true);
inline Hdf5Tree read_hdf5(std::string_view bytes, const std::string& name, bool checksums = true) {
  return read_hdf5(ByteSource(bytes), name, checksums);
}

/// The bytes of an HDF5 file with the tree's groups and arrays, as h5py writes them: contiguous arrays, no
/// filters, the earliest format version, no times. The same tree gives the same bytes.
/// @param checksums  true: every array gets an attribute "lamina_checksum" of its path, type and elements,
/// and
///                   the root one of all attributes, which read_hdf5 compares and other readers leave alone.
Pieces hdf5_pieces(const Hdf5Tree& tree, bool checksums = false);
inline std::string write_hdf5(const Hdf5Tree& tree, bool checksums = false) {
  return hdf5_pieces(tree, checksums).str();
}

}  // namespace lamina::detail
