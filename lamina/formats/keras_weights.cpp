// The arrays of .keras archives and of HDF5 files as snapshots, by their paths in the file.
#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/keras/archive.h"
#include "lamina/formats/weight_format.h"

namespace lamina {
namespace {

WeightSnapshot snapshot_of_tree(const detail::Hdf5Tree& tree, const std::string& path) {
  WeightSnapshot snapshot{.source = path, .format = {}, .entries = {}};
  for (const auto& [name, array] : tree.arrays) {
    snapshot.entries.push_back({.name = name,
                                .type = array.type(),
                                .stored = lamina::name(array.dtype()),
                                .stored_bytes = array.type().bytes(),
                                .read = [array = array] { return array; }});
  }
  for (const auto& [name, reason] : tree.skipped) snapshot.skipped.push_back(name + ": " + reason);
  return snapshot;
}

WeightSnapshot open_keras(const std::string& path) {
  const detail::KerasArchive archive = detail::parse_keras_archive(detail::ByteSource::of_file(path), path);
  WeightSnapshot snapshot = snapshot_of_tree(archive.weights, path);
  snapshot.metadata = archive.metadata;
  snapshot.metadata["config"] = archive.config;
  return snapshot;
}

WeightSnapshot open_hdf5(const std::string& path) {
  return snapshot_of_tree(detail::read_hdf5(detail::ByteSource::of_file(path), path), path);
}

// The first member of what Keras and Lamina write; libraries that write another order go by the extension.
bool is_keras(std::string_view start) {
  return start.starts_with("PK\x03\x04") && start.size() > 43 && start.substr(30, 13) == "metadata.json";
}

bool starts_as_hdf5(std::string_view start) { return detail::is_hdf5(start); }

[[maybe_unused]] const bool kKeras = register_weight_format({"keras", {".keras"}, is_keras, open_keras});
[[maybe_unused]] const bool kHdf5 =
    register_weight_format({"hdf5", {".h5", ".hdf5"}, starts_as_hdf5, open_hdf5});

}  // namespace
}  // namespace lamina
