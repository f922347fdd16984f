// PerOutput: an argument that is one for all outputs of a model, one for each by position, or one for each by
// name.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/registry.h"

namespace lamina {

/// What compile takes for the outputs of a model.
///
///   .loss = "mse"                               for each output
///   .loss = {"mse", "mae"}                      by position
///   .loss = {{"main", "mse"}, {"aux", "mae"}}   by name; outputs left out have none
template <class T>
class PerOutput {
 public:
  enum class Kind { kNone, kOne, kByPosition, kByName };

  PerOutput() = default;
  template <class V>
  requires(std::convertible_to<V, T> && !std::same_as<std::remove_cvref_t<V>, PerOutput>) PerOutput(V&& one)
      : kind_(Kind::kOne), values_{T(std::forward<V>(one))} {}
  PerOutput(std::initializer_list<T> by_position) : PerOutput(std::vector<T>(by_position)) {}
  PerOutput(std::vector<T> by_position)
      : kind_(by_position.empty() ? Kind::kNone : Kind::kByPosition), values_(std::move(by_position)) {}
  PerOutput(std::initializer_list<std::pair<std::string, T>> by_name)
      : PerOutput(std::vector<std::pair<std::string, T>>(by_name)) {}
  PerOutput(std::vector<std::pair<std::string, T>> by_name)
      : kind_(by_name.empty() ? Kind::kNone : Kind::kByName) {
    for (auto& [name, value] : by_name) {
      names_.push_back(std::move(name));
      values_.push_back(std::move(value));
    }
  }

  /// The value, where there is one; `T()` otherwise.
  T only() const { return values_.size() == 1 ? values_[0] : T(); }

  Kind kind() const { return kind_; }
  bool given() const { return kind_ != Kind::kNone; }
  const std::vector<T>& values() const { return values_; }
  std::vector<T>& values() { return values_; }
  const std::vector<std::string>& names() const { return names_; }

  /// The value for each of the outputs; `T()` for one that has none. Throws InvalidArgument, naming
  /// `argument`, for more values than outputs, or a name that no output has.
  std::vector<T> resolve(const std::vector<std::string>& outputs, const char* argument) const {
    std::vector<T> result(outputs.size());
    switch (kind_) {
      case Kind::kNone:
        break;
      case Kind::kOne:
        result.assign(outputs.size(), values_[0]);
        break;
      case Kind::kByPosition:
        if (values_.size() != outputs.size()) {
          throw InvalidArgument(std::string("compile: ") + argument + " has " +
                                std::to_string(values_.size()) + " values, but the model has " +
                                std::to_string(outputs.size()) + " outputs");
        }
        result = values_;
        break;
      case Kind::kByName:
        for (size_t i = 0; i < values_.size(); ++i) {
          size_t at = 0;
          while (at < outputs.size() && outputs[at] != names_[i]) ++at;
          if (at == outputs.size()) {
            throw InvalidArgument(std::string("compile: ") + argument + " names the output '" + names_[i] +
                                  "', which the model does not have" + suggest(names_[i], outputs));
          }
          result[at] = values_[i];
        }
        break;
    }
    return result;
  }

 private:
  Kind kind_ = Kind::kNone;
  std::vector<T> values_;
  std::vector<std::string> names_;
};

}  // namespace lamina
