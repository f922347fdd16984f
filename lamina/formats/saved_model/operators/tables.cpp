// Hash tables: the import of a graph makes each one value, its keys and its values (LaminaTable), of whatever
// fills it.
#include "lamina/formats/onnx/operators/lookup.h"
#include "lamina/formats/saved_model/operators/results.h"

namespace lamina::tensorflow {
namespace {

// Files keep no such value: it is made at every run.
std::vector<Value> make_table(Call& call) { return {Value::of_sequence({call.value(0), call.value(1)})}; }

const std::vector<Value>& columns_of(const Call& call) {
  const std::vector<Value>& columns = call.value(0).sequence();
  if (columns.size() != 2) call.fail("its table is no list of keys and of values");
  return columns;
}

std::vector<Value> find_in_table(Call& call) {
  const std::vector<Value>& columns = columns_of(call);
  return {onnx::look_up(call, columns[0], columns[1], call.value(2), call.value(1))};
}

std::vector<Value> size_of_table(Call& call) {
  return {Value(Tensor::from<int64_t>({columns_of(call)[0].shape().size()}, Shape{}))};
}

const bool kTablesRegistered[] = {
    register_run_operator(kTable, make_table), register_operator("LookupTableFindV2", find_in_table),
    register_operator("LookupTableFind", find_in_table), register_operator("LookupTableSizeV2", size_of_table),
    register_operator("LookupTableSize", size_of_table)};

}  // namespace
}  // namespace lamina::tensorflow
