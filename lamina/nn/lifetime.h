// Lifetime: whether an object is still there. A part of Model, of no use to programs.
#pragma once

#include <memory>

namespace lamina::detail {

/// A member that says whether the object it is part of has ended. It belongs to that object alone: copies and
/// moved ones have their own.
class Lifetime {
 public:
  Lifetime() = default;
  ~Lifetime() = default;
  Lifetime(const Lifetime&) noexcept {}
  Lifetime& operator=(const Lifetime&) noexcept { return *this; }

  /// Something that expires with the object. Any number of threads may ask.
  std::weak_ptr<const void> watch() const;

 private:
  mutable std::shared_ptr<const void> token_;  // made when the first asks
};

}  // namespace lamina::detail
