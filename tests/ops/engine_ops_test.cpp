// Rows of the ops that the engine itself puts into graphs.
#include <gtest/gtest.h>

#include <algorithm>

#include "lamina/graph/contraction.h"
#include "lamina/ops/detail/channel_blocks.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

const Reference kSame = [](const std::vector<NdArray>& in) { return in; };

const OpRows rows({
    {.op = "identity", .inputs = {{.shape = {2, 3}}}, .reference = kSame},
    {.op = "identity", .label = "of_nothing", .inputs = {{.shape = {0}}}, .reference = kSame},
    {.op = "reorder",
     .label = "of_nothing",
     .attrs = ReorderAttrs{},
     .inputs = {{.shape = {2, 3, 0, 8}}},
     .reference = kSame},
    // To row-major from row-major; tests/graph/passes/ has the orders of the layout pass.
    {.op = "reorder", .attrs = ReorderAttrs{}, .inputs = {{.shape = {2, 3, 2, 2}}}, .reference = kSame},
});

// Its derivative is 0 by design, not that of the function: tests/core/grad_test.cpp.
const OpWithoutRows call("call", "tests/core/compile_test.cpp checks calls of compiled functions");
const OpWithoutRows stop_gradient("stop_gradient", "tests/core/grad_test.cpp checks that no gradient flows");

// Images without pixels or channels, to blocks of channels and back: once divided by zero.
TEST(Reorder, OfNothing) {
  const Op& op = find_op("reorder");
  const Layout blocked = detail::blocked_layout(8);
  for (const Shape& shape : {Shape{2, 3, 0, 8}, Shape{2, 0, 3, 8}, Shape{0, 3, 3, 8}, Shape{2, 3, 3, 0}}) {
    for (const bool to_blocks : {true, false}) {
      const Attrs attrs = ReorderAttrs{to_blocks ? blocked : Layout{}};
      const TensorType type{DType::kFloat32, shape};
      const KernelDesc desc{
          op, attrs, {{type, to_blocks ? Layout{} : blocked}}, {{type, attrs.as<ReorderAttrs>().target}}};
      const auto& candidates = op.kernels(DeviceKind::kCpu);
      const auto first = std::find_if(candidates.begin(), candidates.end(), [&](const KernelCandidate& c) {
        return !c.refuses || !c.refuses(desc);
      });
      ASSERT_NE(first, candidates.end());
      float nothing = 0;
      const void* in[] = {&nothing};
      void* out[] = {&nothing};
      first->prepare(desc)->run({in, out, nullptr, main_stream(Device{})});
    }
  }
}

}  // namespace
}  // namespace lamina::testing
