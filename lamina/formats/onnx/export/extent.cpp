// Extents: looked up, or computed from those that values have.
#include "lamina/formats/onnx/export/extent.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lamina/base/error.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {

bool Extent::fixed() const {
  return std::all_of(values.begin(), values.end(), [&](int64_t value) { return value == values[0]; });
}

std::string Extent::str() const {
  return fixed() ? std::to_string(value()) : fmt::format("{}", fmt::join(values, ", "));
}

Extent Written::extent(int axis) const {
  Extent extent;
  for (const Shape& shape : shapes) extent.values.push_back(shape[axis]);
  return extent;
}

int channels_first_axis(int axis, int rank) { return axis == 0 ? 0 : axis == rank - 1 ? 1 : axis + 1; }

namespace {

// Where axis i of (batch, channels, ...) comes from, and the way back.
std::vector<int> to_channels_first(int rank) {
  std::vector<int> order{0, rank - 1};
  for (int axis = 1; axis + 1 < rank; ++axis) order.push_back(axis);
  return order;
}
std::vector<int> from_channels_first(int rank) {
  std::vector<int> order;
  for (int axis = 0; axis < rank; ++axis) order.push_back(channels_first_axis(axis, rank));
  return order;
}

std::string moved(Builder& builder, const std::string& x, const std::vector<int>& order) {
  return builder.node("Transpose", {x}, {{"perm", std::vector<int64_t>(order.begin(), order.end())}});
}

std::string rounded_constant(Builder& builder, const Value& value, DType dtype, const std::string& wish) {
  const std::string name = builder.constant(value, wish);
  return dtype == DType::kBFloat16 ? builder.cast(name, DType::kFloat32) : name;
}

}  // namespace

std::string constant_in_order(Builder& builder, const Written& value, const std::vector<int>& order) {
  // It is moved when it is written: until then there is one of it.
  Order lying(order.size());
  for (size_t axis = 0; axis < order.size(); ++axis) lying[static_cast<size_t>(order[axis])] = static_cast<int>(axis);
  return rounded_constant(builder, Value::lying(value.constant, std::move(lying)), value.constant.dtype(), value.wish);
}

const std::string& plain_name(Builder& builder, Written& value) {
  if (!value.plain.empty()) return value.plain;
  if (value.constant.defined()) {
    value.plain = rounded_constant(builder, value.constant, value.constant.dtype(), value.wish);
  } else {
    value.plain = moved(builder, value.channels_first, from_channels_first(value.rank()));
  }
  return value.plain;
}

const std::string& channels_first_name(Builder& builder, Written& value) {
  if (!value.channels_first.empty()) return value.channels_first;
  const std::vector<int> order = to_channels_first(value.rank());
  if (value.constant.defined()) {
    value.channels_first = constant_in_order(builder, value, order);
  } else {
    value.channels_first = moved(builder, value.plain, order);
  }
  return value.channels_first;
}

void Extents::add(const WrittenPtr& value) {
  for (int axis = 0; axis < value->rank(); ++axis) {
    Extent extent = value->extent(axis);
    if (extent.fixed()) continue;
    const auto same = [&](const Known* known) { return known->extent == extent && !known->value.expired(); };
    const std::vector<const Known*> known = all();
    if (std::none_of(known.begin(), known.end(), same)) known_.push_back({std::move(extent), value, axis, {}});
  }
}

std::vector<const Extents::Known*> Extents::all() const {
  std::vector<const Known*> known = outer_ ? outer_->all() : std::vector<const Known*>();
  for (const Known& own : known_) known.push_back(&own);
  return known;
}

std::string Extents::name_of(const Known& known) {
  for (const auto& [extent, name] : made_) {
    if (extent == known.extent) return name;
  }
  const std::shared_ptr<Written> value = known.value.lock();
  const bool lies_plain = !value->lies_channels_first();
  const int64_t axis = lies_plain ? known.axis : channels_first_axis(known.axis, value->rank());
  const std::string& of = lies_plain ? value->plain : value->channels_first;
  std::string name;
  if (builder_.opset() >= 15) {
    name = builder_.node("Shape", {of}, {{"start", axis}, {"end", axis + 1}});
  } else {
    name = builder_.node("Gather", {builder_.node("Shape", {of}), builder_.integers({axis})}, {{"axis", 0}});
  }
  made_.emplace_back(known.extent, name);
  return name;
}

