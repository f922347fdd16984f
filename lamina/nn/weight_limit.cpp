// The limit in force, kept for each thread.
#include "lamina/nn/detail/weight_limit.h"

namespace lamina::detail {
namespace {

thread_local WeightLimit* innermost = nullptr;

}  // namespace

WeightLimit::WeightLimit(int64_t elements) : outer_(innermost), allowed_(elements), left_(elements) {
  innermost = this;
}

WeightLimit::~WeightLimit() { innermost = outer_; }

bool WeightLimit::take(const Shape& shape) {
  if (!innermost) return true;
  int64_t elements = 1;
  for (const int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && elements > innermost->left_ / extent)) return false;
    elements *= extent;
  }
  if (elements > innermost->left_) return false;
  innermost->left_ -= elements;
  return true;
}

int64_t WeightLimit::allowed() { return innermost ? innermost->allowed_ : 0; }

}  // namespace lamina::detail
