// ConfigReader: the arguments of a Keras configuration, each checked, none silently ignored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/initializers/initializer.h"
#include "lamina/nn/layer.h"

namespace lamina {

/// Reads one "config" object. Getters take the default for a member that is absent or null; each throws
/// InvalidArgument, naming class, object and argument, for a value of the wrong kind. done() then rejects
/// what was not asked for.
class ConfigReader {
 public:
  ConfigReader(const Json& config, std::string class_name);

  std::string string(const char* key, std::string otherwise);
  int64_t integer(const char* key, std::optional<int64_t> otherwise = std::nullopt);
  double number(const char* key, std::optional<double> otherwise = std::nullopt);
  std::optional<double> optional_number(const char* key);
  std::optional<int64_t> optional_integer(const char* key);
  /// 0 and 1 count as false and true.
  bool boolean(const char* key, bool otherwise);
  /// A number for both or a list of two.
  Size2 size2(const char* key, Size2 otherwise);
  /// A list of integers; null elements become -1.
  std::vector<int64_t> integers(const char* key);
  /// A list of numbers, not empty.
  std::vector<double> numbers(const char* key);
  Choice<Initializer> initializer(const char* key, const char* otherwise);
  /// A regularizer or constraint, or nothing.
  Choice<Regularizer> regularizer(const char* key);
  Choice<Constraint> constraint(const char* key);
  /// A layer inside, as it was serialised. Throws InvalidArgument when it is missing or unknown.
  std::shared_ptr<Layer> layer(const char* key);
  std::vector<std::shared_ptr<Layer>> layers(const char* key);
  /// A name, or a function serialised by name.
  std::string activation(const char* key = "activation");
  /// What all layers take: name, trainable and, in `dtype`, the name of the policy. Without a place for the
  /// dtype it must be float32.
  void layer_arguments(std::string& name, bool& trainable, std::string* dtype = nullptr);
  /// The value as it is, or null.
  Json json(const char* key);
  /// Lets an argument pass that is read elsewhere.
  void allow(const char* key);

  /// Marks an argument that the caller reads by itself.
  void known(const char* key) { known_.push_back(key); }
  /// Arguments that exist in Keras but here may only be null or `allowed`; throws Unsupported otherwise.
  void only(const char* key, const Json& allowed = nullptr);
  void only_null(std::initializer_list<const char*> keys);
  /// Throws InvalidArgument for members not asked for, unless they are null.
  void done() const;

  [[noreturn]] void fail(const std::string& key, const std::string& what) const;

 private:
  const Json* get(const char* key);  // null and absent are the same
  std::string where() const;

  const Json& config_;
  std::string class_name_;
  std::vector<std::string> known_;
};

}  // namespace lamina
