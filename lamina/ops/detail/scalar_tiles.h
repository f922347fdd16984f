// Tile instructions as plain loops, for the dtypes that have no vectorised ones. 16-bit floats compute in
// float. Internal header of the *_cpu.cpp files.
#pragma once

#include <utility>

#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"

namespace lamina::detail {

/// out[i] = F(in[i]...) with all operands of type T.
template <class T, class R, class F, size_t... I>
void loop(const TileArgs& args, std::index_sequence<I...>) {
  R* out = static_cast<R*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) {
    out[i] = static_cast<R>(F{}(static_cast<Compute<T>>(static_cast<const T*>(args.in[I])[i])...));
  }
}

template <class T, class R, class F>
void loop1(const TileArgs& args) {
  loop<T, R, F>(args, std::make_index_sequence<1>{});
}
template <class T, class R, class F>
void loop2(const TileArgs& args) {
  loop<T, R, F>(args, std::make_index_sequence<2>{});
}

/// A function object of one or two elements.
#define LAMINA_LOOP1(Name, Result, expression) \
  struct Name {                                \
    template <class C>                         \
    Result operator()(C x) const {             \
      return static_cast<Result>(expression);  \
    }                                          \
  }
#define LAMINA_LOOP2(Name, Result, expression) \
  struct Name {                                \
    template <class C>                         \
    Result operator()(C a, C b) const {        \
      return static_cast<Result>(expression);  \
    }                                          \
  }

}  // namespace lamina::detail
