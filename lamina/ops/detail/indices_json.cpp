// Indices of recorded ops from JSON.
#include "lamina/ops/detail/indices_json.h"

#include "lamina/ops/detail/nested_lists.h"

namespace lamina::detail {

Tensor indices_of(const OperationCall& call, size_t place) {
  const Json json = call.value(place);
  if (json.is_null()) return call.tensor(place);
  return from_nested_lists(json, DType::kInt32, call.class_name + ": the indices of the configuration are");
}

}  // namespace lamina::detail