namespace {

// factor and summand of extent = factor * of + summand, in all traces.
std::optional<std::pair<int64_t, int64_t>> affine(const Extent& extent, const Extent& of) {
  const auto other = std::find_if(of.values.begin(), of.values.end(), [&](int64_t x) { return x != of.values[0]; });
  if (other == of.values.end()) return std::nullopt;
  const auto place = static_cast<size_t>(other - of.values.begin());
  const int64_t run = *other - of.values[0], rise = extent.values[place] - extent.values[0];
  if (rise % run != 0) return std::nullopt;
  const int64_t factor = rise / run, summand = extent.values[0] - factor * of.values[0];
  for (size_t i = 0; i < of.values.size(); ++i) {
    if (extent.values[i] != factor * of.values[i] + summand) return std::nullopt;
  }
  return std::pair{factor, summand};
}

// The quotient, where it is whole in all traces.
std::optional<Extent> quotient(const Extent& a, const Extent& b) {
  Extent result;
  for (size_t i = 0; i < a.values.size(); ++i) {
    if (b.values[i] == 0 || a.values[i] % b.values[i] != 0) return std::nullopt;
    result.values.push_back(a.values[i] / b.values[i]);
  }
  return result;
}

}  // namespace

std::string Extents::find(const Extent& extent) {
  if (extent.fixed()) return builder_.integers({extent.value()});
  for (const auto& [made, name] : made_) {
    if (made == extent) return name;
  }
  const std::vector<const Known*> known = all();
  for (const Known* of : known) {
    if (of->extent == extent && !of->value.expired()) return name_of(*of);
  }
  for (const Known* of : known) {
    if (of->value.expired()) continue;
    const auto parts = affine(extent, of->extent);
    if (!parts) continue;
    std::string name = name_of(*of);
    if (parts->first != 1) name = builder_.node("Mul", {name, builder_.integers({parts->first})});
    if (parts->second != 0) name = builder_.node("Add", {name, builder_.integers({parts->second})});
    return name;
  }
  for (const Known* of : known) {  // a whole part of one
    if (of->value.expired()) continue;
    const auto parts = quotient(of->extent, extent);
    if (parts && parts->fixed())
      return builder_.node("Div", {name_of(*of), builder_.integers({parts->value()})});
  }
  for (const Known* of : known) {
    if (of->value.expired()) continue;
    const auto rest = quotient(extent, of->extent);
    if (!rest || rest->fixed()) continue;
    const std::string other = find(*rest);
    if (!other.empty()) return builder_.node("Mul", {name_of(*of), other});
  }
  return {};
}

std::string Extents::list(const Extent& extent) {
  std::string name = find(extent);
  if (name.empty())
    throw Unsupported("an extent (" + extent.str() +
                      " in traces of the model) does not follow from those of its inputs by sums and products; "
                      "write the model for fixed shapes");
  if (!extent.fixed()) made_.emplace_back(extent, name);
  return name;
}

std::string Extents::scalar(const Extent& extent) {
  if (extent.fixed()) return builder_.integer(extent.value());
  return builder_.node("Squeeze", {list(extent), builder_.integers({0})});
}

std::string Extents::list(const std::vector<Extent>& extents) {
  if (std::all_of(extents.begin(), extents.end(), [](const Extent& extent) { return extent.fixed(); })) {
    std::vector<int64_t> values;
    for (const Extent& extent : extents) values.push_back(extent.value());
    return builder_.integers(values);
  }
  if (extents.size() == 1) return list(extents[0]);
  Names parts;
  std::vector<int64_t> constants;
  const auto flush = [&] {
    if (!constants.empty()) parts.push_back(builder_.integers(constants));
    constants.clear();
  };
  for (const Extent& extent : extents) {
    if (extent.fixed()) {
      constants.push_back(extent.value());
      continue;
    }
    flush();
    parts.push_back(list(extent));
  }
  flush();
  return builder_.node("Concat", parts, {{"axis", 0}});
}

}  // namespace lamina::onnx
