// Shape arithmetic.
#include "lamina/base/shape.h"

#include <algorithm>
#include <ostream>

#include "lamina/base/error.h"

namespace lamina {

void detail::throw_extent_too_large(uint64_t value) {
  throw InvalidArgument("extent or position " + std::to_string(value) + " is too large: at most 2^63 - 1");
}

Shape::Shape(std::initializer_list<detail::Extent> dims) {
  for (const detail::Extent extent : dims) push_back(extent.value);
}

void Shape::push_back(int64_t extent) {
  if (rank_ == kMaxRank) {
    throw InvalidArgument("a shape has at most " + std::to_string(kMaxRank) + " axes");
  }
  dims_[rank_++] = extent;
}

int64_t Shape::size() const {
  // Whatever the other extents are: nothing is to be counted then.
  if (std::find(begin(), end(), 0) != end()) return 0;
  int64_t product = 1;
  for (int64_t extent : *this) {
    if (__builtin_mul_overflow(product, extent, &product)) {
      throw InvalidArgument("a tensor of shape " + str() + " would have more elements than can be counted");
    }
  }
  return product;
}

int Shape::normalize(int axis) const {
  const int normalized = axis < 0 ? axis + rank_ : axis;
  if (normalized < 0 || normalized >= rank_) {
    throw InvalidArgument("axis " + std::to_string(axis) + " is out of range for shape " + str());
  }
  return normalized;
}

std::string Shape::str() const {
  std::string text = "(";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) text += ", ";
    text += dims_[i] == -1 ? "None" : std::to_string(dims_[i]);
  }
  return text + (rank_ == 1 ? ",)" : ")");
}

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) { return out << shape.str(); }

Shape broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape result;
  for (int i = rank; i > 0; --i) {
    const int64_t x = i <= a.rank() ? a[-i] : 1;
    const int64_t y = i <= b.rank() ? b[-i] : 1;
    if (x != y && x != 1 && y != 1) {
      throw InvalidArgument("shapes " + a.str() + " and " + b.str() +
                            " cannot be broadcast: each axis must be equal or 1, counted from the end");
    }
    result.push_back(x == 1 ? y : x);
  }
  return result;
}

}  // namespace lamina
