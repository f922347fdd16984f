// Elements out of nested lists: what Tensor::from is made of.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include "lamina/base/dtype.h"
#include "lamina/base/shape.h"

namespace lamina::detail {

/// How deep lists are nested, and of what; 0 for what is no list.
template <class T>
struct Nesting {
  static constexpr int kDepth = 0;
  using Element = T;
};
template <class T>
struct NestingOfList {
  static constexpr int kDepth = Nesting<T>::kDepth + 1;
  using Element = typename Nesting<T>::Element;
};
template <class T, class A>
struct Nesting<std::vector<T, A>> : NestingOfList<T> {};
template <class T, size_t n>
struct Nesting<std::array<T, n>> : NestingOfList<T> {};
template <class T>
struct Nesting<std::initializer_list<T>> : NestingOfList<T> {};

template <class T>
concept List = Nesting<std::remove_cvref_t<T>>::kDepth >
0;

/// Where elements of type T are collected: vector<bool> has no array behind it.
template <class T>
using Collected = std::vector<std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>>;

/// Says at which place a list has another length than the first of its depth.
[[noreturn]] void throw_ragged(const std::vector<size_t>& place, size_t length, int64_t expected);

template <class L>
void shape_of_list(const L& list, Shape& shape) {
  shape.push_back(static_cast<int64_t>(list.size()));
  using Item = std::remove_cvref_t<decltype(*list.begin())>;
  if constexpr (Nesting<Item>::kDepth > 0) {
    if (list.size() > 0) return shape_of_list(*list.begin(), shape);
    for (int i = 0; i < Nesting<Item>::kDepth; ++i) shape.push_back(0);
  }
}

template <class L, class T>
void collect(const L& list, const Shape& shape, std::vector<size_t>& place, std::vector<T>& out) {
  const int64_t expected = shape[static_cast<int>(place.size())];
  if (static_cast<int64_t>(list.size()) != expected) throw_ragged(place, list.size(), expected);
  using Item = typename L::value_type;
  if constexpr (Nesting<Item>::kDepth > 0) {
    place.push_back(0);
    for (const auto& item : list) {
      collect(item, shape, place, out);
      ++place.back();
    }
    place.pop_back();
  } else {
    for (const auto& item : list) out.push_back(static_cast<T>(item));
  }
}

}  // namespace lamina::detail
