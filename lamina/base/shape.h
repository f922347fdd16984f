// Shapes: the extents of a tensor, outermost axis first.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace lamina {

/// Extents of a tensor, outermost first; a scalar has rank 0. At most 12 axes. An extent of -1 means "any"
/// and occurs only in the shapes of layers and models (Keras's None), never in the shape of a tensor.
class Shape {
 public:
  static constexpr int kMaxRank = 12;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims);
  explicit Shape(const std::vector<int64_t>& dims);

  int rank() const { return rank_; }
  /// Extent of `axis`; negative axes count from the end. Throws InvalidArgument when out of range.
  int64_t operator[](int axis) const { return dims_[normalize(axis)]; }
  void set(int axis, int64_t extent) { dims_[normalize(axis)] = extent; }
  void push_back(int64_t extent);

  /// Product of the extents; 1 for a scalar. Throws InvalidArgument when 64 bits cannot hold it.
  int64_t size() const;
  /// Maps -rank..rank-1 to 0..rank-1. Throws InvalidArgument when out of range.
  int normalize(int axis) const;
  std::vector<int64_t> dims() const { return {begin(), end()}; }
  const int64_t* begin() const { return dims_; }
  const int64_t* end() const { return dims_ + rank_; }

  /// "(2, 3)", "(4,)", "()"; -1 prints as "None".
  std::string str() const;

  bool operator==(const Shape& other) const;

 private:
  int rank_ = 0;
  int64_t dims_[kMaxRank] = {};
};

/// NumPy's broadcasting of two shapes. Throws InvalidArgument, naming both, when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace lamina
