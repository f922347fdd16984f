// Axes of a tensor, as functions take them: one, several, or all.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace lamina {

/// `sum(x, 0)`, `sum(x, {0, -1})`, `sum(x)`. Negative axes count from the end; none means what the function
/// says it means, for reductions all of them. Whether a tensor has them is checked where they are used.
class Axes {
 public:
  Axes() = default;
  Axes(int axis) : values_{axis} {}
  Axes(std::initializer_list<int> axes) : values_(axes) {}
  Axes(std::vector<int> axes) : values_(std::move(axes)) {}
  /// `sum(x, true)` is a slip: the second argument is the axis, the third `keepdims`.
  template <std::same_as<bool> T>
  Axes(T) = delete;

  const std::vector<int>& values() const { return values_; }
  bool empty() const { return values_.empty(); }
  size_t size() const { return values_.size(); }
  std::vector<int>::const_iterator begin() const { return values_.begin(); }
  std::vector<int>::const_iterator end() const { return values_.end(); }

 private:
  std::vector<int> values_;
};

}  // namespace lamina
