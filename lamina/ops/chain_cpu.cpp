// Runs chains: an interpreter whose one register is a block of eight vectors.
#include "lamina/ops/detail/chain.h"
#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/ops/chain_cpu.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/highway.h>

#include "lamina/ops/detail/simd_functions-inl.h"
#include "lamina/ops/detail/simd_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// An operand in memory, from the element on that the chain has reached.
struct Memory {
  const float* from;
  HWY_INLINE V vector(size_t offset) const { return hn::LoadU(D(), from + offset); }
  HWY_INLINE V some(size_t n) const { return load_some(D(), from, n); }
};
/// An operand that is the same for all elements.
struct Scalar {
  V value;
  HWY_INLINE V vector(size_t) const { return value; }
  HWY_INLINE V some(size_t) const { return value; }
};

// The members are named, not an array, so that compilers keep them in registers across the dispatch.
#define LAMINA_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)

struct Wide {
  static constexpr size_t kVectors = 8;
  explicit Wide(size_t) {}
  V v0, v1, v2, v3, v4, v5, v6, v7;

  HWY_INLINE void store(float* to) const {
    const D d;
    const size_t lanes = hn::Lanes(d);
#define LAMINA_DO(k) hn::StoreU(v##k, d, to + k * lanes);
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
  template <class Y>
  HWY_INLINE void load(Y y) {
    const size_t lanes = hn::Lanes(D());
#define LAMINA_DO(k) v##k = y.vector(k * lanes);
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
  template <class F>
  HWY_INLINE void map(F f) {
    const D d;
#define LAMINA_DO(k) v##k = f(d, v##k);
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
  /// The same for functions that need many registers themselves.
  template <class F>
  HWY_INLINE void map_long(F f) {
    const D d;
    const size_t lanes = hn::Lanes(d);
    HWY_ALIGN float block[kVectors * hn::MaxLanes(d)];
    store(block);
    for (size_t k = 0; k < kVectors; ++k)
      hn::Store(f(d, hn::Load(d, block + k * lanes)), d, block + k * lanes);
    load(Memory{block});
  }
  template <class F, class Y>
  HWY_INLINE void map(F f, Y y) {
    const D d;
    const size_t lanes = hn::Lanes(d);
#define LAMINA_DO(k) v##k = f(d, v##k, y.vector(k * lanes));
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
  template <class F>
  HWY_INLINE void map_self(F f) {
    const D d;
#define LAMINA_DO(k) v##k = f(d, v##k, v##k);
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
  template <class Y, class Z>
  HWY_INLINE void select(Y y, Z z) {
    const size_t lanes = hn::Lanes(D());
#define LAMINA_DO(k) v##k = hn::IfThenElse(hn::MaskFromVec(v##k), y.vector(k * lanes), z.vector(k * lanes));
    LAMINA_EACH(LAMINA_DO)
#undef LAMINA_DO
  }
};
#undef LAMINA_EACH

/// One vector, or (kSome) the part of one that remains at the end.
template <bool kSome>
struct Narrow {
  static constexpr size_t kVectors = 1;
  explicit Narrow(size_t n) : count(n) {}
  V v0;
  size_t count;

  template <class Y>
  HWY_INLINE V get(Y y) const {
    if constexpr (kSome)
      return y.some(count);
    else
      return y.vector(0);
  }
  HWY_INLINE void store(float* to) const {
    if constexpr (kSome)
      store_some(v0, D(), to, count);
    else
      hn::StoreU(v0, D(), to);
  }
  template <class Y>
  HWY_INLINE void load(Y y) {
    v0 = get(y);
  }
  template <class F>
  HWY_INLINE void map(F f) {
    v0 = f(D(), v0);
  }
  template <class F>
  HWY_INLINE void map_long(F f) {
    v0 = f(D(), v0);
  }
  template <class F, class Y>
  HWY_INLINE void map(F f, Y y) {
    v0 = f(D(), v0, get(y));
  }
  template <class F>
  HWY_INLINE void map_self(F f) {
    v0 = f(D(), v0, v0);
  }
  template <class Y, class Z>
  HWY_INLINE void select(Y y, Z z) {
    v0 = hn::IfThenElse(hn::MaskFromVec(v0), get(y), get(z));
  }
};

template <class F>
struct Swapped {
  HWY_INLINE V operator()(D d, V x, V y) const { return F{}(d, y, x); }
};

#define LAMINA_MASK(Name, expression)              \
  struct Name {                                    \
    HWY_INLINE V operator()(D d, V x, V y) const { \
      (void)d;                                     \
      return hn::VecFromMask(d, expression);       \
    }                                              \
  }
LAMINA_MASK(Greater, hn::Gt(x, y));
LAMINA_MASK(GreaterEqual, hn::Ge(x, y));
LAMINA_MASK(Less, hn::Lt(x, y));
LAMINA_MASK(LessEqual, hn::Le(x, y));
LAMINA_MASK(Equal, hn::Eq(x, y));
LAMINA_MASK(NotEqual, hn::Not(hn::Eq(x, y)));
#undef LAMINA_MASK

template <class Block>
HWY_INLINE void run_link(Block& x, const ChainLink& link, size_t i) {
  using enum LinkSource;
#define LAMINA_BINARY(op, F)                          \
  case chain_code(LinkOp::op, kMemory):               \
    return x.map(F{}, Memory{link.y + i});            \
  case chain_code(LinkOp::op, kScalar):               \
    return x.map(F{}, Scalar{hn::Set(D(), *link.y)}); \
  case chain_code(LinkOp::op, kSelf):                 \
    return x.map_self(F{})
#define LAMINA_UNARY(op, F)    \
  case chain_code(LinkOp::op): \
    return x.map(F{})
#define LAMINA_LONG(op, F)     \
  case chain_code(LinkOp::op): \
    return x.map_long(F{})
  switch (link.code) {
    case chain_code(LinkOp::kLoad, kMemory):
      return x.load(Memory{link.y + i});
    case chain_code(LinkOp::kStore, kMemory):
      return x.store(link.y + i);
      LAMINA_BINARY(kAdd, Add);
      LAMINA_BINARY(kSubtract, Subtract);
      LAMINA_BINARY(kSubtractFrom, Swapped<Subtract>);
      LAMINA_BINARY(kMultiply, Multiply);
      LAMINA_BINARY(kDivide, Divide);
      LAMINA_BINARY(kDivideInto, Swapped<Divide>);
      LAMINA_BINARY(kMaximum, Maximum);
      LAMINA_BINARY(kMaximumFrom, Swapped<Maximum>);
      LAMINA_BINARY(kMinimum, Minimum);
      LAMINA_BINARY(kMinimumFrom, Swapped<Minimum>);
      LAMINA_BINARY(kGreater, Greater);
      LAMINA_BINARY(kGreaterEqual, GreaterEqual);
      LAMINA_BINARY(kLess, Less);
      LAMINA_BINARY(kLessEqual, LessEqual);
      LAMINA_BINARY(kEqual, Equal);
      LAMINA_BINARY(kNotEqual, NotEqual);
    case chain_code(LinkOp::kSelect, kMemory, kMemory):
      return x.select(Memory{link.y + i}, Memory{link.z + i});
    case chain_code(LinkOp::kSelect, kMemory, kScalar):
      return x.select(Memory{link.y + i}, Scalar{hn::Set(D(), *link.z)});
    case chain_code(LinkOp::kSelect, kScalar, kMemory):
      return x.select(Scalar{hn::Set(D(), *link.y)}, Memory{link.z + i});
    case chain_code(LinkOp::kSelect, kScalar, kScalar):
      return x.select(Scalar{hn::Set(D(), *link.y)}, Scalar{hn::Set(D(), *link.z)});
      LAMINA_UNARY(kNegative, Negative);
      LAMINA_UNARY(kAbs, Abs);
      LAMINA_UNARY(kSign, Sign);
      LAMINA_UNARY(kSquare, Square);
      LAMINA_UNARY(kReciprocal, Reciprocal);
      LAMINA_UNARY(kSqrt, Sqrt);
      LAMINA_UNARY(kRsqrt, Rsqrt);
      LAMINA_UNARY(kRelu, Relu);
      LAMINA_LONG(kFloor, Floor);
      LAMINA_LONG(kCeil, Ceil);
      LAMINA_LONG(kRound, Round);
      LAMINA_LONG(kExp, Exp);
      LAMINA_LONG(kExpm1, Expm1);
      LAMINA_LONG(kLog, Log);
      LAMINA_LONG(kLog1p, Log1p);
      LAMINA_LONG(kTanh, Tanh);
      LAMINA_LONG(kSigmoid, Sigmoid);
      LAMINA_LONG(kErf, Erf);
    default:
      __builtin_unreachable();
  }
#undef LAMINA_BINARY
#undef LAMINA_UNARY
#undef LAMINA_LONG
}

template <class Block>
HWY_INLINE void run_links(const ChainLink* links, int count, size_t i, size_t elements) {
  Block x(elements);
  x.load(Memory{links->y + i});
  for (const ChainLink* link = links + 1; link != links + count; ++link) run_link(x, *link, i);
}

void run_chain(const ChainLink* links, int count, int64_t elements) {
  const size_t lanes = hn::Lanes(D());
  const size_t n = static_cast<size_t>(elements);
  const size_t block = Wide::kVectors * lanes;
  size_t i = 0;
  for (; i + block <= n; i += block) run_links<Wide>(links, count, i, block);
  for (; i + lanes <= n; i += lanes) run_links<Narrow<false>>(links, count, i, lanes);
  if (i < n) run_links<Narrow<true>>(links, count, i, n - i);
}

ChainFunction vector_chain() { return run_chain; }

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <map>

namespace lamina::detail {
namespace {
HWY_EXPORT(vector_chain);
}  // namespace

ChainFunction chain_function() { return HWY_DYNAMIC_DISPATCH(vector_chain)(); }

std::optional<LinkOp> link_for(const std::string& op, int place) {
  static const std::map<std::string, std::pair<LinkOp, LinkOp>> links = {
      {"add", {LinkOp::kAdd, LinkOp::kAdd}},
      {"subtract", {LinkOp::kSubtract, LinkOp::kSubtractFrom}},
      {"multiply", {LinkOp::kMultiply, LinkOp::kMultiply}},
      {"divide", {LinkOp::kDivide, LinkOp::kDivideInto}},
      {"maximum", {LinkOp::kMaximum, LinkOp::kMaximumFrom}},
      {"minimum", {LinkOp::kMinimum, LinkOp::kMinimumFrom}},
      {"greater", {LinkOp::kGreater, LinkOp::kLess}},
      {"greater_equal", {LinkOp::kGreaterEqual, LinkOp::kLessEqual}},
      {"less", {LinkOp::kLess, LinkOp::kGreater}},
      {"less_equal", {LinkOp::kLessEqual, LinkOp::kGreaterEqual}},
      {"equal", {LinkOp::kEqual, LinkOp::kEqual}},
      {"not_equal", {LinkOp::kNotEqual, LinkOp::kNotEqual}},
      {"negative", {LinkOp::kNegative, LinkOp::kNegative}},
      {"abs", {LinkOp::kAbs, LinkOp::kAbs}},
      {"sign", {LinkOp::kSign, LinkOp::kSign}},
      {"square", {LinkOp::kSquare, LinkOp::kSquare}},
      {"reciprocal", {LinkOp::kReciprocal, LinkOp::kReciprocal}},
      {"sqrt", {LinkOp::kSqrt, LinkOp::kSqrt}},
      {"rsqrt", {LinkOp::kRsqrt, LinkOp::kRsqrt}},
      {"relu", {LinkOp::kRelu, LinkOp::kRelu}},
      {"floor", {LinkOp::kFloor, LinkOp::kFloor}},
      {"ceil", {LinkOp::kCeil, LinkOp::kCeil}},
      {"round", {LinkOp::kRound, LinkOp::kRound}},
      {"exp", {LinkOp::kExp, LinkOp::kExp}},
      {"expm1", {LinkOp::kExpm1, LinkOp::kExpm1}},
      {"log", {LinkOp::kLog, LinkOp::kLog}},
      {"log1p", {LinkOp::kLog1p, LinkOp::kLog1p}},
      {"tanh", {LinkOp::kTanh, LinkOp::kTanh}},
      {"sigmoid", {LinkOp::kSigmoid, LinkOp::kSigmoid}},
      {"erf", {LinkOp::kErf, LinkOp::kErf}},
  };
  const auto found = links.find(op);
  if (found == links.end()) return std::nullopt;
  return place == 0 ? found->second.first : found->second.second;
}

}  // namespace lamina::detail
#endif  // HWY_ONCE
