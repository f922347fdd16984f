// Five messages of TensorFlow's, by the numbers of their fields (saved_object_graph.proto,
// saved_metadata.proto).
#include "lamina/formats/saved_model/object_graph.h"

#include "lamina/base/error.h"
#include "lamina/formats/detail/wire.h"

namespace lamina::detail {
namespace {

SavedObject object_from(std::string_view message, const std::string& name) {
  SavedObject object;
  read_message(message, name, [&](uint64_t number, uint64_t, std::string_view bytes) {
    constexpr uint64_t kChild = 1, kUserObject = 4, kVariable = 7;
    if (number == kChild) {
      std::pair<std::string, size_t> child{"", 0};
      read_message(bytes, name, [&](uint64_t inner, uint64_t value, std::string_view text) {
        if (inner == 1) child.second = static_cast<size_t>(value);
        if (inner == 2) child.first = text;
      });
      object.children.push_back(std::move(child));
    }
    if (number == kUserObject) {
      read_message(bytes, name, [&](uint64_t inner, uint64_t, std::string_view text) {
        if (inner == 1) object.identifier = text;
        if (inner == 3) object.metadata = text;
      });
    }
    if (number == kVariable) {
      object.is_variable = true;
      read_message(bytes, name, [&](uint64_t inner, uint64_t value, std::string_view text) {
        if (inner == 3) object.trainable = value != 0;
        if (inner == 6) object.name = text;
      });
    }
  });
  return object;
}

}  // namespace

std::vector<SavedObject> read_saved_objects(std::string_view bytes, const std::string& name) {
  std::vector<SavedObject> objects;
  bool found = false;
  read_message(bytes, name, [&](uint64_t number, uint64_t, std::string_view graph) {
    constexpr uint64_t kMetaGraph = 2, kObjects = 7;
    if (number != kMetaGraph || found) return;
    found = true;
    read_message(graph, name, [&](uint64_t inner, uint64_t, std::string_view list) {
      if (inner != kObjects) return;
      read_message(list, name, [&](uint64_t kind, uint64_t, std::string_view object) {
        if (kind == 1) objects.push_back(object_from(object, name));
      });
    });
  });
  for (const SavedObject& object : objects) {
    for (const auto& [child, index] : object.children) {
      if (index >= objects.size())
        throw FileError("'" + name + "' is damaged: '" + child + "' is object " + std::to_string(index) +
                        " of " + std::to_string(objects.size()));
    }
  }
  return objects;
}

void add_keras_metadata(std::vector<SavedObject>& objects, std::string_view bytes, const std::string& name) {
  read_message(bytes, name, [&](uint64_t number, uint64_t, std::string_view message) {
    if (number != 1) return;
    uint64_t node = 0;
    std::string identifier, metadata;
    read_message(message, name, [&](uint64_t inner, uint64_t value, std::string_view text) {
      if (inner == 2) node = value;
      if (inner == 4) identifier = text;
      if (inner == 5) metadata = text;
    });
    if (node >= objects.size())
      throw FileError("'" + name + "' is damaged: it describes object " + std::to_string(node) + " of " +
                      std::to_string(objects.size()));
    objects[node].identifier = std::move(identifier);
    objects[node].metadata = std::move(metadata);
  });
}

}  // namespace lamina::detail
