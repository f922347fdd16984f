// Equations, masks and softmax of attention.
#include "lamina/nn/layers/attention_scores.h"

#include <algorithm>
#include <string>

#include "lamina/ops/cast.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/softmax.h"

namespace lamina::detail {

AttentionTerms attention_terms(int rank, const std::vector<int>& axes) {
  std::string target, source, common, queries, keys;
  char next = static_cast<char>('a' + rank);
  for (int i = 0; i < rank; ++i) {
    const char letter = static_cast<char>('a' + i);
    const bool attended = std::find(axes.begin(), axes.end(), i) != axes.end();
    target += letter;
    source += attended ? next++ : letter;
    if (!attended && i != rank - 1) common += letter;
  }
  for (const int axis : axes) {
    queries += target[static_cast<size_t>(axis)];
    keys += source[static_cast<size_t>(axis)];
  }
  const std::string product = common + queries + keys;
  return {{source, target, product}, {product, source, target}};
}

Tensor widen(Tensor mask, int rank, int kept) {
  while (mask.rank() < rank) mask = expand_dims(mask, -1 - kept);
  return cast(mask, DType::kBool);
}

Tensor softmax_over(const Tensor& x, int count) {
  if (count == 1) return softmax(x);
  Shape joined;
  int64_t last = 1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < x.rank() - count) {
      joined.push_back(x.shape()[axis]);
    } else {
      last *= x.shape()[axis];
    }
  }
  joined.push_back(last);
  return reshape(softmax(reshape(x, joined)), x.shape());
}

}  // namespace lamina::detail
