// WeightSnapshot: the arrays of a file under their names, whatever the file is.
//
// Every import goes the same way: bytes become a snapshot (weight_format.h), adapters make its names and
// shapes those of the model, apply_snapshot puts all of it into the weights or nothing, and a LoadReport
// tells.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"
#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// One array. Its elements are read when they are asked for.
struct SnapshotEntry {
  std::string name;
  TensorType type;               ///< as read() gives it
  std::string stored = {};       ///< the element type by the file's own word: "F32", "Q4_K", "<f4"
  uint64_t stored_bytes = 0;     ///< what it takes in the file, unpacked; 0: not known
  std::function<Tensor()> read;  ///< may be called more than once; throws FileError
};

/// The arrays of one file, or of a model. Copies share what is not read yet.
struct WeightSnapshot {
  std::string source;                     ///< path, or what to call it in messages
  std::string format = {};                ///< name of the format: "safetensors"
  std::vector<SnapshotEntry> entries;     ///< in the file's order
  Json metadata = Json::object();         ///< what the file says of itself, as an object
  std::vector<std::string> skipped = {};  ///< arrays left out on purpose, each "name: reason"

  /// The array of that name, or nullptr. Linear.
  const SnapshotEntry* find(const std::string& name) const;
  std::vector<std::string> names() const;
  /// Bytes of all arrays as read() gives them.
  uint64_t bytes() const;
};

/// One step between a file and a model. It changes names and types at once, and elements when they are read.
/// Throws InvalidArgument, naming the array, for what cannot be done; the snapshot is then to be thrown away.
using SnapshotAdapter = std::function<void(WeightSnapshot&)>;

/// Applies them one after the other.
void adapt(WeightSnapshot& snapshot, const std::vector<SnapshotAdapter>& chain);

/// Gives arrays other names; those that are not there are passed over.
SnapshotAdapter rename_entries(std::map<std::string, std::string> names);
/// Renames what a pattern matches: each `*` of `pattern` stands for any characters, as few as possible but
/// for the last, and each `*` of `name` for what the one at its place found: ("encoder.*.weight",
/// "encoder/*/kernel"). Throws InvalidArgument when `name` has more of them.
SnapshotAdapter rename_matching(std::string pattern, std::string name);
/// Moves axes of what the pattern matches: axis i of the result is axis permutation[i].
SnapshotAdapter transpose_matching(std::string pattern, std::vector<int> permutation);
/// Another shape of as many elements.
SnapshotAdapter reshape_matching(std::string pattern, Shape shape);
/// Cuts one array into equal parts along `axis`, which take its place.
SnapshotAdapter split_entry(std::string name, std::vector<std::string> parts, int axis = 0);
/// Joins arrays along an axis they have. The result stands where the first stood.
SnapshotAdapter concatenate_entries(std::vector<std::string> parts, std::string name, int axis = 0);
/// Joins arrays of one shape along a new axis.
SnapshotAdapter stack_entries(std::vector<std::string> parts, std::string name, int axis = 0);
/// Floating point arrays that the pattern matches, in another floating point type.
SnapshotAdapter cast_floats(DType dtype, std::string pattern = "*");
/// Leaves out what the pattern matches; the reason goes into `skipped`.
SnapshotAdapter drop_matching(std::string pattern, std::string reason);

/// The entry with its elements passed through `change`, which gives the type `type`.
SnapshotEntry changed_entry(SnapshotEntry entry, TensorType type,
                            std::function<Tensor(const Tensor&)> change);

/// What stood for the `*` of the pattern, or nothing where it does not match the whole text.
std::optional<std::vector<std::string>> match_pattern(const std::string& pattern, const std::string& text);

/// Options of apply_snapshot.
struct ApplyOptions {
  /// Whether weights that the snapshot lacks stay as they are; they are reported as missing all the same.
  bool partial = false;
};

/// Puts the arrays into the weights of the same names: those of Model::weight_names, or Weight::path. Floats
/// are converted to the weight's type; other types must be the same. Unless every weight is there (or
/// `partial`) and every array fits, nothing is changed: look at LoadReport::complete. Missing weights and
/// unused arrays are told with the nearest name of the other side. One warning names the arrays with NaN.
/// Throws FileError when an array cannot be read, and InvalidArgument for a model that is not built.
LoadReport apply_snapshot(Model& model, const WeightSnapshot& snapshot, const ApplyOptions& options = {});

/// The weights of a model under Model::weight_names. `metadata` says what the model is, so that model_of
/// gives it back: "lamina.architecture" (Model::serialize) and "lamina.data" (DataInfo), where it has any.
/// The optimizer's state is not in it. Throws InvalidArgument for a model that is not built.
WeightSnapshot snapshot_of(const Model& model);

/// Whether the metadata say what the model is.
bool has_architecture(const WeightSnapshot& snapshot);
/// The model that snapshot_of was given: layers, weights and what it knows of its data, compiled as it was
/// but for the state of its optimizer. Throws FileError when the metadata say no such thing, and when the
/// weights do not fit.
Model model_of(const WeightSnapshot& snapshot, const LoadOptions& options = {});

/// {"applied": [...], "skipped": [...], "missing": [...], "unused": [...], "errors": [...]}
Json to_json(const LoadReport& report);

}  // namespace lamina
