// Tensors: one tensor, several by position, or several by name, as models take and give them.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/tensor.h"

namespace lamina {

/// What Keras's functions take as `x` or `y`: an array, a list of arrays, or a dictionary of arrays.
///
///   model.fit(x, y)                                            one
///   model.fit({words, lengths}, y)                             by position
///   model.fit({{"words", words}, {"lengths", lengths}}, y)     by name
class Tensors {
 public:
  /// No tensor.
  Tensors() = default;
  /// One tensor; none, when it is undefined.
  Tensors(Tensor one);
  Tensors(std::vector<Tensor> by_position);
  Tensors(std::initializer_list<Tensor> by_position);
  /// By name, in this order. Throws InvalidArgument for a name that is empty or comes twice.
  Tensors(std::vector<std::pair<std::string, Tensor>> by_name);
  Tensors(std::initializer_list<std::pair<std::string, Tensor>> by_name);
  Tensors(const std::map<std::string, Tensor>& by_name);

  bool empty() const { return values_.empty(); }
  size_t size() const { return values_.size(); }
  /// Whether the tensors have names.
  bool named() const { return !names_.empty(); }
  /// The names, in the order of the tensors; empty unless named().
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Tensor>& values() const { return values_; }
  /// The tensor at that position; throws InvalidArgument when there are fewer.
  const Tensor& operator[](size_t position) const;
  /// The same for a literal: without it, 0 could as well be a null `const char*`.
  const Tensor& operator[](int position) const;
  /// The tensor of that name; throws InvalidArgument, suggesting the nearest.
  const Tensor& operator[](const std::string& name) const;
  const Tensor& operator[](const char* name) const { return (*this)[std::string(name)]; }
  /// The tensor of that name, or nullptr.
  const Tensor* find(const std::string& name) const;
  std::vector<Tensor>::const_iterator begin() const { return values_.begin(); }
  std::vector<Tensor>::const_iterator end() const { return values_.end(); }

  /// Puts another tensor in that place; `position` is below size().
  void set(size_t position, Tensor tensor);
  /// Other tensors under the same names. Throws InvalidArgument when their number differs.
  Tensors with_values(std::vector<Tensor> values) const;

 private:
  std::vector<Tensor> values_;
  std::vector<std::string> names_;
};

}  // namespace lamina
