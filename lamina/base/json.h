// Json: a light value type for configurations and reports, in the JSON data model with integers kept apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace lamina {

/// A JSON value: null, bool, 64-bit integer, double, string, list, or object. Objects keep the order in which
/// keys were first set, so that files come out as Keras writes them; their lookup is linear, fit for
/// configurations.
///
///   Json config = Json::object({{"units", 10}, {"activation", "softmax"}, {"bias_initializer", nullptr}});
///   config["name"] = "dense";
///   int64_t units = config.at("units").as_int();
class Json {
 public:
  enum class Kind { kNull, kBool, kInt, kDouble, kString, kList, kObject };
  using Member = std::pair<std::string, Json>;
  using List = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();
  Json(std::nullptr_t);
  Json(bool value);
  Json(int64_t value);
  template <class T>
  requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Json(T value)
      : Json(static_cast<int64_t>(value)) {}
  Json(double value);
  Json(const char* value);
  Json(std::string value);
  Json(std::string_view value);
  Json(List value);
  Json(Object value);
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  static Json list(std::initializer_list<Json> values = {});
  static Json object(std::initializer_list<Member> members = {});

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_int() const { return kind() == Kind::kInt; }
  bool is_number() const { return kind() == Kind::kInt || kind() == Kind::kDouble; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_list() const { return kind() == Kind::kList; }
  bool is_object() const { return kind() == Kind::kObject; }

  /// The value as a C++ type. Throws InvalidArgument, naming both kinds, when it is another. as_double also
  /// takes integers, as_int also doubles without a fraction.
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;
  const std::string& as_string() const&;
  const List& as_list() const&;
  List& as_list() &;
  const Object& as_object() const&;
  Object& as_object() &;
  // Of a temporary, the value itself: `for (const auto& [key, value] : make_json().as_object())` is safe.
  std::string as_string() &&;
  List as_list() &&;
  Object as_object() &&;

  /// Elements of a list, members of an object; 0 for anything else.
  size_t size() const;
  /// The member of that name, or nullptr when there is none or this is no object.
  const Json* find(std::string_view key) const;
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  /// The member of that name; throws InvalidArgument, naming the key and listing those there are.
  const Json& at(std::string_view key) const;
  /// The element at `index`; throws InvalidArgument when out of range.
  const Json& at(size_t index) const;
  /// The member of that name, added as null if there is none; null becomes an object first.
  Json& operator[](std::string_view key);
  /// Appends to a list; null becomes a list first.
  void push_back(Json value);

  /// Parses one JSON text of at most `max_bytes`, nested at most 256 deep, in UTF-8. A key that occurs twice
  /// keeps its last value, and NaN, Infinity and -Infinity are numbers, as in Python. Throws FileError
  /// "SOURCE: ... at byte N" when the text is damaged or beyond a limit; `source` (a file name) opens the
  /// message.
  static Json parse(std::string_view text, const std::string& source = "JSON",
                    size_t max_bytes = size_t{64} << 20);

  /// Text that Python's json module reads back to the same values: doubles print with the fewest digits that
  /// identify them and always with a point or exponent (1.0), non-finite ones as NaN, Infinity, -Infinity.
  /// `indent` < 0 writes one line with ", " and ": " as Python does; otherwise every member gets its line,
  /// indented.
  std::string dump(int indent = -1) const;

  bool operator==(const Json& other) const;

 private:
  // A std::variant of what Kind lists. As a member it would take the compiler as long as all declarations of
  // this library's headers do, in every file that includes them.
  struct Value;
  Value& value();
  const Value& value() const;

  alignas(std::string) std::byte storage_[sizeof(std::string) + alignof(std::string)];
};

}  // namespace lamina
