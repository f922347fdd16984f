// Layers that several parts of a configuration hold, written and read as one. Internal header.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// While it lives, this thread writes the configuration of `model`. A layer with weights that several models
/// or layers hold, a nested model and the one around it say, gets a number: under "shared_object_id" it is
/// written in all its places, and whoever reads it makes one layer of them, Keras too (its
/// ObjectSharingScope). Scopes nest: the outermost decides.
class SharedWriting {
 public:
  explicit SharedWriting(const Layer& model);
  ~SharedWriting();
  SharedWriting(const SharedWriting&) = delete;
  SharedWriting& operator=(const SharedWriting&) = delete;

  /// Throws InvalidArgument, naming the layer and who holds it, when some of its places were not written:
  /// then a reader would make several layers of it, of which only one finds its weights. Only the outermost
  /// looks.
  void check() const;

  /// Whether the layer has a number in what this thread writes.
  static bool is_shared(const Layer& layer);
  /// What was written for the layer before, if it has a number.
  static std::optional<Json> written(const Layer& layer);
  /// Adds the number to what is written for a layer for the first time, and remembers it.
  static void note(const Layer& layer, Json& json);
  /// Whether a model is written as a graph: every functional one, and a Sequential in which a layer comes
  /// twice or that shares one with others, since only graphs can say so. Files number the two kinds apart.
  static bool as_graph(const Model& model);
  /// sublayers() under the names that the file has for them.
  static std::vector<std::pair<std::string, std::shared_ptr<Layer>>> members(const Layer& layer);
  /// Calls of a layer in graphs that a reader has made by now, since Keras numbers the calls of a layer
  /// through all graphs; 0 for a layer in one place. Counts `more`.
  static int64_t calls_before(const Layer& layer, int64_t more);

 private:
  struct Shared {
    int64_t number;
    std::vector<std::string> holders;  // "'inner' (Sequential)"
    size_t written = 0;
    Json json;
    int64_t calls = 0;
  };
  static Shared* find(const Layer& layer);
  void count(const Layer& holder);

  SharedWriting* outer_;
  std::map<const void*, Shared> shared_;
  std::map<const void*, std::pair<const Layer*, std::vector<std::string>>> holders_;
};

/// While it lives, this thread reads a configuration, in which one number stands for one layer. Scopes nest:
/// the numbers belong to the outermost.
class SharedReading {
 public:
  SharedReading();
  ~SharedReading();
  SharedReading(const SharedReading&) = delete;
  SharedReading& operator=(const SharedReading&) = delete;

  /// The layer of that class and name that was read under the number of `json`; null for a new one.
  static std::shared_ptr<Layer> find(const Json& json);
  /// Remembers a layer under the number of `json`, if it has one.
  static void keep(const Json& json, const std::shared_ptr<Layer>& layer);
  /// SharedWriting::calls_before, while reading.
  static int64_t calls_before(const Layer& layer, int64_t more);

 private:
  SharedReading* outer_;
  std::map<int64_t, std::shared_ptr<Layer>> layers_;
  std::map<const void*, int64_t> calls_;
};

}  // namespace lamina::detail
