// Seeds of weights that calls create.
#include <utility>

#include "lamina/nn/detail/layer_state.h"

namespace lamina::detail {
namespace {

thread_local BuildSeed* innermost = nullptr;
thread_local int next_free = 0;

}  // namespace

BuildSeed::Scope::Scope(BuildSeed& seed) : outer(std::exchange(innermost, &seed)) {}
BuildSeed::Scope::~Scope() { innermost = outer; }

BuildSeed& BuildSeed::current(BuildSeed& own) {
  if (innermost) return *innermost;
  // A layer takes as many streams as it has weights; a thousand is beyond any of them.
  own.stream = next_free;
  next_free += 1000;
  return own;
}

}  // namespace lamina::detail
