// LabelEncoder, CategoryMapper, OneHotEncoder, and the operators of maps.
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "lamina/base/terminal.h"
#include "lamina/formats/onnx/operators/lookup.h"
#include "lamina/formats/onnx/operators/ml_common.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/full.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/searchsorted.h"
#include "lamina/ops/take.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

// Keys or values: strings, or numbers as a tensor.
struct Column {
  std::optional<std::vector<std::string>> strings;
  Tensor numbers;
  ElementType type = ElementType::kUndefined;
  bool defined() const { return strings || numbers.defined(); }
  size_t size() const { return strings ? strings->size() : static_cast<size_t>(numbers.size()); }
};

Column of_value(const Value& value) {
  if (value.is_strings()) return {value.strings(), {}, ElementType::kString};
  return {std::nullopt, reshape(value.tensor(), {value.tensor().size()}), value.type()};
}

// From attributes such as keys_tensor, keys_strings, keys_int64s, keys_floats.
Column read_column(const Call& call, const std::string& name) {
  Column found;
  const auto take_one = [&](Column column) {
    if (found.defined()) call.fail("has its " + name + " twice");
    found = std::move(column);
  };
  if (const auto tensor = call.tensor_attribute((name + "_tensor").c_str())) take_one(of_value(*tensor));
  if (auto strings = call.text_list((name + "_strings").c_str()); strings && !strings->empty())
    take_one({std::move(strings), {}, ElementType::kString});
  if (const auto whole = call.integer_list((name + "_int64s").c_str()); whole && !whole->empty())
    take_one({std::nullopt, Tensor::from(*whole, {whole->size()}), ElementType::kInt64});
  if (const auto floats = call.number_list((name + "_floats").c_str()); floats && !floats->empty())
    take_one({std::nullopt, table(*floats, {floats->size()}, DType::kFloat32), ElementType::kFloat});
  if (!found.defined()) call.fail("has no " + name);
  return found;
}

// The place among keys of each element of x, int32; their number for none of them. The last one of equals
// counts; NaN is a key since version 4.
Tensor places(const Call& call, const Value& x, const Column& keys) {
  const auto count = static_cast<int32_t>(keys.size());
  if (keys.strings.has_value() != x.is_strings()) call.fail("its keys and its input are of different kinds");
  if (keys.strings) {
    std::map<std::string, int32_t> by_name;
    for (size_t i = 0; i < keys.strings->size(); ++i) by_name[(*keys.strings)[i]] = static_cast<int32_t>(i);
    std::vector<int32_t> result;
    for (const std::string& each : x.strings()) {
      const auto found = by_name.find(each);
      result.push_back(found == by_name.end() ? count : found->second);
    }
    return Tensor::from(result, x.shape());
  }
  const bool floating = lamina::is_floating(keys.numbers.dtype());
  if (floating != lamina::is_floating(x.tensor().dtype()))
    call.fail(fmt::format("its keys are {}, and its input {}", name(keys.type), name(x.type())));
  const DType dtype = floating ? DType::kFloat64 : DType::kInt64;
  const Tensor given = cast(x.tensor(), dtype);
  int32_t nan_place = count;
  std::vector<int32_t> order;
  Tensor sorted;
  const auto collect = [&](const auto& values) {
    std::map<typename std::decay_t<decltype(values)>::value_type, int32_t> by_number;
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] != values[i]) {
        nan_place = static_cast<int32_t>(i);
      } else {
        by_number[values[i]] = static_cast<int32_t>(i);
      }
    }
    auto ascending = values;
    ascending.clear();
    for (const auto& [number, place] : by_number) {
      ascending.push_back(number);
      order.push_back(place);
    }
    sorted = Tensor::from(ascending, {ascending.size()});
  };
  if (floating) {
    collect(doubles(keys.numbers));
  } else {
    collect(integers(keys.numbers));
  }
  Tensor result = full(x.shape(), count, DType::kInt32);
  if (!order.empty()) {
    const Tensor at = minimum(searchsorted(sorted, given), static_cast<double>(order.size() - 1));
    const Tensor held = equal(take(sorted, at, 0), given);
    result = where(held, take(Tensor::from(order, {order.size()}), at, 0), result);
  }
  if (floating && nan_place < count && call.opset() >= 4)
    result = where(lamina::isnan(given), full({}, nan_place, DType::kInt32), result);
  return result;
}

// The value at each place; behind the last one stands the default.
Value looked_up(const Column& values, const Value& otherwise, const Tensor& at) {
  if (!values.strings) {
    const Tensor last = cast(reshape(otherwise.tensor(), {1}), values.numbers.dtype());
    return {take(concatenate({values.numbers, last}, 0), at, 0), values.type};
  }
  std::vector<std::string> result;
  for (const int64_t place : integers(at))
    result.push_back(static_cast<size_t>(place) < values.strings->size()
                         ? (*values.strings)[static_cast<size_t>(place)]
                         : otherwise.strings()[0]);
  return Value::of_strings(std::move(result), at.shape());
}

}  // namespace

