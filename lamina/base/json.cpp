// Json: access, parsing by nlohmann's SAX parser (which keeps its own stack, so depth is ours to bound),
// printing.
#include "lamina/base/json.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <new>
#include <nlohmann/json.hpp>
#include <variant>

#include "lamina/base/error.h"

namespace lamina {
namespace {

constexpr size_t kMaxDepth = 256;
constexpr const char* kKindNames[] = {"null",     "a boolean", "an integer", "a number",
                                      "a string", "a list",    "an object"};

[[noreturn]] void wrong_kind(const char* wanted, const Json& value) {
  throw InvalidArgument(std::string("JSON: expected ") + wanted + ", received " +
                        kKindNames[static_cast<int>(value.kind())]);
}

// Numbers that Python writes and JSON does not have, by their place among the numbers of a text.
using NotFinite = std::vector<std::pair<size_t, double>>;

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_.+-").find(c) != std::string_view::npos;
}

// Takes NaN, Infinity and -Infinity out of `text`, with zeros of the same length in their stead, so that
// bytes keep their places.
NotFinite take_not_finite(std::string& text) {
  static constexpr std::pair<std::string_view, double> kWords[] = {
      {"NaN", std::numeric_limits<double>::quiet_NaN()},
      {"Infinity", std::numeric_limits<double>::infinity()},
      {"-Infinity", -std::numeric_limits<double>::infinity()}};
  NotFinite found;
  size_t numbers = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (quoted || c == '"') {
      quoted = quoted != (c == '"');
      i += quoted && c == '\\' ? 2 : 1;
      continue;
    }
    const auto word = std::find_if(std::begin(kWords), std::end(kWords), [&](const auto& known) {
      const size_t end = i + known.first.size();
      return std::string_view(text).substr(i).starts_with(known.first) && (i == 0 || !in_word(text[i - 1])) &&
             (end == text.size() || !in_word(text[end]));
    });
    if (word != std::end(kWords)) {
      found.emplace_back(numbers++, word->second);
      text.replace(i, word->first.size(), word->first.size(), ' ');
      text[i] = '0';
      i += word->first.size();
    } else if (c == '-' || std::isdigit(static_cast<unsigned char>(c))) {
      ++numbers;
      i = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
    } else {
      ++i;
    }
  }
  return found;
}

