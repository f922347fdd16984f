// Attributes of an op: one plain struct per op, held behind one type, from which everything else is derived:
// equality, hash, text, and the struct that a text stands for.
//
//   struct SoftmaxAttrs {
//     int axis = -1;
//     bool operator==(const SoftmaxAttrs&) const = default;
//     static void fields(auto& self, auto&& visit) { visit("axis", self.axis); }
//   };
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "lamina/base/dtype.h"
#include "lamina/base/error.h"
#include "lamina/base/shape.h"
#include "lamina/graph/text_cursor.h"

namespace lamina {

namespace detail {

std::string attr_text(bool value);
std::string attr_text(int64_t value);
std::string attr_text(double value);  // shortest text that reads back to the same number
inline std::string attr_text(int value) { return attr_text(static_cast<int64_t>(value)); }
inline std::string attr_text(DType value) { return name(value); }
inline std::string attr_text(const Shape& value) { return value.str(); }
std::string attr_text(const std::string& value);  // in quotes
std::string attr_text(const std::vector<int64_t>& value);
std::string attr_text(const std::vector<int>& value);
/// Anything else prints itself.
template <class T>
requires requires(const T& value) {
  value.str();
} &&(!std::is_same_v<T, Shape>)std::string attr_text(const T& value) {
  return value.str();
}

/// What attr_text wrote, read back. Throws InvalidArgument for text that is none of it.
void attr_read(TextCursor& text, bool& value);
void attr_read(TextCursor& text, int64_t& value);
void attr_read(TextCursor& text, double& value);
void attr_read(TextCursor& text, int& value);
void attr_read(TextCursor& text, DType& value);
void attr_read(TextCursor& text, Shape& value);
void attr_read(TextCursor& text, std::string& value);
void attr_read(TextCursor& text, std::vector<int64_t>& value);
void attr_read(TextCursor& text, std::vector<int>& value);
/// Anything else reads itself.
template <class T>
requires requires(T& value, TextCursor& text) { value.read(text); }
void attr_read(TextCursor& text, T&& value) { value.read(text); }

}  // namespace detail

/// An immutable attribute struct of any op; empty for ops without attributes. Cheap to copy.
class Attrs {
 public:
  Attrs() = default;

  template <class A>
  requires(!std::is_same_v<std::remove_cvref_t<A>, Attrs>) Attrs(A value)
      : held_(std::make_shared<Held<A>>(std::move(value))) {}

  /// The struct itself; throws InternalError when it is of another type.
  template <class A>
  const A& as() const {
    // By its name and not by dynamic_cast, which takes ten times as long: eager code asks for every op it records.
    const Base* const held = held_.get();
    if (!held || typeid(*held) != typeid(Held<A>))
      throw InternalError(std::string("attributes are not of type ") + typeid(A).name());
    return static_cast<const Held<A>*>(held)->value;
  }

  bool empty() const { return !held_; }
  /// "axis=-1, keepdims=true": canonical, so that equal attributes print equally.
  std::string str() const { return held_ ? held_->str() : std::string(); }
  size_t hash() const { return std::hash<std::string>{}(str()); }
  bool operator==(const Attrs& other) const {
    if (held_ == other.held_) return true;
    return held_ && other.held_ && held_->equals(*other.held_);
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual bool equals(const Base& other) const = 0;
    virtual std::string str() const = 0;
  };
  template <class A>
  struct Held final : Base {
    explicit Held(A v) : value(std::move(v)) {}
    bool equals(const Base& other) const override {
      return typeid(other) == typeid(Held) && static_cast<const Held&>(other).value == value;
    }
    std::string str() const override {
      std::string text;
      A::fields(value, [&](const char* field, const auto& v) {
        text += (text.empty() ? "" : ", ") + std::string(field) + "=" + detail::attr_text(v);
      });
      return text;
    }
    A value;
  };
  std::shared_ptr<const Base> held_;
};

/// The struct `A` that `text` stands at: its fields in their order, as Attrs::str writes them. Throws
/// InvalidArgument where something else stands.
template <class A>
Attrs read_attrs(TextCursor& text) {
  A value;
  bool first = true;
  A::fields(value, [&](const char* field, auto&& v) {
    if (!std::exchange(first, false)) text.expect(",");
    text.expect(field);
    text.expect("=");
    detail::attr_read(text, v);
  });
  return value;
}

}  // namespace lamina
