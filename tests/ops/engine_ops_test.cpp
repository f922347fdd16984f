// Rows of the ops that the engine itself puts into graphs.
#include "lamina/graph/contraction.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const Reference kSame = [](const std::vector<NdArray>& in) { return in; };

const OpRows rows({
    {.op = "identity", .inputs = {{.shape = {2, 3}}}, .reference = kSame},
    // To row-major from row-major; tests/graph/passes/ has the orders of the layout pass.
    {.op = "reorder", .attrs = ReorderAttrs{}, .inputs = {{.shape = {2, 3, 2, 2}}}, .reference = kSame},
});

// Its derivative is 0 by design, not that of the function: tests/core/grad_test.cpp.
const OpWithoutRows stop_gradient("stop_gradient", "tests/core/grad_test.cpp checks that no gradient flows");

}  // namespace
}  // namespace lamina::testing
