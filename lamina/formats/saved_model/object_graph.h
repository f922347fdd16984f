// What saved_model.pb says of the objects of a program, and keras_metadata.pb of Keras's. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lamina::detail {

/// One object: its members, and, of one of Keras's, what it is.
struct SavedObject {
  std::vector<std::pair<std::string, size_t>> children;  ///< name, number of the object
  std::string identifier;                                ///< "_tf_keras_network", ...
  std::string metadata;                                  ///< JSON
  bool is_variable = false;
  bool trainable = false;  ///< of a variable
  std::string name;        ///< of a variable: its node's in the graph
};

/// The objects of a SavedModel; the first is the root. None of one that TensorFlow 1 wrote. Throws FileError,
/// calling the file `name`, when it is damaged or when a child is none of them.
std::vector<SavedObject> read_saved_objects(std::string_view bytes, const std::string& name);

/// Adds what keras_metadata.pb says to the objects.
void add_keras_metadata(std::vector<SavedObject>& objects, std::string_view bytes, const std::string& name);

}  // namespace lamina::detail
