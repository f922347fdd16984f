// sparsemax as Keras computes it: a softmax that makes small shares 0 (after Martins and Astudillo, 2016).
// Its threshold is theirs where one class is left; with more, Keras adds up the sums of all of them.
#include "lamina/nn/activations/activation.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/cumulative.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/sort.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

Tensor sparsemax(const Tensor& x) {
  if (x.rank() == 0) return ones_like(x);
  const Tensor descending = flip(sort(x, -1), {-1});
  const Tensor sums = cumsum(descending, -1);
  const Tensor places = cast(arange(x.shape()[-1]), x.dtype()) + 1.0;
  const Tensor support = ops::greater(descending - (sums - 1.0) / places, 0.0);
  const Tensor count = sum(cast(support, x.dtype()), {-1}, true);
  const Tensor threshold = (sum(where(support, sums, 0.0), {-1}, true) - 1.0) / count;
  return maximum(x - threshold, 0.0);
}

const bool sparsemax_registered = register_activation("sparsemax", sparsemax);

}  // namespace
}  // namespace lamina
