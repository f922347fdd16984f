// Shapes: the extents of a tensor, outermost axis first.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <limits>
#include <string>
#include <vector>

namespace lamina {

/// Integers that can be an extent or a position: all but bool and characters.
template <class T>
concept ExtentType =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

namespace detail {
[[noreturn]] void throw_extent_too_large(uint64_t value);

template <ExtentType T>
constexpr int64_t checked_extent(T value) {
  if constexpr (std::unsigned_integral<T>) {
    if (static_cast<uint64_t>(value) > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      throw_extent_too_large(static_cast<uint64_t>(value));
  }
  return static_cast<int64_t>(value);
}

/// An entry of a shape's list, so that `{v.size(), 3}` is one.
struct Extent {
  template <ExtentType T>
  constexpr Extent(T given) : value(checked_extent(given)) {}
  int64_t value;
};
}  // namespace detail

/// Extents of a tensor, outermost first; a scalar has rank 0. At most 12 axes. An extent of -1 means "any"
/// and occurs only in the shapes of layers and models (Keras's None), never in the shape of a tensor.
class Shape {
 public:
  static constexpr int kMaxRank = 12;

  Shape() = default;
  /// Extents of any integer types, mixed at will: `{v.size(), 3}`. Throws InvalidArgument for more than
  /// kMaxRank of them, and for one that 63 bits cannot hold.
  Shape(std::initializer_list<detail::Extent> dims);
  template <ExtentType T>
  explicit Shape(const std::vector<T>& dims) {
    for (const T extent : dims) push_back(detail::checked_extent(extent));
  }

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

/// Writes str().
std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// NumPy's broadcasting of two shapes. Throws InvalidArgument, naming both, when they do not fit.
Shape broadcast(const Shape& a, const Shape& b);

}  // namespace lamina
