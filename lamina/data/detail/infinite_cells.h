// InfiniteCells: what becomes of infinite cells of a table, and what is said about them. Internal header.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "lamina/base/detail/text.h"
#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/cells.h"
#include "lamina/data/labelled_data.h"

namespace lamina::detail {

class InfiniteCells {
 public:
  explicit InfiniteCells(Infinite way) : way_(way) {}

  /// Whether the row of this cell, which reads `field`, stays. `place()`: where it is. Throws
  /// InvalidArgument, without saying where, when it may not be.
  template <class Place>
  bool take(float value, std::string_view field, Place&& place) {
    if (!std::isinf(value) || way_ == Infinite::kKeep) return true;
    if (way_ == Infinite::kFail)
      throw InvalidArgument("holds " + shown(field) +
                            ", which is infinite in float32; a finite number was expected");
    if (count_++ == 0) first_ = place() + " holds " + shown(field) + ", which is infinite in float32";
    return way_ != Infinite::kDrop;
  }

  /// Rows that are left out for it.
  size_t dropped() const { return way_ == Infinite::kDrop ? count_ : 0; }

  /// One warning for all, where there is something to say; `source` stands before the place.
  void tell(const std::string& source = {}) const {
    if (count_ == 0) return;
    warn(source + first_ + (way_ == Infinite::kDrop ? ": the row is left out; " : " and taken as it is; ") +
         count_of(static_cast<int64_t>(count_), "such cell") + " in all" +
         (way_ == Infinite::kDrop ? "" : " (--infinite keep takes them without a word)"));
  }

 private:
  Infinite way_;
  size_t count_ = 0;
  std::string first_;
};

}  // namespace lamina::detail
