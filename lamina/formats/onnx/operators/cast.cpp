// Cast, CastLike, BitCast: elements of another type.
#include "lamina/formats/onnx/operators/cast.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <cmath>
#include <limits>

#include "lamina/backend/backend.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/unary.h"

namespace lamina::onnx {
namespace {

double number_of(const std::string& text) {
  const char* begin = text.data() + (!text.empty() && text[0] == '+' ? 1 : 0);
  double value = 0;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw InvalidArgument("'" + text.substr(0, 60) + "' is no number");
  return value;
}

Value of_strings(const Value& x, ElementType type) {
  std::vector<double> values;
  std::vector<int64_t> whole;
  for (const std::string& text : x.strings()) values.push_back(number_of(text));
  const Tensor numbers = Tensor::from(values, x.shape());
  return {cast(is_small_float(type) ? rounded(cast(numbers, DType::kFloat32), type, true) : numbers, storage(type)),
          type};
}

Value to_strings(const Value& x) {
  std::vector<std::string> texts;
  if (is_floating(x.type())) {
    const bool wide = x.type() == ElementType::kDouble;
    for (const double value : doubles(x.tensor())) {
      if (std::isnan(value)) {
        texts.emplace_back("NaN");
      } else if (std::isinf(value)) {
        texts.emplace_back(value > 0 ? "INF" : "-INF");
      } else {
        texts.push_back(wide ? fmt::format("{}", value) : fmt::format("{}", static_cast<float>(value)));
      }
    }
  } else {
    for (const int64_t value : integers(x.tensor())) texts.push_back(fmt::format("{}", value));
  }
  return Value::of_strings(std::move(texts), x.shape());
}

}  // namespace

Value cast_to(const Value& x, ElementType type, bool saturate, const std::string& mode) {
  if (x.is_strings()) return type == ElementType::kString ? x : of_strings(x, type);
  if (type == ElementType::kString) return to_strings(x);
  if (x.type() == type) return x;
  const DType dtype = storage(type);
  return map(
      x,
      [&](const Tensor& elements) {
        if (is_small_float(type)) return rounded(cast(elements, DType::kFloat32), type, saturate, mode);
        if (type == ElementType::kBool) return cast(elements, DType::kBool);
        const bool from_float = lamina::is_floating(elements.dtype());
        if (lamina::is_floating(dtype)) return cast(elements, dtype);
        // Floats lose their fraction first; integers keep their lowest bits.
        if (from_float) return wrapped(cast(cast(elements, DType::kInt64), dtype), type);
        return wrapped(cast(elements, dtype), type);
      },
      type);
}

namespace {

std::vector<Value> cast_operator(Call& call) {
  const bool saturate = call.integer("saturate", 1) != 0;
  const std::string mode = call.text("round_mode", "up");
  if (call.opset() < 6) {  // names of types
    static const std::pair<const char*, ElementType> names[] = {
        {"FLOAT", ElementType::kFloat},   {"DOUBLE", ElementType::kDouble}, {"FLOAT16", ElementType::kFloat16},
        {"INT8", ElementType::kInt8},     {"INT16", ElementType::kInt16},   {"INT32", ElementType::kInt32},
        {"INT64", ElementType::kInt64},   {"UINT8", ElementType::kUInt8},   {"UINT16", ElementType::kUInt16},
        {"UINT32", ElementType::kUInt32}, {"UINT64", ElementType::kUInt64}, {"BOOL", ElementType::kBool}};
    const std::string to = call.text("to");
    for (const auto& [text, type] : names) {
      if (to == text) return {cast_to(call.value(0), type, saturate, mode)};
    }
    call.fail("attribute 'to' is '" + to + "'");
  }
  return {cast_to(call.value(0), element_type(static_cast<int>(call.integer("to"))), saturate, mode)};
}

// The same bits, as elements of another type of that size.
std::vector<Value> bit_cast(Call& call) {
  const ElementType to = element_type(static_cast<int>(call.integer("to")));
  const ElementType from = call.element();
  if (bits(to) != bits(from)) call.fail("its types are of different sizes");
  if (from == to) return {call.value(0)};
  const auto own = [](ElementType type) { return static_cast<size_t>(bits(type)) == 8 * size_of(storage(type)); };
  const Tensor& x = call[0];
  if (!known(x)) throw NeedsValues("the bits of its input are needed");
  // By way of the unsigned bits of each element.
  std::vector<uint64_t> raw(static_cast<size_t>(x.size()));
  if (is_small_float(from)) {
    const std::vector<float> values = numbers(x);
    for (size_t i = 0; i < raw.size(); ++i) raw[i] = encode(values[i], from);
  } else if (own(from)) {
    x.eval();
    const Tensor here = x.to(Device{});
    const size_t size = size_of(here.dtype());
    for (size_t i = 0; i < raw.size(); ++i)
      std::memcpy(&raw[i], static_cast<const char*>(here.buffer()->data()) + i * size, size);
  } else {
    const std::vector<int64_t> values = integers(x);
    for (size_t i = 0; i < raw.size(); ++i)
      raw[i] = static_cast<uint64_t>(values[i]) & ((uint64_t{1} << bits(from)) - 1);
  }
  if (is_small_float(to)) {
    std::vector<float> values;
    for (const uint64_t code : raw) values.push_back(decode(static_cast<uint32_t>(code), to));
    return {Value(Tensor::from(values, x.shape()), to)};
  }
  if (!own(to)) {
    return {Value(wrapped(cast(Tensor::from(std::vector<int64_t>(raw.begin(), raw.end()), x.shape()), storage(to)), to),
                  to)};
  }
  const size_t size = size_of(storage(to));
  std::string bytes(raw.size() * size, '\0');
  for (size_t i = 0; i < raw.size(); ++i) std::memcpy(bytes.data() + i * size, &raw[i], size);
  return {Value(Tensor::from_bytes(bytes.data(), raw.size(), storage(to), x.shape()), to)};
}

const bool kCastRegistered[] = {
    register_operator("Cast", 1, cast_operator),
    register_operator("CastLike", 15,
                      [](Call& call) -> std::vector<Value> {
                        const bool saturate = call.integer("saturate", 1) != 0;
                        return {cast_to(call.value(0), call.element(1), saturate, call.text("round_mode", "up"))};
                      }),
    register_operator("BitCast", 26, bit_cast)};

}  // namespace
}  // namespace lamina::onnx