// Builds the value from the parser's events.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const std::string& source, NotFinite not_finite)
      : source_(source), not_finite_(std::move(not_finite)) {}
  Json take() { return std::move(root_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add_number(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<uint64_t>(INT64_MAX) ? add_number(Json(static_cast<int64_t>(value)))
                                                     : add_number(Json(static_cast<double>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return add_number(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }
  bool start_array(size_t) override { return open(Json(Json::List())); }
  bool start_object(size_t) override { return open(Json(Json::Object())); }
  bool key(string_t& value) override {
    keys_.back() = std::move(value);
    return true;
  }
  bool end_array() override { return close(); }
  bool end_object() override {
    remove_duplicates(open_.back().as_object());
    return close();
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    // nlohmann's text carries its own error number in brackets, which means nothing to our users.
    std::string what = error.what();
    if (const size_t bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
    throw FileError(source_ + ": damaged JSON at byte " + std::to_string(position) + ": " + what);
  }

 private:
  bool add_number(Json value) {
    const size_t place = numbers_++;
    if (next_ < not_finite_.size() && not_finite_[next_].first == place)
      return add(Json(not_finite_[next_++].second));
    return add(std::move(value));
  }
  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().is_list()) {
      open_.back().as_list().push_back(std::move(value));
    } else {
      open_.back().as_object().emplace_back(std::move(keys_.back()), std::move(value));
    }
    return true;
  }
  bool open(Json value) {
    if (open_.size() >= kMaxDepth) {
      throw FileError(source_ + ": JSON nested deeper than " + std::to_string(kMaxDepth) + " levels");
    }
    open_.push_back(std::move(value));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json value = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return add(std::move(value));
  }
  // The last value wins, in the place of the first, as in Python's dict.
  static void remove_duplicates(Json::Object& members) {
    std::map<std::string_view, size_t> first;
    std::vector<bool> superseded(members.size(), false);
    bool any = false;
    for (size_t i = 0; i < members.size(); ++i) {
      const auto [place, inserted] = first.try_emplace(members[i].first, i);
      if (inserted) continue;
      members[place->second].second = std::move(members[i].second);
      superseded[i] = any = true;
    }
    if (!any) return;
    Json::Object kept;
    for (size_t i = 0; i < members.size(); ++i) {
      if (!superseded[i]) kept.push_back(std::move(members[i]));
    }
    members = std::move(kept);
  }

  const std::string& source_;
  const NotFinite not_finite_;
  size_t numbers_ = 0, next_ = 0;
  Json root_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string text(buffer, result.ptr);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void write_string(std::string& out, const std::string& text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void line_break(std::string& out, int indent, int depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent * depth), ' ');
}

void write(std::string& out, const Json& value, int indent, int depth) {
  const char* separator = indent < 0 ? ", " : ",";
  switch (value.kind()) {
    case Json::Kind::kNull:
      out += "null";
      break;
    case Json::Kind::kBool:
      out += value.as_bool() ? "true" : "false";
      break;
    case Json::Kind::kInt:
      out += std::to_string(value.as_int());
      break;
    case Json::Kind::kDouble:
      out += number_text(value.as_double());
      break;
    case Json::Kind::kString:
      write_string(out, value.as_string());
      break;
    case Json::Kind::kList: {
      out += '[';
      bool first = true;
      for (const Json& element : value.as_list()) {
        if (!std::exchange(first, false)) out += separator;
        line_break(out, indent, depth + 1);
        write(out, element, indent, depth + 1);
      }
      if (!first) line_break(out, indent, depth);
      out += ']';
      break;
    }
    case Json::Kind::kObject: {
      out += '{';
      bool first = true;
      for (const auto& [key, member] : value.as_object()) {
        if (!std::exchange(first, false)) out += separator;
        line_break(out, indent, depth + 1);
        write_string(out, key);
        out += ": ";
        write(out, member, indent, depth + 1);
      }
      if (!first) line_break(out, indent, depth);
      out += '}';
      break;
    }
  }
}

}  // namespace

struct Json::Value : std::variant<std::nullptr_t, bool, int64_t, double, std::string, List, Object> {
  using variant::variant;
};

Json::Value& Json::value() { return *std::launder(reinterpret_cast<Value*>(storage_)); }
const Json::Value& Json::value() const { return *std::launder(reinterpret_cast<const Value*>(storage_)); }

Json::Json() : Json(nullptr) {}
Json::Json(std::nullptr_t) {
  static_assert(sizeof(Value) <= sizeof(storage_) && alignof(Value) <= alignof(std::string));
  new (storage_) Value(nullptr);
}
Json::Json(bool value) { new (storage_) Value(value); }
Json::Json(int64_t value) { new (storage_) Value(value); }
Json::Json(double value) { new (storage_) Value(value); }
Json::Json(const char* value) : Json(std::string(value)) {}
Json::Json(std::string value) { new (storage_) Value(std::move(value)); }
Json::Json(std::string_view value) : Json(std::string(value)) {}
Json::Json(List value) { new (storage_) Value(std::move(value)); }
Json::Json(Object value) { new (storage_) Value(std::move(value)); }
Json::Json(const Json& other) { new (storage_) Value(other.value()); }
Json::Json(Json&& other) noexcept { new (storage_) Value(std::move(other.value())); }
Json& Json::operator=(const Json& other) {
  value() = other.value();
  return *this;
}
Json& Json::operator=(Json&& other) noexcept {
  value() = std::move(other.value());
  return *this;
}
Json::~Json() { value().~Value(); }

Json Json::list(std::initializer_list<Json> values) { return List(values); }
Json Json::object(std::initializer_list<Member> members) { return Object(members); }

Json::Kind Json::kind() const { return static_cast<Kind>(value().index()); }
bool Json::operator==(const Json& other) const { return value() == other.value(); }

bool Json::as_bool() const {
  if (const bool* held = std::get_if<bool>(&value())) return *held;
  wrong_kind("a boolean", *this);
}

int64_t Json::as_int() const {
  if (const int64_t* held = std::get_if<int64_t>(&value())) return *held;
  const double* held = std::get_if<double>(&value());
  if (held && std::abs(*held) < 9e15 && std::trunc(*held) == *held) return static_cast<int64_t>(*held);
  wrong_kind("an integer", *this);
}

double Json::as_double() const {
  if (const double* held = std::get_if<double>(&value())) return *held;
  if (const int64_t* held = std::get_if<int64_t>(&value())) return static_cast<double>(*held);
  wrong_kind("a number", *this);
}

const std::string& Json::as_string() const& {
  if (const std::string* held = std::get_if<std::string>(&value())) return *held;
  wrong_kind("a string", *this);
}

const Json::List& Json::as_list() const& {
  if (const List* held = std::get_if<List>(&value())) return *held;
  wrong_kind("a list", *this);
}

Json::List& Json::as_list() & { return const_cast<List&>(std::as_const(*this).as_list()); }

const Json::Object& Json::as_object() const& {
  if (const Object* held = std::get_if<Object>(&value())) return *held;
  wrong_kind("an object", *this);
}

Json::Object& Json::as_object() & { return const_cast<Object&>(std::as_const(*this).as_object()); }

std::string Json::as_string() && {
  return std::move(const_cast<std::string&>(std::as_const(*this).as_string()));
}
Json::List Json::as_list() && { return std::move(const_cast<List&>(std::as_const(*this).as_list())); }
Json::Object Json::as_object() && { return std::move(const_cast<Object&>(std::as_const(*this).as_object())); }

size_t Json::size() const {
  if (const List* held = std::get_if<List>(&value())) return held->size();
  if (const Object* held = std::get_if<Object>(&value())) return held->size();
  return 0;
}

const Json* Json::find(std::string_view key) const {
  const Object* members = std::get_if<Object>(&value());
  if (!members) return nullptr;
  for (const Member& member : *members) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

const Json& Json::at(std::string_view key) const {
  const Object& members = as_object();
  if (const Json* member = find(key)) return *member;
  std::vector<std::string> known;
  for (const Member& member : members) known.push_back(member.first);
  throw InvalidArgument("JSON: there is no member '" + std::string(key) + "'" +
                        suggest(std::string(key), known));
}

const Json& Json::at(size_t index) const {
  const List& elements = as_list();
  if (index < elements.size()) return elements[index];
  throw InvalidArgument("JSON: element " + std::to_string(index) + " of a list of " +
                        std::to_string(elements.size()));
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) *this = Object();
  Object& members = as_object();
  for (Member& member : members) {
    if (member.first == key) return member.second;
  }
  members.emplace_back(std::string(key), Json());
  return members.back().second;
}

void Json::push_back(Json value) {
  if (is_null()) *this = List();
  as_list().push_back(std::move(value));
}

Json Json::parse(std::string_view text, const std::string& source, size_t max_bytes) {
  if (text.size() > max_bytes) {
    throw FileError(source + ": JSON of " + std::to_string(text.size()) + " bytes, at most " +
                    std::to_string(max_bytes) + " are accepted");
  }
  std::string finite;
  NotFinite not_finite;
  if (text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos) {
    finite = text;
    not_finite = take_not_finite(finite);
    text = finite;
  }
  Builder builder(source, std::move(not_finite));
  nlohmann::json::sax_parse(text, &builder);
  return builder.take();
}

std::string Json::dump(int indent) const {
  std::string out;
  write(out, *this, indent, 0);
  return out;
}

}  // namespace lamina
