// Indices of recorded ops from JSON.
#include "lamina/ops/detail/indices_json.h"

#include "lamina/base/error.h"
#include "lamina/ops/cast.h"

namespace lamina::detail {
namespace {

void collect(const Json& json, std::vector<int64_t>& values) {
  if (!json.is_list()) {
    values.push_back(json.as_int());
    return;
  }
  for (const Json& one : json.as_list()) collect(one, values);
}

}  // namespace

Tensor indices_of(const OperationCall& call, size_t place) {
  const Json json = call.value(place);
  if (json.is_null()) return call.tensor(place);
  Shape shape;
  for (const Json* at = &json; at->is_list() && shape.rank() < Shape::kMaxRank; at = &at->at(size_t{0})) {
    shape.push_back(static_cast<int64_t>(at->size()));
    if (at->size() == 0) break;
  }
  std::vector<int64_t> values;
  collect(json, values);
  if (static_cast<int64_t>(values.size()) != shape.size())
    throw InvalidArgument(call.class_name +
                          ": the indices of the configuration are lists of different lengths");
  return cast(Tensor::from(values, shape), DType::kInt32);
}

}  // namespace lamina::detail
