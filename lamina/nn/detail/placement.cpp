// Copies of batches, used again.
#include "lamina/nn/detail/placement.h"

#include <algorithm>

#include "lamina/backend/backend.h"
#include "lamina/nn/detail/storage.h"

namespace lamina::detail {
namespace {

constexpr size_t kTypes = 2;  // full batches, and the smaller last one of an epoch

}  // namespace

void Placement::add(std::vector<Tensor>& to, const Tensors& from) {
  for (const Tensor& tensor : from) to.push_back(tensor.device() == device_ ? tensor : copied(tensor));
}

const Tensor& Placement::copied(const Tensor& from) {
  if (next_ == copies_.size()) copies_.emplace_back();
  std::vector<Tensor>& known = copies_[next_++];
  auto found = std::find_if(known.begin(), known.end(),
                            [&](const Tensor& copy) { return copy.type() == from.type(); });
  if (found == known.end()) {
    if (known.size() == kTypes) known.erase(known.begin());
    found = known.insert(known.end(),
                         Tensor::wrap(std::make_shared<Buffer>(device_, from.type().bytes()), from.type()));
  }
  overwrite(*found, from);
  return *found;
}

}  // namespace lamina::detail