Value look_up(const Call& call, const Value& keys, const Value& values, const Value& otherwise, const Value& x) {
  const Column from = of_value(keys), to = of_value(values);
  if (from.size() != to.size()) call.fail(fmt::format("has {} keys and {} values", from.size(), to.size()));
  if (otherwise.is_strings() != values.is_strings() || otherwise.shape().size() != 1)
    call.fail("what it gives for unknown keys is no value like the others");
  return looked_up(to, otherwise, places(call, x, from));
}

namespace {

// What an unknown key gives, of the values' type.
Value default_of(const Call& call, const Column& values) {
  const std::string text = call.text("default_string", "_Unused");
  const int64_t whole = call.integer("default_int64", -1);
  const double number = call.number("default_float", -0.0);
  const auto tensor = call.tensor_attribute("default_tensor");
  if (tensor) {
    if (tensor->is_strings() != values.strings.has_value() || tensor->shape().size() != 1)
      call.fail("attribute 'default_tensor' does not fit its values");
    return *tensor;
  }
  if (values.strings) return Value::of_strings({text}, {1});
  if (lamina::is_floating(values.numbers.dtype())) return {Tensor::from<double>({number})};
  return {Tensor::from<int64_t>({whole})};
}

std::vector<Value> encode_labels(Call& call) {
  const Column keys = read_column(call, "keys"), values = read_column(call, "values");
  if (keys.size() != values.size())
    call.fail(fmt::format("has {} keys and {} values", keys.size(), values.size()));
  return {looked_up(values, default_of(call, values), places(call, call.value(0), keys))};
}

// Strings to their places in a list, and the places back to strings.
std::vector<Value> by_list(Call& call, const std::vector<std::string>& strings,
                           const std::vector<int64_t>& numbers) {
  const Column names{strings, {}, ElementType::kString};
  const Column codes{std::nullopt, Tensor::from(numbers, {numbers.size()}), ElementType::kInt64};
  const std::string text = call.text("default_string", "_Unused");
  const int64_t whole = call.integer("default_int64", -1);
  if (call.value(0).is_strings())
    return {looked_up(codes, Value(Tensor::from<int64_t>({whole})), places(call, call.value(0), names))};
  return {looked_up(names, Value::of_strings({text}, {1}), places(call, call.value(0), codes))};
}

std::vector<Value> encode_classes(Call& call) {
  const std::vector<std::string> strings =
      call.text_list("classes_strings").value_or(std::vector<std::string>());
  std::vector<int64_t> numbers;
  for (size_t i = 0; i < strings.size(); ++i) numbers.push_back(static_cast<int64_t>(i));
  return by_list(call, strings, numbers);
}

std::vector<Value> map_categories(Call& call) {
  const std::vector<std::string> strings =
      call.text_list("cats_strings").value_or(std::vector<std::string>());
  const std::vector<int64_t> numbers = call.integer_list("cats_int64s").value_or(std::vector<int64_t>());
  if (strings.size() != numbers.size())
    call.fail(fmt::format("has {} strings for {} numbers", strings.size(), numbers.size()));
  return by_list(call, strings, numbers);
}

std::vector<Value> one_hot_categories(Call& call) {
  const auto strings = call.text_list("cats_strings");
  const auto numbers = call.integer_list("cats_int64s");
  const bool allows_others = call.integer("zeros", 1) != 0;
  if ((strings && !strings->empty()) == (numbers && !numbers->empty()))
    call.fail("needs either cats_strings or cats_int64s");
  Column keys;
  Value x = call.value(0);
  if (strings && !strings->empty()) {
    keys.strings = strings;
  } else {
    keys.numbers = Tensor::from(*numbers, {numbers->size()});
    keys.type = ElementType::kInt64;
    x = Value(cast(x.tensor(), DType::kInt64));
  }
  const Tensor at = places(call, x, keys);
  if (!allows_others) {
    for (const int64_t place : integers(at)) {
      if (place == static_cast<int64_t>(keys.size()))
        call.fail("received a category that it does not know, and zeros is 0");
    }
  }
  return {Value(one_hot(at, static_cast<int64_t>(keys.size())))};
}

// A list of maps with the same keys is the table of their values: (n, classes), in the order of the class
// labels.
std::vector<Value> zip_map(Call& call) {
  const ClassLabels labels = class_labels(call, "classlabels_int64s", "classlabels_strings");
  const Tensor& x = call[0];
  if (labels.size() == 0 || x.rank() < 1 || x.shape()[-1] != static_cast<int64_t>(labels.size()))
    call.fail(fmt::format("has {} labels for scores of shape {}", labels.size(), x.shape().str()));
  return {call.value(0)};
}

std::vector<Value> no_maps(Call&) { throw Unsupported("takes a map, which no input of a model can be here"); }

const bool kMlCategoriesRegistered[] = {register_operator("LabelEncoder", 1, encode_classes, {}, kMl),
                            register_operator("LabelEncoder", 2, encode_labels, {}, kMl),
                            register_operator("CategoryMapper", 1, map_categories, {}, kMl),
                            register_operator("OneHotEncoder", 1, one_hot_categories, {}, kMl),
                            register_operator("ZipMap", 1, zip_map, {}, kMl),
                            register_operator("CastMap", 1, no_maps, {}, kMl),
                            register_operator("DictVectorizer", 1, no_maps, {}, kMl)};

}  // namespace
}  // namespace lamina::onnx
